import Testing

/// A folder whose time stands still until it is moved.
@Suite struct `Trials on a simulated clock` {
    private static let monday = "simulated:2026-03-02T06:30+08:00"

    private func ask(_ server: ServerProcess, _ arguments: String...) async throws -> Finished {
        try await Binary.run(arguments, environment: ["HAOYUAN_ADDRESS": "127.0.0.1:\(server.port)"])
    }

    @Test func `time stands still until it is moved, and what is due comes true at its own moment`() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        let server = try await ServerProcess.start(in: folder, ["--sample", "--clock", Self.monday])
        let status = try await ask(server, "status", "--json").object()
        #expect(status["now"] as? String == "2026-03-02T06:30:00.000+08:00")
        #expect((status["clock"] as? [String: Any])?["simulated"] as? Bool == true)
        #expect(try await ask(server, "status").output.contains("simulated"))

        let moved = try await ask(server, "clock", "advance", "90s", "--json").object()
        #expect(moved["before"] as? String == "2026-03-02T06:30:00.000+08:00")
        #expect(moved["now"] as? String == "2026-03-02T06:31:30.000+08:00")
        let named = try await ask(server, "clock", "advance", "--to", "2026-03-02 07:00", "--json").object()
        #expect(named["now"] as? String == "2026-03-02T07:00:00.000+08:00")

        // A hold lasts 15 minutes, by the trial's clock.
        let slots = try await ask(server, "slots", "--department", "cardiology", "--next", "--json").object()
        let place = try #require(((slots["slots"] as? [[String: Any]])?.first)?["place"] as? String)
        let hold = try await ask(server, "hold", "--slot", place, "--patient", "urn:id|1", "--register", "--json")
        #expect(hold.status == 0, "\(hold.complaints)")
        let appointment = try #require(try hold.object()["appointment"].map { "\($0)" })
        for (advance, state) in [("899s", "held"), ("1s", "expired")] {
            #expect(try await ask(server, "clock", "advance", advance).status == 0)
            let shown = try await ask(server, "appointments", "--id", appointment, "--json")
            #expect(shown.output.contains("\"\(state)\""), "\(shown.output)")
        }

        let back = try await ask(server, "clock", "advance", "--to", "2026-03-01 07:00")
        #expect(back.status == 64 && back.complaints.contains("never goes back"), "\(back.complaints)")
        let far = try await ask(server, "clock", "advance", "367d")
        #expect(far.status == 64 && far.complaints.contains("366 d"), "\(far.complaints)")
        #expect(try await ask(server, "clock", "advance").status == 64)
        #expect(await server.end() == 0)
    }

    @Test func `a folder is served by clocks of its own kind alone, and a trial goes on where it was`() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        var server = try await ServerProcess.start(in: folder, ["--sample", "--clock", Self.monday])
        #expect(try await ask(server, "clock", "advance", "7d").status == 0)
        #expect(await server.end() == 0)

        let data = folder.path + "/data"
        let real = try await Binary.run(["serve", "--data", data, "--port", "0", "--monitor", "off"])
        #expect(real.status == 78 && real.complaints.contains("--clock simulated"), "\(real.complaints)")
        let earlier = try await Binary.run(
            ["serve", "--data", data, "--port", "0", "--monitor", "off", "--clock", Self.monday])
        #expect(earlier.status == 78 && earlier.complaints.contains("2026-03-08T22:30Z"), "\(earlier.complaints)")
        server = try await ServerProcess.start(in: folder, ["--clock", "simulated"])
        #expect(try await ask(server, "status", "--json").object()["now"] as? String == "2026-03-09T06:30:00.000+08:00")
        #expect(await server.end() == 0)

        let hospital = try Folder()
        defer { hospital.remove() }
        server = try await ServerProcess.start(in: hospital)
        let refused = try await ask(server, "clock", "advance", "1s")
        #expect(refused.status == 64 && refused.complaints.contains("--clock simulated"), "\(refused.complaints)")
        #expect(await server.end() == 0)
        let wrong = try await Binary.run([
            "serve", "--data", hospital.path + "/data", "--port", "0", "--monitor", "off", "--clock", "simulated",
        ])
        #expect(wrong.status == 78 && wrong.complaints.contains("a folder of its own"), "\(wrong.complaints)")
    }

    @Test(arguments: ["simulated:2026-03-02 06:30", "simulated:", "real", "simulated:1969-01-01T00:00Z"])
    func `what is no clock is refused before the folder is touched`(clock: String) async throws {
        let folder = try Folder()
        defer { folder.remove() }
        let refused = try await Binary.run(["serve", "--data", folder.path + "/data", "--clock", clock])
        #expect(
            refused.status == 64 && refused.complaints.contains("simulated:2026-03-02T06:30+08:00"),
            "\(refused.complaints)")
        let pair = try await Binary.run([
            "serve", "--data", folder.path + "/data", "--clock", "simulated", "--follow", "127.0.0.1:1",
        ])
        #expect(pair.status == 78 && pair.complaints.contains("no pair"), "\(pair.complaints)")
    }
}
