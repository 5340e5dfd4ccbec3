import Scheduling

// The rules about an appointment that is touched.
extension Situation {
    /// A move of it is under way.
    func inProgress(_ touched: Touched) -> Verdict {
        let isMoving = beside.contains {
            ($0.touch?.act == .move || $0.touch?.act == .pay) && $0.touch?.appointment == touched.touch.appointment
        }
        return isMoving ? Verdict(refusals: [Refusal(.inProgress)]) : .no
    }

    /// It has another version than the caller saw.
    func version(_ touched: Touched) -> Verdict {
        guard touched.touch.ifVersion != 0 else { return .no }
        let others = touched.versions.filter { $0.number != touched.touch.ifVersion }
        return Verdict(
            refusals: others.map { Refusal(.version, limit: $0.number) },
            isCertain: !others.isEmpty && others.count == touched.versions.count)
    }

    /// It is in a state that has no way there. What went to the history table has ended, whatever the number.
    func state(_ touched: Touched) -> Verdict {
        let wrong = touched.versions.filter { !mayBegin(touched.touch.act, in: $0.state) }
        guard touched.mayBeGone || !wrong.isEmpty else { return .no }
        return Verdict(refusals: [Refusal(.state)], isCertain: wrong.count == touched.versions.count)
    }

    private func mayBegin(_ act: Wish.Act, in state: AppointmentState) -> Bool {
        switch act {
        // A hold that has run out is told so, by another rule.
        case .transition(.confirm): state.ways.contains(.confirm) || state == .expired
        case .transition(let transition): state.ways.contains(transition)
        case .move: state == .held || state == .booked
        case .pay: true
        }
    }

    /// It was a hold, and its time is over.
    func holdExpired(_ touched: Touched) -> Verdict {
        let isOver = touched.visit?.holdUntil.map { $0 <= now } ?? false
        let over = touched.versions.filter { version in
            switch touched.touch.act {
            case .transition(.confirm): version.state == .expired || version.state == .held && isOver
            case .move: version.state == .held && isOver
            case .transition, .pay: false
            }
        }
        guard !over.isEmpty else { return .no }
        return Verdict(refusals: [Refusal(.holdExpired)], isCertain: over.count == touched.versions.count)
    }

    /// Nobody arrives before the day, or stays away before the time.
    func tooEarly(_ touched: Touched) -> Verdict {
        guard let visit = touched.visit, let sitting = touched.sitting else { return .no }
        switch touched.touch.act {
        case .transition(.arrive):
            let zones = model.hospital.inForce(catalogue).map(\.zone)
            let early = (zones.isEmpty ? [.utc] : zones).filter {
                $0.wall(at: now).date < sitting.date(visit.slots.lowerBound)
            }
            guard !early.isEmpty else { return .no }
            return Verdict(
                refusals: [Refusal(.tooEarly, authority: .department)], isCertain: early.count >= zones.count)
        case .transition(.noShow):
            guard now.rawValue < sitting.start(visit.slots.lowerBound) else { return .no }
            return Verdict(refusals: [Refusal(.tooEarly)], isCertain: true)
        default: return .no
        }
    }
}
