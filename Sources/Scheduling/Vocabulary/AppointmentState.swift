/// The states of an appointment (预约). The numbers are those of the wire and of the journal.
package enum AppointmentState: UInt8, Hashable, Sendable, CaseIterable {
    case held = 1
    case booked, arrived, called, started
    case completed, cancelled, expired, noShow, moved, stopped

    /// Whether it still takes its units in the slot. No-shows and completed visits keep theirs: that time is spent.
    package var occupiesSlot: Bool {
        switch self {
        case .held, .booked, .arrived, .called, .started, .completed, .noShow: true
        case .cancelled, .expired, .moved, .stopped: false
        }
    }

    /// Whether nothing can happen to it any more.
    package var isEnded: Bool {
        switch self {
        case .held, .booked, .arrived, .called, .started: false
        case .completed, .cancelled, .expired, .noShow, .moved, .stopped: true
        }
    }
}

/// What a front end may ask of an appointment. The numbers are those of the wire.
package enum Transition: UInt8, Hashable, Sendable, CaseIterable {
    case confirm = 1
    case cancel, arrive, call, start, complete, noShow, stop

    /// The state it leads to.
    package var target: AppointmentState {
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

    /// The states it may begin in. `docs/reference/states.md` shows the same as a table.
    package func isAllowed(from state: AppointmentState) -> Bool {
        switch self {
        case .confirm: state == .held
        case .cancel: state == .held || state == .booked || state == .arrived
        case .arrive: state == .booked
        case .call: state == .arrived
        case .start: state == .arrived || state == .called
        case .complete: state == .started
        case .noShow: state == .booked || state == .called
        case .stop: state == .held || state == .booked || state == .arrived || state == .called
        }
    }
}
