import Engine
import Journal
import Scheduling
import Wire

extension MethodTable {
    /// What happened.
    static let countMethods = [
        MethodRow(
            .countReport, PBCountReportRequest.self, PBCountReportReply.self, needs: .readSchedule,
            "Counts what was offered, sold, cancelled, missed, stopped and moved, by day, place, service, channel and hour.",
            counting: elements("by", inField: 5)
        ) { request, connection throws(ProtocolError) in
            let query = try CountQuery(request)
            let page = Page(request.limit, connection)
            let after = try request.after()
            return { engine, _ throws(EngineError) in
                PBCountReportReply(try await engine.countReport(query), after: after, page)
            }
        }
    ]
}

extension CountQuery {
    fileprivate init(_ request: PBCountReportRequest) throws(ProtocolError) {
        let (from, to) = (
            try LocalDate(request.from, field: "from"), try LocalDate(request.to, field: "to")
        )
        var groupings = Set<CountBy>()
        for by in request.by { groupings.insert(try CountBy(by, field: "by")) }
        self.init(
            from: from, to: to, departments: request.departments.map { DepartmentID(rawValue: $0) },
            pools: request.pools.map { PoolID(rawValue: $0) }, by: groupings)
    }
}

extension CountBy {
    fileprivate init(_ by: PBCountBy, field: String) throws(ProtocolError) {
        guard let known = UInt8(exactly: by.rawValue).flatMap(CountBy.init) else {
            throw ProtocolError.invalid(field, "there is no COUNT_BY \(by.rawValue)")
        }
        self = known
    }
}

extension PBCountReportRequest {
    /// The place of the last row seen; nil at the beginning.
    fileprivate func after() throws(ProtocolError) -> UInt64? {
        guard afterBy != .unspecified else { return nil }
        return CountRow(by: try CountBy(afterBy, field: "after_by"), key: afterKey, figures: Figures()).place
    }
}

extension PBCountReportReply {
    fileprivate init(_ reading: Reading<[CountRow]>, after: UInt64?, _ page: Page) {
        self.init()
        position = reading.position.rawValue
        rows = reading.value.drop { row in after.map { row.place <= $0 } ?? false }.map { PBCountRow($0) }
        more = page.cut(&rows)
        guard more, let last = rows.last else { return }
        nextBy = last.by
        nextKey = last.key
    }
}

extension PBCountRow {
    fileprivate init(_ row: CountRow) {
        self.init()
        by = PBCountBy(rawValue: Int(row.by.rawValue)) ?? .unspecified
        key = row.key
        if row.by == .day { day = LocalDate(rawValue: Int32(bitPattern: row.key)).description }
        let figures = row.figures
        offered = figures.offered
        soldUnits = figures.soldUnits
        sold = figures.sold
        completed = figures.completed
        noShow = figures.noShow
        cancelled = figures.cancelled
        late = figures.late
        stopped = figures.stopped
        moved = figures.moved
        held = figures.held
        lapsed = figures.lapsed
        lead = figures.lead.indices.map { figures.lead[$0] }
        sessions = figures.sessions
        soldOut = figures.soldOut
        selling = figures.selling.indices.map { figures.selling[$0] }
        sellingSeconds = figures.sellingSeconds
    }
}
