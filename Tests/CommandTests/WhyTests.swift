import Foundation
import HaoyuanClient
import Testing

@testable import haoyuan

@Suite(.serialized) struct `Why a slot is for sale, or is not, on the command line` {
    /// A session of today that runs into tomorrow evening: whatever the time is, a slot of it lies ahead.
    private static func hospital(perDay: Int = 2) -> String {
        """
        hospital: {name: 试验医院, time_zone: Asia/Shanghai}
        departments: [{code: general, name: 全科}, {code: eyes, name: 眼科}]
        services: [{code: clinic, name: 门诊}]
        pools:
          - {code: general, name: 全科号, department: general, services: [clinic]}
          - {code: eyes, name: 眼科号, department: eyes, services: [clinic]}
        policies:
          - {department: general, per_day_department: 0, per_day: \(perDay), hold: 1h,
             terms: [{rule: CHANNEL_CLOSED, channels: [window, ward]}]}
        templates:
          - {code: long, pool: general, start: "00:00", slot_minutes: 5, slots: 512, capacity: 1,
             valid_from: \(HospitalDay.today), valid_until: \(HospitalDay.today)}
          - {code: eyes, pool: eyes, start: "00:00", slot_minutes: 5, slots: 512, capacity: 1,
             valid_from: \(HospitalDay.today), valid_until: \(HospitalDay.today)}
        """
    }

    private func withHospital(_ body: (ServerProcess, _ slot: String) async throws -> Void) async throws {
        try await withServer([]) { server in
            let file = try server.folder.file("hospital.yaml", Self.hospital())
            _ = try await server.object("import", file, "--until", "today")
            let found = try await server.object("slots", "--department", "general", "--limit", "12")
            // The first few may begin while the test runs.
            let slots = try #require(found["slots"] as? [[String: Any]])
            try await body(server, try #require(slots[5]["place"] as? String))
        }
    }

    @Test func `every rule speaks, in the language asked for, and a refusal ends with 2`() async throws {
        try await withHospital { server, slot in
            let free = try await server.ask("why", slot)
            #expect(free.status == 0 && free.output.hasPrefix("for sale as far as judged: "), "\(free)")
            #expect(free.output.contains("say --patient"))
            _ = try await server.object("book", "--patient", "urn:id|1", "--register", "--slot", slot)

            let taken = try await server.ask("why", slot, "--patient", "urn:id|1", "--channel", "app", "--json")
            #expect(taken.status == 2)
            let answer = try taken.object()
            #expect(answer["refused_by"] as? String == "CHANNEL_CLOSED")
            let verdicts = try #require(answer["verdicts"] as? [[String: Any]])
            let refusing = verdicts.filter { $0["verdict"] as? String == "refuses" }
            #expect(refusing.compactMap { $0["rule"] as? String } == ["CHANNEL_CLOSED", "OVERLAP", "SLOT_FULL"])
            #expect(refusing.compactMap { $0["authority"] as? String } == ["department", "nobody", "department"])

            let chinese = try await server.ask("why", slot, "--lang", "zh")
            #expect(chinese.status == 2 && chinese.output.hasPrefix("不可预约：该时段号源已满（SLOT_FULL）"), "\(chinese)")
            #expect(try await server.ask("why", "1/0/5000").status == 64)
            #expect(try await server.ask("why", slot, "--service", "ct").complaints.contains("no service ‘ct’"))
        }
    }

    @Test func `a refused booking shows what else is free, and in Chinese where asked`() async throws {
        try await withHospital { server, slot in
            _ = try await server.object("book", "--patient", "urn:id|1", "--register", "--slot", slot)
            let refused = try await server.ask(
                "book", "--patient", "urn:id|2", "--register", "--slot", slot, "--lang", "zh")
            #expect(refused.status == 2)
            #expect(refused.complaints.hasPrefix("haoyuan: 被拒绝，SLOT_FULL: 该时段号源已满"), "\(refused.complaints)")
            #expect(refused.output.hasPrefix("同一项目接下来的可约时段："))
            let answer = try await server.ask("hold", "--patient", "urn:id|2", "--slot", slot, "--json").object()
            let others = try #require(answer["alternatives"] as? [[String: Any]])
            #expect(others.count == 3 && others.allSatisfy { $0["place"] as? String != slot })
            let pool = slot.prefix { $0 != "/" } + "/"
            #expect(others.allSatisfy { ($0["place"] as? String)?.hasPrefix(pool) ?? false }, "of the same department")
            let other = try #require(others[2]["place"] as? String)
            #expect(try await server.ask("book", "--patient", "urn:id|2", "--slot", other).status == 0)
        }
    }

    @Test func `policies are shown, and compared with a file without being changed`() async throws {
        try await withHospital { server, _ in
            let shown = try await server.ask("policy", "show", "--department", "general")
            #expect(shown.status == 0 && shown.output.contains("channels ward window"), "\(shown)")
            let same = try server.folder.file("same.yaml", Self.hospital())
            #expect(try await server.ask("policy", "diff", same).status == 0)
            let other = try server.folder.file("other.yaml", Self.hospital(perDay: 3))
            for _ in 1...2 {
                let told = try await server.ask("policy", "diff", other, "--json")
                #expect(told.status == 1)
                let differences = try #require(try told.object()["differences"] as? [[String: Any]])
                #expect(differences.map { $0["words"] as? String } == ["2 → 3"])
            }
        }
    }

    @Test(
        arguments: [
            (nil, nil, .english), (nil, "zh_CN.UTF-8", .chinese), ("", "zh_CN.UTF-8", .chinese),
            ("C.UTF-8", "zh_CN.UTF-8", .english), ("zh_TW", "en_US", .chinese), (nil, "C", .english),
        ] as [(String?, String?, Language)])
    func `the language is that of the environment`(all: String?, usual: String?, language: Language) {
        #expect(LanguageOption.language(of: all, usual) == language)
    }
}
