// 爽约: who was booked in a session that is over, and never came.

extension PoolBook {
    /// Appointments that are still booked although their session is over, as no-shows; at most `limit`. What is stopped
    /// ends with its stop, what is being moved away with its move, and who has arrived did come.
    /// - Parameter isFound: whether the policy of a pool has them found.
    package func decideNoShows(now: Instant, limit: Int, isFound: (PoolID) -> Bool) -> [Fact] {
        var facts: [Fact] = []
        for session in sessionsEnding(before: now) where session.live > 0 && isFound(session.id.pool) {
            for index in session.appointments.indices {
                guard let record = session.appointments[index], record.state == .booked else { continue }
                if let stop = session.openStop, Int(record.slot) + Int(record.span) > Int(stop.from) { continue }
                let id = AppointmentID(session: session.id, number: UInt32(index + 1))
                guard !moving.contains(id) else { continue }
                facts.append(
                    .changed(
                        Change(
                            appointment: id, patient: record.patient, state: .noShow, version: record.version + 1,
                            reason: "")))
                if facts.count == limit { return facts }
            }
        }
        return facts
    }

    /// What an appointment says of its patient; none where it is not here.
    package func conduct(of id: AppointmentID) -> Conduct {
        found(id).map { Conduct($0.record, start: $0.times.start(ofSlot: $0.record.slot)) } ?? .none
    }
}
