import Scheduling
import TestHospitals
import Testing

@Suite struct `Shares of a session` {
    private typealias Term = CatalogueDraft.PolicyTerm

    /// A session of one unit in each slot on 2025-07-01 at 08:00, under these terms; it is 2025-06-01.
    private func world(_ terms: [Term], slots: Int) -> (World, SessionID) {
        var world = World()
        let session = world.open(slots: slots)
        put(terms, into: &world)
        return (world, session)
    }

    private func put(_ terms: [Term], into world: inout World) {
        var draft = CatalogueDraft()
        draft.policies = [.init(department: "", perDayDepartment: 0, perDay: 0, holdSeconds: 900, terms: terms)]
        world.put(draft)
    }

    /// Books one patient after the other in the next free slot, until a rule refuses; tells how many, and the refusal.
    private func sell(
        _ world: inout World, _ session: SessionID, by channel: Channel, as patientClass: PatientClass? = nil
    ) -> (count: Int, refusal: Refusal?) {
        world.origin = Origin(channel: channel, operatorName: "")
        var count = 0
        while let slot = world.pools.session(session)?.slots.firstIndex(where: { $0.free > 0 }) {
            do throws(Refusal) {
                let patient = UInt64(world.journal.count) + 1
                _ = try world.book(patient, session, slot: slot, as: patientClass)
                count += 1
            } catch {
                return (count, error)
            }
        }
        return (count, nil)
    }

    private func refused(_ limit: UInt32) -> Refusal {
        Refusal(.quota, policyVersion: 2, authority: .department, limit: limit)
    }

    @Test func `a channel has its own share and the common rest, and never another's`() {
        let terms = [
            Term(rule: .quota, channels: [.app, .miniProgram], limit: 6),
            Term(rule: .quota, channels: [.window], limit: 2), Term(rule: .quota, channels: [.ward], limit: 1),
        ]
        var (world, session) = world(terms, slots: 10)
        var found = sell(&world, session, by: .kiosk)
        #expect(found.count == 1 && found.refusal == refused(0))
        found = sell(&world, session, by: .window)
        #expect(found.count == 2 && found.refusal == refused(0))
        found = sell(&world, session, by: .app)
        #expect(found.count == 6 && found.refusal == refused(0))
        found = sell(&world, session, by: .ward)
        #expect(found.count == 1 && found.refusal == nil)
        #expect(world.violations.isEmpty)
    }

    @Test func `a share is of those who belong to every list of its term, and a booking without a class to none`() {
        let terms = [Term(rule: .quota, channels: [.window], classes: [.inpatient], limit: 3)]
        for (channel, patientClass, count) in [
            (Channel.window, PatientClass.inpatient, 4), (.window, nil, 1), (.window, .outpatient, 1),
            (.app, .inpatient, 1),
        ] as [(Channel, PatientClass?, Int)] {
            var (world, session) = world(terms, slots: 4)
            let found = sell(&world, session, by: channel, as: patientClass)
            #expect(
                found.count == count && (found.refusal == nil) == (count == 4), "\(channel), \(patientClass as Any)")
        }
    }

    @Test(
        arguments: [
            (Term(rule: .quota, channels: [.ward], limit: 2, days: 1, at: WallTime("18:00")), "2025-06-30", "18:00"),
            (Term(rule: .quota, channels: [.ward], limit: 2, at: WallTime("07:30")), "2025-07-01", "07:30"),
            (Term(rule: .quota, channels: [.ward], limit: 2, minutes: 90), "2025-07-01", "06:30"),
            // Of two moments the first counts.
            (
                Term(rule: .quota, channels: [.ward], limit: 2, days: 1, at: WallTime("18:00"), minutes: 90),
                "2025-06-30", "18:00"
            ),
        ] as [(CatalogueDraft.PolicyTerm, String, String)])
    func `what is left of a share is everybody's from its moment on, and not before`(
        term: CatalogueDraft.PolicyTerm, date: String, time: String
    ) {
        var (world, session) = world([term], slots: 3)
        world.now = World.at(date, time).advanced(milliseconds: -1)
        #expect(sell(&world, session, by: .app).count == 1)
        world.now = World.at(date, time)
        #expect(sell(&world, session, by: .app).count == 2)
    }

    @Test func `a share without a moment is kept to the end, of what is still to come`() throws {
        var (world, session) = world([Term(rule: .quota, channels: [.ward], limit: 2)], slots: 4)
        // Two slots have begun unsold: the other two are the ward's.
        world.now = World.at("2025-07-01", "08:10")
        world.origin = Origin(channel: .app, operatorName: "")
        #expect(rule { () throws(Refusal) in try world.book(1, session, slot: 3) } == .quota)
        world.origin = Origin(channel: .ward, operatorName: "")
        _ = try world.book(1, session, slot: 3)
    }

    @Test func `what is cancelled counts no more, and neither does the old place of a move within the session`() throws
    {
        var (world, session) = world(
            [Term(rule: .quota, channels: [.app], limit: 2), Term(rule: .quota, channels: [.ward], limit: 2)], slots: 4)
        #expect(sell(&world, session, by: .app).count == 2)
        let first = AppointmentID(session: session, number: 1)
        // Its share is used up, and it needs no more of it.
        #expect(rule { () throws(Refusal) in try world.book(77, session, slot: 3) } == .quota)
        let moved = try #require(try world.move(first, to: session, slot: 3))
        try world.change(moved, .cancel)
        #expect(sell(&world, session, by: .app).count == 1)
        #expect(sell(&world, session, by: .ward).count == 2)
    }

    @Test func `shares that are too large together are cut in their order, and every unit is for sale to somebody`() {
        let terms = [
            Term(rule: .quota, channels: [.app], limit: 8), Term(rule: .quota, channels: [.window], limit: 8),
        ]
        var (world, session) = world(terms, slots: 10)
        #expect(sell(&world, session, by: .kiosk).count == 0)
        #expect(sell(&world, session, by: .window).count == 2)
        #expect(sell(&world, session, by: .app).count == 8)
    }

    @Test func `a full slot is full for all, before it is asked for whom`() throws {
        var (world, session) = world([Term(rule: .quota, channels: [.ward], limit: 3)], slots: 4)
        #expect(sell(&world, session, by: .app).count == 1)
        #expect(rule { () throws(Refusal) in try world.book(9, session, slot: 0) } == .slotFull)
        #expect(rule { () throws(Refusal) in try world.book(9, session, slot: 1) } == .quota)
    }

    @Test func `a joint booking takes of a share what all of it needs`() throws {
        var (world, session) = world([Term(rule: .quota, channels: [.ward], limit: 2)], slots: 4)
        world.origin = Origin(channel: .app, operatorName: "")
        let wishes = (0..<3).map { World.Wish(session: session, slot: $0) }
        #expect(rule { () throws(Refusal) in try world.bookTogether(1, wishes) } == .quota)
        #expect(world.pools.session(session)?.free == 4)
        _ = try world.bookTogether(1, Array(wishes.dropLast()))
        #expect(world.violations.isEmpty)
    }

    @Test func `a service takes of a share its units in all of its slots`() throws {
        var (world, session) = world([Term(rule: .quota, channels: [.ward], limit: 3)], slots: 6)
        let double = world.service(slots: 2)
        world.origin = Origin(channel: .app, operatorName: "")
        _ = try world.book(1, session, slot: 0, service: double)
        let found = #expect(throws: Refusal.self) { try world.book(2, session, slot: 2, service: double) }
        #expect(found == Refusal(.quota, policyVersion: 2, authority: .department, limit: 1))
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `a search lists just what a booking would take`(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        let terms = [
            Term(rule: .quota, channels: [.app], limit: 3, days: 1, at: WallTime("18:00")),
            Term(rule: .quota, channels: [.window, .ward], classes: [.inpatient], limit: 2),
            Term(rule: .quota, classes: [.checkup, .inpatient], limit: 1, minutes: 60),
        ]
        var (world, first) = world(terms, slots: 6)
        let second = world.open(on: "2025-07-01", at: "13:00", slots: 5, capacity: 2)
        world.now = dice.pick([
            World.at("2025-06-30", "12:00"), World.at("2025-06-30", "18:00"), World.at("2025-07-01", "08:15"),
        ])
        for patient in 1...40 as ClosedRange<UInt64> {
            world.origin = Origin(channel: dice.pick([.app, .window, .ward, .kiosk]), operatorName: "")
            let session = dice.pick([first, second])
            let slots = world.pools.session(session)?.slots.count ?? 0
            _ = try? world.book(
                patient, session, slot: Int.random(in: 0..<slots, using: &dice), as: dice.pick(PatientClass.allCases))
            let wishes = [first, second].flatMap { session in
                (0..<(world.pools.session(session)?.slots.count ?? 0)).map {
                    World.Wish(session: session, slot: $0, patientClass: .inpatient)
                }
            }
            let expected = wishes.map { world.request(99, $0) }.filter { asking in
                asking.start > world.now && rule { () throws(Refusal) in try world.pools.decideTaking(asking) } == nil
            }
            let search = SlotSearch(
                from: LocalDate(rawValue: 0), to: LocalDate.range.upperBound, after: nil, limit: .max,
                asking: world.request(99, wishes[0]))
            #expect(search.run([first.pool], in: world.pools).map(\.slot) == expected.map(\.slot))
        }
    }

    // MARK: What is refused

    @Test(
        arguments: [
            (Term(rule: .quota, channels: [.app]), "QUOTA keeps nothing; say how many units of each session as limit"),
            (
                Term(rule: .quota, limit: 3),
                "QUOTA keeps units for all, so for nobody; say for which channels, classes or services"
            ),
            (
                Term(rule: .quota, channels: [.app], limit: 3, days: 1),
                "days without a time; say when on that day, such as at: 07:00"
            ),
            (
                Term(rule: .quota, pools: ["li"], channels: [.app], limit: 41),
                "a quota above the capacity: it keeps 41 units of each session, template ‘t1’ gives one 40; lower its limit"
            ),
            (
                Term(rule: .quota, channels: [.app], limit: 81),
                "a quota above the capacity: it keeps 81 units of each session, template ‘t2’ gives one 80; lower its limit"
            ),
        ] as [(CatalogueDraft.PolicyTerm, String)])
    func `a share that cannot be is refused by name`(term: CatalogueDraft.PolicyTerm, fault: String) {
        #expect(problem([term], capacity: 2) == "policy of department ‘im’: terms[0]: \(fault)")
    }

    @Test func `a template below a share of its pool is refused by name`() {
        let term = Term(rule: .quota, pools: ["li"], channels: [.app], limit: 40)
        #expect(problem([term], capacity: 2) == nil)
        #expect(
            problem([term], capacity: 2, then: 1)
                == "template ‘t1’: a quota above the capacity: a term of the policy keeps 40 units of each session of its "
                + "pool, the template gives one 20; lower the term's limit")
        // A term that names no pool fits the larger sessions.
        #expect(problem([Term(rule: .quota, channels: [.app], limit: 40)], capacity: 2, then: 1) == nil)
    }

    @Test(arguments: [("2026-03-01", false), ("2026-03-02", true), ("2026-03-03", true)])
    func `a template whose days are over says nothing of a share`(until: String, counts: Bool) throws {
        var draft = CatalogueDraft(["im": ["li"]], services: ["visit": 1])
        draft.hospital = Hospital(
            name: "H", zone: TimeZoneRules(name: "E", changes: [.init(fromSecond: 0, offsetSeconds: 8 * 3_600)]))
        let old = CatalogueDraft.Template(
            code: "t", pool: "li", weekdays: 127, start: WallTime(rawValue: 480), slotMinutes: 10, slots: 4,
            capacity: 1,
            validUntil: LocalDate(until))
        draft.templates = [old]
        // 2026-03-02 in the hospital has begun, in UTC it has not.
        let now = Instant(rawValue: 1_772_380_800_000 + 1)
        #expect(draft.hospital?.zone.wall(at: now).date == LocalDate("2026-03-02"))
        var catalogue = Catalogue()
        for entity in try catalogue.decide(draft, at: now).events { catalogue.evolve(entity) }
        var share = CatalogueDraft()
        let term = Term(rule: .quota, pools: ["li"], channels: [.app], limit: 5)
        share.policies = [.init(department: "im", perDayDepartment: 0, perDay: 0, holdSeconds: 900, terms: [term])]
        share.templates = [old]
        if counts {
            #expect(throws: InvalidCatalogue.self) { try catalogue.decide(share, at: now) }
        } else {
            #expect(try !catalogue.decide(share, at: now).events.isEmpty)
        }
    }

    /// What is wrong with terms of a department with a template of 20 slots and one of 40; then with another capacity
    /// of the first.
    private func problem(_ terms: [Term], capacity: UInt32, then other: UInt32? = nil) -> String? {
        func template(_ code: String, _ pool: String, slots: UInt32, _ capacity: UInt32) -> CatalogueDraft.Template {
            .init(
                code: code, pool: pool, weekdays: 127, start: WallTime(rawValue: 480), slotMinutes: 10, slots: slots,
                capacity: capacity)
        }
        var draft = CatalogueDraft(["im": ["li", "wang"]], services: ["visit": 1])
        draft.policies = [.init(department: "im", perDayDepartment: 0, perDay: 0, holdSeconds: 900, terms: terms)]
        draft.templates = [template("t1", "li", slots: 20, capacity), template("t2", "wang", slots: 40, 2)]
        do {
            var catalogue = Catalogue()
            for entity in try catalogue.decide(draft).events { catalogue.evolve(entity) }
            guard let other else { return nil }
            var later = CatalogueDraft()
            later.templates = [template("t1", "li", slots: 20, other)]
            _ = try catalogue.decide(later)
            return nil
        } catch {
            return error.description
        }
    }
}
