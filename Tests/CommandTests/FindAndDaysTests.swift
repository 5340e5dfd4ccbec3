import Foundation
import Terminal
import Testing

@Suite(.serialized) struct `Finding by name, and a month at a glance` {
    private static let hospital = """
        hospital: {name: 试验医院, time_zone: Asia/Shanghai}
        departments: [{code: D1, name: 心内科}, {code: D2, name: 影像科}]
        resources: [{code: li, name: 李晓, kind: practitioner, department: D1}]
        services: [{code: clinic, name: 门诊}]
        pools: [{code: P1, name: 心内门诊, department: D1, resources: [li], services: [clinic]}]
        templates:
          - {code: T1, pool: P1, weekdays: tue, start: "08:00", slot_minutes: 10, slots: 6, capacity: 2,
             valid_from: 2099-12-01, valid_until: 2099-12-31}
        """

    private func withHospital(_ body: (ServerProcess) async throws -> Void) async throws {
        try await withServer([]) { server in
            let file = try server.folder.file("hospital.yaml", Self.hospital)
            _ = try await server.object("import", file)
            try await body(server)
        }
    }

    @Test func `find tells what it is, and a wrong code is answered with what was meant`() async throws {
        try await withHospital { server in
            let found = try await server.object("find", "XNK")
            let entities = try #require(found["entities"] as? [[String: Any]])
            #expect(entities.map { $0["code"] as? String } == ["D1"] && entities[0]["name"] as? String == "心内科")
            #expect(found["more"] as? Bool == false)
            let table = try await server.ask("find", "lx")
            #expect(table.status == 0)
            #expect(table.output.contains("practitioner  li    李晓  心内科"), "\(table.output)")
            let none = try await server.ask("find", "qqqq")
            #expect(none.status == 1 && none.complaints.contains("nothing has ‘qqqq’"))
            let kind = try await server.ask("find", "xn", "--kind", "service")
            #expect(kind.status == 1)
            let wrong = try await server.ask("slots", "--department", "xnk")
            #expect(wrong.status == 64)
            #expect(
                wrong.complaints.contains(
                    "there is no department ‘xnk’; did you mean D1 心内科? haoyuan catalogue departments lists them"),
                "\(wrong.complaints)")
        }
    }

    @Test func `days draws the month of a department, and tells it as JSON`() async throws {
        try await withHospital { server in
            _ = try await server.object("sessions", "generate", "--from", "2099-12-01", "--to", "2099-12-31")
            let month = try await server.object("days", "--department", "D1", "--month", "2099-12")
            let days = try #require(month["days"] as? [[String: Any]])
            #expect(days.count == 31 && days[0]["day"] as? String == "2099-12-01")
            #expect(days.map { $0["free"] as? Int } == (1...31).map { $0 % 7 == 1 ? 12 : 0 })
            #expect(days.map { $0["sessions"] as? Int } == (1...31).map { $0 % 7 == 1 ? 1 : 0 })
            let sheet = try await server.ask("days", "--service", "clinic", "--month", "2099-12")
            let lines = sheet.output.split(separator: "\n")
            #expect(lines[0].hasPrefix("2099-12  门诊"), "\(sheet.output)")
            #expect(lines[1].contains("MON 一") && lines[1].hasSuffix("SUN 日"))
            #expect(lines.count == 2 + 2 * 5 && sheet.output.components(separatedBy: "12/12").count == 6)
            let unnamed = try await server.ask("days")
            #expect(unnamed.status == 64 && unnamed.complaints.contains("say of what"))
            let wrong = try await server.ask("days", "--department", "D1", "--month", "2099-13")
            #expect(wrong.status == 64)
        }
    }

    @Test func `a month has its days, and its sheet begins with a Monday`() throws {
        for (text, count) in [("2026-12", 31), ("2026-02", 28), ("2028-02", 29), ("2026-04", 30)] {
            let month = try #require(Month(text))
            #expect(month.days.count == count && month.description == text && month.days[0] == "\(text)-01")
        }
        for wrong in ["2026-13", "2026-1", "2026", "", "2026-12-01", "２026-12"] { #expect(Month(wrong) == nil) }
        // The first of December 2026 is a Tuesday, that of February 2027 a Monday.
        let december = try #require(Month("2026-12")).sheet((1...31).map { Table.Cell("\($0)/40") }).lines()
        #expect(december.count == 1 + 2 * 5)
        #expect(december[1].hasPrefix("             1"), "‘\(december[1])’")
        #expect(Set(december.dropFirst().dropLast(2).map { $0.count }).count == 1)
        let february = try #require(Month("2027-02")).sheet((1...28).map { _ in "·" }).lines()
        #expect(february.count == 1 + 2 * 4 && february[1].hasPrefix("     1"))
    }
}
