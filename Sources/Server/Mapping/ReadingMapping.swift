import Engine
import Journal
import Scheduling
import Wire

extension PBAppointmentsReply {
    init(_ reading: Reading<[FoundAppointment]>) {
        self.init()
        appointments = reading.value.map { PBAppointment($0.appointment, isArchived: $0.isArchived) }
        position = reading.position.rawValue
    }
}

extension PBSearchSlotsReply {
    init(_ reading: Reading<SlotPage>) {
        self.init()
        slots = reading.value.slots.map { slot in
            var wire = PBFreeSlot()
            wire.slot = slot.slot.rawValue
            wire.pool = slot.slot.pool.rawValue
            wire.startMs = slot.start.rawValue
            wire.endMs = slot.end.rawValue
            wire.free = UInt32(slot.free)
            wire.capacity = UInt32(slot.capacity)
            return wire
        }
        more = reading.value.more
        position = reading.position.rawValue
        notJudged = reading.value.unjudged.map { PBRule($0) }
    }
}

extension PBListSessionsReply {
    init(_ reading: Reading<[SessionSummary]>) {
        self.init()
        sessions = reading.value.map { session in
            var wire = PBSession()
            wire.id = session.id.rawValue
            wire.pool = session.id.pool.rawValue
            wire.date = session.times.date.description
            wire.startMs = session.times.start.rawValue
            wire.slotMinutes = UInt32(session.times.slotMinutes)
            wire.capacities = session.slots.map { UInt32($0.capacity) }
            wire.taken = session.slots.map { UInt32($0.taken) }
            wire.appointments = session.live
            return wire
        }
        position = reading.position.rawValue
    }
}

// Answers of writes that are many facts.

extension PBSessionsReply {
    init(_ answer: Answer) {
        self.init()
        guard case .sessions(let sessions) = answer.report else { preconditionFailure("sessions were asked for") }
        opened = UInt32(clamping: sessions.opened)
        unchanged = UInt32(clamping: sessions.unchanged)
        withdrawn = UInt32(clamping: sessions.withdrawn)
        conflicts = sessions.conflicts
        position = answer.position.rawValue
        again = answer.again
    }
}

extension PBPutCatalogueReply {
    init(_ answer: Answer) {
        self.init()
        guard case .catalogue(let counts) = answer.report else { preconditionFailure("a catalogue was put") }
        added = UInt32(clamping: counts.added)
        changed = UInt32(clamping: counts.changed)
        unchanged = UInt32(clamping: counts.unchanged)
        position = answer.position.rawValue
        again = answer.again
    }
}

extension PBRegisterPatientsReply {
    init(_ answer: Answer) {
        self.init()
        guard case .patients(let patients) = answer.report else { preconditionFailure("patients were registered") }
        outcomes = patients.map { outcome in
            var wire = PBPatientOutcome()
            wire.patient = outcome.patient?.rawValue ?? 0
            wire.created = outcome.created
            wire.problem = outcome.problem
            return wire
        }
        position = answer.position.rawValue
        again = answer.again
    }
}

extension SessionDraft {
    /// - Parameter field: where it stands in the request, for the error.
    init(_ session: PBNewSession, field: String) throws(ProtocolError) {
        self.init(
            pool: session.pool, date: try LocalDate(session.date, field: "\(field).date"),
            start: try WallTime(session.start, field: "\(field).start"), slotMinutes: session.slotMinutes,
            capacities: session.capacities)
    }
}

extension PBFreeSlot {
    /// Bytes that one takes in a reply, at most.
    fileprivate static let mostBytes = 48
}

extension SlotQuery {
    init(_ request: PBSearchSlotsRequest, on connection: ConnectionOrigin) throws(ProtocolError) {
        guard request.department != 0 || request.service != 0 || request.resource != 0 else {
            throw ProtocolError.invalid("department, service, resource", "at least one must be given")
        }
        guard request.limit <= UInt32(EngineLimits.slotsPerSearch) else {
            throw ProtocolError.invalid("limit", "\(request.limit), at most \(EngineLimits.slotsPerSearch)")
        }
        let from = try LocalDate.optional(request.from, field: "from")
        let to = try LocalDate.optional(request.to, field: "to")
        if let from, let to, to < from { throw ProtocolError.invalid("to", "\(to) is before \(from)") }
        self.init(
            department: request.department == 0 ? nil : DepartmentID(rawValue: request.department),
            service: request.service == 0 ? nil : ServiceID(rawValue: request.service),
            resource: request.resource == 0 ? nil : ResourceID(rawValue: request.resource), from: from, to: to,
            after: request.afterSlot == 0
                ? nil : (Instant(rawValue: request.afterStartMs), SlotID(rawValue: request.afterSlot)),
            nextFree: request.nextFree,
            // A page that the client's frames do not hold is a shorter one; `more` says so.
            limit: min(
                request.limit == 0 ? EngineLimits.slotsPerSearchByDefault : Int(request.limit),
                (connection.replyBytes - 256) / PBFreeSlot.mostBytes),
            origin: try connection.asking(request.channel),
            patient: request.patient == 0 ? nil : PatientID(rawValue: request.patient),
            patientClass: try PatientClass(optional: request.patientClass))
    }
}
