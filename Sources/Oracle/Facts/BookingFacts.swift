import Scheduling

// Facts about appointments: what they change, and what may stand against them.

extension NaiveModel {
    mutating func take(_ taken: Taken, _ event: Event, _ position: UInt64, isJoint: Bool) {
        let id = taken.appointment
        visits[id] = Visit(
            id: id, patient: taken.patient, service: taken.service,
            slots: Int(taken.slot)..<Int(taken.slot) + Int(taken.span), units: Int(taken.units),
            channel: event.by.channel, patientClass: taken.patientClass, holdUntil: taken.holdUntil,
            itinerary: taken.itinerary, movedFrom: taken.movedFrom, payment: taken.payment,
            versions: [Version(position: position, state: taken.state, at: event.at, isJoint: isJoint)])
        sittings[id.session]?.visits.append(id)
        visitsOfPatient[taken.patient, default: []].append(id)
    }

    mutating func end(_ change: Change, _ event: Event, _ position: UInt64, isJoint: Bool) {
        visits[change.appointment]?.versions.append(
            Version(position: position, state: change.state, at: event.at, isJoint: isJoint))
        if let payment = change.payment { visits[change.appointment]?.payment = payment }
    }
}

extension Situation {
    func booked(_ taken: Taken, _ event: Event, _ wish: Wish) -> String? {
        guard taken.itinerary == nil, taken.movedFrom == nil, taken.payment == nil else {
            return "a single booking belongs to nothing else"
        }
        return new([taken], event, wish)
    }

    func booked(together all: [Taken], _ event: Event, _ wish: Wish) -> String? {
        guard Set(all.map(\.appointment)).count == all.count else { return "it gives a number twice" }
        guard all.allSatisfy({ $0.itinerary == all[0].appointment && $0.movedFrom == nil && $0.payment == nil }) else {
            return "a joint booking is one itinerary"
        }
        return new(all, event, wish)
    }

    /// New appointments, held for as long as a policy says or booked.
    private func new(_ all: [Taken], _ event: Event, _ wish: Wish) -> String? {
        for (item, taken) in all.enumerated() {
            let objection = takes(all, item, wish) { policy in
                let end = event.at.advanced(milliseconds: Int64(policy.holdSeconds) * 1_000)
                return taken.holdUntil == (taken.state == .held ? end : nil)
            }
            if let objection { return objection }
        }
        return nil
    }

    func moved(_ from: Change, _ to: Taken, _ event: Event, _ wish: Wish) -> String? {
        guard let visit = model.visits[from.appointment] else { return "there is no such appointment" }
        guard to.patient == visit.patient, to.service == visit.service, to.movedFrom == visit.id, to.itinerary == nil,
            to.patientClass == visit.patientClass, to.payment == visit.payment
        else { return "it became another" }
        let old = visit.last.state
        guard to.state == old, to.holdUntil == (old == .held ? visit.holdUntil : nil) else {
            return "it became another's hold"
        }
        return changed(from, wish) ?? takes([to], 0, wish) { _ in true }
    }

    /// A change that a wish asked for.
    func changed(_ change: Change, _ wish: Wish) -> String? {
        follows(change) ?? bar(Asked(touched: asked(wish, 0).touched)).map { "\($0) stands in its way" }
    }

    /// A change that nobody asked for.
    func unasked(_ change: Change, _ event: Event) -> String? {
        if let objection = engines(event) ?? follows(change) { return objection }
        if change.state == .noShow { return foundNoShow(change, event) }
        guard let visit = model.visits[change.appointment], change.state == .expired, visit.last.state == .held else {
            return "only holds expire"
        }
        return visit.holdUntil.map { $0 <= event.at } ?? false ? nil : "the hold had time left"
    }

    // MARK: Parts

    func follows(_ change: Change) -> String? {
        guard let visit = model.visits[change.appointment] else { return "there is no such appointment" }
        guard model.sittings[visit.id.session]?.archived == nil else { return "its session is archived" }
        guard change.patient == visit.patient else { return "it is another patient's" }
        let version = visit.versions.count
        return Int(change.version) == version + 1 ? nil : "it does not follow on version \(version)"
    }

    /// What stands against one appointment that a wish asked for: there must be a policy under which no rule surely
    /// stands in its way, and which gives a hold its time.
    func takes(_ all: [Taken], _ item: Int, _ wish: Wish, _ isTimed: (Policy) -> Bool) -> String? {
        let taken = all[item]
        guard model.visits[taken.appointment] == nil else { return "its number was given before" }
        guard model.knows(taken.patient, at: .max) else { return "nobody is this patient" }
        let demand = Wish.Demand(slots: Int(taken.span), units: Int(taken.units))
        guard taken.span >= 1, demands(of: taken.service).contains(demand) else {
            return "its service never took that much"
        }
        var asked = asked(wish.pinned(to: all), item)
        guard let place = asked.place else { return "there is no such slot" }
        // The appointment that is given up was judged by itself.
        asked.touched = nil
        var objection = "there is no policy"
        for policy in place.policies {
            asked.place?.policies = [policy]
            if let rule = bar(asked) {
                objection = "\(rule) stands in its way"
            } else if !isTimed(policy) {
                objection = "no policy gives this hold its time"
            } else {
                return nil
            }
        }
        return objection
    }
}
