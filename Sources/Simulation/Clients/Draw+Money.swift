import Oracle
import Scheduling

// Payments, refunds and choices.
extension Draw {
    /// Any of a few slots, often of one session.
    mutating func choice() -> Command? {
        let items = (0..<random.between(1...5)).compactMap { _ in item() }
        return items.isEmpty ? nil : .bookAny(patient: patient(), items: items, hold: random.chance(300))
    }

    /// A payment that confirms a hold, or one that is reported: mostly of what waits for one or has run out, now and
    /// then under a reference that is known.
    mutating func payment() -> Command? {
        guard let visit = visit({ $0 == .held || $0 == .expired }) else { return nil }
        let payment = Payment(
            reference: "微信\(visit.id.number)-\(random.below(4))", amountFen: UInt32(random.between(1...5_000)))
        guard random.chance(700) else {
            let version = random.chance(200) ? UInt32(visit.versions.count) : 0
            return .confirmPaid(visit.id, payment, ifVersion: version, reason: "")
        }
        // A payment front end repeats what it heard of, word for word.
        if let known = visit.payment, random.chance(500) { return .reportPayment(visit.id, known) }
        return .reportPayment(visit.id, payment)
    }

    /// A refund that went back, now and then one that is closed or not there.
    mutating func closing() -> Command? {
        let all = model.sittingsInOrder.filter { $0.archived == nil }.flatMap(\.refunds)
        let due = all.filter { $0.closed == nil }
        let chosen = due.isEmpty || random.chance(100) ? all : due
        guard !chosen.isEmpty else { return nil }
        let refund = chosen[random.below(chosen.count)].refund
        let id = random.chance(30) ? RefundID(session: refund.id.session, number: refund.id.number + 7) : refund.id
        return .closeRefund(id, reference: "退\(random.below(1_000))")
    }
}
