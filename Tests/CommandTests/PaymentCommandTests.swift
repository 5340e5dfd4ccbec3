import Foundation
import Testing

/// `haoyuan pay`, `refunds` and `book --any-of`, as an operator types them.
@Suite struct `Payments and choices at the command line` {
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

    @Test(arguments: [
        (["pay", "1/0/1", "--reference", "", "--fen", "1"], "--reference is empty"),
        (["pay", "1/0/1", "--reference", "x", "--fen", "0"], "--fen is 0"),
        (["confirm", "1/0/1", "--fen", "5"], "--fen needs --reference"),
        (["refunds", "close", "x", "--reference", "y"], "refund"),
    ])
    func `wrong use says what is wrong`(words: [String], said: String) async throws {
        try await withServer([]) { server in
            let refused = try await server.ask(words)
            #expect(refused.status == 64 && refused.complaints.contains(said), "\(refused)")
        }
    }
}
