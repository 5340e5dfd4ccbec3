import Scheduling
import Testing

/// Bytes that an earlier build wrote, and every later one must read and write alike: journals outlive builds. When a
/// test here fails, the format has drifted; give the new form a kind of its own instead.
@Suite struct `The journal's bytes do not drift` {
    private static let appointment = AppointmentID(
        session: SessionID(pool: PoolID(rawValue: 3), index: 7), number: 42)
    private static let other = AppointmentID(session: SessionID(pool: PoolID(rawValue: 300), index: 1), number: 1)
    private static let held = Taken(
        appointment: appointment, patient: PatientID(rawValue: 1_000_000), slot: 12, span: 2, units: 300,
        service: ServiceID(rawValue: 5), state: .held, holdUntil: Instant(rawValue: 1_750_000_900_000),
        itinerary: appointment, movedFrom: other)
    private static let booked = Taken(
        appointment: other, patient: PatientID(rawValue: 1), slot: 0, span: 1, units: 1,
        service: ServiceID(rawValue: 1),
        state: .booked, holdUntil: nil)
    private static var inpatient: Taken {
        var taken = booked
        taken.patientClass = .inpatient
        return taken
    }
    private static let change = Change(
        appointment: appointment, patient: PatientID(rawValue: 1_000_000), state: .cancelled, version: 2, reason: "发热")

    private static func event(_ fact: Fact, answered: Bool = false) -> Event {
        Event(
            at: Instant(rawValue: 1_750_000_000_000), by: Origin(channel: .kiosk, operatorName: "王"),
            answer: answered
                ? .init(key: .init(high: 0x0102_0304_0506_0708, low: 0x090A_0B0C_0D0E_0F10), fingerprint: 0xFEDC_BA98)
                : nil,
            fact: fact)
    }

    private static var catalogueCounts: CatalogueCounts {
        var counts = CatalogueCounts()
        (counts.added, counts.changed, counts.unchanged) = (300, 1, 0)
        return counts
    }

    private static var sessionsOpened: SessionsOpened {
        var sessions = SessionsOpened()
        (sessions.opened, sessions.unchanged, sessions.conflicts) = (2, 1, ["x"])
        return sessions
    }

    private static var sessionsWithdrawn: SessionsOpened {
        var sessions = sessionsOpened
        sessions.withdrawn = 5
        return sessions
    }

    private static func lock(until end: Instant?) -> SlotLock {
        var lock = SlotLock(first: 1, slots: 2, units: 300, owner: "ct", reason: "号", until: end)
        lock.number = 3
        return lock
    }

    private static var stop: SessionStop {
        var stop = SessionStop(from: 4, reason: "号")
        (stop.number, stop.affected, stop.confirmed) = (2, 3, 2)
        stop.appointments = [
            StoppedAppointment(number: 1, patient: PatientID(rawValue: 130), version: 3, was: .booked),
            StoppedAppointment(number: 300, patient: PatientID(rawValue: 1), version: 2, was: .held),
        ]
        return stop
    }

    private static let payment = Payment(reference: "号", amountFen: 300)

    private static func paid(_ taken: Taken) -> Taken {
        var taken = taken
        taken.payment = payment
        return taken
    }

    private static func paid(_ change: Change) -> Change {
        var change = change
        change.payment = payment
        return change
    }

    private static func refund(closedBy: String?) -> Refund {
        Refund(
            id: RefundID(session: appointment.session, number: 2), appointment: appointment,
            patient: PatientID(rawValue: 130), payment: payment, cause: .late, rule: .slotFull,
            due: Instant(rawValue: 1_750_000_000_000), closedBy: closedBy)
    }

    private static func entity(_ entity: CatalogueEntity) -> Event { event(.catalogueChanged(entity)) }

    private static func continued(_ event: Event) -> Event {
        var event = event
        event.isContinued = true
        return event
    }

    static let golden: [(event: Event, hex: String)] = [
        (
            event(.booked(held), answered: true),
            "8180b883a1f7320303e78e8b0807060504030201100f0e0d0c0b0a0998badcfe00000000aa80c083"
                + "8060c0843d0c02ac020501a0afbaa1f732aa80c08380608180c08080804b"
        ),
        (event(.booked(booked)), "0180b883a1f7320303e78e8b8180c08080804b010001010102000000"),
        // Of format 5: the class of a patient, behind all else.
        (event(.booked(inpatient)), "0180b883a1f7320303e78e8b8180c08080804b01000101018200000002"),
        (
            event(.bookedTogether([inpatient, booked])),
            "0280b883a1f7320303e78e8b028180c08080804b010001010182000000028180c08080804b010001010102000000"
        ),
        (
            event(.bookedTogether([booked, held])),
            "0280b883a1f7320303e78e8b028180c08080804b010001010102000000aa80c0838060c0843d0c02"
                + "ac020501a0afbaa1f732aa80c08380608180c08080804b"
        ),
        // Of format 7: what was paid, behind all else.
        (
            event(.bookedTogether([paid(inpatient), booked])),
            "0280b883a1f7320303e78e8b028180c08080804b0100010101c20000000203e58fb7ac02"
                + "8180c08080804b010001010102000000"
        ),
        (
            event(.changed(paid(change))),
            "0380b883a1f7320303e78e8baa80c0838060c0843d870206e58f91e783ad03e58fb7ac02"
        ),
        (
            event(.takenAgain(paid(booked))),
            "1d80b883a1f7320303e78e8b8180c08080804b01000101014200000003e58fb7ac02"
        ),
        (
            event(.refund(refund(closedBy: nil))),
            "1e80b883a1f7320303e78e8b8280c08380602a820103e58fb7ac02010180b883a1f73200"
        ),
        (
            event(.refund(refund(closedBy: "r"))),
            "1e80b883a1f7320303e78e8b8280c08380602a820103e58fb7ac02010180b883a1f7320172"
        ),
        (
            event(.chosen(booked, passed: [Refusal(.slotFull)])),
            "1f80b883a1f7320303e78e8b8180c08080804b0100010101020000000101000100"
        ),
        (
            event(
                .answered(
                    .payment(
                        PaymentStanding(
                            appointment: appointment, state: .booked, version: 3,
                            refund: RefundID(session: appointment.session, number: 2)))), answered: true),
            "8b80b883a1f7320303e78e8b0807060504030201100f0e0d0c0b0a0998badcfe0000000005"
                + "aa80c083806002038280c0838060"
        ),
        (
            event(.answered(.noneFits([Refusal(.slotFull)])), answered: true),
            "8b80b883a1f7320303e78e8b0807060504030201100f0e0d0c0b0a0998badcfe00000000060101000100"
        ),
        (event(.changed(change)), "0380b883a1f7320303e78e8baa80c0838060c0843d070206e58f91e783ad"),
        (
            event(.moved(from: change, to: booked)),
            "0480b883a1f7320303e78e8baa80c0838060c0843d070206e58f91e783ad8180c08080804b010001"
                + "010102000000"
        ),
        (
            event(
                .refused(Refusal(.perDay, policyVersion: 200, authority: .hospital, limit: 3), item: 1, patient: nil),
                answered: true),
            "8580b883a1f7320303e78e8b0807060504030201100f0e0d0c0b0a0998badcfe0000000004c80103"
                + "0301"
        ),
        (
            event(
                .refused(
                    Refusal(.perDay, policyVersion: 200, authority: .hospital, limit: 3), item: 1,
                    patient: PatientID(rawValue: 130))),
            "0580b883a1f7320303e78e8b04c801030381" + "8201"
        ),
        (
            event(.readerMarked(FeedMark(name: "sms", through: 300))),
            "1480b883a1f7320303e78e8b03736d73ac02"
        ),
        (event(.readerDropped("sms")), "1580b883a1f7320303e78e8b03736d73"),
        (
            event(
                .sessionOpened(
                    SessionDefinition(
                        id: appointment.session,
                        times: SessionTimes(
                            date: LocalDate(rawValue: 20_270), start: Instant(minute: 29_188_320), slotMinutes: 10,
                            slots: 3),
                        template: TemplateID(rawValue: 9), capacities: [0, 1, 300]))),
            "0680b883a1f7320303e78e8b8780c001ae9e01e0c1f50d0a09030001ac02"
        ),
        (
            event(
                .sessionOpened(
                    SessionDefinition(
                        id: appointment.session,
                        times: SessionTimes(
                            date: LocalDate(rawValue: 20_270), start: Instant(minute: 29_188_320), slotMinutes: 10,
                            slots: 3, midnights: Midnights(rawValue: 20)),
                        template: TemplateID(rawValue: 9), capacities: [0, 1, 300]))),
            "0680b883a1f7320303e78e8b8780c001ae9e01e0c1f50d0a09030001ac020014"
        ),
        (
            event(
                .sessionOpened(
                    SessionDefinition(
                        id: appointment.session,
                        times: SessionTimes(
                            date: LocalDate(rawValue: 20_270), start: Instant(minute: 29_188_320), slotMinutes: 10,
                            slots: 3, midnights: Midnights(rawValue: 20)),
                        template: TemplateID(rawValue: 9), capacities: [0, 1, 300], wallStart: WallTime(rawValue: 480)))
            ),
            "0680b883a1f7320303e78e8b8780c001ae9e01e0c1f50d0a09030001ac02001400e003"
        ),
        (event(.sessionArchived(appointment.session)), "0780b883a1f7320303e78e8b8780c001"),
        (event(.epochBegan(300)), "0a80b883a1f7320303e78e8bac02"),
        (
            event(.answered(.catalogue(catalogueCounts)), answered: true),
            "8b80b883a1f7320303e78e8b0807060504030201100f0e0d0c0b0a0998badcfe0000000001ac020100"
        ),
        (
            event(
                .answered(
                    .patients([
                        PatientOutcome(patient: PatientID(rawValue: 130), created: true),
                        PatientOutcome(patient: nil, created: false, problem: "号"),
                    ])), answered: true),
            "8b80b883a1f7320303e78e8b0807060504030201100f0e0d0c0b0a0998badcfe000000000202820101"
                + "0003e58fb7"
        ),
        (
            event(.answered(.sessions(sessionsOpened)), answered: true),
            "8b80b883a1f7320303e78e8b0807060504030201100f0e0d0c0b0a0998badcfe00000000030201010178"
        ),
        (
            event(.answered(.sessions(sessionsWithdrawn)), answered: true),
            "8b80b883a1f7320303e78e8b0807060504030201100f0e0d0c0b0a0998badcfe0000000004020105010178"
        ),
        (event(.sessionWithdrawn(appointment.session)), "0e80b883a1f7320303e78e8b8780c001"),
        (
            event(.sessionStopped(appointment.session, stop)),
            "0f80b883a1f7320303e78e8b8780c001020403e58fb703020002018201" + "0302ab02010201"
        ),
        (
            event(
                .appealFiled(AppealStep(patient: PatientID(rawValue: 130), appointment: appointment, reason: "号"))),
            "1180b883a1f7320303e78e8b8201aa80c083806003e58fb700"
        ),
        (
            event(
                .appealDecided(
                    AppealStep(
                        patient: PatientID(rawValue: 130), appointment: appointment, reason: "号", granted: true))),
            "1280b883a1f7320303e78e8b8201aa80c083806003e58fb701"
        ),
        // Of format 7: a ladder of no-shows, in a limit above 32 bits.
        (
            entity(
                .policy(
                    Policy(
                        department: DepartmentID(rawValue: 1), version: 2, perDayDepartment: 0, perDay: 0,
                        holdSeconds: 60,
                        terms: [
                            PolicyTerm(
                                rule: .blocked, channels: [.app], limit: 3, days: 90, minutes: 60, blockDays: 90,
                                weight: 50)
                        ]))),
            "0980b883a1f7320303e78e8b08010200003c01960000010183808080105a32005a003c"
        ),
        (event(.sessionResumed(appointment.session, 2)), "1080b883a1f7320303e78e8b8780c00102"),
        (
            event(.slotsLocked(appointment.session, lock(until: Instant(rawValue: 1_750_000_900_000)))),
            "0c80b883a1f7320303e78e8b8780c001030102ac0202637403e58fb7a0afbaa1f732"
        ),
        (
            event(.slotsUnlocked(appointment.session, lock(until: nil))),
            "0d80b883a1f7320303e78e8b8780c001030102ac0202637403e58fb700"
        ),
        (
            event(
                .patientRegistered(
                    PatientID(rawValue: 130), [.init(system: "mrn", value: "A1"), .init(system: "id", value: "号")])),
            "0880b883a1f7320303e78e8b820102036d726e02413102696403e58fb7"
        ),
        (
            entity(
                .hospital(
                    Hospital(
                        name: "仁",
                        zone: TimeZoneRules(
                            name: "Z",
                            changes: [
                                .init(fromSecond: -1, offsetSeconds: -3_600),
                                .init(fromSecond: 5, offsetSeconds: 7_200),
                            ])))),

            "0980b883a1f7320303e78e8b0103e4bb81015a02fffffffffffffffff0f1ffffffffffff05000000"
                + "00000000201c000000000000"

        ),
        (
            entity(.department(Department(id: DepartmentID(rawValue: 1), code: "d", name: "内"))),
            "0980b883a1f7320303e78e8b0201016403e58685"
        ),
        (
            entity(
                .resource(
                    Resource(
                        id: ResourceID(rawValue: 2), code: "r", name: "n", kind: .device,
                        department: DepartmentID(rawValue: 1)))), "0980b883a1f7320303e78e8b03020172016e0201"
        ),
        (
            entity(
                .service(
                    Service(
                        id: ServiceID(rawValue: 3), code: "s", name: "n", kind: .lab, slots: 2, units: 300,
                        priceFen: 2_500,
                        preparation: "p"))), "0980b883a1f7320303e78e8b04030173016e0302ac02c4130170"
        ),
        (
            entity(
                .pool(
                    Pool(
                        id: PoolID(rawValue: 4), code: "p", name: "n", department: DepartmentID(rawValue: 1),
                        resources: [ResourceID(rawValue: 2)],
                        services: [ServiceID(rawValue: 3), ServiceID(rawValue: 200)]))),
            "0980b883a1f7320303e78e8b05040170016e0101020203c801"
        ),
        (
            entity(.policy(Policy(department: nil, version: 1, perDayDepartment: 1, perDay: 2, holdSeconds: 900))),
            "0980b883a1f7320303e78e8b06000101028407"
        ),
        (
            entity(
                .policy(
                    Policy(
                        department: DepartmentID(rawValue: 1), version: 2, perDayDepartment: 0, perDay: 0,
                        holdSeconds: 60))), "0980b883a1f7320303e78e8b06010200003c"
        ),
        (
            entity(
                .policy(
                    Policy(
                        department: DepartmentID(rawValue: 1), version: 2, perDayDepartment: 0, perDay: 0,
                        holdSeconds: 60,
                        terms: [
                            PolicyTerm(
                                rule: .perDay, services: [ServiceID(rawValue: 3), ServiceID(rawValue: 200)],
                                pools: [PoolID(rawValue: 4)], channels: [.kiosk, .window], limit: 300),
                            PolicyTerm(rule: .overlap),
                        ]))),
            "0980b883a1f7320303e78e8b08010200003c02040203c8010104020304ac0205"
                + "00000000"
        ),
        (
            entity(
                .policy(
                    Policy(
                        department: DepartmentID(rawValue: 1), version: 2, perDayDepartment: 0, perDay: 0,
                        holdSeconds: 60,
                        terms: [
                            PolicyTerm(
                                rule: .perDay, classes: [.outpatient, .emergency], limit: 50, days: 7,
                                at: WallTime(rawValue: 420), minutes: 90)
                        ]))),
            "0980b883a1f7320303e78e8b08010200003c01840000003202010307a5035a"
        ),
        (
            entity(
                .template(
                    Template(
                        id: TemplateID(rawValue: 5), code: "t", pool: PoolID(rawValue: 4), weekdays: 31,
                        start: WallTime(rawValue: 480), slotMinutes: 10, slots: 24, capacity: 2, validFrom: nil,
                        validUntil: LocalDate.range.upperBound))),
            "0980b883a1f7320303e78e8b07050174041fe0030a180200808004"
        ),
        (
            continued(
                entity(
                    .policy(Policy(department: nil, version: 1, perDayDepartment: 1, perDay: 2, holdSeconds: 900)))),
            "4980b883a1f7320303e78e8b06000101028407"
        ),
        (
            entity(
                .calendar(
                    HolidayCalendar(
                        id: CalendarID(rawValue: 2), code: "c", name: "n", source: "gov", first: day(2026, 1, 1),
                        last: day(2026, 12, 31),
                        days: [
                            .init(date: day(2026, 1, 1), kind: .holiday),
                            .init(date: day(2026, 1, 4), kind: .working(as: 4)),
                        ]))),
            "0980b883a1f7320303e78e8b09020163016e03676f76e69f01d2a20102e69f0100e99f0105"
        ),
        (
            entity(
                .leave(
                    Leave(
                        id: LeaveID(rawValue: 3), code: "l", resource: ResourceID(rawValue: 7),
                        from: WallMoment(day(2026, 1, 1), WallTime(rawValue: 0)),
                        until: WallMoment(day(2026, 1, 2), WallTime(rawValue: 720)), reason: "r", isCancelled: true))),
            "0980b883a1f7320303e78e8b0a03016c07c0db850eb0ec850e017201"
        ),
        (
            entity(
                .template(
                    Template(
                        id: TemplateID(rawValue: 5), code: "t", pool: PoolID(rawValue: 4), weekdays: 31,
                        start: WallTime(rawValue: 480), slotMinutes: 10, slots: 24, capacity: 2, validFrom: nil,
                        validUntil: LocalDate.range.upperBound, calendar: CalendarID(rawValue: 2),
                        exceptions: [
                            .init(date: day(2026, 1, 1), kind: .closed, reason: "x"),
                            .init(
                                date: day(2026, 1, 2),
                                kind: .changed(
                                    .init(start: WallTime(rawValue: 540), slotMinutes: 15, slots: 4, capacity: 1)),
                                reason: ""),
                            .init(
                                date: day(2026, 1, 3),
                                kind: .extra(
                                    .init(start: WallTime(rawValue: 600), slotMinutes: 20, slots: 3, capacity: 2)),
                                reason: ""),
                        ]))),
            "0980b883a1f7320303e78e8b0b050174041fe0030a1802008080040203e6"
                + "9f01017801e79f0100029c040f0401e89f010003d804140302"
        ),
    ]

    private static func day(_ year: Int, _ month: Int, _ day: Int) -> LocalDate {
        LocalDate(year: year, month: month, day: day)!
    }

    @Test(arguments: golden.indices)
    func `an event is written and read as ever`(index: Int) throws {
        let (event, hex) = Self.golden[index]
        #expect(Self.hex(event.bytes) == hex)
        #expect(try Event(decoding: event.bytes) == event)
    }

    @Test func `a page of appointments is written as ever`() throws {
        var world = World()
        world.now = Instant(rawValue: 1_750_000_000_000)
        let session = world.open(capacity: 2)
        let id = try world.hold(7, session)
        _ = try world.book(8, session, slot: 3)
        world.now = Instant(rawValue: 1_750_000_060_000)
        try world.change(id, .confirm)
        let kept = try #require(world.pools.session(session))
        #expect(
            Self.hex(encoded { kept.encodePage(0, into: &$0) })
                == "818080808020070001010102a0afbaa1f7320000020280b883a1f732e08c87a1f732048280808080"
                + "20080301010102000000020180b883a1f73280b883a1f73204")
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef")
        return bytes.map { "\(digits[Int($0 >> 4)])\(digits[Int($0 & 15)])" }.joined()
    }
}
