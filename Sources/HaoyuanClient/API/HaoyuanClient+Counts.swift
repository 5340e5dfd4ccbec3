import Wire

extension HaoyuanClient {
    /// What happened on these days: what was offered, sold, cancelled, missed, stopped and moved, how early it was
    /// booked and how fast it was sold out. Archived sessions count like open ones. A large report comes in pages, each
    /// of which is of its own moment.
    public func countReport(
        _ query: CountQuery, options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> CountReport {
        var request = query.wire
        request.limit = Self.pageLimit
        var report = CountReport(rows: [], position: Position(rawValue: 0))
        while true {
            let reply: PBCountReportReply = try await read(.countReport, request, options)
            report.rows += reply.rows.compactMap { CountRow($0) }
            report.position = Position(rawValue: reply.position)
            guard reply.more else { return report }
            (request.afterBy, request.afterKey) = (reply.nextBy, reply.nextKey)
        }
    }
}
