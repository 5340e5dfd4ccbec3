import Foundation
import HaoyuanClient
import Testing

@testable import Hosting
@testable import Terminal
@testable import haoyuan

@Suite struct `A hospital's files are read whole, and what is wrong with one is named with its line` {
    @Test
    func `the sample in the documentation is the one that serve loads`() throws {
        let file = try String(contentsOfFile: Binary.repository + "/docs/samples/hospital.yaml", encoding: .utf8)
        #expect(file.trimmingCharacters(in: .newlines) == SampleHospital.text)
        let catalogue = try HospitalSource.read(Binary.repository + "/docs/samples/hospital.yaml").catalogue
        #expect(catalogue.hospital?.timeZone == "Asia/Shanghai")
        #expect(catalogue.departments.count == 7)
        #expect(catalogue.pools.count == 10)
        #expect(catalogue.policies.first?.perDay == 6)
        #expect(catalogue.policies.first?.perDayDepartment == nil)
        #expect(catalogue.policies.last?.holdSeconds == 900)
    }

    @Test
    func `a folder of CSV files comes to the same as YAML`() throws {
        let catalogue = try HospitalSource.read(Binary.repository + "/docs/samples/hospital-csv").catalogue
        let expected = try HospitalSource.parse(
            yaml: """
                hospital: {name: 青溪镇卫生院, time_zone: Asia/Shanghai}
                departments: [{code: general, name: 全科}, {code: imaging, name: 影像科}]
                resources:
                  - {code: dr-xu, name: "徐宁, 全科医师", kind: practitioner, department: general}
                  - {code: us-room, name: 超声室, kind: room, department: imaging}
                services:
                  - {code: clinic, name: 全科门诊, price_fen: 1000}
                  - {code: us-abdomen, name: 腹部超声, kind: exam, price_fen: 9000, preparation: "空腹 8 小时, 可饮少量清水"}
                  - {code: us-heart, name: 心脏超声, kind: exam, slots: 2, price_fen: 18000}
                pools:
                  - {code: general, name: 全科号, department: general, resources: [dr-xu], services: [clinic]}
                  - {code: ultrasound, name: 超声检查, department: imaging, resources: [us-room], services: [us-abdomen, us-heart]}
                policies:
                  - {per_day: 4}
                  - {department: general, per_day_department: 1, per_day: 4, hold: 10m}
                templates:
                  - {code: general-am, pool: general, weekdays: mon-sat, start: "08:00", slot_minutes: 15, slots: 16, capacity: 2}
                  - {code: general-pm, pool: general, weekdays: mon-fri, start: "14:00", slot_minutes: 15, slots: 12, capacity: 2}
                  - {code: ultrasound-am, pool: ultrasound, weekdays: "mon,wed,fri", start: "08:00", slot_minutes: 15, slots: 16,
                     valid_from: 2026-01-01}
                """, name: "expected")
        #expect(catalogue == expected)
    }

    @Test
    func `a policy's terms stand within it in YAML, and in a file of their own in CSV`() throws {
        let yaml = try HospitalSource.parse(
            yaml: """
                policies:
                  - {per_day: 4, terms: []}
                  - department: general
                    terms:
                      - {rule: PER_DAY, services: [a, b], channels: [window, mini-program], limit: 2}
                      - {rule: overlap, pools: [p]}
                      - {rule: not_released, classes: [outpatient, checkup], limit: 50, days: 7, at: "07:00"}
                      - {rule: booking_closed, minutes: 90}
                """, name: "h.yaml")
        let terms: [Catalogue.PolicyTerm] = [
            .init(rule: .perDay, services: ["a", "b"], channels: [.window, .miniProgram], limit: 2),
            .init(rule: .overlap, pools: ["p"]),
            .init(rule: .notReleased, classes: [.outpatient, .checkup], limit: 50, days: 7, at: "07:00"),
            .init(rule: .bookingClosed, minutes: 90),
        ]
        #expect(yaml.policies.map(\.terms) == [[], terms])
        let folder = try Folder()
        defer { folder.remove() }
        _ = try folder.file("policies.csv", "department,per_day\n*,4\ngeneral,0\n")
        _ = try folder.file(
            "policy_terms.csv",
            "department,rule,services,pools,channels,classes,limit,days,at,minutes\n"
                + "general,PER_DAY,a;b,*,window;mini-program,*,2,0,,0\ngeneral,overlap,*,p,*,*,0,0,,0\n"
                + "general,not_released,*,*,*,outpatient;checkup,50,7,7:00,0\n"
                + "general,booking_closed,*,*,*,*,0,0,,90\n")
        #expect(try HospitalSource.read(folder.path).catalogue == yaml)
    }

    @Test
    func `a listing shows the terms of a policy, for people and for programs`() throws {
        let terms: [Catalogue.PolicyTerm] = [
            .init(rule: .perDay, services: ["a", "b"], channels: [.window], limit: 2), .init(rule: .overlap),
            .init(rule: .bookingClosed, classes: [.checkup], days: 1, at: "15:00", minutes: 90),
        ]
        let catalogue = Catalogue(policies: [.init(version: 3, terms: terms)])
        let listing = CatalogueListing(names: try HospitalNames(catalogue), department: nil)
        #expect(
            listing.table(.policies).lines().last?
                .hasSuffix(
                    "  PER_DAY limit 2, services a, b, channels window; OVERLAP limit 0; "
                        + "BOOKING_CLOSED limit 0, classes checkup, 1 days before at 15:00, 90m before") == true)
        #expect(
            listing.json(.policies).text(isIndented: false)
                .contains(
                    #""terms":[{"rule":"PER_DAY","services":["a","b"],"pools":[],"channels":["window"],"#
                        + #""classes":[],"limit":2,"days":0,"at":null,"minutes":0,"block_days":0,"weight":0},"#))
    }

    @Test(arguments: [
        ("", "h.yaml is empty"),
        ("- a", "h.yaml: the file must be a mapping"),
        ("a: [", "h.yaml line 2: this is no YAML"),
        ("wards: []", "h.yaml line 1: ‘wards’ is no section; the sections are hospital, departments"),
        ("departments: 3", "h.yaml line 1: ‘departments’ must be a list"),
        ("departments:\n  - code: a", "h.yaml line 2: department: ‘name’ is missing"),
        (
            "departments:\n  - {code: a, name: A, colour: red}",
            "department: ‘colour’ is no field; its fields are code, name"
        ),
        ("departments:\n  - {code: [a], name: A}", "‘code’ is a list, it must be one value"),
        ("departments:\n  - {code: {a: b}, name: A}", "‘code’ must be a value or a list of values"),
        (
            "departments:\n  - {code: a, name: A}\n  - {code: a, name: B}",
            "line 3: department: ‘a’ stands there already (h.yaml line 2)"
        ),
        ("departments:\n  - code: a\n    code: b\n    name: c", "stands there twice"),
        ("services:\n  - {code: a, name: A, slots: many}", "service: ‘slots’ is ‘many’, it must be a whole number"),
        ("services:\n  - {code: a, name: A, slots: -1}", "service: ‘slots’ is ‘-1’"),
        ("services:\n  - {code: a, name: A, kind: spa}", "‘kind’ is ‘spa’, it must be one of clinic, exam, lab"),
        (
            "resources:\n  - {code: a, name: A, department: d}",
            "‘kind’ is missing; it is one of practitioner, device"
        ),
        ("policies:\n  - {terms: 3}", "policy: ‘terms’ must be a list of mappings"),
        ("policies:\n  - {terms: [a]}", "policy: ‘terms’ must be a list of mappings"),
        ("policies:\n  - {terms: [a, {rule: PER_DAY}]}", "policy: ‘terms’ must be a value or a list of values"),
        ("policies:\n  - terms:\n    - {limit: 1}", "h.yaml line 3: policy: terms: ‘rule’ is missing"),
        ("policies:\n  - {terms: [{rule: spa}]}", "‘rule’ is ‘spa’, it must be one of"),
        (
            "policies:\n  - {terms: [{rule: per_day, channels: [app, door]}]}",
            "‘channels’ has ‘door’, each must be one of app, mini-program"
        ),
        (
            "policies:\n  - {terms: [{rule: not_released, classes: [child]}]}",
            "‘classes’ has ‘child’, each must be one of outpatient, inpatient, emergency, checkup"
        ),
        ("policies:\n  - {terms: [{rule: not_released, at: morning}]}", "policy: terms: ‘at’ is ‘morning’"),
        ("policies:\n  - {terms: [{rule: not_released, days: 367}]}", "policy: terms: ‘days’ is ‘367’"),
        ("policies:\n  - {terms: [{rule: per_day, minutes: -1}]}", "policy: terms: ‘minutes’ is ‘-1’"),
        (
            "policies:\n  - {terms: [{rule: per_day, department: d}]}",
            "‘department’ is no field; its fields are rule, services, pools, channels, classes, limit"
        ),
        ("policies:\n  - {hold: [{rule: per_day}]}", "policy: ‘hold’ is a list, it must be one value"),
        ("policy_terms:\n  - {rule: per_day}", "‘policy_terms’ is no section"),
        (
            "policies:\n  - {hold: 15}",
            "policy: ‘hold’ is ‘15’, it must be a whole number of seconds or more, up to 24h, such as 15m"
        ),
        (
            "templates:\n  - {code: a, pool: p, weekdays: someday, start: '08:00', slot_minutes: 5, slots: 1}",
            "‘weekdays’ is ‘someday’, it must be days such as mon-fri"
        ),
        (
            "templates:\n  - {code: a, pool: p, weekdays: 'mon-fri,wed', start: '08:00', slot_minutes: 5, slots: 1}",
            "‘weekdays’ names ‘wed’ twice"
        ),
        (
            "templates:\n  - {code: a, pool: p, start: '08:00', slot_minutes: 5, slots: 1, valid_from: 2026-02-30}",
            "‘valid_from’ is ‘2026-02-30’, it must be a day"
        ),
    ])
    func `what is wrong in a YAML file`(text: String, sentence: String) {
        let failure = #expect(throws: CommandFailure.self) { try HospitalSource.parse(yaml: text, name: "h.yaml") }
        #expect(failure?.status == .configuration)
        #expect(
            failure?.description.contains(sentence) == true, "\(failure?.description ?? "nothing") has not: \(sentence)"
        )
        #expect(failure?.description.contains(where: \.isNewline) == false)
    }

    @Test(arguments: [
        ("wards.csv", "a,b\n", "wards.csv is no file of a hospital; the files are hospital.csv, departments.csv"),
        ("departments.csv", "", "departments.csv line 1: the first line must name the columns"),
        ("departments.csv", "code,name\na,A,x\n", "line 2: 3 cells, but the first line names 2 columns"),
        ("departments.csv", "code,name\n\n\na,\"A\n", "line 4: a quote is opened and never closed"),
        ("departments.csv", "code,name\na,\"A\"x\n", "line 2: text follows a closing quote"),
        ("departments.csv", "code,title\na,A\n", "line 2: department: ‘name’ is missing"),
        ("departments.csv", "code,name,floor\na,A,3\n", "‘floor’ is no field"),
        ("policies.csv", "department,terms\n,per_day\n", "‘terms’ must be a list of mappings; in CSV they stand in a"),
        (
            "policy_terms.csv", "department,rule\nd,per_day\n",
            "policy_terms.csv line 2: policy term: there is no policy of department ‘d’; put it into policies.csv"
        ),
    ])
    func `what is wrong in a CSV folder`(file: String, text: String, sentence: String) throws {
        let folder = try Folder()
        defer { folder.remove() }
        _ = try folder.file(file, text)
        let failure = #expect(throws: CommandFailure.self) { try HospitalSource.read(folder.path) }
        #expect(failure?.status == .configuration)
        #expect(
            failure?.description.contains(sentence) == true, "\(failure?.description ?? "nothing") has not: \(sentence)"
        )
    }

    @Test
    func `a path that is not there, a folder without files, and a file that is not UTF-8`() throws {
        let folder = try Folder()
        defer { folder.remove() }
        #expect(throws: CommandFailure.self) { try HospitalSource.read(folder.path) }
        let missing = #expect(throws: CommandFailure.self) { try HospitalSource.read(folder.path + "/nothing.yaml") }
        #expect(missing?.status == .inputOutput)
        let latin = folder.path + "/latin.yaml"
        try Data([0x68, 0x3A, 0x20, 0xE9]).write(to: URL(fileURLWithPath: latin))
        let failure = #expect(throws: CommandFailure.self) { try HospitalSource.read(latin) }
        #expect(failure?.description == "\(latin) line 1: is neither UTF-8 nor GB18030; save the file as UTF-8")
    }

    @Test
    func `quotes, commas and line breaks in cells, CRLF, a byte order mark, a last line without an end`() throws {
        var reader = CSVReader(Array("\u{FEFF}a,\"b,\"\"c\"\"\nd\",e\r\n\r\n,,\n\" \",\u{3000},\t\n\"\",x".utf8))
        #expect(try reader.next() == .init(line: 1, cells: ["a", "b,\"c\"\nd", "e"]))
        #expect(try reader.next() == .init(line: 6, cells: ["", "x"]))
        #expect(try reader.next() == nil)
    }
}

@Suite struct `Calendars, exceptions and leaves in a hospital's files` {
    @Test
    func `the calendar of China for 2026 has the days of the notice`() throws {
        let catalogue = try HospitalSource.read(Binary.repository + "/docs/samples/china-2026.yaml").catalogue
        let calendar = try #require(catalogue.calendars.first)
        #expect(calendar.days.count { $0.workingAs == nil } == 33)
        let working = calendar.days.filter { $0.workingAs != nil }.map { "\($0.date)" }.sorted()
        #expect(
            working == ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"])
        #expect(calendar.source.contains("国办发明电〔2025〕7号"))
    }

    @Test
    func `what is wrong with one is named with its line`() {
        for (yaml, words) in [
            ("calendars:\n  - {code: none, name: n, source: s, first: 2026-01-01, last: 2026-12-31}", "no calendar"),
            (
                "calendars:\n  - {code: c, name: n, source: s, first: 2026-01-01, last: 2026-12-31,\n"
                    + "     days: [{date: 2026-01-04, kind: working}]}", "in_place_of"
            ),
            (
                "templates:\n  - {code: t, pool: p, start: \"08:00\", slot_minutes: 5, slots: 2,\n"
                    + "     exceptions: [{date: 2026-01-04, kind: closed, slots: 3}]}", "‘slots’ stands with a day"
            ),
            ("leaves:\n  - {code: l, resource: r, from: 2026-01-04 25:00, until: 2026-01-05}", "‘from’"),
        ] {
            let problem = #expect(throws: CommandFailure.self) { try HospitalSource.parse(yaml: yaml, name: "h") }
            #expect(problem?.description.contains(words) ?? false, "\(problem?.description ?? "none")")
            #expect(problem?.description.contains("h line ") ?? false)
        }
    }
}
