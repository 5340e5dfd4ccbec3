package import Scheduling

// The states once more, in the other direction where that is possible: docs/reference/states.md says the same.

extension AppointmentState {
    /// Whether it takes its units in the slot and counts for its patient.
    var takesUnits: Bool { ![.cancelled, .expired, .moved, .stopped].contains(self) }

    /// Whether nothing can happen to it any more.
    package var isFinal: Bool { [.completed, .cancelled, .expired, .noShow, .moved, .stopped].contains(self) }

    /// Where one may go from here.
    package var ways: [Transition] {
        switch self {
        case .held: [.confirm, .cancel, .stop]
        case .booked: [.cancel, .arrive, .noShow, .stop]
        case .arrived: [.cancel, .call, .start, .stop]
        case .called: [.start, .noShow, .stop]
        case .started: [.complete]
        case .completed, .cancelled, .expired, .noShow, .moved, .stopped: []
        }
    }
}

extension Transition {
    /// The state it leads to.
    package var end: AppointmentState {
        switch self {
        case .confirm: .booked
        case .cancel: .cancelled
        case .arrive: .arrived
        case .call: .called
        case .start: .started
        case .complete: .completed
        case .noShow: .noShow
        case .stop: .stopped
        }
    }
}
