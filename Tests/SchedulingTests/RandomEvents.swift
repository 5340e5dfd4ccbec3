import Scheduling

extension Dice {
    /// An event of the given kind with random content that the domain allows.
    mutating func event(_ kind: Int) -> Event {
        let answer = once(in: 3) ? nil : Event.Answered(key: .init(high: next(), low: next()), fingerprint: next())
        return Event(
            at: instant(), by: Origin(channel: pick(Channel.allCases), operatorName: text(64)), answer: answer,
            fact: fact(kind))
    }

    /// Kinds of facts, the catalogue's seven included.
    static let kinds = 0..<29

    private mutating func fact(_ kind: Int) -> Fact {
        switch kind {
        case 0: .booked(taken())
        case 1: .bookedTogether(many(Limits.itemsTogether) { $0.taken() })
        case 2: .changed(change())
        case 3: .moved(from: change(), to: taken())
        case 4:
            .refused(
                refusal(), item: UInt8.random(in: 0...15, using: &self),
                patient: once(in: 2) ? nil : PatientID(rawValue: next() >> 20))
        case 5: .sessionOpened(definition())
        case 6: .sessionArchived(session())
        case 7:
            .patientRegistered(
                PatientID(rawValue: next() >> 20),
                many(Limits.identifiersPerPatient) { Identifier(system: $0.text(128), value: $0.text(128)) })
        case 15: .slotsLocked(session(), lock())
        case 16: .slotsUnlocked(session(), lock())
        case 18: .answered(report())
        case 19: .sessionWithdrawn(session())
        case 20: .readerMarked(FeedMark(name: text(64), through: next()))
        case 21: .readerDropped(text(64))
        case 22: .sessionStopped(session(), stop())
        case 23: .sessionResumed(session(), small())
        case 24: .appealFiled(step())
        case 25: .appealDecided(step())
        case 26: .takenAgain(taken())
        case 27: .refund(refund())
        case 28: .chosen(taken(), passed: many(Limits.itemsOfChoice) { $0.refusal() })
        case 17: .epochBegan(UInt32(next() % UInt64(Limits.epoch)) + 1)
        default: .catalogueChanged(entity(kind - 8))
        }
    }

    private mutating func entity(_ kind: Int) -> CatalogueEntity {
        let (code, name) = (text(64), text(256))
        let department = DepartmentID(rawValue: small())
        switch kind {
        case 0:
            let changes =
                [TimeZoneRules.Change(fromSecond: 0, offsetSeconds: 0)]
                + many(4) {
                    TimeZoneRules.Change(
                        fromSecond: Int64(bitPattern: $0.next()),
                        offsetSeconds: Int32.random(in: -50_000...50_000, using: &$0))
                }
            return .hospital(Hospital(name: name, zone: TimeZoneRules(name: code, changes: changes)))
        case 1: return .department(Department(id: department, code: code, name: name))
        case 2:
            return .resource(
                Resource(
                    id: ResourceID(rawValue: small()), code: code, name: name,
                    kind: pick([.practitioner, .device, .room, .desk]), department: department))
        case 3:
            return .service(
                Service(
                    id: ServiceID(rawValue: small()), code: code, name: name, kind: pick([.clinic, .exam, .lab]),
                    slots: UInt8.random(in: 1...32, using: &self), units: UInt16.random(in: 1...10_000, using: &self),
                    priceFen: small(), preparation: text(2_048)))
        case 4:
            return .pool(
                Pool(
                    id: PoolID(rawValue: small()), code: code, name: name, department: department,
                    resources: many(9) { ResourceID(rawValue: $0.small()) },
                    services: many(9) { ServiceID(rawValue: $0.small()) }))
        case 5:
            return .policy(
                Policy(
                    department: once(in: 2) ? nil : DepartmentID(rawValue: small() | 1), version: small(),
                    perDayDepartment: small(), perDay: small(), holdSeconds: small(),
                    terms: once(in: 2) ? [] : many(4) { $0.term() }))
        default:
            if once(in: 3) { return rosterEntity() }
            return .template(
                Template(
                    id: TemplateID(rawValue: small()), code: code, pool: PoolID(rawValue: small()),
                    weekdays: UInt8.random(in: 1...127, using: &self),
                    start: WallTime(rawValue: UInt16.random(in: 0...1_439, using: &self)),
                    slotMinutes: UInt16.random(in: 1...1_440, using: &self),
                    slots: UInt16.random(in: 1...512, using: &self),
                    capacity: UInt16.random(in: 1...10_000, using: &self),
                    validFrom: once(in: 2) ? nil : LocalDate.range.lowerBound,
                    validUntil: once(in: 2) ? nil : LocalDate.range.upperBound,
                    calendar: once(in: 2) ? nil : CalendarID(rawValue: small() | 1),
                    exceptions: once(in: 2) ? [] : many(4) { $0.exception() }))
        }
    }

    private mutating func day() -> LocalDate {
        LocalDate(rawValue: Int32.random(in: 0...LocalDate.range.upperBound.rawValue, using: &self))
    }

    private mutating func exception() -> TemplateException {
        let shift = Shift(
            start: WallTime(rawValue: UInt16.random(in: 0...1_439, using: &self)),
            slotMinutes: UInt16.random(in: 1...1_440, using: &self), slots: UInt16.random(in: 1...512, using: &self),
            capacity: UInt16.random(in: 1...10_000, using: &self))
        return TemplateException(date: day(), kind: pick([.closed, .changed(shift), .extra(shift)]), reason: text(64))
    }

    /// A calendar or a leave.
    private mutating func rosterEntity() -> CatalogueEntity {
        if once(in: 2) {
            return .calendar(
                HolidayCalendar(
                    id: CalendarID(rawValue: small()), code: text(64), name: text(256), source: text(256), first: day(),
                    last: day(),
                    days: many(9) {
                        .init(date: $0.day(), kind: $0.pick([.holiday, .working(as: 0), .working(as: 6)]))
                    }))
        }
        return .leave(
            Leave(
                id: LeaveID(rawValue: small()), code: text(64), resource: ResourceID(rawValue: small()),
                from: WallMoment(day(), WallTime(rawValue: 0)), until: .end, reason: text(256),
                isCancelled: once(in: 2)))
    }

    private mutating func term() -> PolicyTerm {
        PolicyTerm(
            rule: pick(Rule.allCases), services: once(in: 2) ? [] : many(9) { ServiceID(rawValue: $0.small()) },
            pools: once(in: 2) ? [] : many(9) { PoolID(rawValue: $0.small()) },
            channels: once(in: 2) ? [] : many(4) { $0.pick(Channel.allCases) },
            classes: once(in: 2) ? [] : many(4) { $0.pick(PatientClass.allCases) }, limit: small(),
            days: once(in: 2) ? 0 : UInt16.random(in: 0...366, using: &self),
            at: once(in: 2) ? nil : WallTime(rawValue: UInt16.random(in: 0...1_439, using: &self)),
            minutes: once(in: 2) ? 0 : small(),
            blockDays: once(in: 2) ? 0 : UInt16.random(in: 1...366, using: &self),
            weight: once(in: 2) ? 0 : UInt16.random(in: 1...100, using: &self))
    }

    private mutating func step() -> AppealStep {
        AppealStep(
            patient: PatientID(rawValue: next() >> 20), appointment: appointment(), reason: text(256),
            granted: once(in: 2))
    }

    mutating func taken() -> Taken {
        let state: AppointmentState = once(in: 2) ? .held : .booked
        return Taken(
            appointment: appointment(), patient: PatientID(rawValue: next() >> 20),
            slot: UInt16.random(in: 0...511, using: &self), span: UInt8.random(in: 1...32, using: &self),
            units: UInt16.random(in: 1...10_000, using: &self), service: ServiceID(rawValue: small()), state: state,
            holdUntil: state == .held ? instant() : nil, itinerary: once(in: 2) ? nil : appointment(),
            movedFrom: once(in: 2) ? nil : appointment(),
            patientClass: once(in: 2) ? nil : pick(PatientClass.allCases), payment: once(in: 2) ? nil : payment())
    }

    private mutating func payment() -> Payment { Payment(reference: text(64), amountFen: small()) }

    private mutating func refund() -> Refund {
        let appointment = appointment()
        return Refund(
            id: RefundID(session: appointment.session, number: small() % Limits.numbersPerSession + 1),
            appointment: appointment, patient: PatientID(rawValue: next() >> 20), payment: payment(),
            cause: pick(RefundCause.allCases), rule: once(in: 2) ? nil : pick(Rule.allCases), due: instant(),
            closedBy: once(in: 2) ? nil : "退" + text(60))
    }

    private mutating func change() -> Change {
        Change(
            appointment: appointment(), patient: PatientID(rawValue: next() >> 20),
            state: pick(AppointmentState.allCases), version: small(), reason: text(256),
            payment: once(in: 2) ? nil : payment())
    }

    private mutating func refusal() -> Refusal {
        Refusal(
            pick(Rule.allCases), policyVersion: small(), authority: pick([.nobody, .department, .hospital]),
            limit: small())
    }

    private mutating func definition() -> SessionDefinition {
        let date = LocalDate(rawValue: Int32.random(in: 1...65_535, using: &self))
        let slots = UInt16.random(in: 1...512, using: &self)
        let minutes = UInt16.random(in: 1...UInt16(min(1_440, 2_880 / Int(slots))), using: &self)
        let start = Instant(minute: UInt32(date.rawValue) * 1_440 - UInt32.random(in: 0...840, using: &self))
        var definition = SessionDefinition(
            id: session(),
            times: SessionTimes(
                date: date, start: start, slotMinutes: minutes, slots: slots,
                midnights: once(in: 2) ? .unknown : Midnights(rawValue: UInt16(truncatingIfNeeded: next()))),
            template: once(in: 2) ? nil : TemplateID(rawValue: small() | 1),
            capacities: (0..<slots).map { _ in UInt16.random(in: 0...10_000, using: &self) })
        // A version that kept it kept the days, too.
        if definition.times.midnights != .unknown, once(in: 2) {
            definition.wallStart = WallTime(rawValue: UInt16.random(in: 0..<1_440, using: &self))
        }
        return definition
    }

    private mutating func report() -> Report {
        switch next() % 5 {
        case 3:
            return .payment(
                PaymentStanding(
                    appointment: appointment(), state: pick(AppointmentState.allCases), version: small(),
                    refund: once(in: 2) ? nil : RefundID(rawValue: next() | 1)))
        case 4: return .noneFits(many(Limits.itemsOfChoice) { $0.refusal() })
        case 0:
            var counts = CatalogueCounts()
            (counts.added, counts.changed, counts.unchanged) = (Int(small()), Int(small()), Int(small()))
            return .catalogue(counts)
        case 1:
            return .patients(
                many(9) {
                    $0.once(in: 2)
                        ? PatientOutcome(patient: nil, created: false, problem: $0.text(256))
                        : PatientOutcome(patient: PatientID(rawValue: $0.next() >> 20 | 1), created: $0.once(in: 2))
                })
        default:
            var sessions = SessionsOpened()
            (sessions.opened, sessions.unchanged) = (Int(small()), Int(small()))
            if once(in: 2) { sessions.withdrawn = Int(small()) }
            sessions.conflicts = many(9) { $0.text(256) }
            return .sessions(sessions)
        }
    }

    private mutating func lock() -> SlotLock {
        var lock = SlotLock(
            first: UInt16.random(in: 0...511, using: &self), slots: UInt16.random(in: 1...512, using: &self),
            units: UInt16.random(in: 0...10_000, using: &self), owner: text(64), reason: text(256),
            until: once(in: 2) ? nil : instant())
        lock.number = UInt32.random(in: 1...UInt32(Limits.locksPerSession), using: &self)
        return lock
    }

    private mutating func stop() -> SessionStop {
        var stop = SessionStop(from: UInt16.random(in: 0...511, using: &self), reason: text(256))
        (stop.number, stop.affected, stop.confirmed, stop.more) = (small(), small(), small(), once(in: 2))
        var number: UInt32 = 0
        stop.appointments = many(30) { dice in
            number += UInt32.random(in: 1...30_000, using: &dice)
            return StoppedAppointment(
                number: number, patient: PatientID(rawValue: dice.next() >> 20), version: dice.small(),
                was: dice.pick(AppointmentState.allCases))
        }
        return stop
    }

    private mutating func session() -> SessionID { SessionID(rawValue: next() >> 20) }

    private mutating func appointment() -> AppointmentID {
        AppointmentID(session: session(), number: UInt32.random(in: 1...Limits.numbersPerSession, using: &self))
    }

    private mutating func instant() -> Instant { Instant(rawValue: Int64(next() >> (20 + next() % 20)) + 1) }

    /// Of any length in bits.
    private mutating func small() -> UInt32 {
        UInt32(truncatingIfNeeded: next()) >> UInt32.random(in: 0...31, using: &self)
    }

    private mutating func text(_ limit: Int) -> String {
        var text = ""
        let count = Int.random(in: 0...limit, using: &self)
        while text.utf8.count < count {
            let letter = pick(["a", "号", "源", "é", "e\u{301}", "\u{0}", "👩‍⚕️", " ", "\"", "\n"])
            if text.utf8.count + letter.utf8.count > limit { break }
            text += letter
        }
        return text
    }

    private mutating func many<Element>(_ limit: Int, _ make: (inout Dice) -> Element) -> [Element] {
        (0..<Int.random(in: 1...limit, using: &self)).map { _ in make(&self) }
    }

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &self)]
    }
}

extension Event {
    var bytes: [UInt8] { encoded { encode(into: &$0) } }

    init(decoding bytes: [UInt8]) throws(CodingError) {
        self = try bytes.withRaw { raw throws(CodingError) in try Event(decoding: raw) }
    }
}
