import Wire

/// All methods, a row each. A rare method is added by its number in `Method` and its row in one of the files beside
/// this one; `docs/reference/methods.md` comes out of the rows.
package enum MethodTable {
    /// In the order of their numbers.
    package static let rows: [MethodRow] =
        [
            connectionMethods, catalogueMethods, patientMethods, scheduleMethods, writeMethods, stopMethods,
            paymentMethods, conductMethods, appointmentMethods, countMethods, feedMethods, pairMethods,
        ].flatMap { $0 }.sorted { $0.method.rawValue < $1.method.rawValue }

    /// By the method's number, which is the index.
    private static let byNumber: [MethodRow?] = {
        var table = [MethodRow?](repeating: nil, count: Int(rows.last?.method.rawValue ?? 0) + 1)
        for row in rows {
            let number = Int(row.method.rawValue)
            precondition(table[number] == nil, "\(row.name) has one row")
            table[number] = row
        }
        return table
    }()

    static subscript(method: Method) -> MethodRow {
        let number = Int(method.rawValue)
        guard number < byNumber.count, let row = byNumber[number] else {
            preconditionFailure("\(method) has no row in Server/Methods")
        }
        return row
    }
}
