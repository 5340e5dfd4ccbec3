import Foundation
import Journal
import Testing

/// The program on a folder that an earlier version left as a kill does; `Tests/EngineTests/Fixtures` has it.
@Suite(.serialized) struct `A data folder of an earlier version, through the program` {
    /// What the folder holds, as far as it is asked for here.
    private struct Contents: Decodable {
        struct Positions: Decodable {
            var oldest: Int
            var checkpoint: Int
            var last: Int
        }

        struct Known: Decodable {
            var system: String
            var value: String
            var patient: Int
        }

        struct State: Decodable {
            var counts: [String: Int]
            var states: [String: Int]
            var sessions: [String]
            var appointments: [String]
            var identifiers: [Known]
        }

        var positions: Positions
        var state: State
    }

    private static let fixture = Binary.repository + "/Tests/EngineTests/Fixtures/folder-bebc1a9"

    /// Unpacks the folder as `data`.
    private func unpack(into folder: Folder) async throws -> (data: String, contents: Contents) {
        let data = folder.path + "/data"
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        let tar = Process()
        tar.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        tar.arguments = ["tar", "-xzf", Self.fixture + ".tar.gz", "-C", data, "--strip-components=1"]
        try #require(try await tar.runToEnd() == 0)
        let json = try Data(contentsOf: URL(fileURLWithPath: Self.fixture + ".json"))
        return (data, try JSONDecoder().decode(Contents.self, from: json))
    }

    @Test func `it is sound, and is looked at without a change`() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        let (data, contents) = try await unpack(into: folder)
        let files = ["data.mdb", "tail"].map { URL(fileURLWithPath: data + "/" + $0) }
        let before = try files.map { try Data(contentsOf: $0) }
        let verified = try await Binary.run(["verify", data, "--json"])
        #expect(verified.status == 0, "\(verified.output)")
        let told = try verified.object()
        #expect(told["ok"] as? Bool == true)
        #expect(told["oldest_position"] as? Int == contents.positions.oldest)
        #expect(told["checkpoint_position"] as? Int == contents.positions.checkpoint)
        #expect(told["last_position"] as? Int == contents.positions.last)
        for name in ["sessions", "appointments", "archived appointments", "patients"] {
            let told = told[name.replacing(" ", with: "_")] as? Int
            #expect(told == contents.state.counts[name], "\(name)")
        }
        let inspected = try await Binary.run(["inspect", data])
        #expect(inspected.status == 0, "\(inspected.complaints)")
        #expect(inspected.output.contains("epoch 2 began"))
        #expect(try files.map { try Data(contentsOf: $0) } == before)
    }

    @Test func `it is served: holds end, everything is found, and a stop leaves it sound`() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        let (data, contents) = try await unpack(into: folder)
        let server = try await ServerProcess.start(in: folder, data: data)
        let holds = try #require(contents.state.states["held"])
        // Months have passed, and perhaps nothing vouches for the clock here: all of them have long run out.
        _ = try await server.ask("clock", "accept")
        let watched = try await server.ask(
            "watch", "--after", "\(contents.positions.last)", "--count", "\(holds)", "--json")
        #expect(watched.output.split(separator: "\n").count { $0.contains("\"changed\"") } == holds)
        var found: [[String: Any]] = []
        for session in contents.state.sessions {
            let place = try #require(session.split(separator: " ").first.map(String.init))
            found += try await server.list("appointments", "--session", place)
        }
        #expect(found.map { $0["place"] as? String } == contents.state.appointments.map(Self.place))
        let states = Dictionary(grouping: found) { $0["state"] as? String ?? "" }.mapValues(\.count)
        #expect(states["held"] == nil)
        #expect(states["expired"] == holds + (contents.state.states["expired"] ?? 0))
        #expect(states["completed"] == contents.state.states["completed"])
        let identifiers = contents.state.identifiers
        let arguments = ["patients", "find"] + identifiers.map { "\($0.system)|\($0.value)" } + ["--json"]
        let patients = try await server.ask(arguments).list()
        #expect(patients.map { $0["patient"] as? String } == identifiers.map { "\($0.patient)" })
        let new = try await server.object("patients", "register", "urn:new|1")
        let patientCount = try #require(contents.state.counts["patients"])
        #expect(new["patient"] as? String == "\(patientCount + 1)")
        #expect(await server.end() == 0)
        #expect(try await Binary.run(["verify", data]).status == 0)
    }

    /// The first word of a line.
    private static func place(_ line: String) -> String? { line.split(separator: " ").first.map(String.init) }

    @Test func `a record of a kind that only a newer version knows is named by verify and by serve`() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        let data = folder.path + "/data"
        let server = try await ServerProcess.start(in: folder, data: data)
        #expect(await server.end() == 0)
        let journal = try Journal.open(JournalOptions(directory: data))
        var records = RecordBatch()
        try records.append([0x7F, 0, 1, 0])
        let position = journal.append(records)
        try await journal.whenDurable(position)
        try journal.close()
        let name = "record \(position): unknown kind of event 127"
        let verified = try await Binary.run(["verify", data])
        #expect(verified.status == 1)
        #expect(verified.output.contains(name))
        let served = try await Binary.run(["serve", "--port", "0", "--data", data])
        #expect(served.status == 74)
        #expect(served.complaints.contains("what this version cannot read: \(name)"))
    }
}
