internal import HeapModule

// Money in a session: what was paid for its appointments, and what goes back. A refund comes to be due in the fact of a
// payment that got nothing, or by the session's timer, once what was paid for is cancelled or stopped.

extension AppointmentState {
    /// Whether what was paid for an appointment goes back when it ends so.
    var returnsMoney: Bool {
        switch self {
        case .cancelled, .stopped: true
        case .held, .booked, .arrived, .called, .started, .completed, .expired, .noShow, .moved: false
        }
    }
}

extension Session {
    /// The refund of a payment for an appointment; nil where there is none.
    func refund(of number: UInt32, _ payment: Payment) -> Refund? {
        refunds.first { $0.appointment.number == number && $0.payment.isSame(as: payment) }
    }

    /// Appointments whose money is to go back, by number, and of which no fact says so yet.
    var owed: [(number: UInt32, record: AppointmentRecord, payment: Payment)] {
        guard !payments.isEmpty else { return [] }
        var told: [UInt32: [Payment]] = [:]
        for refund in refunds { told[refund.appointment.number, default: []].append(refund.payment) }
        return payments.keys.sorted().compactMap { number in
            guard let payment = payments[number], let record = self[number], record.state.returnsMoney,
                !(told[number] ?? []).contains(where: { $0.isSame(as: payment) })
            else { return nil }
            return (number, record, payment)
        }
    }

    /// Whether some money is still to go back: the session stays in memory until it has.
    package var owesMoney: Bool { refunds.contains { $0.closedBy == nil } || !owed.isEmpty }

    /// A refund of this session's, with the next number.
    func refund(
        of number: UInt32, _ patient: PatientID, _ payment: Payment, _ cause: RefundCause, rule: Rule? = nil,
        now: Instant, after earlier: Int = 0
    ) -> Refund {
        Refund(
            id: RefundID(session: id, number: UInt32(refunds.count + earlier) + 1),
            appointment: AppointmentID(session: id, number: number), patient: patient, payment: payment, cause: cause,
            rule: rule, due: now)
    }

    /// The refunds that are owed, as facts.
    func decideRefunds(now: Instant, limit: Int) -> [Fact] {
        owed.prefix(limit).enumerated().map { place, owed in
            let cause: RefundCause = owed.record.state == .stopped ? .stopped : .cancelled
            return .refund(refund(of: owed.number, owed.record.patient, owed.payment, cause, now: now, after: place))
        }
    }

    /// A refund that was made; nil where there is no such refund.
    func decideClosing(_ id: RefundID, _ reference: String) throws(Refusal) -> Fact? {
        guard id.number >= 1, Int(id.number) <= refunds.count else { return nil }
        var refund = refunds[Int(id.number) - 1]
        try RuleList.judge(closing: refund)
        refund.closedBy = reference
        return .refund(refund)
    }

    /// Applies a refund that is due or closed; one that is reflected already changes nothing.
    mutating func note(_ refund: Refund) -> Bool {
        let place = Int(refund.id.number) - 1
        guard place <= refunds.count, self[refund.appointment.number] != nil else { return false }
        if place == refunds.count {
            refunds.append(refund)
        } else if refunds[place].closedBy == nil {
            refunds[place].closedBy = refund.closedBy
        } else {
            return true
        }
        markDefinitionDirty()
        return true
    }

    /// Takes note of what an appointment was paid with, unless that is known.
    mutating func keep(_ payment: Payment, of number: UInt32) {
        guard payments[number] == nil, self[number] != nil else { return }
        payments[number] = payment
        markDirty(Int(number) - 1)
    }
}

extension PoolBook {
    /// What an appointment was paid with.
    package func payment(of id: AppointmentID) -> Payment? { look(at: id.session) { $0.payments[id.number] } ?? nil }

    /// Whether a move, or a late payment, has its hands on an appointment of a session.
    func isTouched(_ id: SessionID) -> Bool { !moving.isEmpty && moving.contains { $0.session == id } }

    /// Refunds of these pools that are due, by id.
    /// - Parameters:
    ///   - closedToo: closed ones of the same sessions, too.
    ///   - after: the last one that was seen.
    package func refunds(
        in pools: Set<PoolID>, closedToo: Bool, after: RefundID?, limit: Int
    ) -> [Refund] {
        var found: [Refund] = []
        for id in refunding.sorted(by: { $0.rawValue < $1.rawValue }) where pools.contains(id.pool) {
            if found.count >= limit { break }
            if let after, id.rawValue < after.session.rawValue { continue }
            found += (look(at: id) { $0.refunds } ?? []).filter { refund in
                (closedToo || refund.closedBy == nil) && after.map { refund.id.rawValue > $0.rawValue } ?? true
            }
        }
        return Array(found.prefix(limit))
    }

    mutating func noteRefunds(of id: SessionID) {
        let owes = look(at: id) { session in session.refunds.contains { $0.closedBy == nil } } ?? false
        if owes { refunding.insert(id) } else { refunding.remove(id) }
    }

    /// What a payment for an appointment leads to at its pool.
    package enum PaymentVerdict: Sendable {
        case fact(Fact)
        /// It was reported before.
        case known(PaymentStanding)
        /// The hold has run out: the number may still be free. A hold whose end is not told yet ends with this change.
        case late(AppointmentRecord, ending: Change?)
        case refused(Refusal)
        /// There is no such appointment here.
        case unknown
    }

    /// Judges a payment that is reported: it stands for the appointment where that stands, else its money goes back or,
    /// after the end of a hold, gets the number again.
    package func decidePayment(_ id: AppointmentID, _ payment: Payment, now: Instant) -> PaymentVerdict {
        guard let record = record(id) else { return .unknown }
        do throws(Refusal) {
            try RuleList.judge(paymentOf: moving.contains(id))
            let verdict = try look(at: id.session) { session throws(Refusal) in
                try session.decidePayment(id, record, payment, now: now)
            }
            return verdict ?? .unknown
        } catch {
            return .refused(error)
        }
    }

    /// The money of a late payment is to go back, because of this rule.
    package func decideRefund(_ id: AppointmentID, _ payment: Payment, rule: Rule, now: Instant) -> Fact? {
        guard let record = record(id) else { return nil }
        return look(at: id.session) {
            .refund($0.refund(of: id.number, record.patient, payment, .late, rule: rule, now: now))
        }
    }

    /// The appointment that a late payment gets; nil where its claim would be.
    package func decideTakingAgain(
        _ id: AppointmentID, _ payment: Payment, _ asking: borrowing Asking
    ) throws(Refusal) -> Taken {
        var taken = try decideTaking(asking)
        taken.movedFrom = id
        taken.payment = payment
        return taken
    }

    /// Takes note of what a new appointment was paid with; one that expired before it knows it, too.
    mutating func keep(_ payment: Payment, of taken: Taken) {
        let id = taken.appointment
        modify(id.session) { session in
            session.keep(payment, of: id.number)
            if let old = taken.movedFrom, old.session == id.session { session.keep(payment, of: old.number) }
        }
    }

    /// Puts back what appointments of a session were paid with, from a checkpoint; what is owed has its timer again.
    package mutating func restore(_ payments: [(id: AppointmentID, payment: Payment)], of session: SessionID) {
        guard !payments.isEmpty else { return }
        modify(session) { session in
            for (id, payment) in payments { session.keep(payment, of: id.number) }
        }
        dueRefunds(of: session, at: Instant(rawValue: 0))
    }

    /// Lets the refunds that a session owes become facts in the next turn of the timers.
    mutating func dueRefunds(of id: SessionID, at: Instant) {
        guard look(at: id, { !$0.payments.isEmpty && !$0.owed.isEmpty }) ?? false else { return }
        timers.insert(Timer(at: at, .ofSession(id, Timer.refunds)))
    }
}

extension Session {
    fileprivate func decidePayment(
        _ id: AppointmentID, _ record: AppointmentRecord, _ payment: Payment, now: Instant
    ) throws(Refusal) -> PoolBook.PaymentVerdict {
        let paid = payments[id.number]
        if paid?.isSame(as: payment) ?? false { return .known(standing(id, record, payment)) }
        if refund(of: id.number, payment) != nil { return .known(standing(id, record, payment)) }
        try RuleList.judge(payments: (paid == nil ? 0 : 1) + refunds.count { $0.appointment == id })
        func goesBack(_ cause: RefundCause) -> PoolBook.PaymentVerdict {
            .fact(.refund(refund(of: id.number, record.patient, payment, cause, now: now)))
        }
        if paid != nil { return goesBack(.paidTwice) }
        func change(to state: AppointmentState) -> Change {
            Change(
                appointment: id, patient: record.patient, state: state, version: record.version + 1, reason: "")
        }
        switch record.state {
        case .held:
            if record.holdUntil.map({ $0 <= now }) ?? false { return .late(record, ending: change(to: .expired)) }
            return paying(change(to: .booked), payment)
        case .booked, .arrived, .called, .started, .completed, .noShow: return paying(change(to: record.state), payment)
        case .expired: return .late(record, ending: nil)
        case .cancelled, .moved, .stopped: return goesBack(.ended)
        }
    }

    private func paying(_ change: Change, _ payment: Payment) -> PoolBook.PaymentVerdict {
        var change = change
        change.payment = payment
        return .fact(.changed(change))
    }

    /// What became of a payment that is known: of one that got its number again, that number.
    private func standing(_ id: AppointmentID, _ record: AppointmentRecord, _ payment: Payment) -> PaymentStanding {
        // Another payment may have got the number that this one came too late for.
        if payments[id.number]?.isSame(as: payment) ?? false, record.state == .expired, let next = next(after: id),
            let record = self[next.number]
        {
            return standing(next, record, payment)
        }
        return PaymentStanding(
            appointment: id, state: record.state, version: record.version,
            refund: refund(of: id.number, payment)?.id)
    }

    private func next(after id: AppointmentID) -> AppointmentID? {
        appointments.indices.first { appointments[$0]?.movedFrom == id }.map {
            AppointmentID(session: id.session, number: UInt32($0 + 1))
        }
    }
}
