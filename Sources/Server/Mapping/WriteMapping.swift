import Engine
import Scheduling
import Wire

extension Write {
    /// - Parameter deadline: nanoseconds of the clock behind `NIODeadline`, after which nobody waits for the answer;
    ///   nil: for ever.
    @inline(__always)
    init(_ booking: Booking, deadline: UInt64?) {
        self.init(
            key: booking.key, by: booking.by, deadline: deadline,
            command: .book(
                patient: booking.patient, item: Command.Item(slot: booking.slot, service: booking.service),
                hold: booking.hold))
    }

    init(_ change: StateChange, deadline: UInt64?) {
        self.init(
            key: change.key, by: change.by, deadline: deadline,
            command: .change(
                change.appointment, change.transition, ifVersion: change.ifVersion, reason: change.reason))
    }

    init(_ move: MoveWish, deadline: UInt64?) {
        self.init(
            key: move.key, by: move.by, deadline: deadline,
            command: .move(move.appointment, to: move.slot, ifVersion: move.ifVersion, reason: move.reason))
    }

    init(_ joint: JointBooking, deadline: UInt64?) {
        self.init(
            key: joint.key, by: joint.by, deadline: deadline,
            command: .bookTogether(
                patient: joint.patient, items: joint.items.map { Command.Item(slot: $0.slot, service: $0.service) },
                hold: joint.hold))
    }
}
