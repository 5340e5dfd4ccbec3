import Foundation
import Testing

/// `haoyuan standing` and `haoyuan appeal`, as an operator types them.
@Suite struct `Standing and appeals at the command line` {
    private static let hospital = """
        hospital: {name: 人民医院, time_zone: Asia/Shanghai}
        departments: [{code: CARD, name: 心内科}]
        services: [{code: visit, name: 门诊, kind: clinic}]
        pools: [{code: li, name: 李医师, department: CARD, services: [visit]}]
        policies:
          - department: CARD
            per_day: 9
            terms:
              - {rule: BLOCKED, channels: [window], limit: 1, days: 90, block_days: 30, minutes: 2880, weight: 100}
        templates:
          - {code: morning, pool: li, start: "08:00", slot_minutes: 10, slots: 6, capacity: 1}
        """

    @Test func `a late cancellation blocks, is told with its end, and an appeal lifts it`() async throws {
        try await withServer([]) { server in
            let file = try server.folder.file("hospital.yaml", Self.hospital)
            _ = try await server.object("import", file, "--until", "+2")
            _ = try await server.object("patients", "register", "urn:id|1")
            let found = try await server.object("slots", "--service", "visit", "--from", "+1", "--limit", "1")
            let slot = try #require((found["slots"] as? [[String: Any]])?.first?["place"] as? String)
            let booked = try await server.object("book", "--patient", "#1", "--slot", slot)
            let appointments = try #require(booked["appointments"] as? [[String: Any]])
            let place = try #require(appointments.first?["place"] as? String)
            #expect(try await server.ask("standing", "#1").output.contains("not blocked"))
            _ = try await server.object("cancel", place)

            let refused = try await server.ask("book", "--patient", "#1", "--slot", slot)
            #expect(refused.status == 2 && refused.complaints.contains("BLOCKED"), "\(refused)")
            #expect(refused.complaints.contains("until "), "\(refused)")
            let chinese = try await server.ask("standing", "#1", "--lang", "zh")
            #expect(chinese.output.contains("暂停预约至") && chinese.output.contains("分钟取消"), "\(chinese.output)")
            let standing = try await server.object("standing", "#1")
            let strikes = try #require(standing["strikes"] as? [[String: Any]])
            #expect(strikes.map { $0["kind"] as? String } == ["late-cancellation"])
            #expect((standing["blocks"] as? [[String: Any]])?.count == 1)

            let about = [place, "--patient", "#1"]
            let filed = try await server.ask(["appeal", "file"] + about + ["--reason", "地铁停运", "--operator", "li"])
            #expect(filed.status == 0 && filed.output.contains("filed the appeal about \(place)"), "\(filed)")
            let twice = try await server.ask(["appeal", "file"] + about + ["--reason", "x", "--operator", "li"])
            #expect(twice.status == 2 && twice.complaints.contains("STATE"), "\(twice)")
            let listed = try await server.ask("appeal", "list")
            #expect(listed.output.contains("地铁停运") && listed.output.contains("open"), "\(listed.output)")

            let decide = ["appeal", "decide"] + about + ["--grant", "--reason", "属实"]
            let own = try await server.ask(decide + ["--operator", "li"])
            #expect(own.status == 64 && own.complaints.contains("let another person decide it"), "\(own)")
            let decided = try await server.ask(decide + ["--operator", "wang"])
            #expect(decided.status == 0 && decided.output.contains("granted the appeal"), "\(decided)")
            #expect(try await server.ask("standing", "#1").output.contains("not blocked"))
            let all = try await server.list("appeal", "list", "--patient", "#1")
            #expect(all.map { $0["decided_by"] as? String } == ["wang"])
            #expect(try await server.ask("book", "--patient", "#1", "--slot", slot).status == 0)
        }
    }

    @Test func `what says no reason or no way is wrong use`() async throws {
        try await withServer([]) { server in
            for (wrong, said) in [
                (["--reason", "", "--grant"], "--reason is empty"), (["--reason", "x"], "--grant, --deny"),
                (["--reason", "x", "--grant", "--deny"], "--grant, --deny"),
            ] {
                let refused = try await server.ask(["appeal", "decide", "1/0/1", "--patient", "#1"] + wrong)
                #expect(refused.status == 64 && refused.complaints.contains(said), "\(refused.complaints)")
            }
        }
    }
}
