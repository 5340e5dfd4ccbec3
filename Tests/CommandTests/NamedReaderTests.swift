import Foundation
import HaoyuanClient
import Testing

@testable import Terminal

@Suite struct `A reader with a name, from the command line` {
    private func watch(_ server: ServerProcess, _ count: Int, _ more: String...) async throws -> [[String: Any]] {
        let watched = try await server.ask(["watch", "--name", "sms", "--count", "\(count)", "--json"] + more)
        try #require(watched.status == 0, "\(watched.complaints)")
        return try watched.output.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }

    @Test func `it goes on where its last run ended, also when the server was killed in between`() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        let first = try await ServerProcess.start(in: folder, ["--sample"])
        let position = try #require(try await first.object("status")["durable_position"] as? Int)
        for patient in 1...2 {
            _ = try await first.object(
                "book", "--patient", "urn:id|\(patient)", "--register", "--slot", "4/3/1", "--operator", "窗口\(patient)")
        }
        let seen = try await watch(first, 3, "--after", "\(position)")
        #expect(seen.map { $0["kind"] as? String } == ["patient-registered", "booked", "patient-registered"])
        let listed = try #require(try await first.list("feed", "list").first)
        #expect(listed["name"] as? String == "sms" && listed["behind_records"] as? Int ?? 0 > 0)
        // What it confirmed is in the journal by the time an orderly end is over.
        #expect(await first.end() == 0)
        let second = try await ServerProcess.start(in: folder, [])
        let rest = try await watch(second, 1)
        #expect(rest.first?["kind"] as? String == "booked" && rest.first?["operator"] as? String == "窗口2")
        let readers = try #require(try await second.object("status")["readers"] as? [[String: Any]])
        #expect(readers.map { $0["name"] as? String } == ["sms"])
        #expect(try await second.ask("status").output.contains("sms: confirmed"))
        #expect(await second.end() == 0)
    }

    @Test func `it is listed and dropped by name, and what is no name is refused`() async throws {
        try await withServer { server in
            _ = try await watch(server, 1, "--after", "0")
            #expect(try await server.list("feed", "list").map { $0["name"] as? String } == ["sms"])
            #expect(try await server.object("feed", "drop", "sms")["dropped"] as? String == "sms")
            #expect(try await server.list("feed", "list").isEmpty)
            let again = try await server.ask("feed", "drop", "sms")
            #expect(again.status != 0 && again.complaints.contains("there is no reader sms"))
            for bad in ["a b", ""] {
                let refused = try await server.ask("watch", "--name", bad, "--after", "0", "--count", "1")
                #expect(refused.status != 0 && refused.complaints.contains("--name: 1 to 64 letters a to z"))
            }
        }
    }

    @Test func `where to begin is refused for a name that is known, and a dropped name begins anew`() async throws {
        try await withServer { server in
            let first = try await watch(server, 1, "--after", "0")
            let refused = try await server.ask("watch", "--name", "sms", "--after", "0", "--count", "1")
            #expect(refused.status == ExitStatus.usage.rawValue && refused.output.isEmpty)
            #expect(refused.complaints.contains("leave --after out") && refused.complaints.contains("feed drop sms"))
            _ = try await server.object("feed", "drop", "sms")
            let again = try await watch(server, 1, "--after", "0")
            #expect(again.map { $0["position"] as? Int } == first.map { $0["position"] as? Int })
        }
    }

    @Test func `a reader whose log is gone is told how to begin anew`() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        let server = try await ServerProcess.start(
            in: folder, ["--sample", "--feed-keep-days", "0", "--checkpoint-time", "1s", "--segment-bytes", "64KiB"])
        _ = try await watch(server, 1, "--after", "0")
        let address = ClientConfiguration.Address(host: "127.0.0.1", port: server.port)
        let client = HaoyuanClient(ClientConfiguration(addresses: [address], channel: .window))
        // Until a checkpoint, of which there is one a second, has let go of the log.
        var isTrimmed = false
        for round in 0..<20_000 where !isTrimmed {
            _ = try await client.registerPatients(
                (0..<100).map { [Identifier(system: "urn:work", value: "\(round)-\($0)")] })
            isTrimmed = try await client.feedReaders().contains(where: \.isTrimmed)
        }
        client.close()
        try #require(isTrimmed)
        let refused = try await server.ask("watch", "--name", "sms", "--count", "1")
        #expect(refused.status == ExitStatus.usage.rawValue && refused.complaints.contains("haoyuan feed drop sms"))
        #expect(await server.end() == 0)
    }

    @Test func `the patient of a refusal is shown where it is asked for`() async throws {
        try await withServer { server in
            let position = try #require(try await server.object("status")["durable_position"] as? Int)
            let slot = ["--patient", "urn:id|1", "--register", "--slot", "4/3/1"]
            #expect(try await server.ask(["book"] + slot).status == 0)
            #expect(try await server.ask(["book"] + slot).status == 2)
            let silent = try await server.ask("watch", "--after", "\(position)", "--count", "3")
            #expect(!(silent.output.split(separator: "\n").last?.contains("patient #") ?? true))
            let telling = try await server.ask(
                "watch", "--after", "\(position)", "--count", "3", "--refused-patients")
            #expect(telling.output.split(separator: "\n").last?.contains("patient #") ?? false)
        }
    }
}
