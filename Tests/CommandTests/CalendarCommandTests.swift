import Foundation
import Testing

/// `haoyuan calendar`, as a number manager types it.
@Suite struct `Calendars at the command line` {
    private static let hospital = """
        hospital: {name: 人民医院, time_zone: Asia/Shanghai}
        departments: [{code: CARD, name: 心内科}]
        resources:
          - {code: LI, name: 李医师, kind: practitioner, department: CARD}
          - {code: WANG, name: 王医师, kind: practitioner, department: CARD}
        services: [{code: visit, name: 门诊, kind: clinic}]
        pools:
          - {code: li, name: 李医师普通门诊（长名称用于折行，长名称用于折行）, department: CARD, services: [visit], resources: [LI]}
          - {code: wang, name: 王医师, department: CARD, services: [visit], resources: [WANG]}
        templates:
          - {code: morning, pool: li, start: "08:00", slot_minutes: 10, slots: 6, capacity: 1}
          - {code: other, pool: wang, start: "08:00", slot_minutes: 10, slots: 6, capacity: 1}
        """

    private func withHospital(_ body: (ServerProcess) async throws -> Void) async throws {
        try await withServer([]) { server in
            let file = try server.folder.file("hospital.yaml", Self.hospital)
            _ = try await server.object("import", file, "--until", "+3")
            try await body(server)
        }
    }

    @Test func `sessions go out without patients, a stopped one as cancelled, and come back as none of their own`()
        async throws
    {
        try await withHospital { server in
            let listed = try await server.list("sessions", "list", "--pool", "li", "--from", "+1", "--to", "+3")
            let session = try #require(listed.first?["place"] as? String)
            _ = try await server.ask("sessions", "stop", session, "--reason", "病假", "--yes")
            let written = try await server.ask(
                "calendar", "export", "--resource", "LI", "--from", "+1", "--to", "+3", "--out", "li.ics")
            #expect(written.status == 0 && written.output.contains("3 sessions of LI written to li.ics"), "\(written)")
            let path = server.folder.path + "/li.ics"
            let text = try String(contentsOfFile: path, encoding: .utf8)
            #expect(text.hasPrefix("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n") && text.hasSuffix("END:VCALENDAR\r\n"))
            #expect(text.components(separatedBy: "BEGIN:VEVENT\r\n").count == 4)
            #expect(text.components(separatedBy: "STATUS:CANCELLED\r\n").count == 2)
            #expect(text.utf8.split(separator: UInt8(ascii: "\n")).allSatisfy { $0.count <= 76 })
            let standard = try await server.object(
                "calendar", "export", "--resource", "李医师", "--from", "+1", "--to", "+3")
            #expect(standard["events"] as? Int == 3)
            func uids(_ text: String) -> [String] {
                text.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("UID:") }.map(String.init)
            }
            // Folded UIDs begin alike; what follows is the session.
            #expect(uids(standard["calendar"] as? String ?? "") == uids(text))
            let back = try await server.object(
                "calendar", "import", "li.ics", "--resource", "LI", "--from", "+1", "--to", "+3")
            #expect((back["leaves"] as? [Any])?.isEmpty ?? false, "\(back)")
            #expect((back["passed_over"] as? [String: Any])?["own"] as? Int == 3)
        }
    }

    @Test func `busy times come in as leaves, name the sessions they touch, and touch none`() async throws {
        try await withHospital { server in
            _ = try await server.object("patients", "register", "urn:id|1")
            let listed = try await server.list("sessions", "list", "--pool", "li", "--from", "+1", "--to", "+3")
            let session = try #require(listed.first)
            let place = try #require(session["place"] as? String)
            _ = try await server.object("book", "--patient", "#1", "--slot", "\(place)/0")
            let day = try #require(session["date"] as? String).filter { $0 != "-" }
            func calendar(_ lines: String) throws {
                _ = try server.folder.file("li.ics", String(decoding: CalendarText.file(lines), as: UTF8.self))
            }
            let event =
                "BEGIN:VEVENT\nUID:a\nSUMMARY:看病 secret\nDTSTART:\(day)T081500\nDURATION:PT1H\n"
                + "RRULE:FREQ=DAILY;COUNT=2\nEND:VEVENT"
            try calendar(event)
            let command = ["calendar", "import", "li.ics", "--resource", "LI", "--from", "+1", "--to", "+3"]
            let dry = try await server.ask(command + ["--dry-run"])
            #expect(
                dry.status == 0 && dry.output.contains("2 added, 0 changed")
                    && dry.output.contains("nothing is changed"))
            #expect(dry.output.contains("added 新增") && dry.output.contains("看病 secret"), "\(dry.output)")
            #expect(dry.complaints.contains("haoyuan sessions stop \(place) --reason 请假"), "\(dry.complaints)")
            #expect(dry.complaints.contains("haoyuan sessions preview --from"), "\(dry.complaints)")
            #expect(try await server.list("catalogue", "leaves").isEmpty)

            let done = try await server.ask(command + ["--json"]).object()
            #expect(done["added"] as? Int == 2 && (done["touched"] as? [Any])?.count == 1, "\(done)")
            let leaves = try await server.list("catalogue", "leaves")
            #expect(
                leaves.allSatisfy { $0["reason"] as? String == "calendar li.ics" && $0["resource"] as? String == "LI" })
            #expect(leaves.count == 2 && leaves.allSatisfy { ($0["from"] as? String ?? "").hasSuffix("08:15") })
            #expect(try await server.list("sessions", "list", "--from", "+1", "--to", "+3").count == 6)
            #expect(try await server.list("appointments", "--session", place).count == 1)
            let again = try await server.ask(command)
            #expect(again.output.contains("0 added, 0 changed, 0 cancelled, 2 unchanged"), "\(again.output)")

            try calendar("")
            let gone = try await server.ask(command + ["--json"]).object()
            #expect(gone["cancelled"] as? Int == 2, "\(gone)")
            #expect(try await server.list("catalogue", "leaves").allSatisfy { $0["cancelled"] as? Bool == true })
        }
    }

    @Test func `titles are kept where that is asked for, and never those of private events`() async throws {
        try await withHospital { server in
            let end = "DTSTART;TZID=Home:20991201T081500\nDURATION:PT1H\nEND:VEVENT"
            let file = CalendarText.file(
                "X-WR-CALNAME:李的日历\nBEGIN:VEVENT\nUID:a\nSUMMARY:学术会议\n\(end)\nBEGIN:VEVENT\nUID:b\nCLASS:PRIVATE\n"
                    + "SUMMARY:secret\n\(end)")
            _ = try server.folder.file("li.ics", String(decoding: file, as: UTF8.self))
            let command = [
                "calendar", "import", "li.ics", "--resource", "LI", "--from", "2099-12-01", "--to", "2099-12-31",
            ]
            let refused = try await server.ask(command)
            #expect(refused.status == 78, "\(refused)")
            #expect(
                refused.complaints.contains("li.ics line 8: DTSTART: TZID ‘Home’ is no IANA zone")
                    && refused.complaints.contains("--tzid 'Home=Asia/Shanghai'"), "\(refused.complaints)")
            let done = try await server.ask(command + ["--tzid", "Home=Europe/Berlin", "--titles", "--json"]).object()
            #expect(done["calendar"] as? String == "李的日历" && done["added"] as? Int == 2, "\(done)")
            let leaves = try await server.list("catalogue", "leaves")
            #expect(Set(leaves.compactMap { $0["reason"] as? String }) == ["学术会议", "calendar 李的日历"])
            #expect(leaves.allSatisfy { $0["from"] as? String == "2099-12-01 15:15" })
        }
    }

    @Test func `what is wrong with the command is named`() async throws {
        try await withHospital { server in
            _ = try server.folder.file("li.ics", String(decoding: CalendarText.file(""), as: UTF8.self))
            for (wrong, status, said) in [
                (["export", "--resource", "NONE", "--to", "+1"], 64, "there is no resource ‘NONE’"),
                (["export", "--resource", "LI", "--from", "+2", "--to", "+1"], 64, "no stretch of 1 to 400 days"),
                (["export", "--resource", "LI", "--to", "+1", "--out", "none/li.ics"], 74, "cannot be written"),
                (["import", "none.ics", "--resource", "LI", "--to", "+1"], 74, "does not exist"),
                (["import", "li.ics", "--resource", "LI", "--to", "+500"], 64, "no stretch of 1 to 400 days"),
                (["import", "li.ics", "--resource", "LI", "--to", "+1", "--name", " "], 64, "--name is empty"),
                (
                    ["import", "li.ics", "--resource", "LI", "--to", "+1", "--tzid", "x"], 64,
                    "China Standard Time=Asia/Shanghai"
                ),
                (
                    [
                        "import", "li.ics", "--resource", "LI", "--to", "+1", "--tzid", "x=UTC", "--tzid",
                        "x=Asia/Tokyo",
                    ], 64,
                    "--tzid names x twice"
                ),
            ] as [([String], Int32, String)] {
                let refused = try await server.ask(["calendar"] + wrong)
                #expect(refused.status == status && refused.complaints.contains(said), "\(wrong): \(refused)")
            }
        }
    }
}
