import Scheduling

// Facts about a session that does not take place: what they change, and what may stand against them.

extension NaiveModel {
    /// A further fact of a stop begins none.
    mutating func stop(_ id: SessionID, _ stop: SessionStop, _ event: Event, _ position: UInt64) {
        if let sitting = sittings[id], Int(stop.number) > sitting.stops.count {
            // A stop of more slots takes the place of the one before.
            if !sitting.stops.isEmpty, sitting.stops[sitting.stops.count - 1].ended == nil {
                sittings[id]?.stops[sitting.stops.count - 1].ended = position
            }
            sittings[id]?.stops.append(.init(from: Int(stop.from), reason: stop.reason, made: position))
        }
        for appointment in stop.appointments {
            visits[AppointmentID(session: id, number: appointment.number)]?.versions.append(
                Version(position: position, state: .stopped, at: event.at, isJoint: false))
        }
    }

    mutating func resume(_ id: SessionID, _ position: UInt64) {
        guard let count = sittings[id]?.stops.count, count > 0 else { return }
        sittings[id]?.stops[count - 1].ended = position
    }

    /// The appointments that a stop of these slots ends, as things are now.
    func stoppable(_ sitting: Sitting, from slot: Int) -> [Visit] {
        sitting.visits.compactMap { visits[$0] }.filter {
            [.held, .booked, .arrived].contains($0.last.state) && $0.slots.contains { $0 >= slot }
        }
    }
}

extension Situation {
    /// The first fact of a stop: it names all that it ends, or as many as one fact holds.
    func stopped(_ id: SessionID, _ stop: SessionStop) -> String? {
        guard let sitting = model.sittings[id], sitting.archived == nil else { return "its session is not open" }
        guard sitting.start(sitting.capacities.count) > now.rawValue else { return "its session is over" }
        guard Int(stop.from) < sitting.capacities.count else { return "it has no such slot" }
        guard Int(stop.number) == sitting.stops.count + 1 else { return "its number was given before" }
        if let last = sitting.stops.last, last.ended == nil, last.from <= Int(stop.from) {
            return "it was stopped before"
        }
        let all = model.stoppable(sitting, from: Int(stop.from))
        guard Int(stop.affected) == all.count else { return "it ends \(stop.affected) where \(all.count) stand" }
        let confirmed = all.count { $0.last.state != .held }
        guard Int(stop.confirmed) == confirmed else { return "\(confirmed) of them were booked or had arrived" }
        return names(stop, all)
    }

    /// A further fact of the last stop: what is left, but for what is about to be moved away.
    func stoppedOn(_ id: SessionID, _ stop: SessionStop) -> String? {
        guard let sitting = model.sittings[id], sitting.archived == nil else { return "its session is not open" }
        guard let last = sitting.stops.last, last.ended == nil, Int(stop.number) == sitting.stops.count else {
            return "no such stop is in force"
        }
        guard last.from == Int(stop.from), last.reason == stop.reason else { return "it is another stop" }
        guard !stop.appointments.isEmpty, stop.affected == 0 else { return "it is no further fact of a stop" }
        return names(stop, model.stoppable(sitting, from: last.from))
    }

    /// Whether a stop names what stands there as it stands, by number, and leaves nothing out that fits.
    private func names(_ stop: SessionStop, _ all: [NaiveModel.Visit]) -> String? {
        let there = Dictionary(uniqueKeysWithValues: all.map { ($0.id.number, $0) })
        for appointment in stop.appointments {
            guard let visit = there[appointment.number] else {
                return "number \(appointment.number) is not to be stopped"
            }
            guard visit.patient == appointment.patient, visit.last.state == appointment.was,
                visit.versions.count + 1 == Int(appointment.version)
            else { return "number \(appointment.number) stands otherwise" }
        }
        let numbers = stop.appointments.map(\.number)
        guard zip(numbers, numbers.dropFirst()).allSatisfy({ $0 < $1 }) else { return "its numbers do not grow" }
        guard !stop.more else { return numbers.count == 400 || !stop.isFirst ? nil : "it leaves out what would fit" }
        return numbers.count == all.count ? nil : "it leaves \(all.count - numbers.count) out, and nothing follows"
    }

    func resumed(_ id: SessionID, _ number: UInt32) -> String? {
        guard let sitting = model.sittings[id], sitting.archived == nil else { return "its session is not open" }
        guard sitting.start(sitting.capacities.count) > now.rawValue else { return "its session is over" }
        guard let last = sitting.stops.last, last.ended == nil, Int(number) == sitting.stops.count else {
            return "no such stop is in force"
        }
        return model.stoppable(sitting, from: last.from).isEmpty ? nil : "its stop is not carried out yet"
    }

    // MARK: Refusals

    func mayRefuseStop(_ id: SessionID, from slot: Int, with refusal: Refusal) -> Bool {
        guard let sitting = model.sittings[id] else { return false }
        switch refusal {
        case Refusal(.slotPast): return isOver(sitting)
        case Refusal(.sessionStopped): return sitting.stopped(in: visits).perhaps.map { $0 <= slot } ?? false
        case Refusal(.inProgress): return isTouched(sitting)
        default: return false
        }
    }

    func mayRefuseResumption(_ id: SessionID, with refusal: Refusal) -> Bool {
        guard let sitting = model.sittings[id] else { return false }
        switch refusal {
        case Refusal(.slotPast): return isOver(sitting)
        case Refusal(.state): return sitting.stopped(in: visits).surely == nil
        case Refusal(.inProgress):
            return sitting.stopped(in: visits).perhaps.map { !model.stoppable(sitting, from: $0).isEmpty } ?? false
        default: return false
        }
    }

    private func isOver(_ sitting: NaiveModel.Sitting) -> Bool {
        sitting.archived != nil || sitting.start(sitting.capacities.count) <= now.rawValue
    }

    /// Whether others may have their hands on something of a session: on an appointment to be moved, or on units.
    private func isTouched(_ sitting: NaiveModel.Sitting) -> Bool {
        beside.contains { wish in
            (wish.touch?.act == .move || wish.touch?.act == .pay) && wish.touch?.appointment.session == sitting.id
                || wish.claimsUnits && wish.places.contains { $0.slot.session == sitting.id }
        }
    }
}
