import Engine
import Oracle
import Scheduling

// Reports: every figure lies between the least and the most that a recount of the whole log finds, which are the same
// where nothing ran beside.
extension AnswerJudge {
    func counts(_ rows: [CountRow], of query: CountQuery) {
        let situation = Situation(model, from: low, to: high, now: execution.notBefore)
        let recount = Recount(situation, query.from...query.to, by: query.groupings) { pool in
            query.departments.isEmpty && query.pools.isEmpty || query.pools.contains(pool)
                || model.department(of: pool).map(query.departments.contains) ?? false
        }
        let places = rows.map(\.place)
        expect(zip(places, places.dropFirst()).allSatisfy { $0 < $1 }, "its rows are out of order, or one is twice")
        expect(rows.allSatisfy { query.groupings.contains($0.by) }, "it counts by what nobody asked for")
        var shown: [Recount.Cell: Int] = [:]
        for row in rows {
            for (name, value) in row.figures.named where value > 0 {
                shown[Recount.Cell(by: row.by, key: row.key, figure: name)] = value
            }
        }
        for (cell, bounds) in recount.bounds where !bounds.contains(shown[cell] ?? 0) {
            return chronicle.fail(
                "it counts \(shown[cell] ?? 0) \(cell.figure) by \(cell.by) \(cell.key), where \(bounds.lowerBound) to "
                    + "\(bounds.upperBound) were")
        }
        for (cell, value) in shown where recount.bounds[cell] == nil {
            return chronicle.fail("it counts \(value) \(cell.figure) by \(cell.by) \(cell.key), where none were")
        }
        for row in rows where row.by == .total {
            for (name, value) in row.figures.named where !name.contains(" ") && value > 0 {
                chronicle.coverage.note("reports that count \(name)")
            }
        }
        chronicle.coverage.note("reports of counts")
        if low == high { chronicle.coverage.note("reports of counts, exact") }
    }
}

extension Figures {
    /// By the names that the recount has for them.
    fileprivate var named: [(String, Int)] {
        let single: [(String, UInt64)] = [
            ("offered", offered), ("sold units", soldUnits), ("sold", sold), ("completed", completed),
            ("no-show", noShow), ("cancelled", cancelled), ("late", late), ("stopped", stopped), ("moved", moved),
            ("held", held), ("lapsed", lapsed), ("sessions", sessions), ("sold out", soldOut),
            ("selling seconds", sellingSeconds),
        ]
        let buckets = lead.indices.flatMap { [("lead \($0)", lead[$0]), ("selling \($0)", selling[$0])] }
        return (single + buckets).map { ($0, Int($1)) }
    }
}
