import Engine
import Scheduling
import Wire

extension MethodTable {
    /// When there is something to book.
    static let scheduleMethods = [
        MethodRow(
            .generateSessions, PBGenerateSessionsRequest.self, PBSessionsReply.self, needs: .writeSchedule,
            "Opens the sessions that the templates describe, for a range of days.",
            counting: elements("templates", inField: 3)
        ) { request throws(ProtocolError) in
            let (from, to) = try days(request.from, request.to, atMost: Limits.generationDays)
            return .generateSessions(from: from, to: to, templates: request.templates)
        } answer: {
            PBSessionsReply($0)
        },
        MethodRow(
            .openSessions, PBOpenSessionsRequest.self, PBSessionsReply.self, needs: .writeSchedule,
            "Opens sessions that no template describes.", counting: elements("sessions", inField: 1)
        ) { request throws(ProtocolError) in
            .openSessions(try request.drafts())
        } answer: {
            PBSessionsReply($0)
        },
        MethodRow(
            .listSessions, PBListSessionsRequest.self, PBListSessionsReply.self, needs: .readSchedule,
            "Lists the sessions of a range of days, of a department or a pool, with what is taken of each slot."
        ) { request, _ throws(ProtocolError) in
            let (from, to) = try days(request.from, request.to, atMost: EngineLimits.daysPerSearch)
            let department = request.department == 0 ? nil : DepartmentID(rawValue: request.department)
            let pool = request.pool == 0 ? nil : PoolID(rawValue: request.pool)
            return { engine, _ throws(EngineError) in
                PBListSessionsReply(
                    try await engine.sessions(department: department, pool: pool, from: from, to: to))
            }
        },
        MethodRow(
            .searchSlots, PBSearchSlotsRequest.self, PBSearchSlotsReply.self, needs: .readSchedule,
            "Finds slots that can still be booked, by department, service or resource, in order of time."),
    ]
}

extension PBGenerateSessionsRequest: KeyedMessage {}
extension PBOpenSessionsRequest: KeyedMessage {}

private func days(_ from: String, _ to: String, atMost limit: Int) throws(ProtocolError) -> (LocalDate, LocalDate) {
    let (first, last) = (try LocalDate(from, field: "from"), try LocalDate(to, field: "to"))
    guard first <= last else { throw ProtocolError.invalid("to", "\(last) is before \(first)") }
    guard Int(last.rawValue - first.rawValue) < limit else {
        throw ProtocolError.invalid("to", "\(last.rawValue - first.rawValue + 1) days, at most \(limit)")
    }
    return (first, last)
}

extension PBOpenSessionsRequest {
    fileprivate func drafts() throws(ProtocolError) -> [SessionDraft] {
        var drafts: [SessionDraft] = []
        for (index, session) in sessions.enumerated() {
            drafts.append(try SessionDraft(session, field: "sessions[\(index)]"))
        }
        return drafts
    }
}
