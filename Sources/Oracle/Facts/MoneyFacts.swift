package import Scheduling

// Facts about money and about choices: what they change, and what may stand against them.

extension NaiveModel {
    mutating func note(_ refund: Refund, _ position: UInt64) {
        let place = Int(refund.id.number) - 1
        guard let sitting = sittings[refund.id.session], place >= 0, place <= sitting.refunds.count else { return }
        if place == sitting.refunds.count {
            sittings[sitting.id]?.refunds.append(.init(refund: refund, made: position))
        } else {
            sittings[sitting.id]?.refunds[place].refund = refund
            sittings[sitting.id]?.refunds[place].closed = position
        }
    }

    /// The refund of a payment for an appointment.
    func refund(_ id: AppointmentID, _ payment: Payment?) -> Refund? {
        sittings[id.session]?.refunds.map(\.refund).first {
            $0.appointment == id && $0.payment.reference == payment?.reference
        }
    }

    /// Whether money of a session is still to go back.
    func owesMoney(_ sitting: Sitting) -> Bool {
        sitting.refunds.contains { $0.closed == nil } || sitting.visits.contains { owes($0) }
    }

    /// Whether what was paid for an appointment is to go back, and no fact says so yet.
    package func owes(_ id: AppointmentID) -> Bool {
        guard let visit = visits[id], visit.payment != nil else { return false }
        return [.cancelled, .stopped].contains(visit.last.state) && refund(id, visit.payment) == nil
    }
}

extension Situation {
    /// Where a wish is for somewhere: of a payment, the place of its appointment.
    func places(of wish: Wish) -> [Wish.Place] {
        guard let touch = wish.touch, touch.act == .pay else { return wish.places }
        return taking(touch, by: wish.by)?.places ?? []
    }

    /// What a late payment asks for: the same place for the same patient.
    private func taking(_ touch: Wish.Touch, by origin: Origin) -> Wish? {
        guard let visit = model.visits[touch.appointment] else { return nil }
        let slot = SlotID(session: visit.id.session, index: UInt16(visit.slots.lowerBound))
        let place = Wish.Place(slot: slot, service: visit.service, patientClass: visit.patientClass)
        return .take([place], for: visit.patient, isHold: false, by: origin)
    }

    /// What stands against the refusals that a fact tells beside what it did. They were true somewhere between question
    /// and fact, unlike the fact itself.
    package func objection(toRefusalsIn event: Event, askedBy wishes: [Wish]) -> String? {
        let wishes = wishes.filter { $0.by == event.by && $0.asks(for: event.fact) }
        func justified(_ refusals: [Refusal]) -> String? {
            let isRight = wishes.contains { wish in
                refusals.enumerated().allSatisfy { mayRefuse(wish.only($0), item: 0, with: $1) }
            }
            return isRight ? nil : "nothing justifies what it says of the items before"
        }
        switch event.fact {
        case .chosen(_, let passed): return justified(passed)
        case .answered(.noneFits(let refusals)): return justified(refusals)
        case .refund(let refund) where refund.cause == .late && refund.closedBy == nil:
            guard let rule = refund.rule else { return "it names no rule" }
            let isRight = wishes.contains { wish in
                wish.touch.flatMap { taking($0, by: wish.by) }.map { mayRefuse($0, by: rule) } ?? false
            }
            return isRight ? nil : "\(rule) did not stand in the way of its number"
        default: return nil
        }
    }

    // MARK: Payments

    /// A payment that confirms a hold, or is kept by what stands or took place.
    func paid(_ change: Change, _ event: Event, _ wish: Wish) -> String? {
        if let objection = follows(change) ?? isNew(wish) { return objection }
        guard let visit = model.visits[change.appointment] else { return "there is no such appointment" }
        guard visit.payment == nil else { return "it was paid for before" }
        switch visit.last.state {
        case .held:
            guard change.state == .booked else { return "a payment confirms a hold" }
            return visit.holdUntil.map { $0 > event.at } ?? true ? nil : "the hold had run out"
        case .booked, .arrived, .called, .started, .completed, .noShow:
            return change.state == visit.last.state ? nil : "a payment leaves it as it is"
        case .cancelled, .expired, .moved, .stopped: return "it does not stand any more"
        }
    }

    /// A payment that came too late, and got the number again.
    func takenAgain(_ taken: Taken, _ event: Event, _ wish: Wish) -> String? {
        guard let touch = wish.touch, let old = model.visits[touch.appointment], taken.movedFrom == old.id else {
            return "it follows on another appointment"
        }
        if let objection = isNew(wish) { return objection }
        guard old.last.state == .expired, old.payment == nil else { return "its hold has not run out unpaid" }
        guard taken.itinerary == nil, taken.state == .booked, taken.holdUntil == nil else { return "it is not booked" }
        guard let place = taking(touch, by: wish.by) else { return "there is no such appointment" }
        guard taken.patient == old.patient, taken.service == old.service, taken.patientClass == old.patientClass,
            taken.first == place.places[0].slot
        else { return "it became another" }
        return takes([taken], 0, place) { _ in true }
    }

    /// A refund because of a payment that is reported.
    func due(_ refund: Refund, _ event: Event) -> String? {
        if let objection = follows(refund, event) { return objection }
        guard let visit = model.visits[refund.appointment] else { return "there is no such appointment" }
        if visit.payment?.reference == refund.payment.reference { return "its payment is known" }
        let state = visit.last.state
        let isRight =
            switch refund.cause {
            case .paidTwice: visit.payment != nil
            case .ended: visit.payment == nil && [.cancelled, .moved, .stopped].contains(state)
            case .late: visit.payment == nil && state == .expired
            case .cancelled, .stopped: false
            }
        return isRight ? nil : "a payment of what is \(state) does not go back as \(refund.cause)"
    }

    /// A refund of what was paid for before its appointment ended.
    func owed(_ refund: Refund, _ event: Event) -> String? {
        if let objection = follows(refund, event) { return objection }
        guard let visit = model.visits[refund.appointment], model.owes(visit.id), visit.payment == refund.payment else {
            return "nothing is owed for it"
        }
        let cause: RefundCause = visit.last.state == .stopped ? .stopped : .cancelled
        return refund.cause == cause && refund.closedBy == nil ? nil : "it has another cause"
    }

    func closed(_ refund: Refund) -> String? {
        guard let sitting = model.sittings[refund.id.session], sitting.archived == nil else {
            return "its session is not open"
        }
        let place = Int(refund.id.number) - 1
        guard sitting.refunds.indices.contains(place) else { return "there is no such refund" }
        var there = sitting.refunds[place].refund
        guard there.closedBy == nil else { return "it was closed before" }
        there.closedBy = refund.closedBy
        return there == refund ? nil : "it is another refund"
    }

    /// A payment that was reported before, under another key.
    func reportedBefore(_ standing: PaymentStanding, _ wish: Wish) -> String? {
        guard let touch = wish.touch, var visit = model.visits[touch.appointment] else {
            return "there is no such appointment"
        }
        guard isNew(wish) != nil else { return "its payment was never reported" }
        while visit.last.state == .expired, visit.payment?.reference == touch.payment?.reference,
            let next = model.sittings[visit.id.session]?.visits.first(where: { model.visits[$0]?.movedFrom == visit.id }
            ),
            let there = model.visits[next]
        {
            visit = there
        }
        let expected = PaymentStanding(
            appointment: visit.id, state: visit.last.state, version: UInt32(visit.versions.count),
            refund: model.refund(visit.id, touch.payment)?.id)
        return standing == expected ? nil : "it says otherwise how its payment stands"
    }

    func mayRefuseClosing(_ id: RefundID, with refusal: Refusal) -> Bool {
        guard refusal == Refusal(.state), let sitting = model.sittings[id.session] else { return false }
        let place = Int(id.number) - 1
        return sitting.archived != nil
            || sitting.refunds.indices.contains(place) && sitting.refunds[place].closed != nil
    }

    // MARK: Parts

    /// What stands against a payment being a new one.
    private func isNew(_ wish: Wish) -> String? {
        guard let touch = wish.touch, let visit = model.visits[touch.appointment] else {
            return "there is no such appointment"
        }
        let isKnown =
            visit.payment?.reference == touch.payment?.reference || model.refund(visit.id, touch.payment) != nil
        return isKnown ? "its payment was reported before" : nil
    }

    private func follows(_ refund: Refund, _ event: Event) -> String? {
        guard let sitting = model.sittings[refund.id.session], sitting.archived == nil else {
            return "its session is not open"
        }
        guard Int(refund.id.number) == sitting.refunds.count + 1 else { return "its number was given before" }
        guard model.visits[refund.appointment]?.patient == refund.patient else { return "it is another patient's" }
        guard model.refund(refund.appointment, refund.payment) == nil else { return "it goes back twice" }
        return refund.due == event.at ? nil : "it came to be due at another moment"
    }
}
