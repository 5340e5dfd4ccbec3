import Engine
import Journal
import Scheduling
import Wire

extension MethodTable {
    /// 停诊: planned, carried out, taken back.
    static let stopMethods = [
        MethodRow(
            .stopSession, PBStopSessionRequest.self, PBStopReply.self, needs: .writeSchedule,
            "Stops a session from a slot on: nothing there is sold, and its appointments there end."
        ) { request throws(ProtocolError) in
            .stopSession(
                SessionID(rawValue: request.session), from: try slot(request.fromSlot), reason: request.reason)
        } answer: {
            PBStopReply($0)
        },
        MethodRow(
            .resumeSession, PBResumeSessionRequest.self, PBStopReply.self, needs: .writeSchedule,
            "Sells what was stopped again; what ended with the stop stays ended."
        ) { request throws(ProtocolError) in
            .resumeSession(SessionID(rawValue: request.session))
        } answer: {
            PBStopReply($0)
        },
        MethodRow(
            .planStop, PBPlanStopRequest.self, PBPlanStopReply.self, needs: .readAppointments,
            "Tells what a stop would end, and what else there is for each patient; changes nothing."
        ) { request, connection throws(ProtocolError) in
            let session = SessionID(rawValue: request.session)
            let substitute = request.substitute == 0 ? nil : SessionID(rawValue: request.substitute)
            let from = try slot(request.fromSlot)
            let page = Page(request.limit, connection)
            let after = request.after == 0 ? nil : AppointmentID(rawValue: request.after)
            guard after.map({ $0.session == session }) ?? true else {
                throw ProtocolError.invalid("after", "appointment \(request.after) is of another session")
            }
            let origin = try connection.asking(.unspecified)
            return { engine, _ throws(EngineError) in
                let plan = try await engine.planStop(session, from: from, substitute: substitute, by: origin)
                return PBPlanStopReply(plan, after: after, page)
            }
        },
    ]

    private static func slot(_ index: UInt32) throws(ProtocolError) -> UInt16 {
        guard index <= UInt32(Limits.slotsPerSession) else {
            throw ProtocolError.invalid("from_slot", "\(index), at most \(Limits.slotsPerSession)")
        }
        return UInt16(index)
    }
}

extension PBStopSessionRequest: KeyedMessage {}
extension PBResumeSessionRequest: KeyedMessage {}

extension PBStopReply {
    fileprivate init(_ answer: Answer) {
        self.init()
        position = answer.position.rawValue
        again = answer.again
        switch answer.outcome {
        case .told(.sessionStopped(_, let stop)):
            result = .done
            self.stop = stop.number
            fromSlot = UInt32(stop.from)
            appointments = stop.affected
            confirmed = stop.confirmed
        case .told(.sessionResumed(_, let number)):
            result = .done
            stop = number
        case .refused(let refusal, _):
            result = .refused
            rule = PBRule(refusal.rule)
            authority = PBAuthority(refusal.authority)
        case .told, .done, .failed: preconditionFailure("a write about a stop is answered with one")
        }
    }
}

extension PBPlanStopReply {
    fileprivate init(_ reading: Reading<StopPlan>, after: AppointmentID?, _ page: Page) {
        self.init()
        let plan = reading.value
        position = reading.position.rawValue
        appointments = UInt32(clamping: plan.rows.count)
        confirmed = UInt32(clamping: plan.confirmed)
        substituted = UInt32(clamping: plan.substituted)
        rebookable = UInt32(clamping: plan.rebookable)
        without = appointments - substituted - rebookable
        rows = plan.rows.filter { row in after.map { row.appointment.id.number > $0.number } ?? true }
            .map { PBStopPlanRow($0) }
        more = page.cut(&rows)
        if more, let last = rows.last { next = last.appointment }
    }
}

extension PBStopPlanRow {
    fileprivate init(_ row: StopPlan.Row) {
        self.init()
        let record = row.appointment.record
        appointment = row.appointment.id.rawValue
        patient = record.patient.rawValue
        state = PBAppointmentState(record.state)
        slot = SlotID(session: row.appointment.id.session, index: record.slot).rawValue
        startMs = row.appointment.start.rawValue
        service = record.service.rawValue
        substituteSlot = row.substitute?.slot.rawValue ?? 0
        substituteStartMs = row.substitute?.start.rawValue ?? 0
        nextSlot = row.next?.slot.rawValue ?? 0
        nextStartMs = row.next?.start.rawValue ?? 0
    }
}
