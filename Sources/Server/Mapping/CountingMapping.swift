import Engine
import Journal
import Scheduling
import Wire

extension DayQuery {
    init(_ request: PBDayCountsRequest, on connection: ConnectionOrigin) throws(ProtocolError) {
        let from = try LocalDate.optional(request.from, field: "from")
        let to = try LocalDate.optional(request.to, field: "to")
        if let from, let to, to < from { throw ProtocolError.invalid("to", "\(to) is before \(from)") }
        self.init(
            departments: request.departments.map { DepartmentID(rawValue: $0) },
            pools: request.pools.map { PoolID(rawValue: $0) },
            service: request.service == 0 ? nil : ServiceID(rawValue: request.service), from: from, to: to,
            origin: try connection.asking(request.channel),
            patient: request.patient == 0 ? nil : PatientID(rawValue: request.patient),
            patientClass: try PatientClass(optional: request.patientClass))
    }
}

extension PBDayCountsReply {
    init(_ reading: Reading<DayPage>) {
        self.init()
        from = reading.value.from.description
        days = reading.value.days.map { day in
            var wire = PBDayCount()
            wire.free = day.free
            wire.capacity = day.capacity
            wire.sold = day.sold
            wire.sessions = day.sessions
            return wire
        }
        position = reading.position.rawValue
        notJudged = reading.value.unjudged.map { PBRule($0) }
    }
}
