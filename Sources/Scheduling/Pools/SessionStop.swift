internal import HeapModule

/// 停诊: a session, or what is left of it from a slot on, that does not take place, and the appointments that end with
/// it. More of them than one fact names follow in further facts of the same stop.
package struct SessionStop: Hashable, Sendable {
    /// From 1 within the session; 0 while it is asked for. A later stop of more slots takes the place of an earlier.
    package var number: UInt32 = 0
    /// Index of the first slot that does not take place; all after it do not either.
    package var from: UInt16
    package var reason: String
    /// How many appointments the whole stop ends, as they stood at its first fact; 0 in the facts that follow.
    package var affected: UInt32 = 0
    /// How many of those were booked or had arrived, so that money may have been paid for them.
    package var confirmed: UInt32 = 0
    /// Whether further facts of this stop follow on this one.
    package var more = false
    /// By number.
    package var appointments: [StoppedAppointment] = []

    package init(from: UInt16, reason: String) {
        self.from = from
        self.reason = reason
    }

    /// Whether this is the first fact of the stop: those that follow name appointments, and no sum of them.
    package var isFirst: Bool { affected > 0 || appointments.isEmpty }

    /// The stop itself, without what one of its facts says of appointments.
    var itself: SessionStop {
        var stop = SessionStop(from: from, reason: reason)
        stop.number = number
        stop.more = more
        return stop
    }

    /// Cuts appointments into the facts of this stop.
    /// - Parameter all: by number.
    /// - Returns: At least one, the first perhaps without appointments; `more` is that of all but the last.
    func parts(_ all: [StoppedAppointment]) -> [SessionStop] {
        let most = Limits.appointmentsPerStop
        return stride(from: 0, to: max(1, all.count), by: most).map { first in
            var part = self
            part.appointments = Array(all[first..<min(first + most, all.count)])
            part.more = first + most < all.count
            return part
        }
    }
}

/// One appointment that a stop ended.
package struct StoppedAppointment: Hashable, Sendable {
    /// In the session.
    package var number: UInt32
    package var patient: PatientID
    /// The version it reached.
    package var version: UInt32
    /// The state it was in: held, booked or arrived.
    package var was: AppointmentState

    package init(number: UInt32, patient: PatientID, version: UInt32, was: AppointmentState) {
        self.number = number
        self.patient = patient
        self.version = version
        self.was = was
    }

    /// Its change, as every other is told.
    package func change(in session: SessionID) -> Change {
        Change(
            appointment: AppointmentID(session: session, number: number), patient: patient, state: .stopped,
            version: version, reason: "")
    }
}

// The durable form. Numbers grow, so each is written as what it is more than the one before: an appointment takes about
// seven bytes.

extension SessionStop {
    func encode(into writer: inout ByteWriter) {
        writer.varint(number)
        writer.varint(from)
        writer.string(reason)
        writer.varint(affected)
        writer.varint(confirmed)
        writer.byte(more ? 1 : 0)
        writer.varint(UInt64(appointments.count))
        var last: UInt32 = 0
        for appointment in appointments {
            writer.varint(appointment.number - last)
            writer.varint(appointment.patient.rawValue)
            writer.varint(appointment.version)
            writer.byte(appointment.was.rawValue)
            last = appointment.number
        }
    }

    init(from reader: inout ByteReader) throws(CodingError) {
        let number: UInt32 = try reader.number()
        self.init(from: try reader.number(), reason: try reader.string())
        self.number = number
        affected = try reader.number()
        confirmed = try reader.number()
        more = try reader.byte() != 0
        let count = try reader.varint()
        guard count <= UInt64(Limits.appointmentsPerStop) else {
            throw CodingError("\(count) appointments stopped in one fact")
        }
        var last: UInt32 = 0
        for _ in 0..<count {
            let step: UInt32 = try reader.number()
            guard step >= 1, step <= Limits.numbersPerSession - last else {
                throw CodingError("a stopped appointment \(step) after number \(last)")
            }
            last += step
            appointments.append(
                StoppedAppointment(
                    number: last, patient: PatientID(rawValue: try reader.varint()), version: try reader.number(),
                    was: try reader.state()))
        }
    }
}

// MARK: What a session decides on it

extension Session {
    /// What a stop may still end in the slots from this one on: what neither has ended nor goes on with the patient in
    /// the room.
    package func stoppable(from slot: UInt16) -> [StoppedAppointment] {
        var found: [StoppedAppointment] = []
        for index in appointments.indices {
            guard let record = appointments[index], record.state.endsWithItsSession,
                Int(record.slot) + Int(record.span) > Int(slot)
            else { continue }
            found.append(
                StoppedAppointment(
                    number: UInt32(index + 1), patient: record.patient, version: record.version + 1, was: record.state))
        }
        return found
    }

    /// The first fact of a stop; nil where the session has no such slot. What it does not name follows by
    /// `decideStopRest`.
    /// - Parameter isMoving: an appointment of the session is about to be moved away.
    func decideStop(
        from slot: UInt16, reason: String, isMoving: Bool, _ asking: borrowing Asking
    ) throws(Refusal) -> Fact? {
        guard Int(slot) < slots.count else { return nil }
        try RuleList.judge(stopFrom: slot, of: self, isMoving: isMoving, asking)
        let all = stoppable(from: slot)
        var stop = SessionStop(from: slot, reason: reason)
        stop.number = (lastStop?.number ?? 0) + 1
        stop.affected = UInt32(all.count)
        stop.confirmed = UInt32(all.count { $0.was != .held })
        return .sessionStopped(id, stop.parts(all)[0])
    }

    /// What is left to do of a stop that one fact did not hold: at most so many further facts.
    /// - Parameter moving: appointments that are about to be moved away; they are not touched.
    /// - Returns: The facts, and whether nothing is left after them.
    func decideStopRest(moving: Set<AppointmentID>, limit: Int) -> (facts: [Fact], isWhole: Bool) {
        guard let stop = openStop, stop.more else { return ([], true) }
        let left = stoppable(from: stop.from)
        let free = left.filter { !moving.contains(AppointmentID(session: id, number: $0.number)) }
        guard !free.isEmpty else { return ([], left.isEmpty) }
        var parts = stop.itself.parts(free)
        let isWhole = free.count == left.count && parts.count <= limit
        parts = Array(parts.prefix(limit))
        parts[parts.count - 1].more = !isWhole
        return (parts.map { .sessionStopped(id, $0) }, isWhole)
    }

    /// Applies a fact of a stop; one that is reflected already changes nothing.
    /// - Returns: Whether it can follow on what is here, and how many holds it ended.
    mutating func evolve(_ stop: SessionStop, at: Instant) -> (isSound: Bool, holdsEnded: Int) {
        guard note(stop) else { return (false, 0) }
        var isSound = true
        var holdsEnded = 0
        for appointment in stop.appointments {
            let before = self[appointment.number]
            isSound = before?.patient == appointment.patient && apply(appointment.change(in: id), at: at) && isSound
            if before?.state == .held, self[appointment.number]?.state != .held { holdsEnded += 1 }
        }
        return (isSound, holdsEnded)
    }
}

// MARK: What its pool decides

extension PoolBook {
    /// The first fact of a stop; nil where there is no such session or slot here.
    func decideStop(
        _ id: SessionID, from slot: UInt16, reason: String, _ asking: borrowing Asking
    ) throws(Refusal) -> Fact? {
        let isMoving = moving.contains { $0.session == id }
        let fact = try look(at: id) { session throws(Refusal) in
            try session.decideStop(from: slot, reason: reason, isMoving: isMoving, asking)
        }
        return fact ?? nil
    }

    /// Applies a stop of a session. What it leaves for further facts is due at once.
    mutating func evolve(_ stop: SessionStop, of id: SessionID, at: Instant) -> Bool {
        guard let (isSound, holdsEnded) = modify(id, { $0.evolve(stop, at: at) }) else { return isArchived(id) }
        counts.holds -= holdsEnded
        if stop.more { timers.insert(Timer(at: at, .ofSession(id, Timer.restOfStop))) }
        dueRefunds(of: id, at: at)
        return isSound
    }
}

extension AppointmentState {
    /// Whether a stop of its session ends it. A patient who was called is seen, and what has ended stays as it is.
    package var endsWithItsSession: Bool {
        switch self {
        case .held, .booked, .arrived: true
        case .called, .started, .completed, .cancelled, .expired, .noShow, .moved, .stopped: false
        }
    }
}
