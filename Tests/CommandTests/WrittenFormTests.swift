import Foundation
import HaoyuanClient
import Testing

@testable import Hosting
@testable import Terminal

@Suite struct `What spreadsheets and editors write is read as it was meant, or refused by file and line` {
    private func parse(_ yaml: String) throws -> Catalogue { try HospitalSource.parse(yaml: yaml, name: "h.yaml") }

    private func folder(_ files: [String: String]) throws -> Folder {
        let folder = try Folder()
        for (name, text) in files { _ = try folder.file(name, text) }
        return folder
    }

    // MARK: Encodings

    /// 内科 in GBK; 㐂, which only GB18030 has, in four bytes.
    private static let gbk: [UInt8] = [0xC4, 0xDA, 0xBF, 0xC6]

    @Test
    func `UTF-8 with a byte order mark or without, GBK and GB18030 are all read`() throws {
        let plain = Array("code,name\r\na,内科\r\n".utf8)
        let text = String(decoding: plain, as: UTF8.self)
        #expect(try WrittenText.decode(plain) == .init(text: text))
        #expect(try WrittenText.decode([0xEF, 0xBB, 0xBF] + plain) == .init(text: text))
        let head = Array("code,name\r\na,".utf8)
        #expect(
            try WrittenText.decode(head + Self.gbk + [0x0D, 0x0A]) == .init(text: text, isGB18030: true))
        let rare = try WrittenText.decode(head + [0x81, 0x39, 0xEF, 0x31])
        #expect(rare.isGB18030 && rare.text.hasSuffix("㐂"), "\(rare.text)")
    }

    @Test
    func `a damaged UTF-8 text is not taken for GB18030, and its line is named`() throws {
        let lines = Array("code,name\na,心血管内科\n".utf8)
        let damaged = lines + Array("b,呼吸科".utf8).dropLast() + [0x0A]
        #expect(throws: WrittenText.Unreadable(line: 3, problem: "is not UTF-8, but line 2 is")) {
            try WrittenText.decode(damaged)
        }
        #expect(throws: WrittenText.Unreadable(line: 3, problem: "is not UTF-8, but line 2 is")) {
            try WrittenText.decode(lines + Array("b,".utf8) + Self.gbk)
        }
        #expect(throws: WrittenText.Unreadable(line: 1, problem: "is not UTF-8")) {
            try WrittenText.decode(Array("心血管内科".utf8.dropLast()))
        }
        #expect(
            throws: WrittenText.Unreadable(line: 1, problem: "is not UTF-8, as the file’s byte order mark says it is")
        ) {
            try WrittenText.decode([0xEF, 0xBB, 0xBF] + Self.gbk)
        }
        #expect(throws: WrittenText.Unreadable(line: 2, problem: "is neither UTF-8 nor GB18030")) {
            try WrittenText.decode(Array("a\n".utf8) + Self.gbk + [0xE9])
        }
        #expect(throws: WrittenText.Unreadable(line: 1, problem: "the file is UTF-16")) {
            try WrittenText.decode([0xFF, 0xFE, 0x61, 0])
        }
        #expect(throws: WrittenText.Unreadable(line: 2, problem: "a byte of zero stands there")) {
            try WrittenText.decode([0x61, 0x0A, 0x62, 0])
        }
    }

    @Test
    func `a folder of GBK files comes to the same as one of UTF-8`() throws {
        let folder = try Folder()
        defer { folder.remove() }
        try Data(Array("code,name\r\na,".utf8) + Self.gbk + Array("\r\n,\r\n".utf8))
            .write(to: URL(fileURLWithPath: folder.path + "/Departments.CSV"))
        let read = try HospitalSource.read(folder.path).catalogue
        #expect(read.departments.map(\.code) == ["a"] && read.departments.map(\.name) == ["内科"])
    }

    // MARK: Spreadsheets

    @Test(arguments: [
        ("8:00", "08:00"), ("08:05:00", "08:05"), ("8：30", "08:30"), ("23:59", "23:59"), ("0:00", "00:00"),
    ])
    func `times of day`(text: String, time: String) { #expect(SpreadsheetForms.time(text) == time) }

    @Test(arguments: ["", "8", "8:0", "24:00", "8:60", "8:00:30", "0.3333", "8:00 AM", "008:00", "-8:00", "8:00:00:00"])
    func `what is no time of day`(text: String) { #expect(SpreadsheetForms.time(text) == nil) }

    @Test(arguments: ["2026-03-09", "2026/3/9", "2026-3-9", "2026.3.9", "2026年3月9日", "2026/03/09"])
    func `days`(text: String) { #expect(SpreadsheetForms.day(text) == "2026-03-09") }

    @Test(arguments: [
        "", "2026/2/30", "3/9/2026", "09.03.2026", "26/3/9", "2026/3", "2026/3/9 0:00", "46090", "20260309",
    ])
    func `what is no day`(text: String) { #expect(SpreadsheetForms.day(text) == nil) }

    @Test
    func `rows and columns that a spreadsheet leaves empty are passed over in every file`() throws {
        let folder = try folder([
            "hospital.csv": ",\r\nname,time_zone\r\nH,Asia/Shanghai\r\n,\r\n\u{3000}, \r\n",
            "departments.csv": "code,name,,\r\nd,D,,\r\n,,,\r\n,,,,,,\r\n",
            "policies.csv": "department,per_day_department,per_day,hold\r\n,,4,10m\r\nd,1,4,10m\r\n,,,\r\n\"\",,,\r\n",
            "templates.csv":
                "code,pool,start,slot_minutes,slots,valid_from,valid_until\r\nt,p,8:00,15,4,2026/3/9,\r\n,,,,,,\r\n",
        ])
        defer { folder.remove() }
        let read = try HospitalSource.read(folder.path)
        #expect(read.catalogue.departments.count == 1 && read.catalogue.policies.map(\.perDay) == [4, 4])
        #expect(read.catalogue.templates.map(\.start) == ["08:00"])
        #expect(read.catalogue.templates.map(\.validFrom) == ["2026-03-09"])
        #expect(
            read.defaults == [
                "policy: per_day_department 0, no limit (1 times)", "template: calendar none (1 times)",
                "template: capacity 1 (1 times)",
                "template: weekdays all (1 times)",
            ])
    }

    @Test(arguments: [
        (
            "policies.csv", "department,per_day_department,per_day,hold\nd,,4,10m\n",
            "line 2: policy: ‘per_day_department’ is empty; write the limit; 0 is no limit"
        ),
        ("policies.csv", "department,per_day,hold\n,,10m\n", "line 2: policy: ‘per_day’ is empty"),
        (
            "policies.csv", "department,per_day,hold\n,4,\n",
            "line 2: policy: ‘hold’ is empty; write how long a hold waits"
        ),
        (
            "policies.csv", "department,per_day_department,per_day\n*,,4\n",
            "line 2: policy: ‘per_day_department’ is empty; write the limit; 0 is no limit"
        ),
        (
            "policies.csv", "department,per_day\n,4\n*,5\n",
            "line 3: policy: the hospital’s own policy stands there already"
        ),
        ("departments.csv", "code,name\n*,D\n", "line 2: department: ‘code’ is ‘*’, which stands for everything"),
        ("policies.csv", "department\nd\n", "line 2: policy: it says nothing, and would lift every limit"),
        (
            "policies.csv", "department,per_day\nd,0.3\n",
            "line 2: policy: ‘per_day’ is ‘0.3’, it must be a whole number"
        ),
        (
            "policies.csv", "department,per_day\nd,1\n d ,2\n",
            "line 3: policy: the policy of department ‘d’ stands there already"
        ),
        ("policies.csv", "per_day\n1\n2\n", "line 3: policy: the hospital’s own policy stands there already"),
        ("policies.csv", "per_day,per_day\n1,2\n", "line 1: the column ‘per_day’ stands there twice"),
        (
            "policies.csv", "per_day;hold\n1;5m\n",
            "line 1: the columns stand apart by semicolons; save the file as CSV with commas"
        ),
        (
            "hospital.csv", "name,time_zone\nH,Asia/Shanghai\nH,Asia/Urumqi\n",
            "line 3: hospital: the hospital stands there already"
        ),
        ("hospital.csv", "name,time_zone\nH,\n", "‘time_zone’ is empty; write an IANA name"),
        ("services.csv", "code,name,price_fen\ns,S,\n", "‘price_fen’ is empty; write the price in 1/100"),
        ("services.csv", "code,name,slots\ns,S,0\n", "‘slots’ is ‘0’, it must be a whole number from 1 to 32"),
        ("services.csv", "code,name,units\ns,S,0\n", "‘units’ is ‘0’, it must be a whole number from 1 to 10000"),
        (
            "services.csv", "code,name,units\ns,S,+2\n",
            "‘units’ is ‘+2’, it must be a whole number from 1 to 10000, in digits"
        ),
        ("services.csv", "code,name,kind\ns,S,\n", "‘kind’ is empty; fill the cell"),
        (
            "services.csv", "code,name\n1.10101E+17,S\n",
            "line 2: service: ‘code’ is ‘1.10101E+17’, a number that a spreadsheet has shortened"
        ),
        ("services.csv", "code,name\ns,#REF!\n", "‘name’ is ‘#REF!’, an error of a spreadsheet"),
        ("pools.csv", "code,name,department,services\np,P,d,a；b;a\n", "‘services’ names ‘a’ twice"),
        ("pools.csv", "code,name,department,resources\np,P,d,\"a,1E+05\"\n", "‘resources’ is ‘1E+05’, a number"),
        ("pools.csv", "code,name,department,resources\np,P,d,;\n", "‘resources’ is ‘;’, which names nothing"),
        (
            "templates.csv", "code,pool,weekdays,start,slot_minutes,slots\nt,p,,8:00,5,1\n",
            "‘weekdays’ is empty; write the days"
        ),
        ("templates.csv", "code,pool,start,slot_minutes,slots,capacity\nt,p,8:00,5,1,\n", "‘capacity’ is empty"),
        (
            "templates.csv", "code,pool,start,slot_minutes,slots\nt,p,0.3333,5,1\n",
            "‘start’ is ‘0.3333’, it must be a time of day"
        ),
        (
            "templates.csv", "code,pool,start,slot_minutes,slots\nt,p,8:00,0,1\n",
            "‘slot_minutes’ is ‘0’, it must be a whole number from 1"
        ),
        (
            "templates.csv", "code,pool,start,slot_minutes,slots,valid_until\nt,p,8:00,5,1,3/9/2026\n",
            "‘valid_until’ is ‘3/9/2026’, it must be a day, YYYY-MM-DD"
        ),
        ("departments.csv", "code,name,floor\na,A,\n", "‘floor’ is no field"),
        ("policies.xlsx", "", "policies.xlsx is no CSV file; save it as policies.csv"),
        ("policies (2).csv", "per_day\n1\n", "is no file of a hospital"),
    ])
    func `what is blank, too small, twice or broken in a CSV folder`(file: String, text: String, sentence: String)
        throws
    {
        let folder = try folder([file: text])
        defer { folder.remove() }
        let failure = #expect(throws: CommandFailure.self) { try HospitalSource.read(folder.path) }
        #expect(failure?.status == .configuration)
        #expect(
            failure?.description.contains(sentence) == true, "\(failure?.description ?? "nothing") has not: \(sentence)"
        )
    }

    @Test(arguments: [
        (",channel_closed,*,*,app,0", "‘department’ is empty; write the department of the policy; * for the hospital"),
        ("d,channel_closed,,*,app,0", "‘services’ is empty; write those meant; * for all"),
        ("d,channel_closed,*,,app,0", "‘pools’ is empty; write those meant; * for all"),
        ("d,channel_closed,*,*,,0", "‘channels’ is empty; write those meant; * where the rule reads none"),
        ("d,channel_closed,*,*,app;*,0", "‘channels’ names others beside ‘*’, which narrows nothing"),
    ])
    func `a cleared cell does not make a term hold everywhere`(row: String, sentence: String) throws {
        let head = "department,rule,services,pools,channels,limit\n"
        let folder = try folder([
            "policies.csv": "department,per_day\n*,4\nd,4\n", "policy_terms.csv": head + "*,per_day,*,*,*,2\n",
        ])
        defer { folder.remove() }
        let terms = try HospitalSource.read(folder.path).catalogue.policies.map(\.terms)
        #expect(terms == [[.init(rule: .perDay, limit: 2)], []])
        _ = try folder.file("policy_terms.csv", head + row + "\n")
        let failure = #expect(throws: CommandFailure.self) { try HospitalSource.read(folder.path) }
        #expect(
            failure?.description.contains("policy_terms.csv line 2: policy term: \(sentence)") == true,
            "\(failure?.description ?? "nothing") has not: \(sentence)")
    }

    @Test
    func `an empty cell of the hospital's own policy lifts no limit that holds`() throws {
        let folder = try folder(["policies.csv": "department,per_day_department,per_day,hold\n,,2,15m\n"])
        defer { folder.remove() }
        let read = try HospitalSource.read(folder.path)
        #expect(read.leavesLimitUnsaid)
        try read.checkLimits(Catalogue(policies: [.init(perDay: 2), .init(department: "d", perDayDepartment: 1)]))
        let failure = #expect(throws: CommandFailure.self) {
            try read.checkLimits(Catalogue(policies: [.init(perDayDepartment: 3)]))
        }
        #expect(
            failure?.description
                == "\(folder.path)/policies.csv line 2: policy: ‘per_day_department’ is empty, "
                + "and the limit that holds is 3; write the limit; 0 is no limit")
        _ = try folder.file("policies.csv", "department,per_day_department,per_day,hold\n*,0,2,15m\n")
        let said = try HospitalSource.read(folder.path)
        #expect(!said.leavesLimitUnsaid && said.catalogue == read.catalogue)
    }

    // MARK: YAML

    @Test(arguments: [
        ("policies:\n  - {}", "line 2: policy: it says nothing, and would lift every limit"),
        ("policies:\n  - {department: d}", "line 2: policy: it says nothing"),
        (
            "policies:\n  - {department: , per_day: 2}",
            "policy: ‘department’ is empty; give it a value, or leave it out"
        ),
        ("policies:\n  - {terms: []}", "line 2: policy: it says nothing, and would lift every limit"),
        ("policies:\n  - {department: d, terms: []}", "line 2: policy: it says nothing, and would lift every limit"),
        (
            "policies:\n  - {per_day: 1, terms: [{rule: per_day, channels: []}]}",
            "policy: terms: ‘channels’ is an empty list; write those meant; * where the rule reads none"
        ),
        ("policies:\n  - {per_day: ~}", "policy: ‘per_day’ is empty; write the limit; 0 is no limit"),
        ("policies:\n  - {per_day: 1, terms: }", "policy: ‘terms’ is empty"),
        ("policies:\n  - {hold: 500ms}", "policy: ‘hold’ is ‘500ms’, it must be a whole number of seconds"),
        ("policies:\n  - {hold: 0.5s}", "policy: ‘hold’ is ‘0.5s’"),
        ("policies:\n  - {hold: 1500ms}", "policy: ‘hold’ is ‘1500ms’"),
        ("policies:\n  - {hold: 0s}", "policy: ‘hold’ is ‘0s’"),
        ("policies:\n  - {hold: 25h}", "policy: ‘hold’ is ‘25h’"),
        (
            "policies:\n  - {per_day: 2}\n  - {hold: 20m}",
            "line 3: policy: the hospital’s own policy stands there already (h.yaml line 2)"
        ),
        (
            "policies:\n  - {terms: [{rule: per_day, limit: 1}, {rule: PER_DAY, limit: 2}]}",
            "PER_DAY for the same services, pools, channels and classes stands there already"
        ),
        ("policies:\n  - {terms: [{rule: per_day, channels: [app, app]}]}", "‘channels’ names ‘app’ twice"),
        ("policies:\n  - {terms: [{rule: per_day, channels: [app, ~]}]}", "‘channels’ has an empty item"),
        ("hospital: {name: H, time_zone: }", "hospital: ‘time_zone’ is empty"),
        ("hospital: {name: H}", "hospital: ‘time_zone’ is missing"),
        (
            "services:\n  - {code: ' a', name: A}\n  - {code: 'a ', name: B}",
            "line 3: service: ‘a’ stands there already"
        ),
        ("departments:\n  - {<<: 3, code: a}", "line 2: ‘<<’ takes over no mapping"),
    ])
    func `what is blank, too small, twice or broken in a YAML file`(text: String, sentence: String) {
        let failure = #expect(throws: CommandFailure.self) { try parse(text) }
        #expect(
            failure?.description.contains(sentence) == true, "\(failure?.description ?? "nothing") has not: \(sentence)"
        )
    }

    @Test
    func `a mapping takes over the fields of others; its own win, and those of the first`() throws {
        let read = try parse(
            """
            services:
              - &base {code: a, name: A, price_fen: 100, slots: 2}
              - {<<: *base, code: b, name: B}
              - {<<: [{units: 3, slots: 1}, *base], code: c}
            policies:
              - {per_day: 1, terms: [&t {rule: channel_closed, channels: [app]}, {<<: *t, pools: [p]}]}
            """)
        #expect(read.services.map(\.code) == ["a", "b", "c"])
        #expect(read.services.map(\.priceFen) == [100, 100, 100])
        #expect(read.services.map(\.slots) == [2, 2, 1])
        #expect(read.services.map(\.units) == [1, 1, 3])
        #expect(read.policies[0].terms.map(\.channels) == [[.app], [.app]])
    }

    @Test
    func `line ends of Windows and a time without quotes are read in YAML, too`() throws {
        let read = try parse("templates:\r\n  - {code: t, pool: p, start: 8:00, slot_minutes: 5, slots: 1}\r\n")
        #expect(read.templates.map(\.start) == ["08:00"])
    }
}
