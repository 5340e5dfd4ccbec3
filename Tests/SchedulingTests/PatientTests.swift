import Scheduling
import Testing

@Suite struct `What one patient may have` {
    @Test(arguments: [0, 1, 2, 3] as [UInt32])
    func `a department's limit for a day holds there and nowhere else`(limit: UInt32) throws {
        var world = World(perDayDepartment: limit)
        let session = world.open(slots: 6)
        let elsewhere = world.open("王医师", in: "外科", at: "14:00")
        let tomorrow = world.open(on: "2025-07-02")
        for slot in 0..<Int(limit == 0 ? 5 : limit) { _ = try world.book(1, session, slot: slot) }
        #expect(
            rule { () throws(Refusal) in try world.book(1, session, slot: 5) } == (limit == 0 ? nil : .perDayDepartment)
        )
        #expect(rule { () throws(Refusal) in try world.book(1, elsewhere) } == nil)
        #expect(rule { () throws(Refusal) in try world.book(1, tomorrow) } == nil)
        #expect(rule { () throws(Refusal) in try world.book(2, session, slot: 5) } == (limit == 0 ? .slotFull : nil))
    }

    @Test func `the limit for a day counts all departments`() throws {
        var world = World(perDay: 2)
        let sessions = [("张医师", "内科"), ("王医师", "外科"), ("李医师", "儿科")].map { world.open($0.0, in: $0.1) }
        _ = try world.book(1, sessions[0], slot: 0)
        let second = try world.book(1, sessions[1], slot: 1)
        #expect(rule { () throws(Refusal) in try world.book(1, sessions[2], slot: 2) } == .perDay)
        try world.change(second, .cancel)
        #expect(rule { () throws(Refusal) in try world.book(1, sessions[2], slot: 2) } == nil)
    }

    @Test func `a refusal names the policy's version, its limit and who may override`() throws {
        var world = World(perDayDepartment: 1, perDay: 1)
        let session = world.open()
        let elsewhere = world.open("王医师", in: "外科", at: "14:00")
        _ = try world.book(1, session)
        #expect(throws: Refusal(.perDayDepartment, policyVersion: 2, authority: .department, limit: 1)) {
            try world.book(1, session, slot: 2)
        }
        #expect(throws: Refusal(.perDay, policyVersion: 2, authority: .hospital, limit: 1)) {
            try world.book(1, elsewhere)
        }
    }

    @Test func `a department's own policy judges there`() throws {
        var world = World(perDayDepartment: 1)
        let session = world.open()
        var draft = CatalogueDraft()
        draft.policies = [.init(department: "内科", perDayDepartment: 2, perDay: 0, holdSeconds: 60)]
        world.put(draft)
        _ = try world.book(1, session)
        _ = try world.book(1, session, slot: 1)
        #expect(throws: Refusal(.perDayDepartment, policyVersion: 1, authority: .department, limit: 2)) {
            try world.book(1, session, slot: 2)
        }
    }

    @Test(
        arguments: [
            ("07:50", 10, nil), ("07:51", 10, .overlap), ("08:09", 1, .overlap), ("08:10", 10, nil),
            ("07:00", 180, .overlap),
            ("08:03", 2, .overlap), ("08:00", 10, .overlap),
        ] as [(String, UInt16, Rule?)])
    func `a patient is in one place at a time, and intervals that touch do not overlap`(
        start: String, minutes: UInt16, expected: Rule?
    ) throws {
        var world = World()
        _ = try world.book(1, world.open(at: "08:00"))
        let other = world.open("CT-1", in: "放射科", at: start, slots: 1, minutes: minutes)
        #expect(rule { () throws(Refusal) in try world.book(1, other) } == expected)
        #expect(world.violations.isEmpty)
    }

    @Test func `an overlap is found across midnight, where the days differ`() throws {
        var world = World()
        let night = world.open(on: "2025-07-01", at: "23:30", slots: 6)
        let morning = world.open("CT-1", on: "2025-07-02", at: "00:00")
        _ = try world.book(1, night, slot: 3)
        #expect(rule { () throws(Refusal) in try world.book(1, morning) } == .overlap)
        #expect(rule { () throws(Refusal) in try world.book(1, morning, slot: 1) } == nil)
    }

    @Test(
        arguments: [
            (Transition.cancel, nil), (.stop, nil), (.noShow, .overlap), (.arrive, .overlap),
        ] as [(Transition, Rule?)])
    func `what was given up does not count, what was spent does`(transition: Transition, expected: Rule?) throws {
        var world = World(perDayDepartment: 2)
        let session = world.open()
        let other = world.open("李医师")
        let id = try world.book(1, session)
        world.now = World.at("2025-07-01", "08:00")
        try world.change(id, transition)
        #expect(rule { () throws(Refusal) in try world.book(1, other) } == expected)
    }

    @Test func `the appointment that a move gives up does not stand in its own way`() throws {
        var world = World(perDayDepartment: 1, perDay: 1)
        let session = world.open()
        let id = try world.book(1, session)
        let sameTime = world.open("李医师")
        let moved = try #require(try world.move(id, to: sameTime, slot: 0))
        #expect(world.state(of: moved) == .booked)
        #expect(rule { () throws(Refusal) in try world.book(1, session, slot: 2) } == .perDayDepartment)
        #expect(world.violations.isEmpty)
    }

    @Test func `a patient has as many appointments as the limit says, ended ones included`() throws {
        var world = World()
        let session = world.open()
        for _ in 1..<Limits.appointmentsPerPatient { try world.change(try world.book(1, session), .cancel) }
        _ = try world.book(1, session)
        #expect(throws: Refusal(.patientAppointments, limit: UInt32(Limits.appointmentsPerPatient))) {
            try world.book(1, session, slot: 1)
        }
        #expect(rule { () throws(Refusal) in try world.book(2, session, slot: 1) } == nil)
    }
}

@Suite struct `The book of patients` {
    private let policy = Policy(department: nil, version: 1, perDayDepartment: 2, perDay: 0, holdSeconds: 60)
    private let patient = PatientID(rawValue: 5)

    private func commitment(at minute: UInt32) -> PatientBook.Commitment {
        .init(
            department: DepartmentID(rawValue: 1), startMinute: 29_000_000 + minute, minutes: 10,
            date: LocalDate(rawValue: 20_138))
    }

    /// Ten minutes in department 1, that many minutes after eight on one day.
    private func asking(at minute: UInt32) -> Asking {
        let times = SessionTimes(
            date: LocalDate(rawValue: 20_138), start: Instant(minute: 29_000_000 + minute), slotMinutes: 10, slots: 1)
        return Asking(
            origin: nil, patient: patient, service: nil, slot: SlotID(rawValue: 0), span: 1, units: 1, times: times,
            department: DepartmentID(rawValue: 1), policy: policy, now: Instant(rawValue: 0),
            wall: TimeZoneRules.utc.wall(at: Instant(rawValue: 0)))
    }

    private func appointment(_ number: UInt32) -> AppointmentID {
        AppointmentID(session: SessionID(pool: PoolID(rawValue: 1), index: 0), number: number)
    }

    private func verdict(_ book: PatientBook, at minute: UInt32) -> Rule? {
        rule { () throws(Refusal) in try book.decide(asking(at: minute), patient: patient) }
    }

    @Test func `a claim counts at once and is no appointment yet`() throws {
        var book = PatientBook()
        let first = try book.claim(asking(at: 0), patient: patient)
        #expect(verdict(book, at: 5) == .overlap)
        _ = try book.claim(asking(at: 10), patient: patient)
        #expect(verdict(book, at: 60) == .perDayDepartment)
        #expect(book.appointments(of: patient).isEmpty)
        book.release(first)
        #expect(verdict(book, at: 0) == nil)
    }

    @Test func `a settled claim is its appointment, the newest first`() throws {
        var book = PatientBook()
        let claims = try [0, 10].map { try book.claim(asking(at: $0), patient: patient) }
        book.settle(claims[1], as: appointment(2))
        book.settle(claims[0], as: appointment(1))
        #expect(book.appointments(of: patient) == [appointment(2), appointment(1)])
        book.change(appointment(2), patient: patient, to: .cancelled)
        #expect(verdict(book, at: 10) == nil && verdict(book, at: 0) == .overlap)
        book.remove(appointment(1), patient: patient)
        #expect(book.appointments(of: patient) == [appointment(2)])
    }

    @Test func `an appointment that ended before its claim was settled does not count`() throws {
        var book = PatientBook()
        let claim = try book.claim(asking(at: 0), patient: patient)
        book.change(appointment(1), patient: patient, to: .cancelled)
        book.settle(claim, as: appointment(1))
        #expect(verdict(book, at: 0) == nil)
        #expect(book.appointments(of: patient) == [appointment(1)])
    }

    @Test func `an appointment that went on before its claim was settled counts`() throws {
        var book = PatientBook()
        let claim = try book.claim(asking(at: 0), patient: patient)
        book.change(appointment(1), patient: patient, to: .arrived)
        book.settle(claim, as: appointment(1))
        #expect(verdict(book, at: 0) == .overlap)
    }

    @Test func `news of an unknown appointment is forgotten when no claim is open`() throws {
        var book = PatientBook()
        let claim = try book.claim(asking(at: 0), patient: patient)
        book.change(appointment(1), patient: patient, to: .cancelled)
        book.release(claim)
        let next = try book.claim(asking(at: 0), patient: patient)
        book.settle(next, as: appointment(1))
        #expect(verdict(book, at: 0) == .overlap)
    }

    @Test func `a place that became free is used again, and lists of others stay whole`() {
        var book = PatientBook()
        let others = (1...9).map { PatientID(rawValue: $0 * 7) }
        for (index, other) in others.enumerated() {
            for number in 0..<4 as Range<UInt32> {
                book.put(
                    appointment(UInt32(index) * 4 + number + 1), patient: other, commitment(at: number * 10),
                    state: .booked)
            }
        }
        for round in 0..<4 as Range<UInt32> {
            for index in 0..<9 as Range<UInt32> {
                book.remove(appointment(index * 4 + (index + round) % 4 + 1), patient: others[Int(index)])
                book.put(
                    appointment(100 + round * 9 + index), patient: patient, commitment(at: 0), state: .cancelled)
            }
        }
        #expect(others.allSatisfy { book.appointments(of: $0).isEmpty })
        #expect(book.appointments(of: patient) == (100..<136).reversed().map { appointment($0) })
    }

    @Test func `putting an appointment twice lists it once, as it was first`() {
        var book = PatientBook()
        book.put(appointment(1), patient: patient, commitment(at: 0), state: .cancelled)
        book.put(appointment(1), patient: patient, commitment(at: 0), state: .booked)
        #expect(book.appointments(of: patient).count == 1 && verdict(book, at: 0) == nil)
    }

    @Test(arguments: 1...4)
    func `books derived from pools say what books that were told say, in the same order`(shards: Int) throws {
        var world = World()
        let sessions = (1...6).map { world.open(on: "2025-07-0\($0)", slots: 4, capacity: 40) }
        for round in 0..<80 {
            let id = try? world.book(UInt64(round * 7 % 31) + 1, sessions[round % 6], slot: round % 4)
            if let id, round % 3 == 0 { try world.change(id, .cancel) }
        }
        let departments = world.catalogue.pools.all.map(\.department)
        for shard in 0..<shards {
            var told = PatientBook(shard: shard, of: shards)
            for session in world.pools.allSessions {
                for (index, record) in session.appointments.enumerated() {
                    guard let record, Int(record.patient.rawValue) % shards == shard else { continue }
                    told.put(
                        AppointmentID(session: session.id, number: UInt32(index + 1)), patient: record.patient,
                        .init(
                            session.times, slot: record.slot, span: record.span,
                            department: departments[Int(session.id.pool.rawValue) - 1]),
                        state: record.state)
                }
            }
            var derived = PatientBook(
                shard: shard, of: shards, deriving: [world.pools], departments: departments)
            #expect(dump(derived) == dump(told))
            #expect(!dump(derived).isEmpty)
            // And it goes on from there.
            let patient = PatientID(rawValue: UInt64(shard + shards))
            let commitment = PatientBook.Commitment(
                department: DepartmentID(rawValue: 1), startMinute: 1, minutes: 1, date: LocalDate(rawValue: 1))
            for number in 1...100 as ClosedRange<UInt32> {
                let id = AppointmentID(session: SessionID(pool: PoolID(rawValue: 9), index: 0), number: number)
                derived.put(id, patient: patient, commitment, state: .booked)
                told.put(id, patient: patient, commitment, state: .booked)
                if number % 3 == 0, let first = told.appointments(of: patient).last {
                    derived.remove(first, patient: patient)
                    told.remove(first, patient: patient)
                }
            }
            #expect(dump(derived) == dump(told))
        }
    }

    private func dump(_ book: PatientBook) -> [String] {
        var lines: [String] = []
        book.forEachAppointment { lines.append("\($0) \($1) \($2) \($3)") }
        return lines
    }

    @Test func `a shard's book tells its patients by their whole ids`() {
        var book = PatientBook(shard: 2, of: 3)
        book.put(appointment(1), patient: patient, commitment(at: 0), state: .booked)
        book.put(appointment(2), patient: PatientID(rawValue: 302), commitment(at: 0), state: .held)
        var told: [UInt64: AppointmentID] = [:]
        book.forEachAppointment { patient, id, _, _ in told[patient.rawValue] = id }
        #expect(told == [5: appointment(1), 302: appointment(2)])
    }
}
