/// A transition that is asked for, with the appointment as it is: what the rules about changes judge.
package struct ChangeAsking: Sendable {
    let record: AppointmentRecord
    let times: SessionTimes
    let transition: Transition
    /// 0: whatever the version.
    let ifVersion: UInt32
    /// A move is about to end the appointment.
    let isMoving: Bool

    init(
        _ found: (record: AppointmentRecord, times: SessionTimes), _ transition: Transition, ifVersion: UInt32,
        isMoving: Bool
    ) {
        record = found.record
        times = found.times
        self.transition = transition
        self.ifVersion = ifVersion
        self.isMoving = isMoving
    }

    /// The change that this transition makes of it.
    func next(
        _ id: AppointmentID, _ state: AppointmentState, _ reason: String, _ payment: Payment? = nil
    ) -> Change {
        Change(
            appointment: id, patient: record.patient, state: state, version: record.version + 1, reason: reason,
            payment: payment)
    }
}
