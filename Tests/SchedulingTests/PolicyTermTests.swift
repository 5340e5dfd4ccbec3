import Scheduling
import TestHospitals
import Testing

@Suite struct `Terms of a policy` {
    /// Two departments with two pools each, and two services.
    private var draft: CatalogueDraft {
        CatalogueDraft(["im": ["im-1", "im-2"], "su": ["su-1", "su-2"]], services: ["visit": 1, "expert": 1])
    }

    private typealias Term = CatalogueDraft.PolicyTerm

    private func putting(
        _ terms: [Term], of department: String = "im", into catalogue: Catalogue = Catalogue()
    ) throws(InvalidCatalogue) -> Catalogue {
        var draft = draft
        draft.policies = [
            .init(department: department, perDayDepartment: 1, perDay: 2, holdSeconds: 900, terms: terms)
        ]
        var next = catalogue
        for entity in try catalogue.decide(
            draft,
            terms: { rule in
                rule == .perDay || rule == .overlap ? [.channels, .limit] : nil
            }
        ).events {
            next.evolve(entity)
        }
        return next
    }

    private func policy(_ catalogue: Catalogue, in department: String) throws -> Policy {
        catalogue.policy(for: try #require(catalogue.departments[code: department]).id)
    }

    private func problem(_ terms: [Term], of department: String = "im") -> String? {
        do {
            _ = try putting(terms, of: department)
            return nil
        } catch {
            return error.description
        }
    }

    @Test func `codes become ids, and the order of the terms stays`() throws {
        let catalogue = try putting([
            Term(rule: .perDay, services: ["expert"], pools: ["im-2"], channels: [.window, .kiosk], limit: 3),
            Term(rule: .overlap),
        ])
        let expert = try #require(catalogue.services[code: "expert"]).id
        let pool = try #require(catalogue.pools[code: "im-2"]).id
        #expect(
            try policy(catalogue, in: "im").terms == [
                PolicyTerm(rule: .perDay, services: [expert], pools: [pool], channels: [.kiosk, .window], limit: 3),
                PolicyTerm(rule: .overlap),
            ])
    }

    @Test func `other terms are a new version, and the same ones in another spelling are not`() throws {
        let first = try putting([Term(rule: .perDay, services: ["visit", "expert"], channels: [.app, .ward])])
        var catalogue = first
        func version(_ terms: [Term]) throws -> UInt32 {
            catalogue = try putting(terms, into: catalogue)
            return try policy(catalogue, in: "im").version
        }
        #expect(try version([Term(rule: .perDay, services: ["visit", "expert"], channels: [.app, .ward])]) == 1)
        let respelt = Term(
            rule: .perDay, services: ["expert", "visit", "expert"], channels: [.ward, .app, .ward])
        #expect(try version([respelt]) == 1)
        #expect(catalogue == first)
        #expect(try version([Term(rule: .perDay, services: ["visit"], channels: [.app, .ward])]) == 2)
        #expect(try version([Term(rule: .perDay, services: ["visit"], channels: [.app])]) == 3)
        #expect(try version([Term(rule: .perDay, services: ["visit"], channels: [.app], limit: 1)]) == 4)
        #expect(try version([Term(rule: .overlap), Term(rule: .perDay)]) == 5)
        #expect(try version([Term(rule: .perDay), Term(rule: .overlap)]) == 6)
        #expect(try version([]) == 7)
    }

    @Test func `the entities of a catalogue bring its terms back, and a policy that lost them stays without`() throws {
        var catalogue = try putting([Term(rule: .perDay, pools: ["su-1", "im-1"])], of: "")
        catalogue = try putting([Term(rule: .overlap, pools: ["su-1"])], of: "su", into: catalogue)
        func copy() throws -> Catalogue {
            var copy = Catalogue()
            for entity in catalogue.entities {
                let bytes = encoded { entity.encode(into: &$0) }
                copy.evolve(
                    try decoded(bytes) { reader throws(CodingError) in try CatalogueEntity(from: &reader) })
            }
            return copy
        }
        #expect(try copy() == catalogue)
        catalogue = try putting([], of: "su", into: catalogue)
        #expect(try copy() == catalogue)
        #expect(try policy(catalogue, in: "su").terms.isEmpty)
    }

    @Test func `a department's own policy takes the place of the hospital's, terms included`() throws {
        var catalogue = try putting([Term(rule: .perDay)], of: "")
        #expect(try policy(catalogue, in: "im").terms == [PolicyTerm(rule: .perDay)])
        catalogue = try putting([Term(rule: .overlap)], of: "im", into: catalogue)
        #expect(try policy(catalogue, in: "im").terms == [PolicyTerm(rule: .overlap)])
        #expect(try policy(catalogue, in: "su").terms == [PolicyTerm(rule: .perDay)])
        catalogue = try putting([], of: "im", into: catalogue)
        #expect(try policy(catalogue, in: "im").terms.isEmpty)
    }

    @Test(
        arguments: [
            ([], [], 1, 1, true), ([1], [], 1, 2, true), ([1], [], 2, 2, false), ([], [2], 7, 2, true),
            ([], [2], 7, 1, false), ([1, 3], [2], 3, 2, true), ([1, 3], [2], 3, 1, false), ([1, 3], [2], 2, 2, false),
        ] as [([UInt32], [UInt32], UInt32, UInt32, Bool)])
    func `a term concerns its services in its pools, and an empty list is all of them`(
        services: [UInt32], pools: [UInt32], service: UInt32, pool: UInt32, isConcerned: Bool
    ) {
        let term = PolicyTerm(
            rule: .perDay, services: services.map(ServiceID.init), pools: pools.map(PoolID.init), limit: 1)
        #expect(term.concerns(service: ServiceID(rawValue: service), pool: PoolID(rawValue: pool)) == isConcerned)
    }

    // MARK: What is refused

    @Test func `a rule that takes no terms is refused by name, with those that do`() {
        #expect(
            problem([Term(rule: .overlap), Term(rule: .slotFull)])
                == "policy of department ‘im’: terms[1]: SLOT_FULL takes no terms; these do: PER_DAY, OVERLAP")
        #expect(problem([Term(rule: .slotFull)], of: "")?.hasPrefix("the hospital's policy: terms[0]:") == true)
    }

    @Test(arguments: Rule.allCases.filter { $0.about.terms == nil })
    func `the product puts terms of no rule that takes none`(rule: Rule) {
        var draft = draft
        draft.policies = [
            .init(department: "im", perDayDepartment: 0, perDay: 0, holdSeconds: 900, terms: [Term(rule: rule)])
        ]
        let fault = #expect(throws: InvalidCatalogue.self) { try Catalogue().decide(draft) }
        #expect(fault?.description.contains("terms[0]: \(rule.name) takes no terms") == true)
    }

    @Test(arguments: [
        (Term(rule: .channelClosed, channels: [.app], limit: 7), "reads no limit; leave it out"),
        (Term(rule: .channelClosed), "names no channel; say which may book"),
    ])
    private func `what a rule does not read is refused, and so is a term that says nothing`(term: Term, fault: String) {
        var draft = draft
        draft.policies = [.init(department: "im", perDayDepartment: 0, perDay: 0, holdSeconds: 900, terms: [term])]
        let found = #expect(throws: InvalidCatalogue.self) { try Catalogue().decide(draft) }
        #expect(found?.description == "policy of department ‘im’: terms[0]: CHANNEL_CLOSED \(fault)")
    }

    /// What the product says of terms; nil where it takes them.
    private func fault(_ terms: [Term]) -> String? {
        var draft = draft
        draft.policies = [.init(department: "im", perDayDepartment: 0, perDay: 0, holdSeconds: 900, terms: terms)]
        do {
            _ = try Catalogue().decide(draft)
            return nil
        } catch {
            return error.description
        }
    }

    @Test(
        arguments: [
            (Term(rule: .notReleased, limit: 100), "NOT_RELEASED names no time; say when, such as at: 07:00"),
            (
                Term(rule: .notReleased, days: 7, at: WallTime("07:00")),
                "NOT_RELEASED: limit must be 1 to 100, the share"
            ),
            (Term(rule: .notReleased, limit: 101, at: WallTime("07:00")), "NOT_RELEASED: limit must be 1 to 100"),
            (Term(rule: .notReleased, limit: 50, days: 367, at: WallTime("07:00")), "days"),
            (Term(rule: .notReleased, limit: 50, at: WallTime("07:00"), minutes: 5), "reads no minutes; leave it out"),
            (Term(rule: .bookingClosed), "BOOKING_CLOSED names no moment; say a time, such as at: 16:00, or minutes"),
            (Term(rule: .bookingClosed, limit: 1, minutes: 5), "reads no limit; leave it out"),
            (
                Term(rule: .tooLate, channels: [.app]),
                "TOO_LATE names no moment; say a time, such as at: 16:00, or minutes"
            ),
            (Term(rule: .tooLate, classes: [.checkup], minutes: 5), "reads no classes; leave it out"),
            (Term(rule: .bookingClosed, days: 1, minutes: 5), "days without a time"),
            (Term(rule: .bookingClosed, minutes: 527_041), "minutes"),
        ] as [(Term, String)])
    private func `a moment that is left out, and a share that is none, are refused`(term: Term, sentence: String) {
        #expect(fault([term])?.contains(sentence) == true, "\(fault([term]) ?? "taken")")
    }

    @Test func `the later stage of a release puts more on sale, or the policy is refused`() {
        func stage(_ limit: UInt32, _ days: UInt32, _ at: String, to channels: [Channel] = []) -> Term {
            Term(rule: .notReleased, channels: channels, limit: limit, days: days, at: WallTime(at))
        }
        #expect(fault([stage(50, 7, "07:00"), stage(100, 1, "15:00")]) == nil)
        #expect(fault([stage(100, 1, "15:00"), stage(50, 7, "07:00")]) == nil)
        #expect(fault([stage(50, 7, "07:00"), stage(60, 7, "15:00")]) == nil)
        let sentence =
            "terms[1]: NOT_RELEASED of the same scope as terms[0]; the later of the two must put a larger share"
        for later in [stage(50, 6, "07:00"), stage(40, 7, "07:01"), stage(60, 8, "00:00")] {
            #expect(fault([stage(50, 7, "07:00"), later])?.contains(sentence) == true)
        }
        #expect(fault([stage(50, 7, "07:00"), stage(60, 7, "07:00")])?.contains("is named twice") == true)
        #expect(fault([stage(50, 7, "07:00", to: [.app]), stage(40, 1, "07:00", to: [.kiosk])]) == nil)
    }

    @Test func `two terms that differ in nothing but their limit are refused`() {
        let terms = [1, 1, 2].map { Term(rule: .perDay, services: ["visit"], limit: $0) }
        #expect(problem([terms[0], terms[1]]) == nil)
        #expect(
            problem(terms)?.contains(
                "terms[2]: PER_DAY for the same services, pools, channels and classes is named twice")
                == true)
    }

    @Test func `codes that nobody has, another department's pools and the engine's channel are refused`() {
        #expect(problem([Term(rule: .perDay, services: ["visit", "xx"])])?.contains("no service ‘xx’") == true)
        #expect(problem([Term(rule: .perDay, pools: ["xx"])])?.contains("no pool ‘xx’") == true)
        #expect(
            problem([Term(rule: .perDay, pools: ["im-1", "su-1"])])?
                .contains("pool ‘su-1’ belongs to another department") == true)
        #expect(problem([Term(rule: .perDay, pools: ["im-1", "su-1"])], of: "") == nil)
        #expect(problem([Term(rule: .perDay, channels: [.app, .system])])?.contains("channel of the engine") == true)
    }

    @Test func `every limit of terms holds at the limit and not one past it`() {
        func many<Element>(_ element: Element, _ count: Int) -> [Element] { Array(repeating: element, count: count) }
        let members = Limits.membersPerTerm
        #expect(problem(many(Term(rule: .perDay), Limits.termsPerPolicy)) == nil)
        #expect(problem(many(Term(rule: .perDay), Limits.termsPerPolicy + 1)) != nil)
        #expect(problem([Term(rule: .perDay, services: many("visit", members))]) == nil)
        #expect(problem([Term(rule: .perDay, services: many("visit", members + 1))]) != nil)
        #expect(problem([Term(rule: .perDay, pools: many("im-1", members))]) == nil)
        #expect(problem([Term(rule: .perDay, pools: many("im-1", members + 1))]) != nil)
        #expect(problem([Term(rule: .perDay, channels: many(.app, members))]) == nil)
        #expect(problem([Term(rule: .perDay, channels: many(.app, members + 1))]) != nil)
        func moment(classes: Int = 0, days: UInt32 = 0, minutes: UInt32 = 0) -> String? {
            fault([
                Term(
                    rule: .bookingClosed, classes: many(.checkup, classes), days: days, at: WallTime("07:00"),
                    minutes: minutes)
            ])
        }
        #expect(moment(classes: members, days: Limits.daysOfTerm, minutes: Limits.minutesOfTerm) == nil)
        #expect(moment(classes: members + 1) != nil)
        #expect(moment(days: Limits.daysOfTerm + 1) != nil)
        #expect(moment(minutes: Limits.minutesOfTerm + 1) != nil)
    }

    // MARK: Bytes

    @Test func `the fullest policy fits one record of the journal`() {
        let last = UInt32(Limits.entitiesPerKind)
        let ids = (0..<UInt32(Limits.membersPerTerm)).map { last - $0 }
        let term = PolicyTerm(
            rule: .perDay, services: ids.map(ServiceID.init), pools: ids.map(PoolID.init), channels: Channel.allCases,
            classes: PatientClass.allCases, limit: .max, days: .max, at: WallTime(rawValue: 1_439), minutes: .max)
        let policy = Policy(
            department: DepartmentID(rawValue: last), version: .max, perDayDepartment: .max, perDay: .max,
            holdSeconds: .max, terms: Array(repeating: term, count: Limits.termsPerPolicy))
        #expect(encoded { CatalogueEntity.policy(policy).encode(into: &$0) }.count < 1 << 19)
    }

    @Test func `a policy with terms that has none, and terms of an unknown rule or channel, are not read`() {
        let policy = Policy(
            department: nil, version: 1, perDayDepartment: 0, perDay: 0, holdSeconds: 60,
            terms: [PolicyTerm(rule: .perDay, channels: [.app])])
        let bytes = encoded { CatalogueEntity.policy(policy).encode(into: &$0) }
        #expect(bytes == [8, 0, 1, 0, 0, 60, 1, 4, 0, 0, 1, 1, 0])
        func read(_ bytes: [UInt8]) throws -> CatalogueEntity {
            try decoded(bytes) { reader throws(CodingError) in try CatalogueEntity(from: &reader) }
        }
        #expect(throws: CodingError("a policy with terms that has none")) { try read([8, 0, 1, 0, 0, 60, 0]) }
        // What terms could not say at first: a class of none, a time after the day, and nothing where more is promised.
        let more: [UInt8] = [8, 0, 1, 0, 0, 60, 1, 0x84, 0, 0, 0, 0]
        #expect(throws: CodingError("unknown class of patients")) { try read(more + [1, 9, 0, 0, 0]) }
        #expect(throws: CodingError("a time after the day's end")) { try read(more + [0, 0, 0xA1, 0x0B, 0]) }
        #expect(throws: CodingError("a term that says more and does not")) { try read(more + [0, 0, 0, 0]) }
        for (place, value) in [(7, 0), (7, 200), (11, 0), (11, 200)] as [(Int, UInt8)] {
            var damaged = bytes
            damaged[place] = value
            #expect(throws: CodingError.self) { try read(damaged) }
        }
    }

    @Test func `terms count in the bytes of a listing`() throws {
        let none = try putting([]).listedBytes
        let two = try putting([Term(rule: .perDay), Term(rule: .perDay)]).listedBytes
        let codes = try putting([
            Term(rule: .perDay, services: ["visit", "expert"], pools: ["im-1"], channels: [.app, .ward]),
            Term(rule: .perDay),
        ])
        .listedBytes
        #expect(two > none)
        #expect(codes >= two + "visitexpertim-1".utf8.count + 2)
        let hospital = try putting([], of: "").listedBytes
        #expect(try putting([Term(rule: .perDay)], of: "").listedBytes > hospital)
    }
}
