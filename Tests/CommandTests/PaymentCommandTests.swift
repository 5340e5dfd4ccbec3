import Foundation
import Testing

/// `haoyuan pay`, `refunds`, `book --any-of` and `series`, as an operator types them.
@Suite struct `Payments, choices and courses at the command line` {
    private static let hospital = """
        hospital: {name: 人民医院, time_zone: Asia/Shanghai}
        departments: [{code: CARD, name: 心内科}]
        services: [{code: visit, name: 门诊, kind: clinic}]
        pools: [{code: li, name: 李医师, department: CARD, services: [visit]}]
        templates:
          - {code: morning, pool: li, start: "08:00", slot_minutes: 10, slots: 6, capacity: 1}
        """

    private func withHospital(_ body: (ServerProcess, [String]) async throws -> Void) async throws {
        try await withServer([]) { server in
            let file = try server.folder.file("hospital.yaml", Self.hospital)
            _ = try await server.object("import", file, "--until", "+20")
            for patient in 1...3 { _ = try await server.object("patients", "register", "urn:id|\(patient)") }
            let found = try await server.object("slots", "--service", "visit", "--from", "+1", "--limit", "6")
            let slots = (found["slots"] as? [[String: Any]] ?? []).compactMap { $0["place"] as? String }
            try await body(server, slots)
        }
    }

    private func appointments(_ course: [String: Any]) -> [String] {
        (course["dates"] as? [[String: Any]] ?? []).compactMap { $0["appointment"] as? String }
    }

    @Test func `a payment confirms, a second one goes back, and its refund is closed once`() async throws {
        try await withHospital { server, slots in
            let held = try await server.object("hold", "--patient", "#1", "--slot", slots[0])
            let id = try #require(held["appointment"]).self
            let paid = try await server.object("pay", "\(id)", "--reference", "微信1", "--fen", "2500")
            #expect(paid["result"] as? String == "stands" && paid["state"] as? String == "booked")
            let again = try await server.object("pay", "\(id)", "--reference", "微信1", "--fen", "2500")
            #expect(again["result"] as? String == "stands" && again["again"] as? Bool == true)
            let twice = try await server.object("pay", "\(id)", "--reference", "微信2", "--fen", "100")
            #expect(twice["result"] as? String == "refund-due" && twice["cause"] as? String == "paid-twice")
            let refund = try #require(twice["place"] as? String)
            let listed = try await server.ask("refunds", "list")
            #expect(listed.output.contains("待退 1 笔，1.00 元 · 1 due, 1.00 yuan"), "\(listed.output)")
            let closed = try await server.ask("refunds", "close", refund, "--reference", "退1")
            #expect(closed.status == 0 && closed.output.contains("closed \(refund)"), "\(closed)")
            let second = try await server.ask("refunds", "close", refund, "--reference", "退2")
            #expect(second.status == 2 && second.complaints.contains("the refund was closed before"), "\(second)")
            #expect(try await server.ask("refunds", "list").output.contains("no refund is due"))
            let confirmed = try await server.object("hold", "--patient", "#2", "--slot", slots[1])
            let other = try #require(confirmed["appointment"]).self
            _ = try await server.object("confirm", "\(other)", "--reference", "支付宝", "--fen", "5")
            let shown = try await server.list("appointments", "--id", "\(other)")
            #expect((shown.first?["payment"] as? [String: Any])?["reference"] as? String == "支付宝")
        }
    }

    @Test func `any of several slots is booked, and why those before were not is told`() async throws {
        try await withHospital { server, slots in
            _ = try await server.object("book", "--patient", "#1", "--slot", slots[0])
            let choice = ["book", "--any-of", "--patient", "#2", "--slot", slots[0], "--slot", slots[1]]
            let taken = try await server.ask(choice + ["--json"]).object()
            #expect(taken["item"] as? Int == 1)
            #expect((taken["refused"] as? [[String: Any]])?.first?["rule"] as? String == "SLOT_FULL")
            let none = try await server.ask(choice + ["--lang", "zh"])
            #expect(none.status == 2 && none.complaints.contains("所求的第 1 个时段：SLOT_FULL"), "\(none)")
        }
    }

    @Test func `a course checks every date, tells of each, and books none twice under its key`() async throws {
        try await withHospital { server, _ in
            let key = "6f1f8c3e-1111-4222-8333-444455556666"
            let course = [
                "series", "--patient", "#1", "--service", "visit", "--from", "+1", "--every", "7", "--count", "3",
                "--at", "08:10", "--at", "08:20", "--pool", "li",
            ]
            let first = try await server.ask(course + ["--key", key, "--json"]).object()
            #expect(first["result"] as? String == "done" && first["booked"] as? Int == 3, "\(first)")
            let again = try await server.ask(course + ["--key", key, "--json"]).object()
            #expect(appointments(again).count == 3 && appointments(again) == appointments(first))
            // Past the last day that is open.
            let long = try await server.ask(
                course.map { $0 == "3" ? "4" : $0 == "#1" ? "#2" : $0 } + ["--lang", "en"])
            #expect(long.status == 2 && long.output.contains("no session has such a slot"), "\(long)")
            #expect(long.output.contains("3 of 4 booked"), "\(long)")
            let whole = course[..<12].map { $0 == "#1" ? "#3" : $0 } + ["08:50", "--pool", "li"]
            let all = try await server.ask(whole + ["--all-or-nothing", "--json"])
            #expect(try all.object()["booked"] as? Int == 3, "\(all)")
            let wrong = try await server.ask(course + ["--all-or-nothing"])
            #expect(wrong.status != 0 && wrong.complaints.contains("one time"), "\(wrong)")
        }
    }

    @Test(arguments: [
        (["pay", "1/0/1", "--reference", "", "--fen", "1"], "--reference is empty"),
        (["pay", "1/0/1", "--reference", "x", "--fen", "0"], "--fen is 0"),
        (["confirm", "1/0/1", "--fen", "5"], "--fen needs --reference"),
        (["refunds", "close", "x", "--reference", "y"], "refund"),
        (
            [
                "series", "--patient", "#1", "--service", "v", "--from", "+1", "--every", "0", "--count", "1", "--at",
                "09:00",
            ],
            "--every is 0"
        ),
    ])
    func `wrong use says what is wrong`(words: [String], said: String) async throws {
        try await withServer([]) { server in
            let refused = try await server.ask(words)
            #expect(refused.status == 64 && refused.complaints.contains(said), "\(refused)")
        }
    }
}
