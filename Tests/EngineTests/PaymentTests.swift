import Journal
import Scheduling
import Testing

@testable import Engine

/// Payments: what confirms, what comes too late, and what goes back; over checkpoints, restarts and on a standby.
@Suite struct `Payments and refunds` {
    private let money = Payment(reference: "微信4200002101", amountFen: 2_500)

    private func refund(_ answer: Answer) -> Refund? {
        if case .told(.refund(let refund)) = answer.outcome { refund } else { nil }
    }

    private func known(_ answer: Answer) -> PaymentStanding? {
        if case .told(.answered(.payment(let standing))) = answer.outcome { standing } else { nil }
    }

    private func pay(_ id: AppointmentID, _ payment: Payment) -> Command { .reportPayment(id, payment) }

    private func due(_ hospital: Hospital) async throws -> [Refund] { try await hospital.engine.refunds().value }

    private func payment(_ hospital: Hospital, _ id: AppointmentID) async throws -> Payment? {
        try await hospital.engine.appointments([id]).value.first?.appointment.payment
    }

    private func held(_ hospital: Hospital, _ session: SessionID, _ patient: Int = 0) async throws -> AppointmentID {
        try #require(await hospital.run(hospital.book(patient, session, 0, hold: true)).receipt).appointment
    }

    /// Lets holds run out.
    private func wait(_ hospital: Hospital, runningTimers: Bool = true) async {
        hospital.clock.advance(to: Instant(rawValue: hospital.clock.now().rawValue + 3_000_000))
        if runningTimers { await hospital.engine.runTimers() }
    }

    private func over(_ hospital: Hospital, checkpoint: Bool) async throws {
        if checkpoint { await hospital.engine.checkpoint() }
        try await hospital.restart()
    }

    @Test func `a hold is confirmed with its payment, which stays with it over a move`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [1])
        let next = try await hospital.open("li", day: 1, capacities: [1])
        let id = try await held(hospital, session)
        let confirmed = await hospital.run(.confirmPaid(id, money, ifVersion: 0, reason: ""))
        #expect(confirmed.receipt?.state == .booked)
        #expect(try await payment(hospital, id) == money)
        try await over(hospital, checkpoint: false)
        #expect(try await payment(hospital, id) == money)
        let slot = SlotID(session: next, index: 0)
        let moved = try #require(await hospital.run(.move(id, to: slot, ifVersion: 0, reason: "")).receipt).appointment
        #expect(try await payment(hospital, moved) == money)
        try await over(hospital, checkpoint: true)
        #expect(try await payment(hospital, moved) == money)
        // The front end tells of the payment again, for the appointment that it knows.
        #expect(known(await hospital.run(pay(id, money)))?.state == .moved)
        #expect(await hospital.change(moved, .cancel).receipt != nil)
        await hospital.engine.runTimers()
        #expect(try await due(hospital).map(\.appointment) == [moved])
        await hospital.expectSound()
    }

    @Test func `a payment confirms a hold, and what stands keeps it`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [2])
        let first = try await held(hospital, session)
        #expect(await hospital.run(pay(first, money)).receipt?.state == .booked)
        let booked = try #require(await hospital.run(hospital.book(1, session, 0)).receipt).appointment
        let paid = try #require(await hospital.run(pay(booked, money)).receipt)
        #expect(paid.state == .booked && paid.version == 2)
        let twice = try #require(refund(await hospital.run(pay(booked, Payment(reference: "x", amountFen: 1)))))
        #expect(twice.cause == .paidTwice && twice.appointment == booked)
        #expect(try await due(hospital) == [twice])
        await hospital.expectSound()
    }

    @Test(arguments: [false, true], [false, true])
    func `a late payment gets the number again while it is free`(timers: Bool, checkpoint: Bool) async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", day: 1, capacities: [1])
        let old = try await held(hospital, session)
        await wait(hospital, runningTimers: timers)
        let write = hospital.write(pay(old, money))
        let answer = await hospital.engine.execute([write])[0]
        let again = try #require(answer.receipt)
        #expect(again.appointment != old && again.state == .booked)
        for step in 0..<2 {
            if step == 1 { try await over(hospital, checkpoint: checkpoint) }
            #expect(try await hospital.state(old) == .expired)
            let found = try #require(try await hospital.engine.appointments([again.appointment]).value.first)
            #expect(found.appointment.record.movedFrom == old && found.appointment.payment == money)
            #expect(found.appointment.record.patient == hospital.patients[0])
            #expect(await hospital.engine.execute([write])[0].receipt == again)
            // Under another key it is the same payment still.
            let standing = try #require(known(await hospital.run(pay(old, money))))
            #expect(standing.appointment == again.appointment && standing.refund == nil)
        }
        #expect(await hospital.run(hospital.book(1, session, 0)).refusal?.rule == .slotFull)
        #expect(try await due(hospital).isEmpty)
        await hospital.expectSound()
    }

    @Test(arguments: [false, true])
    func `a late payment for a number that is gone goes back once, and is closed once`(checkpoint: Bool) async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", day: 1, capacities: [1])
        let old = try await held(hospital, session)
        await wait(hospital)
        #expect(await hospital.run(hospital.book(1, session, 0)).receipt != nil)
        let owed = try #require(refund(await hospital.run(pay(old, money))))
        #expect(owed.cause == .late && owed.rule == .slotFull && owed.payment == money)
        try await over(hospital, checkpoint: checkpoint)
        #expect(try await due(hospital) == [owed])
        #expect(known(await hospital.run(pay(old, money)))?.refund == owed.id)
        let closing = hospital.write(.closeRefund(owed.id, reference: "退1"))
        let closed = await hospital.engine.execute([closing])[0]
        #expect(refund(closed)?.closedBy == "退1")
        #expect(await hospital.run(.closeRefund(owed.id, reference: "退2")).refusal?.rule == .state)
        try await over(hospital, checkpoint: checkpoint)
        #expect(refund(await hospital.engine.execute([closing])[0])?.closedBy == "退1")
        #expect(known(await hospital.run(pay(old, money)))?.refund == owed.id)
        #expect(try await due(hospital).isEmpty)
        #expect(await hospital.run(.closeRefund(RefundID(session: session, number: 9), reference: "x")).error != nil)
        await hospital.expectSound()
    }

    @Test func `every rule of a booking is asked before a late payment gets its number`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", day: 1, capacities: [1])
        let other = try await hospital.open("ct", day: 1, capacities: [1, 1, 1])
        let old = try await held(hospital, session)
        await wait(hospital)
        // The patient is elsewhere by now.
        let booked = await hospital.run(hospital.book(0, other, 0, service: hospital.scan))
        let elsewhere = try #require(booked.receipt).appointment
        #expect(refund(await hospital.run(pay(old, money)))?.rule == .overlap)
        #expect(await hospital.run(.stopSession(session, from: 0, reason: "病假")).error == nil)
        let second = Payment(reference: "支付宝2", amountFen: 5)
        #expect(refund(await hospital.run(pay(old, second)))?.id.number == 2)
        #expect(try await due(hospital).map(\.id.number) == [1, 2])
        // What got nothing stays so when another payment gets the number.
        #expect(await hospital.run(.resumeSession(session)).error == nil)
        #expect(await hospital.run(.change(elsewhere, .cancel, ifVersion: 0, reason: "")).receipt != nil)
        #expect(await hospital.run(pay(old, Payment(reference: "third", amountFen: 5))).receipt?.state == .booked)
        let first = try #require(known(await hospital.run(pay(old, money))))
        #expect(first.appointment == old && first.refund?.number == 1)
        await hospital.expectSound()
    }

    @Test(arguments: [false, true])
    func `what is paid for goes back when it is cancelled or stopped, over a crash in between`(checkpoint: Bool)
        async throws
    {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", day: 1, capacities: [9])
        var paid: [AppointmentID] = []
        for patient in 0..<3 {
            let id = try await held(hospital, session, patient)
            let own = Payment(reference: "w\(patient)", amountFen: 100)
            #expect(await hospital.run(.confirmPaid(id, own, ifVersion: 0, reason: "")).receipt != nil)
            paid.append(id)
        }
        let unpaid = try #require(await hospital.run(hospital.book(7, session, 0)).receipt).appointment
        #expect(await hospital.change(paid[0], .cancel).receipt != nil)
        #expect(await hospital.change(unpaid, .cancel).receipt != nil)
        // The refund is a fact of its own, which a restart before it does not lose.
        try await over(hospital, checkpoint: checkpoint)
        await hospital.engine.runTimers()
        #expect(try await due(hospital).map(\.cause) == [.cancelled])
        #expect(known(await hospital.run(pay(paid[0], Payment(reference: "w0", amountFen: 100))))?.refund?.number == 1)
        #expect(await hospital.run(.stopSession(session, from: 0, reason: "病假")).error == nil)
        try await over(hospital, checkpoint: checkpoint)
        await hospital.engine.runTimers()
        await hospital.engine.runTimers()
        #expect(try await due(hospital).map(\.appointment) == paid)
        #expect(try await due(hospital).map(\.cause) == [.cancelled, .stopped, .stopped])
        await hospital.expectSound()
    }

    @Test func `a session that owes money stays in memory until it has gone back`() async throws {
        let hospital = try await Hospital { $0.archiveAfterMilliseconds = 1_000 }
        let session = try await hospital.open("li", capacities: [1])
        let id = try await held(hospital, session)
        #expect(await hospital.run(pay(id, money)).receipt != nil)
        #expect(await hospital.change(id, .cancel).receipt != nil)
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 86_400_000))
        await hospital.engine.archiveSessions()
        await hospital.engine.runTimers()
        let owed = try #require(try await due(hospital).first)
        await hospital.engine.archiveSessions()
        #expect(try await due(hospital) == [owed])
        #expect(refund(await hospital.run(.closeRefund(owed.id, reference: "退"))) != nil)
        await hospital.engine.archiveSessions()
        #expect(try await hospital.engine.appointments([id]).value.first?.isArchived == true)
        #expect(try await payment(hospital, id) == money)
        #expect(await hospital.run(pay(id, money)).refusal?.rule == .state)
        #expect(await hospital.run(.closeRefund(owed.id, reference: "退")).refusal?.rule == .state)
        await hospital.expectSound()
    }

    @Test func `what says nothing of a payment is refused by name, and a key is one write's`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [1])
        let id = try await held(hospital, session)
        let wrong: [(Command, String)] = [
            (pay(id, Payment(reference: " ", amountFen: 5)), "payment_reference: empty"),
            (pay(id, Payment(reference: "x", amountFen: 0)), "amount_fen: 0"),
            (
                pay(id, Payment(reference: String(repeating: "x", count: 65), amountFen: 5)),
                "payment_reference: 65 bytes"
            ),
            (.confirmPaid(id, Payment(reference: "", amountFen: 5), ifVersion: 0, reason: ""), "payment_reference"),
            (.closeRefund(RefundID(session: session, number: 1), reference: ""), "refund_reference: empty"),
            (.bookAny(patient: hospital.patients[0], items: [], hold: false), "items: 0 slots"),
        ]
        for (command, said) in wrong {
            let error = try #require(await hospital.run(command).error)
            #expect(error.code == .invalidArgument && error.message.contains(said), "\(error)")
        }
        #expect(try await hospital.state(id) == .held)
        let key = hospital.key()
        #expect(await hospital.run(pay(id, money), key: key).receipt != nil)
        let reused = await hospital.run(pay(id, Payment(reference: "y", amountFen: 2_500)), key: key)
        #expect(reused.error?.code == .keyReused)
        let unknown = AppointmentID(session: session, number: 77)
        #expect(await hospital.run(pay(unknown, money)).error?.code == .notFound)
    }

    @Test func `sixteen payments of an appointment are known, and no more`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [1])
        let id = try #require(await hospital.run(hospital.book(0, session, 0)).receipt).appointment
        for number in 0..<16 {
            let answer = await hospital.run(pay(id, Payment(reference: "w\(number)", amountFen: 1)))
            #expect(answer.refusal == nil && answer.error == nil)
        }
        let last = await hospital.run(pay(id, Payment(reference: "w16", amountFen: 1)))
        #expect(last.refusal == Refusal(.state, limit: 16))
        #expect(try await due(hospital).count == 15)
        let page = try await hospital.engine.refunds(after: RefundID(session: session, number: 2), limit: 3)
        #expect(page.value.map(\.id.number) == [3, 4, 5] && page.more)
    }
}
