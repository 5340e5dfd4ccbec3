import Foundation
import HaoyuanClient
import Testing

@Suite(.serialized)
struct `Two servers as processes: a standby takes over, and the old primary comes back as its standby` {
    /// A primary with the sample, started anew so that it expects a standby, and its standby.
    private func pair(_ first: Folder, _ second: Folder) async throws -> (ServerProcess, ServerProcess) {
        let maker = try await ServerProcess.start(in: first, ["--sample"])
        #expect(await maker.end() == 0)
        let primary = try await ServerProcess.start(in: first, ["--standby"])
        let standby = try await ServerProcess.start(in: second, ["--follow", "127.0.0.1:\(primary.port)"])
        return (primary, standby)
    }

    private func both(_ servers: ServerProcess...) -> String {
        servers.map { "127.0.0.1:\($0.port)" }.joined(separator: ",")
    }

    @Test
    func `what only the old primary has is taken back into a file, and its folder follows again`() async throws {
        let (first, second) = (try Folder(), try Folder())
        defer {
            first.remove()
            second.remove()
        }
        let (primary, standby) = try await pair(first, second)
        let servers = both(primary, standby)
        let booked = try await standby.object(
            "book", "--server", servers, "--patient", "urn:id|1", "--register", "--slot", "4/3/1")
        #expect(try await primary.object("status")["accepting_writes"] as? Bool == true)

        // The standby is away, and the primary is told to go on: what it writes now is on one disk.
        #expect(await standby.end() == 0)
        #expect(try await primary.ask("alone").status == 0)
        #expect(try await primary.ask("book", "--patient", "urn:id|1", "--slot", "4/3/9").status == 0)
        #expect(await primary.end(SIGKILL) == -SIGKILL)
        let promoting = try await ServerProcess.start(in: second, ["--follow", "127.0.0.1:\(primary.port)"])
        let promoted = try await promoting.object("promote")
        #expect(promoted["epoch"] as? Int == 2)
        let next = try await promoting.object("book", "--patient", "urn:id|2", "--register", "--slot", "4/3/1")
        #expect(next["number"] as? Int == 2)

        let back = try await ServerProcess.start(in: first, ["--follow", "127.0.0.1:\(promoting.port)"])
        let position = try #require(try await promoting.object("status")["position"] as? Int)
        try await back.reaches(position)
        let files = try FileManager.default.contentsOfDirectory(atPath: first.path + "/data")
        let file = try #require(files.first { $0.hasPrefix("taken-back-") }, "\(files) \(back.log)")
        let shown = try await Binary.run(["inspect", "--file", first.path + "/data/" + file])
        #expect(shown.status == 0 && shown.output.contains("booked 4/3/2 for patient #1"), "\(shown)")
        let found = try await back.list("appointments", "--patient", "urn:id|1")
        #expect(found.map { $0["id"] as? String } == [booked["appointment"] as? String])
        let status = try await back.object("status")
        #expect(status["role"] as? String == "standby" && status["epoch"] as? Int == 2)
        #expect(await back.end() == 0)
        #expect(await promoting.end() == 0)
        #expect(try await Binary.run(["verify", first.path + "/data"]).status == 0)
    }

    @Test
    func `an old primary that wakes up is told, refuses everything, and its folder is not served as a primary's`()
        async throws
    {
        let (first, second) = (try Folder(), try Folder())
        defer {
            first.remove()
            second.remove()
        }
        let (primary, standby) = try await pair(first, second)
        primary.signal(SIGSTOP)
        #expect(try await standby.ask("promote").status == 0)
        primary.signal(SIGCONT)
        // It is told by the new primary, again and again until it has heard.
        var role: String?
        while role != "deposed" {
            role = try await primary.ask("status", "--json").object()["role"] as? String
        }
        #expect(try await primary.ask("status").status == 1)
        let refused = try await primary.ask("catalogue", "departments", "--timeout", "300ms")
        #expect(refused.status == 75 && refused.complaints.contains("primary"))
        #expect(await primary.end() == 0)
        let again = try await Binary.run(["serve", "--data", first.path + "/data", "--port", "0"])
        #expect(again.status == 78 && again.complaints.contains("--follow"))
        #expect(await standby.end() == 0)
    }

    @Test(.timeLimit(.minutes(2)))
    func `a client notices that a server has frozen in the middle of its work, and moves to the other`() async throws {
        let (first, second) = (try Folder(), try Folder())
        defer {
            first.remove()
            second.remove()
        }
        let (primary, standby) = try await pair(first, second)
        let registered = try await primary.object("patients", "register", "urn:id|1")
        let patient = PatientID(rawValue: try #require((registered["patient"] as? String).flatMap { UInt64($0) }))
        var configuration = ClientConfiguration(
            addresses: [primary, standby].map { .init(host: "127.0.0.1", port: $0.port) }, channel: .app)
        configuration.connections = 1
        configuration.silence = .milliseconds(400)
        // A caller that is never answered waits for ever: only the silence can end that.
        configuration.requestTimeout = nil
        let client = HaoyuanClient(configuration)
        let before = try await client.status()
        #expect(before.role == .primary && before.epoch == 1)
        let catalogue = try await client.catalogue().catalogue
        let service = try #require(catalogue.services.first { $0.code == "ordinary" })
        let found = try await client.nextFreeSlot(service: service.id)
        let slot = try #require(found)

        primary.signal(SIGSTOP)
        let key = IdempotencyKey.random()
        let booking = Task {
            try await client.book(patient: patient, slot: slot.slot, service: service.id, key: key)
        }
        #expect(try await standby.ask("promote").status == 0)
        guard case .done(let receipt) = try await booking.value else {
            Issue.record("refused")
            return
        }
        let after = try await client.status()
        #expect(after.role == .primary && after.epoch == 2 && after.position >= receipt.position)

        // The frozen one wakes up and is told; it has acknowledged nothing, and nobody is sent back to it.
        primary.signal(SIGCONT)
        var role: String?
        while role != "deposed" { role = try await primary.ask("status", "--json").object()["role"] as? String }
        #expect(try await client.status().epoch == 2)
        client.close()
        #expect(await primary.end() == 0)
        #expect(await standby.end() == 0)
    }

    @Test(.timeLimit(.minutes(2)))
    func `a history that cannot be cut back is moved aside, and everything is copied anew`() async throws {
        let (first, second) = (try Folder(), try Folder())
        defer {
            first.remove()
            second.remove()
        }
        let (primary, standby) = try await pair(first, second)
        let servers = both(primary, standby)
        _ = try await primary.object(
            "book", "--server", servers, "--patient", "urn:id|1", "--register", "--slot", "4/3/1")
        #expect(await standby.end() == 0)
        #expect(try await primary.ask("alone").status == 0)
        #expect(try await primary.ask("book", "--patient", "urn:id|1", "--slot", "4/3/9").status == 0)
        // Ended in order: its state tables have what the standby never had, and cannot forget it.
        #expect(await primary.end() == 0)
        let promoting = try await ServerProcess.start(in: second, ["--follow", "127.0.0.1:\(primary.port)"])
        #expect(try await promoting.object("promote")["epoch"] as? Int == 2)
        _ = try await promoting.object("book", "--patient", "urn:id|2", "--register", "--slot", "4/3/1")

        let back = try await ServerProcess.start(in: first, ["--follow", "127.0.0.1:\(promoting.port)"])
        let position = try #require(try await promoting.object("status")["position"] as? Int)
        try await back.reaches(position)
        let files = try FileManager.default.contentsOfDirectory(atPath: first.path + "/data")
        let kept = try #require(
            files.first { $0.hasPrefix("data-before-copy-") && $0.hasSuffix(".mdb") }, "\(files) \(back.log)")
        #expect(back.log.contains("a copy is taken") && back.log.contains("copy taken"))
        let file = try #require(files.first { $0.hasPrefix("taken-back-") }, "\(files) \(back.log)")
        let shown = try await Binary.run(["inspect", "--file", first.path + "/data/" + file])
        #expect(shown.status == 0 && shown.output.contains("booked 4/3/2 for patient #1"), "\(shown)")
        for patient in ["urn:id|1", "urn:id|2"] {
            let (here, there) = (
                try await back.list("appointments", "--patient", patient),
                try await promoting.list("appointments", "--patient", patient)
            )
            #expect(here.count == 1 && here.map { $0["id"] as? String } == there.map { $0["id"] as? String })
        }
        #expect(await back.end() == 0)
        #expect(await promoting.end() == 0)
        #expect(try await Binary.run(["verify", first.path + "/data"]).status == 0)

        // What was moved aside is a whole data file, with everything that was in it.
        let old = try Folder()
        defer { old.remove() }
        try FileManager.default.moveItem(
            atPath: first.path + "/data/" + kept, toPath: old.path + "/data.mdb")
        #expect(try await Binary.run(["verify", old.path]).status == 0)
    }

    @Test
    func `a primary that waits says so, and goes on alone when it is told to`() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        let maker = try await ServerProcess.start(in: folder, ["--sample"])
        #expect(await maker.end() == 0)
        let primary = try await ServerProcess.start(in: folder, ["--standby"])
        let waiting = try await primary.ask("status")
        #expect(waiting.status == 1 && waiting.output.contains("WAITING"))
        #expect(try await primary.ask("alone").status == 0)
        let alone = try await primary.ask("status")
        #expect(alone.status == 0 && alone.output.contains("ALONE"))
        _ = try await primary.object("book", "--patient", "urn:id|1", "--register", "--slot", "4/3/1")
        #expect(await primary.end() == 0)
    }
}

extension ServerProcess {
    /// Asks until everything up to `position` is on its disk.
    fileprivate func reaches(_ position: Int) async throws {
        while true {
            let status = try await ask("status", "--json", "--timeout", "1s")
            guard status.status == 0 else { continue }
            if let own = try status.object()["durable_position"] as? Int, own >= position { return }
        }
    }
}
