import Foundation
import Testing

@Suite(.serialized) struct `Every subcommand, against a real server` {
    /// A session of today that runs into tomorrow evening: whatever the time is, a slot of it lies ahead.
    private static var hospital: String {
        """
        hospital: {name: 试验医院, time_zone: Asia/Shanghai}
        departments: [{code: general, name: 全科}, {code: imaging, name: 影像科}]
        services:
          - {code: clinic, name: 门诊}
          - {code: ct, name: CT 平扫, kind: exam, slots: 2}
          - {code: echo, name: 超声, kind: exam}
        pools:
          - {code: general, name: 全科号, department: general, services: [clinic]}
          - {code: imaging, name: 影像检查, department: imaging, services: [ct, echo]}
        policies: [{department: general, per_day_department: 1, hold: 1h}]
        templates:
          - {code: general-long, pool: general, start: "00:00", slot_minutes: 5, slots: 512, capacity: 2,
             valid_from: \(HospitalDay.today), valid_until: \(HospitalDay.today)}
          - {code: imaging-long, pool: imaging, start: "00:00", slot_minutes: 5, slots: 512, capacity: 1,
             valid_from: \(HospitalDay.today), valid_until: \(HospitalDay.today)}
        """
    }

    private func withHospital(_ body: (ServerProcess) async throws -> Void) async throws {
        try await withServer([]) { server in
            let file = try server.folder.file("hospital.yaml", Self.hospital)
            let imported = try await server.object("import", file, "--until", "today")
            try #require(imported["added"] as? Int == 11)
            try #require((imported["sessions"] as? [String: Any])?["opened"] as? Int == 2)
            try await body(server)
        }
    }

    /// Slots of today's session that lie ahead, as places.
    private func slots(_ service: String, _ server: ServerProcess, skip: Int = 2) async throws -> [String] {
        // The first few may begin while the test runs.
        let found = try await server.object("slots", "--service", service, "--limit", "12")
        return try #require(found["slots"] as? [[String: Any]]).dropFirst(skip).compactMap { $0["place"] as? String }
    }

    @Test
    func `slots are locked until a moment, once under a key, listed and unlocked`() async throws {
        try await withHospital { server in
            let slot = try await slots("clinic", server)[0].split(separator: "/")
            let (session, index) = (slot.dropLast().joined(separator: "/"), String(slot[2]))
            let until = try #require(try await server.list("sessions", "list")[0]["end"] as? String)
            let lock = [
                "sessions", "lock", session, "--first", index, "--reason", "检修", "--until", until, "--key",
                "00000000-0000-4000-8000-000000000007",
            ]
            for again in [false, true] {
                let answer = try await server.ask(lock + ["--json"]).object()
                #expect(answer["lock"] as? Int == 1 && answer["again"] as? Bool == again)
            }
            #expect(try await server.list("sessions", "locks").map { $0["until"] as? String } == [until])
            #expect(try await !slots("clinic", server, skip: 0).contains(slot.joined(separator: "/")))
            #expect(try await server.object("sessions", "unlock", session, "1")["result"] as? String == "unlocked")
            let second = try await server.ask("sessions", "unlock", session, "1")
            #expect(second.status == 2 && second.complaints.contains("the lock has ended"), "\(second)")
            for (wrong, said) in [
                (["--slots", "2"], "--slots needs --first"), (["--units", "0"], "at least 1"),
                (["--for", "2h", "--until", until], "give one"),
                (["--for", "2h", "--key", "00000000-0000-4000-8000-000000000008"], "say --until"),
            ] {
                let refused = try await server.ask(["sessions", "lock", session, "--reason", "检修"] + wrong)
                #expect(refused.status == 64 && refused.complaints.contains(said), "\(refused.complaints)")
            }
        }
    }

    @Test
    func `a hold is confirmed, refused a second time, moved, and cancelled`() async throws {
        try await withHospital { server in
            let free = try await slots("clinic", server)
            let unknown = try await server.ask("hold", "--patient", "urn:id|1", "--slot", free[0])
            #expect(unknown.status == 64)
            #expect(unknown.complaints.hasPrefix("haoyuan: there is no patient ‘urn:id|1’; register first"))

            let held = try await server.object("hold", "--patient", "urn:id|1", "--register", "--slot", free[0])
            #expect(held["state"] as? String == "held")
            #expect(held["number"] as? Int == 1)
            let id = try #require(held["appointment"] as? String)

            let key = "00000000-0000-4000-8000-000000000001"
            let confirmed = try await server.object("confirm", id, "--key", key)
            #expect(confirmed["state"] as? String == "booked")
            #expect(confirmed["again"] as? Bool == false)
            let again = try await server.object("confirm", id, "--key", key)
            #expect(again["again"] as? Bool == true)
            #expect(again["position"] as? Int == confirmed["position"] as? Int)

            let refused = try await server.ask("confirm", id)
            #expect(refused.status == 2)
            #expect(refused.complaints.hasPrefix("haoyuan: refused by STATE: "))
            #expect(refused.output.isEmpty)

            let other = try await server.ask("book", "--patient", "1", "--slot", free[3], "--json")
            #expect(other.status == 2)
            let refusal = try other.object()
            #expect(refusal["rule"] as? String == "PER_DAY_DEPARTMENT")
            #expect(refusal["limit"] as? Int == 1)
            #expect(refusal["authority"] as? String == "department")

            let moved = try await server.object("move", id, "--to", free[4], "--reason", "later")
            let newID = try #require(moved["appointment"] as? String)
            #expect(newID != id)
            let cancelled = try await server.object("cancel", newID, "--if-version", "1", "--reason", "well again")
            #expect(cancelled["state"] as? String == "cancelled")

            let all = try await server.list("appointments", "--patient", "#1")
            #expect(all.map { $0["state"] as? String } == ["moved", "cancelled"])
        }
    }

    @Test
    func `several are booked together or not at all`() async throws {
        try await withHospital { server in
            let clinic = try await slots("clinic", server)
            let exams = try await slots("ct", server)
            let patient = try await server.object("patients", "register", "urn:id|7", "urn:card|7")
            #expect(patient["patient"] as? String == "1")
            let booked = try await server.object(
                "book", "--patient", "urn:card|7", "--slot", clinic[6], "--slot", "\(exams[0])=ct")
            let made = try #require(booked["appointments"] as? [[String: Any]])
            #expect(made.map { $0["service"] as? String } == ["clinic", "ct"])
            #expect(Set(made.compactMap { $0["itinerary"] as? String }).count == 1)

            // The other patient finds the exam's slot taken, and so gets nothing.
            let refused = try await server.ask(
                "book", "--patient", "urn:id|8", "--register", "--slot", clinic[6], "--slot", "\(exams[0])=echo",
                "--json")
            #expect(refused.status == 2)
            #expect(try refused.object()["rule"] as? String == "SLOT_FULL")
            #expect(try refused.object()["item"] as? Int == 1)
            #expect(try await server.list("appointments", "--patient", "2").isEmpty)

            let vague = try await server.ask("book", "--patient", "1", "--slot", exams[4])
            #expect(vague.status == 64)
            #expect(vague.complaints.contains("can be booked for ct, echo; say which with --service"))
        }
    }

    @Test
    func `a visit goes its way, and a no-show before its time is refused`() async throws {
        try await withHospital { server in
            let free = try await slots("clinic", server)
            let booked = try await server.object("book", "--patient", "urn:id|1", "--register", "--slot", free[0])
            let id = try #require(booked["appointment"] as? String)
            #expect(try await server.ask("no-show", id).status == 2)
            for (command, state) in [
                ("arrive", "arrived"), ("call", "called"), ("start", "started"), ("complete", "completed"),
            ] {
                #expect(try await server.object(command, id)["state"] as? String == state)
            }
            let second = try await server.object("book", "--patient", "urn:id|2", "--register", "--slot", free[0])
            let stopped = try await server.object(
                "stop", try #require(second["appointment"] as? String), "--reason", "停诊")
            #expect(stopped["state"] as? String == "stopped")

            let session = free[0].split(separator: "/").prefix(2).joined(separator: "/")
            let found = try await server.list("appointments", "--session", session)
            #expect(found.map { $0["state"] as? String } == ["completed", "stopped"])
            #expect(found.map { $0["number"] as? Int } == [1, 2])
            let one = try await server.ask("appointments", "--id", id, "--id", "1/0/99")
            #expect(one.status == 64)
            #expect(one.output.contains("completed"))
            #expect(one.complaints.contains("there is no appointment 1/0/99"))
        }
    }

    @Test
    func `the change feed tells all of it, from any position`() async throws {
        try await withHospital { server in
            let free = try await slots("clinic", server)
            _ = try await server.object(
                "hold", "--patient", "urn:id|1", "--register", "--slot", free[0], "--operator", "窗口3")
            let status = try await server.object("status")
            let position = try #require(status["durable_position"] as? Int)
            let all = try await server.ask("watch", "--after", "0", "--count", "\(position)", "--json")
            let events = try all.output.split(separator: "\n").map {
                try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
            }
            #expect(events.compactMap { $0["position"] as? Int } == Array(1...position))
            #expect(events.last?["kind"] as? String == "booked")
            #expect(events.last?["state"] as? String == "held")
            #expect(events.last?["operator"] as? String == "窗口3")
            let lines = try await server.ask("watch", "--after", "\(position - 1)", "--count", "1")
            let slot = try #require(free[0].split(separator: "/").last)
            let sentence = "@\(position)  held 1/0/1 for patient #1: 门诊 in 全科号, slot \(slot), until "
            #expect(lines.output.contains(sentence))
            #expect(lines.output.contains("(window, 窗口3)"))
        }
    }

    @Test
    func `the catalogue, sessions and patients are listed for people and for programs`() async throws {
        try await withHospital { server in
            let departments = try await server.ask("catalogue", "departments")
            #expect(
                departments.output == """
                    CODE     NAME    POOLS  SERVICES
                    general  全科        1  clinic
                    imaging  影像科      1  ct, echo

                    """)
            for kind in ["departments", "resources", "services", "pools", "policies", "templates"] {
                let list = try await server.list("catalogue", kind)
                let table = try await server.ask("catalogue", kind)
                #expect(table.output.split(separator: "\n").count == list.count + 1)
            }
            let everything = try await server.object("catalogue")
            #expect((everything["hospital"] as? [String: Any])?["name"] as? String == "试验医院")
            #expect(try await server.list("catalogue", "services", "--department", "imaging").count == 2)
            #expect(try await server.ask("catalogue", "pools", "--department", "cellar").status == 64)

            let sessions = try await server.list("sessions", "list")
            #expect(sessions.compactMap { $0["pool"] as? String } == ["general", "imaging"])
            #expect(try await server.list("sessions", "list", "--pool", "影像检查").count == 1)
            let generated = try await server.object("sessions", "generate", "--to", "today")
            #expect(generated["opened"] as? Int == 0)
            #expect(generated["unchanged"] as? Int == 2)
            // Tomorrow's would begin while today's still runs.
            let template =
                "{code: general-next, pool: general, start: \"08:00\", slot_minutes: 10, slots: 6, capacity: 1,"
            let next = try server.folder.file(
                "next.yaml",
                "templates: [\(template) valid_from: \(HospitalDay.tomorrow), valid_until: \(HospitalDay.tomorrow)}]")
            _ = try await server.object("import", next)
            let overlapping = try await server.ask("sessions", "generate", "--to", "tomorrow", "--json")
            #expect(overlapping.status == 1)
            #expect((try overlapping.object()["conflicts"] as? [String])?.count == 1)

            _ = try await server.object("patients", "register", "urn:id|1")
            let known = try await server.object("patients", "register", "urn:id|1", "urn:card|5")
            #expect(known["created"] as? Bool == false)
            let found = try await server.list("patients", "find", "urn:card|5", "urn:card|6")
            #expect(found.map { $0["patient"] as? String } == ["1", nil])
        }
    }

    @Test
    func `slots by department, by service and the next one; and none is no error`() async throws {
        try await withHospital { server in
            let both = try await server.object("slots", "--department", "imaging", "--service", "ct", "--limit", "5")
            #expect((both["slots"] as? [Any])?.count == 5)
            #expect(both["more"] as? Bool == true)
            let next = try await server.object("slots", "--service", "echo", "--next")
            #expect((next["slots"] as? [Any])?.count == 1)
            let none = try await server.ask("slots", "--service", "echo", "--day", "+200")
            #expect(none.status == 0)
            #expect(none.output.isEmpty)
            #expect(none.complaints == "no free slots; try another day, or --next for the first one\n")
            let table = try await server.ask("slots", "--service", "clinic", "--limit", "1")
            #expect(table.output.hasPrefix("DAY         TIME         POOL     NAME    FREE  OF  SLOT"))
        }
    }

    @Test
    func `status tells how the server is; a server that is not there is 69`() async throws {
        try await withHospital { server in
            let status = try await server.object("status")
            #expect(status["accepting_writes"] as? Bool == true)
            #expect((status["counts"] as? [String: Any])?["sessions"] as? Int == 2)
            #expect(try await server.ask("status").output.contains("试验医院 (Asia/Shanghai)"))
            let away = try await server.ask("status", "--host", "127.0.0.1", "--port", "1")
            #expect(away.status == 69)
            #expect(
                away.complaints.hasPrefix("haoyuan: no server answers at 127.0.0.1:1; start one with haoyuan serve"))
        }
    }

    @Test
    func `no session is opened in a zone that was not named, and nothing is put before`() async throws {
        try await withServer([]) { server in
            let lines = Self.hospital.split(separator: "\n").dropFirst().joined(separator: "\n")
            let file = try server.folder.file("zoneless.yaml", lines)
            let refused = try await server.ask("import", file, "--until", "+3")
            #expect(refused.status == 78)
            #expect(refused.complaints.contains("names no time zone, and neither does the server"))
            #expect(try await server.list("catalogue", "departments").isEmpty)
            let put = try await server.ask("import", file)
            #expect(put.status == 0)
            #expect(put.complaints.contains("left out, so taken: "))
            #expect(put.complaints.contains("template: weekdays all (2 times)"))
            let generated = try await server.ask("sessions", "generate", "--to", "+3")
            #expect(generated.status == 64)
            #expect(generated.complaints.contains("its time zone is not named"))
            let named = try server.folder.file("zone.yaml", "hospital: {name: 医院, time_zone: Asia/Shanghai}")
            #expect(try await server.ask("import", named, "--until", "today").status == 0)
            #expect(try await server.list("sessions", "list").count == 2)
        }
    }

    @Test
    func `the address that the banner shows can be given back, with brackets around IPv6`() async throws {
        try await withServer(["--host", "[::1]"]) { server in
            let line = try #require(server.banner.first { $0.hasPrefix("listening on ") })
            let shown = String(line.dropFirst("listening on ".count).prefix { $0 != "," })
            #expect(shown == "[::1]:\(server.port)")
            for way in [
                ["--server", shown], ["--host", "[::1]", "--port", "\(server.port)"],
                ["--host", "::1", "--port", "\(server.port)"],
            ] {
                #expect(try await Binary.run(["status"] + way).status == 0, "\(way)")
            }
            #expect(try await Binary.run(["status"], environment: ["HAOYUAN_ADDRESS": shown]).status == 0)
        }
    }

    @Test
    func `importing again changes nothing, and one wrong entity refuses all`() async throws {
        try await withHospital { server in
            let again = try await server.object("import", server.folder.path + "/hospital.yaml")
            #expect(again["unchanged"] as? Int == 11)
            let wrong = try server.folder.file(
                "wrong.yaml",
                "departments: [{code: new, name: New}]\npools: [{code: x, name: X, department: nowhere}]\n")
            let refused = try await server.ask("import", wrong)
            #expect(refused.status == 64)
            #expect(refused.complaints.contains("pool ‘x’: there is no department ‘nowhere’"))
            #expect(try await server.list("catalogue", "departments").count == 2)
            let csv = try await server.ask("import", Binary.repository + "/docs/samples/hospital-csv", "--until", "+6")
            #expect(csv.status == 1 || csv.status == 0, "\(csv.complaints)")
        }
    }

    @Test(arguments: [
        (["nonsense"], "unexpected argument 'nonsense'; see haoyuan --help"),
        (["slots"], "say which slots: --department, --service or --resource; see haoyuan slots --help"),
        (["sessions", "generate"], "missing expected argument '--to <day>'; see haoyuan sessions generate --help"),
        (["book", "--patient", "1"], "say which slot: --slot"),
        (
            ["book", "--patient", "x", "--slot", "1/0/0"],
            "the value 'x' is invalid for '--patient <patient>'; write '#17' or 17 by id"
        ),
        (["appointments"], "say which appointments: one of --id, --patient, --session"),
        (["cancel", "1/0"], "the value '1/0' is invalid for '<appointment>'; write its id, or its place"),
        (
            ["sessions", "list", "--from", "tommorow"],
            "; write today, tomorrow, yesterday, days from today such as +3 or -1, or a date such as 2026-12-01, or see haoyuan"
        ),
        (["sessions", "list", "--from", "++3"], "; write today, tomorrow, yesterday, days from today"),
        (["appointments", "--patient", "#+17"], "; write '#17' or 17 by id"),
        (["cancel", "1/+0/+1"], "; write its id, or its place"),
        (["serve", "--data", " "], "--data is ‘ ’, it must be the path of a folder, such as ./var"),
        (["verify", " "], "; write the path of a folder, such as ./var"),
        (["policy", "diff", " "], "; write the path of a file or a folder, such as ./hospital.yaml"),
        (["inspect", "--file", " "], "; write the path of a file"),
        (["watch", "--after", "x"], "; write a position as the commands show it"),
        (["watch", "--timeout", "10"], "; write a time with its unit"),
        (["status", "--port", "many"], "; write a number in digits alone"),
        (["status", "--port", "+7440"], "; write a number in digits alone"),
        (["find", "xnk", "--limit", "+3"], "; write a number in digits alone"),
        (["slots", "--department", "a", "--limit", "0x10"], "; write a number in digits alone"),
        (["watch", "--count", "99999999999999999999"], "; write a number in digits alone"),
        (["cancel", "1/0/1", "--if-version", "+1"], "; write a number in digits alone"),
        (["sessions", "unlock", "1/0", "+1"], "; write the number that haoyuan sessions locks shows"),
        (["sessions", "lock", "1/0", "--first", "+1"], "; write a whole number from 0"),
        (["sessions", "lock", "1/0", "--units", "1_000"], "; write a number in digits alone"),
        (["inspect", "--last", "+1"], "; write a number in digits alone"),
        (["bench", "steady", "--rate", "nan"], "; write a number in digits alone"),
        (["drill", "kill", "--seed=-1"], "; write a number in digits alone"),
        (["status", "--timeout", "1s", "--timeout", "2s"], "--timeout stands there twice; give it once"),
        (["status", "--host", "a:1"], "--host is ‘a:1’; write a name or an address"),
        (["status", "--server", "a:1,a:1"], "--server names a:1 twice"),
        (["status", "--port", "0"], "--port is 0, it must be 1 to 65535"),
        (["serve", "--port", "many"], "--port is ‘many’, it must be a number from 0 to 65535"),
        (["replay"], "missing expected argument '--trace <file>'"),
        (["inspect", "--from", "1", "--last", "1"], "--from and --last are two ways to say where to begin"),
    ])
    func `what is wrong with a command line is one line, and 64`(arguments: [String], sentence: String) async throws {
        let finished = try await Binary.run(arguments)
        #expect(finished.status == 64)
        let isWhole = !sentence.hasPrefix(";")
        #expect(finished.complaints.hasPrefix(isWhole ? "haoyuan: \(sentence)" : "haoyuan: the value"))
        #expect(finished.complaints.contains(sentence), "\(finished.complaints)")
        #expect(finished.complaints.split(separator: "\n").count == 1)
        #expect(finished.output.isEmpty)
    }

    @Test
    func `an address that cannot be read is named`() async throws {
        let finished = try await Binary.run(["status"], environment: ["HAOYUAN_ADDRESS": "a:b:c"])
        #expect(finished.status == 64)
        #expect(finished.complaints == "haoyuan: HAOYUAN_ADDRESS is ‘a:b:c’; write it as host:port, or [ipv6]:port\n")
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func `help, version and completion scripts are what was asked for`(shell: String) async throws {
        let script = try await Binary.run(["--generate-completion-script", shell])
        #expect(script.status == 0)
        #expect(script.output.contains("haoyuan"))
        #expect(script.output.contains("appointments"))
        #expect(try await Binary.run(["--version"]).output.hasPrefix("haoyuan "))
        #expect(try await Binary.run(["help", "slots"]).output.contains("--service"))
    }

    @Test
    func `a server that asks for a credential tells who comes without`() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        let file = try folder.file("credential", "open sesame\n")
        let server = try await ServerProcess.start(in: folder, ["--sample", "--credential-file", file])
        let without = try await server.ask("status")
        #expect(without.status == 64)
        #expect(without.complaints.contains("HAOYUAN_CREDENTIAL"))
        let with = try await Binary.run(
            ["status"],
            environment: ["HAOYUAN_ADDRESS": "127.0.0.1:\(server.port)", "HAOYUAN_CREDENTIAL": "open sesame"])
        #expect(with.status == 0, "\(with.complaints)")
        #expect(await server.end() == 0)
    }
}
