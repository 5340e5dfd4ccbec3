import Foundation
import Testing

@testable import haoyuan

@Suite struct `The log` {
    @Test
    func `holds no patient and no operator, at its most talkative, whatever is sent; each line is a document`()
        async throws
    {
        let (patient, nurse, reason, garbage) = ("MARK330102199001011234", "MARK护士王", "MARK腹痛", "MARKGARBAGE")
        let folder = try Folder()
        defer { folder.remove() }
        let talkative = ["--sample", "--log-level", "trace", "--log-format", "json"]
        var server = try await ServerProcess.start(in: folder, talkative)
        let slots = try await server.object(
            "slots", "--service", "ordinary", "--from", "+1", "--to", "+7", "--limit", "12")
        let slot = try #require((slots["slots"] as? [[String: Any]])?.last?["place"] as? String)
        let who = ["--operator", nurse]
        let held = try await server.ask(
            ["hold", "--patient", "urn:id|\(patient)", "--register", "--slot", slot, "--json"] + who)
        let id = try #require(try held.object()["appointment"] as? String)
        // A refusal, an unknown identifier, an identifier that is too long, an operator that is too long, and a change.
        #expect(try await server.ask(["book", "--patient", "urn:id|\(patient)", "--slot", slot] + who).status == 2)
        #expect(try await server.ask(["patients", "find", "urn:id|\(patient)X"]).status != 70)
        let long = patient + String(repeating: "9", count: 200)
        #expect(try await server.ask(["patients", "register", "urn:id|\(long)"]).status == 64)
        #expect(try await server.ask(["cancel", id, "--operator", nurse + long]).status == 64)
        #expect(try await server.ask(["cancel", id, "--reason", reason] + who).status == 0)
        // Bytes that are no frame, to both listeners.
        _ = try await RawRequest.send("\(garbage) \(patient)\r\n\r\n", port: server.port)
        _ = try await RawRequest.send(
            "GET /\(garbage) HTTP/1.1\r\nHost: \(garbage)\r\n\r\n", port: try server.monitorPort)
        let page = try #require(try await RawRequest.get("/metrics", port: try server.monitorPort)).body
        #expect(await server.end() == 0)
        var logged = server.log
        // And again from the disk.
        server = try await ServerProcess.start(in: folder, talkative)
        #expect(await server.end(SIGKILL) == -SIGKILL)
        logged += server.log
        server = try await ServerProcess.start(in: folder, talkative)
        #expect(await server.end() == 0)
        logged += server.log
        #expect(!page.contains("MARK"))
        #expect(!logged.contains("MARK"))
        var messages: Set<String> = []
        for line in logged.split(separator: "\n") {
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
            #expect(object["time"] is String && object["level"] is String && object["logger"] is String)
            messages.insert(try #require(object["message"] as? String))
        }
        // Something was said, the garbage included.
        #expect(messages.isSuperset(of: ["listening", "monitored", "connection ended", "draining", "stopped"]))
    }
}
