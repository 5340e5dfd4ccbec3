import Journal
package import Scheduling

/// What a stop of a session would do, and what else there is for each patient.
package struct StopPlan: Sendable {
    /// By number.
    package var rows: [Row] = []

    /// One appointment that would end.
    package struct Row: Sendable {
        package var appointment: Appointment
        /// A slot of the substitute session.
        package var substitute: FreeSlot?
        /// Without one: the next free slot of the same service in the same department.
        package var next: FreeSlot?
    }

    package init() {}

    /// How many are booked or have arrived.
    package var confirmed: Int { rows.count { $0.appointment.record.state != .held } }
    package var substituted: Int { rows.count { $0.substitute != nil } }
    package var rebookable: Int { rows.count { $0.next != nil } }
}

// Planning a stop changes nothing. It reads the session's appointments and searches for slots, as any front end might.
extension Engine {
    /// What a stop from a slot on would end, and where each patient could go instead: no two are given the same units.
    /// - Parameters:
    ///   - origin: who asks; nil where that is not known: rules about channels are not judged then.
    ///   - substitute: a session that takes over what fits into its free slots.
    /// - Throws: `notFound` for what does not exist; `invalidArgument` where a session is over, or one is its own
    ///   substitute.
    package func planStop(
        _ session: SessionID, from slot: UInt16, substitute: SessionID? = nil, by origin: Origin?
    ) async throws(EngineError) -> Reading<StopPlan> {
        let times = try open(session, "session")
        guard slot < times.slots else {
            throw EngineError(.notFound, "there is no slot \(slot) in session \(session.rawValue)")
        }
        let standIn = try substitute.map { id throws(EngineError) in
            guard id != session else {
                throw EngineError(
                    .invalidArgument, "substitute: \(id.rawValue) is the session that is to be stopped; name another")
            }
            return (id: id, times: try open(id, "substitute"))
        }
        let reading = try await appointments(in: session)
        var plan = StopPlan()
        plan.rows = reading.value.filter { found in
            let record = found.appointment.record
            return !found.isArchived && record.state.endsWithItsSession
                && Int(record.slot) + Int(record.span) > Int(slot)
        }.map { StopPlan.Row(appointment: $0.appointment) }
        // The earliest first: it has the least time.
        let order = plan.rows.indices.sorted {
            (plan.rows[$0].appointment.start, $0) < (plan.rows[$1].appointment.start, $1)
        }
        var given = GivenUnits()
        if let standIn {
            for service in services(of: plan) {
                let free = try await free(service, in: standIn.id, standIn.times, by: origin)
                for index in order where plan.rows[index].appointment.record.service == service {
                    let start = plan.rows[index].appointment.start
                    let record = plan.rows[index].appointment.record
                    // The same time, else the next after it, else the first there is.
                    let late = free.drop { $0.start < start }
                    plan.rows[index].substitute = given.take(record, of: late) ?? given.take(record, of: free[...])
                }
            }
        }
        for service in services(of: plan) {
            let left = order.filter {
                plan.rows[$0].appointment.record.service == service && plan.rows[$0].substitute == nil
            }
            guard !left.isEmpty else { continue }
            var free = try await nextFree(
                service, left.count + given.count, beside: session, from: slot, times, by: origin)[...]
            for index in left {
                plan.rows[index].next = given.take(plan.rows[index].appointment.record, of: free)
                // All of one service want the same: what is full for one is full for the next.
                if let taken = plan.rows[index].next { free = free.drop { $0.slot != taken.slot } } else { free = [] }
            }
        }
        return Reading(plan, at: reading.position)
    }

    /// When a session is that is neither over nor archived.
    private func open(_ id: SessionID, _ field: String) throws(EngineError) -> SessionTimes {
        let timetable = view.current.timetable
        guard id.isWhole, timetable.knows(id) else {
            throw EngineError(.notFound, "there is no session \(id.rawValue)")
        }
        guard let times = timetable[id], times.end > time.now() else {
            throw EngineError(.invalidArgument, "\(field): session \(id.place) is over")
        }
        return times
    }

    private func services(of plan: StopPlan) -> [ServiceID] {
        Set(plan.rows.map(\.appointment.record.service)).sorted { $0.rawValue < $1.rawValue }
    }

    private func department(of session: SessionID) throws(EngineError) -> DepartmentID {
        guard let department = view.current.catalogue.department(of: session.pool) else {
            throw EngineError(.notFound, "there is no session \(session.rawValue)")
        }
        return department
    }

    /// The slots of one session where a service fits.
    private func free(
        _ service: ServiceID, in session: SessionID, _ times: SessionTimes, by origin: Origin?
    ) async throws(EngineError) -> [FreeSlot] {
        let last = times.date(ofSlot: times.slots - 1)
        let query = SlotQuery(
            department: try department(of: session), service: service, from: times.date, to: last,
            after: (times.start.advanced(milliseconds: -1), SlotID(rawValue: 0)),
            limit: EngineLimits.slotsPerSearch, origin: origin)
        return try await search(query).value.slots.filter { $0.slot.session == session }
    }

    /// The next free slots of a service in a session's department, from now on, without those that are to be stopped.
    private func nextFree(
        _ service: ServiceID, _ count: Int, beside session: SessionID, from slot: UInt16, _ times: SessionTimes,
        by origin: Origin?
    ) async throws(EngineError) -> [FreeSlot] {
        let query = SlotQuery(
            department: try department(of: session), service: service, nextFree: true,
            limit: min(EngineLimits.slotsPerSearch, count + Int(times.slots)), origin: origin)
        return try await search(query).value.slots.filter {
            $0.slot.session != session || times.start(ofSlot: slot) >= $0.end
        }
    }
}

/// Units that a plan has given away, by slot.
private struct GivenUnits {
    private var units: [SlotID: Int] = [:]

    /// Slots of which something is given.
    var count: Int { units.count }

    /// Gives an appointment the first of these slots that has room for it; nil where none has.
    mutating func take(_ record: AppointmentRecord, of free: ArraySlice<FreeSlot>) -> FreeSlot? {
        guard let found = free.first(where: { slot in places(slot, record).allSatisfy { room(slot, $0, record) } })
        else { return nil }
        for place in places(found, record) { units[place, default: 0] += Int(record.units) }
        return found
    }

    private func places(_ slot: FreeSlot, _ record: AppointmentRecord) -> [SlotID] {
        (0..<UInt32(record.span)).map { SlotID(session: slot.slot.session, index: UInt16(slot.slot.index + $0)) }
    }

    private func room(_ slot: FreeSlot, _ place: SlotID, _ record: AppointmentRecord) -> Bool {
        Int(slot.free) - (units[place] ?? 0) >= Int(record.units)
    }
}
