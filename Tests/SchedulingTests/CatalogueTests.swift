import Scheduling
import Testing

@Suite struct `Putting a catalogue` {
    /// One entity of each kind.
    private var draft: CatalogueDraft {
        var draft = CatalogueDraft()
        draft.hospital = Hospital(name: "仁济医院", zone: .shanghai)
        draft.departments = [.init(code: "im", name: "内科")]
        draft.resources = [.init(code: "zhang", name: "张医师", kind: .practitioner, department: "im")]
        draft.services = [.init(code: "visit", name: "普通门诊", kind: .clinic, priceFen: 2_500)]
        draft.pools = [.init(code: "p", name: "张医师门诊", department: "im", resources: ["zhang"], services: ["visit"])]
        draft.policies = [.init(department: "im", perDayDepartment: 1, perDay: 3, holdSeconds: 600)]
        draft.templates = [
            .init(
                code: "t", pool: "p", weekdays: 31, start: WallTime(rawValue: 480), slotMinutes: 10, slots: 24,
                capacity: 2)
        ]
        return draft
    }

    private func put(_ draft: CatalogueDraft, into catalogue: Catalogue = Catalogue()) throws -> (
        Catalogue, CataloguePut
    ) {
        let put = try catalogue.decide(draft)
        var next = catalogue
        for entity in put.events { next.evolve(entity) }
        return (next, put)
    }

    @Test func `entities of one draft may refer to each other, and each is found by code and by id`() throws {
        let (catalogue, put) = try put(draft)
        #expect(put.counts.added == 7 && put.counts.changed == 0 && put.counts.unchanged == 0)
        let pool = try #require(catalogue.pools[code: "p"])
        #expect(catalogue.pools[pool.id.rawValue] == pool)
        #expect(catalogue.departments[pool.department.rawValue]?.code == "im")
        #expect(pool.resources.map { catalogue.resources[$0.rawValue]?.code } == ["zhang"])
        #expect(catalogue.templates[code: "t"]?.pool == pool.id)
        #expect(catalogue.pools[0] == nil && catalogue.pools[2] == nil && catalogue.pools[code: "P"] == nil)
    }

    @Test func `the same draft twice changes nothing`() throws {
        let (catalogue, _) = try put(draft)
        let (again, second) = try put(draft, into: catalogue)
        #expect(again == catalogue)
        #expect(
            second.events.isEmpty && second.counts.added == 0 && second.counts.changed == 0
                && second.counts.unchanged == 7)
    }

    @Test func `a changed entity keeps its id`() throws {
        let (catalogue, _) = try put(draft)
        var changed = draft
        changed.services[0].name = "专家门诊"
        let (next, put) = try put(changed, into: catalogue)
        #expect(put.counts.changed == 1 && put.counts.unchanged == 6 && put.events.count == 1)
        #expect(next.services[code: "visit"]?.name == "专家门诊")
        #expect(next.services[code: "visit"]?.id == catalogue.services[code: "visit"]?.id)
    }

    @Test func `the entities of a catalogue bring it back`() throws {
        let (catalogue, _) = try put(draft)
        var copy = Catalogue()
        for entity in catalogue.entities { copy.evolve(entity) }
        #expect(copy == catalogue)
    }

    // MARK: Policies

    @Test func `a policy gets a new version when it allows something else, and only then`() throws {
        var draft = CatalogueDraft()
        draft.policies = [.init(department: "", perDayDepartment: 1, perDay: 0, holdSeconds: 900)]
        var (catalogue, first) = try put(draft)
        #expect(catalogue.policy.version == 2 && first.counts.changed == 1)
        (catalogue, first) = try put(draft, into: catalogue)
        #expect(catalogue.policy.version == 2 && first.counts.unchanged == 1)
        draft.policies[0].perDay = 2
        (catalogue, first) = try put(draft, into: catalogue)
        #expect(catalogue.policy.version == 3)
    }

    @Test func `a department's own policy begins at version 1, even when it says what the hospital's says`() throws {
        let initial = Policy.initial
        var draft = draft
        draft.policies = [
            .init(
                department: "im", perDayDepartment: initial.perDayDepartment, perDay: initial.perDay,
                holdSeconds: initial.holdSeconds)
        ]
        let (catalogue, _) = try put(draft)
        let id = try #require(catalogue.departments[code: "im"]).id
        #expect(catalogue.departmentPolicies[id]?.version == 1)
        #expect(catalogue.policy(for: id) == catalogue.departmentPolicies[id])
        #expect(catalogue.policy(for: DepartmentID(rawValue: 99)) == initial)
    }

    // MARK: What is refused

    @Test func `what a draft names twice is refused by its name`() {
        let twice: [(String, (inout CatalogueDraft) -> Void)] = [
            ("department ‘im’ is named twice", { $0.departments.append(.init(code: "im", name: "B")) }),
            ("resource ‘zhang’ is named twice", { $0.resources.append($0.resources[0]) }),
            ("service ‘visit’ is named twice", { $0.services.append($0.services[0]) }),
            ("pool ‘p’ is named twice", { $0.pools.append($0.pools[0]) }),
            ("template ‘t’ is named twice", { $0.templates.append($0.templates[0]) }),
            ("policy of department ‘im’ is named twice", { $0.policies.append($0.policies[0]) }),
            (
                "the hospital's policy is named twice",
                {
                    $0.policies += (1...2).map {
                        .init(department: "", perDayDepartment: 0, perDay: $0, holdSeconds: 60)
                    }
                }
            ),
            ("pool ‘p’: resources names ‘zhang’ twice", { $0.pools[0].resources = ["zhang", "zhang"] }),
            ("pool ‘p’: services names ‘visit’ twice", { $0.pools[0].services = ["visit", "visit"] }),
        ]
        for (sentence, change) in twice {
            let said = problem(change)
            #expect(said?.contains(sentence) == true, "\(said ?? "nothing") has not: \(sentence)")
        }
    }

    @Test func `a new code has no blanks around it, one that is known keeps them`() throws {
        #expect(problem { $0.services[0].code = " visit\u{3000}" }?.contains("no blanks around it") == true)
        var catalogue = Catalogue()
        catalogue.evolve(.department(Department(id: DepartmentID(rawValue: 1), code: " im", name: "内科")))
        var draft = CatalogueDraft()
        draft.departments = [.init(code: " im", name: "心内科")]
        #expect(try catalogue.decide(draft).counts.changed == 1)
    }

    @Test(arguments: [
        ("\u{200B}", "200B"), ("\u{FEFF}", "FEFF"), ("\u{AD}", "00AD"), ("\u{202E}", "202E"), ("\u{2066}", "2066"),
        ("\u{200F}", "200F"), ("\u{E0041}", "E0041"),
    ])
    func `a new code has no character that shows nothing, one that is known keeps it`(
        mark: String, number: String
    ) throws {
        let code = "vi\(mark)sit"
        #expect(problem { $0.services[0].code = code }?.hasSuffix("take out U+\(number)") == true)
        var catalogue = Catalogue()
        catalogue.evolve(.department(Department(id: DepartmentID(rawValue: 1), code: code, name: "内科")))
        var draft = CatalogueDraft()
        draft.departments = [.init(code: code, name: "心内科")]
        #expect(try catalogue.decide(draft).counts.changed == 1)
    }

    private func problem(_ change: (inout CatalogueDraft) -> Void) -> String? {
        var changed = draft
        change(&changed)
        do {
            _ = try Catalogue().decide(changed)
            return nil
        } catch {
            return error.description
        }
    }

    @Test func `codes that nobody has are named`() throws {
        #expect(problem { $0.resources[0].department = "xx" }?.contains("no department ‘xx’") == true)
        #expect(problem { $0.pools[0].department = "xx" }?.contains("no department ‘xx’") == true)
        #expect(problem { $0.pools[0].resources = ["zhang", "xx"] }?.contains("no resource ‘xx’") == true)
        #expect(problem { $0.pools[0].services = ["xx"] }?.contains("no service ‘xx’") == true)
        #expect(problem { $0.policies[0].department = "xx" }?.contains("no department ‘xx’") == true)
        #expect(problem { $0.templates[0].pool = "xx" }?.contains("no pool ‘xx’") == true)
    }

    @Test func `a pool stays in its department`() throws {
        let (catalogue, _) = try put(draft)
        var changed = draft
        changed.departments.append(.init(code: "su", name: "外科"))
        changed.pools[0].department = "su"
        #expect(throws: InvalidCatalogue.self) { try catalogue.decide(changed) }
    }

    @Test func `a draft is put whole or not at all`() throws {
        let (catalogue, _) = try put(draft)
        var changed = draft
        changed.departments[0].name = "心内科"
        changed.templates[0].slots = 0
        #expect(throws: InvalidCatalogue.self) { try catalogue.decide(changed) }
        #expect(catalogue.departments[code: "im"]?.name == "内科")
    }

    @Test func `every limit of a service holds at the limit and not one past it`() {
        #expect(problem { $0.services[0].slots = 0 } != nil)
        #expect(problem { $0.services[0].slots = UInt32(Limits.slotsPerService) } == nil)
        #expect(problem { $0.services[0].slots = UInt32(Limits.slotsPerService) + 1 } != nil)
        #expect(problem { $0.services[0].units = 0 } != nil)
        #expect(problem { $0.services[0].units = UInt32(Limits.capacityPerSlot) } == nil)
        #expect(problem { $0.services[0].units = UInt32(Limits.capacityPerSlot) + 1 } != nil)
        #expect(problem { $0.services[0].preparation = String(repeating: "p", count: Limits.preparationBytes) } == nil)
        #expect(
            problem { $0.services[0].preparation = String(repeating: "p", count: Limits.preparationBytes + 1) } != nil)
    }

    @Test func `every limit of a template holds at the limit and not one past it`() {
        #expect(problem { $0.templates[0].weekdays = 0 } != nil)
        #expect(problem { $0.templates[0].weekdays = 127 } == nil)
        #expect(problem { $0.templates[0].weekdays = 128 } != nil)
        #expect(problem { $0.templates[0].start = WallTime(rawValue: 1_439) } == nil)
        #expect(problem { $0.templates[0].start = WallTime(rawValue: 1_440) } != nil)
        #expect(problem { $0.templates[0].capacity = 0 } != nil)
        #expect(problem { $0.templates[0].capacity = UInt32(Limits.capacityPerSlot) } == nil)
        #expect(problem { $0.templates[0].capacity = UInt32(Limits.capacityPerSlot) + 1 } != nil)
        #expect(problem { ($0.templates[0].slotMinutes, $0.templates[0].slots) = (0, 1) } != nil)
        #expect(problem { ($0.templates[0].slotMinutes, $0.templates[0].slots) = (1_440, 1) } == nil)
        #expect(problem { ($0.templates[0].slotMinutes, $0.templates[0].slots) = (1_441, 1) } != nil)
        #expect(problem { ($0.templates[0].slotMinutes, $0.templates[0].slots) = (1, 0) } != nil)
        #expect(problem { ($0.templates[0].slotMinutes, $0.templates[0].slots) = (1, 512) } == nil)
        #expect(problem { ($0.templates[0].slotMinutes, $0.templates[0].slots) = (1, 513) } != nil)
        #expect(problem { ($0.templates[0].slotMinutes, $0.templates[0].slots) = (1_440, 2) } != nil)
        #expect(
            problem {
                $0.templates[0].weekdays = 0b10101
                ($0.templates[0].slotMinutes, $0.templates[0].slots) = (1_440, 2)
            } == nil)
        #expect(problem { ($0.templates[0].slotMinutes, $0.templates[0].slots) = (961, 3) } != nil)
    }

    @Test func `a template is valid within the days the journal can keep, and not backwards`() {
        let (first, last) = (LocalDate.range.lowerBound, LocalDate.range.upperBound)
        #expect(problem { ($0.templates[0].validFrom, $0.templates[0].validUntil) = (first, last) } == nil)
        #expect(problem { ($0.templates[0].validFrom, $0.templates[0].validUntil) = (last, last) } == nil)
        #expect(problem { ($0.templates[0].validFrom, $0.templates[0].validUntil) = (last, first) } != nil)
        #expect(problem { $0.templates[0].validFrom = first.advanced(days: -1) } != nil)
        #expect(problem { $0.templates[0].validUntil = last.advanced(days: 1) } != nil)
        #expect(problem { $0.templates[0].validUntil = LocalDate("9999-12-31") } != nil)
    }

    @Test func `every limit of names, holds and members holds at the limit and not one past it`() {
        #expect(problem { $0.departments.append(.init(code: "", name: "x")) } != nil)
        #expect(problem { $0.departments.append(.init(code: "a\nb", name: "x")) } != nil)
        #expect(
            problem { $0.departments.append(.init(code: String(repeating: "c", count: Limits.codeBytes), name: "x")) }
                == nil)
        #expect(
            problem {
                $0.departments.append(.init(code: String(repeating: "c", count: Limits.codeBytes + 1), name: "x"))
            } != nil)
        #expect(problem { $0.departments[0].name = "" } != nil)
        #expect(problem { $0.departments[0].name = String(repeating: "n", count: Limits.nameBytes) } == nil)
        #expect(problem { $0.departments[0].name = String(repeating: "n", count: Limits.nameBytes + 1) } != nil)
        #expect(problem { $0.hospital?.name = "" } != nil)
        #expect(problem { $0.policies[0].holdSeconds = 0 } != nil)
        #expect(problem { $0.policies[0].holdSeconds = Limits.holdSeconds } == nil)
        #expect(problem { $0.policies[0].holdSeconds = Limits.holdSeconds + 1 } != nil)
        #expect(
            problem { draft in
                draft.services += (1..<Limits.membersPerPool).map { .init(code: "s\($0)", name: "S", kind: .exam) }
                draft.pools[0].services = draft.services.map(\.code)
            } == nil)
        #expect(problem { $0.pools[0].services = Array(repeating: "visit", count: Limits.membersPerPool + 1) } != nil)
        #expect(problem { $0.pools[0].resources = Array(repeating: "zhang", count: Limits.membersPerPool + 1) } != nil)
    }

    @Test func `a kind has as many entities as the limit says, and known ones can still be changed`() throws {
        var catalogue = Catalogue()
        for id in 1...UInt32(Limits.entitiesPerKind) {
            catalogue.evolve(.department(Department(id: DepartmentID(rawValue: id), code: "d\(id)", name: "d")))
        }
        var draft = CatalogueDraft()
        draft.departments = [.init(code: "d7", name: "changed")]
        #expect(try catalogue.decide(draft).counts.changed == 1)
        draft.departments = [.init(code: "one more", name: "d")]
        #expect(throws: InvalidCatalogue.self) { try catalogue.decide(draft) }
    }

    // MARK: Templates

    @Test(arguments: [
        ("2025-06-30", true), ("2025-07-01", false), ("2025-07-02", true), ("2025-07-06", false), ("2025-06-25", true),
        ("2025-06-23", false), ("2025-07-07", true), ("2025-07-09", false),
    ])
    func `a template covers its weekdays within its validity, both ends included`(day: String, covered: Bool) throws {
        let template = Template(
            id: TemplateID(rawValue: 1), code: "t", pool: PoolID(rawValue: 1), weekdays: 0b101,
            start: WallTime(rawValue: 0), slotMinutes: 10, slots: 1, capacity: 1, validFrom: LocalDate("2025-06-25"),
            validUntil: LocalDate("2025-07-07"))
        #expect((template.roster(on: try #require(LocalDate(day)), nil).shift != nil) == covered)
    }
}
