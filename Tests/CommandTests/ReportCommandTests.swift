import Foundation
import Terminal
import Testing

@Suite(.serialized) struct `The report of what happened` {
    private static let hospital = """
        hospital: {name: 试验医院, time_zone: Asia/Shanghai}
        departments: [{code: D1, name: 心内科}]
        services: [{code: clinic, name: 门诊}]
        pools: [{code: P1, name: "=心内<门诊>", department: D1, services: [clinic]}]
        templates:
          - {code: T1, pool: P1, weekdays: tue, start: "08:00", slot_minutes: 10, slots: 6, capacity: 2,
             valid_from: 2099-12-01, valid_until: 2099-12-31}
        """

    @Test func `report shows pools, and writes a page, a file and JSON`() async throws {
        try await withServer([]) { server in
            let hospital = try server.folder.file("hospital.yaml", Self.hospital)
            _ = try await server.object("import", hospital)
            _ = try await server.object("sessions", "generate", "--from", "2099-12-01", "--to", "2099-12-31")
            let days = ["--from", "2099-12-01", "--to", "2099-12-31"]
            let json = try await server.object("report", days[0], days[1], days[2], days[3])
            let rows = try #require(json["rows"] as? [[String: Any]])
            #expect(rows[0]["by"] as? String == "total" && rows[0]["offered"] as? Int == 60)
            #expect(rows.count { $0["by"] as? String == "day" } == 5)
            let (csv, html) = (server.folder.path + "/r.csv", server.folder.path + "/r.html")
            let shown = try await server.ask(
                "report", days[0], days[1], days[2], days[3], "--department", "心内科", "--csv", csv, "--html", html)
            #expect(shown.status == 0 && shown.output.contains("心内科  2099-12-01 – 2099-12-31"), "\(shown.output)")
            let file = try Data(contentsOf: URL(filePath: csv))
            #expect(file.prefix(3) == Data([0xEF, 0xBB, 0xBF]), "a spreadsheet takes it for UTF-8")
            let table = String(decoding: file.dropFirst(3), as: UTF8.self)
            #expect(table.hasPrefix("统计口径,代码,名称,放号数"))
            #expect(table.contains("\r\n号源池,P1,'=心内<门诊>,60,0,"), "no formula")
            let page = try String(contentsOfFile: html, encoding: .utf8)
            #expect(page.contains("lang=\"zh-CN\"") && page.contains("=心内&lt;门诊&gt;") && !page.contains("<script"))
            #expect(!page.contains("http"), "it needs nothing beside it")
            let english = try await server.ask("report", "--from", "2099-12-01", "--lang", "en", "--html", html)
            #expect(english.status == 0 && english.output.contains("utilisation"))
            #expect(try String(contentsOfFile: html, encoding: .utf8).contains("Report on numbers"))
            let turned = try await server.ask("report", "--from", "2099-12-02", "--to", "2099-12-01")
            #expect(turned.status == 64 && turned.complaints.contains("--to 2099-12-01 is before --from 2099-12-02"))
            let long = try await server.ask("report", "--from", "2099-01-01", "--to", "2100-12-01")
            #expect(long.status == 64 && long.complaints.contains("more than 400 days"), "\(long.complaints)")
            let unwritable = try await server.ask("report", "--from", "2099-12-01", "--csv", "/nowhere/r.csv")
            #expect(unwritable.status != 0 && unwritable.complaints.contains("/nowhere/r.csv"))
        }
    }

    @Test(
        arguments: [
            ("内科", "内科"), ("12", "12"), ("-3", "-3"), ("=1+1", "'=1+1"), ("@cmd", "'@cmd"), ("-x", "'-x"),
            ("＝SUM(A1)", "'＝SUM(A1)"), ("a,b", "\"a,b\""), ("a\"b", "\"a\"\"b\""), ("\t=1", "'\t=1"),
        ])
    func `no cell of a file is taken for a formula`(_ text: String, _ cell: String) {
        #expect(CSVText.row([text, "x"]) == cell + ",x\r\n")
    }
}
