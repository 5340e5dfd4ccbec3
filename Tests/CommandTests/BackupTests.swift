import Foundation
import Testing

@testable import haoyuan

/// Backups taken of a server at work, and what comes out of them.
@Suite(.serialized) struct `Backup and restore` {
    private static func book(_ server: ServerProcess, _ patient: Int, slot: String) async throws {
        _ = try await server.object("book", "--patient", "urn:id|\(patient)", "--register", "--slot", slot)
    }

    /// Appointments of a data folder, read by a server started on it.
    private static func appointments(in folder: Folder, data: String, patient: Int) async throws -> Int {
        let server = try await ServerProcess.start(in: folder, data: data)
        let found = try await server.list("appointments", "--patient", "urn:id|\(patient)")
        #expect(await server.end(SIGTERM) == 0)
        return found.count
    }

    @Test
    func `what was booked before a place is restored, and nothing after it`() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        let server = try await ServerProcess.start(in: folder, ["--sample"])
        let (data, backups) = (folder.path + "/data", folder.path + "/backups")
        try await Self.book(server, 1, slot: "4/3/1")
        let whole = try await Binary.run(["backup", backups, "--data", data, "--json"])
        #expect(whole.status == 0, "\(whole.complaints)")
        #expect(try whole.object()["whole"] as? Bool == true)
        try await Self.book(server, 2, slot: "4/3/2")
        let between = try #require(try await server.object("status")["position"] as? Int)
        let format = ISO8601DateFormatter()
        format.formatOptions.insert(.withFractionalSeconds)
        let moment = format.string(from: Date())
        try await Self.book(server, 3, slot: "4/3/3")
        let log = try await Binary.run(["backup", backups, "--data", data, "--json"])
        #expect(try log.object()["whole"] as? Bool == false)
        let nothing = try await Binary.run(["backup", backups, "--data", data])
        #expect(nothing.output.hasPrefix("nothing new"))
        #expect(await server.end(SIGKILL) == -SIGKILL)

        let listed = try await Binary.run(["backups", backups, "--json"])
        #expect(try listed.list().count == 2)

        let all = folder.path + "/all"
        let restored = try await Binary.run(["restore", backups, "--data", all, "--json"])
        #expect(restored.status == 0, "\(restored.complaints)")
        #expect(try restored.object()["ok"] as? Bool == true)
        #expect(try restored.object()["epoch"] as? Int == 1_000)
        #expect(try await Self.appointments(in: folder, data: all, patient: 3) == 1)

        let part = folder.path + "/part"
        let cut = try await Binary.run(["restore", backups, "--data", part, "--position", "\(between)", "--json"])
        #expect(cut.status == 0, "\(cut.complaints)")
        #expect(try cut.object()["through_position"] as? Int == between)
        #expect(try await Self.appointments(in: folder, data: part, patient: 2) == 1)
        let third = try await ServerProcess.start(in: folder, data: part)
        let unknown = try await third.ask("appointments", "--patient", "urn:id|3")
        #expect(unknown.status != 0)
        #expect(await third.end(SIGTERM) == 0)

        let again = try await Binary.run(["restore", backups, "--data", part])
        #expect(again.status == 64)
        let early = try await Binary.run(
            ["restore", backups, "--data", folder.path + "/early", "--moment", "2020-01-01T00:00:00Z"])
        #expect(early.status == 64)
        #expect(early.complaints.contains("no whole backup"))
        let late = try await Binary.run(
            ["restore", backups, "--data", folder.path + "/late", "--position", "999999999"])
        #expect(late.status == 64)
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/late"))
        let timed = try await Binary.run(
            ["restore", backups, "--data", folder.path + "/timed", "--moment", moment, "--json"])
        #expect(timed.status == 0, "\(timed.complaints)")
        #expect((try timed.object()["through_position"] as? Int ?? 0) <= between)
    }

    @Test
    func `a damaged backup is named, and nothing is restored from it`() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        let server = try await ServerProcess.start(in: folder, ["--sample"])
        let backups = folder.path + "/backups"
        _ = try await Binary.run(["backup", backups, "--data", folder.path + "/data"])
        #expect(await server.end(SIGTERM) == 0)
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: backups).first)
        let file = URL(fileURLWithPath: backups + "/" + name)
        let sound = try Data(contentsOf: file)
        for place in stride(from: 0, to: sound.count, by: max(1, sound.count / 12)) {
            var bytes = sound
            bytes[place] ^= 0x10
            try bytes.write(to: file)
            let restored = try await Binary.run(["restore", backups, "--data", folder.path + "/new"])
            #expect(restored.status != 0, "byte \(place)")
            #expect(restored.complaints.split(separator: "\n").count == 1, "byte \(place)")
            #expect(!FileManager.default.fileExists(atPath: folder.path + "/new"))
        }
        try sound.dropLast(7).write(to: file)
        #expect(try await Binary.run(["restore", backups, "--data", folder.path + "/new"]).status == 74)
        try sound.write(to: file)
        #expect(try await Binary.run(["restore", backups, "--data", folder.path + "/new"]).status == 0)
        let missing = try await Binary.run(["restore", folder.path + "/nothing", "--data", folder.path + "/other"])
        #expect(missing.status == 64)
    }

    @Test
    func `a damaged folder is named and not backed up; the backup taken before gives back what it held`() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        let server = try await ServerProcess.start(in: folder, ["--sample"])
        let (data, backups, restored) = (folder.path + "/data", folder.path + "/backups", folder.path + "/restored")
        try await Self.book(server, 1, slot: "4/3/1")
        #expect(try await Binary.run(["backup", backups, "--data", data]).status == 0)
        #expect(await server.end(SIGTERM) == 0)
        let file = URL(fileURLWithPath: data + "/data.mdb")
        var bytes = try Data(contentsOf: file)
        var from = bytes.startIndex
        // Every copy of a table's name, those of earlier commits too.
        while let place = bytes.range(of: Data("state.sessions".utf8), in: from..<bytes.endIndex) {
            bytes[place.lowerBound] ^= 0x20
            from = place.upperBound
        }
        try bytes.write(to: file)
        #expect(try await Binary.run(["verify", data]).status == 1)
        #expect(try await Binary.run(["backup", backups, "--data", data, "--whole"]).status == 74)
        #expect(try await Binary.run(["restore", backups, "--data", restored]).status == 0)
        #expect(try await Self.appointments(in: folder, data: restored, patient: 1) == 1)
    }
}
