import Journal
import Scheduling

/// Sessions in the tables `sessions` and `history`: under (session, 0) the definition and what stands beside it, under
/// (session, n) page n - 1 of the appointments. In `sessions`, an empty definition says that the session is archived:
/// its index is never used again.
enum SessionTables {
    /// What the session changed since its last checkpoint.
    static func changes(of session: Session) -> [TableWrite] {
        var writes: [TableWrite] = []
        if session.isDefinitionDirty { writes.append(definition(session, in: EngineTables.sessions)) }
        for page in session.dirtyPageIndexes { writes.append(self.page(page, of: session, in: EngineTables.sessions)) }
        return writes
    }

    /// Takes a session from `sessions` to `history`, whole.
    /// - Parameters:
    ///   - keepsVisits: whether a term limits visits to the department over a period.
    ///   - isWithdrawn: it does not take place, and never offered anything.
    static func archive(
        _ session: Session, department: DepartmentID, keepsVisits: Bool, isWithdrawn: Bool = false
    ) -> [TableWrite] {
        let id = session.id.rawValue
        var writes = [definition(session, in: EngineTables.history)]
        writes.append(day(of: session.id, session.times, isWithdrawn: isWithdrawn))
        writes.append(.put(EngineTables.sessions, key: EngineTables.key(id, 0), value: []))
        for page in 0..<session.pageCount {
            writes.append(self.page(page, of: session, in: EngineTables.history))
            writes.append(.delete(EngineTables.sessions, key: EngineTables.key(id, UInt64(page) + 1)))
        }
        for (index, record) in session.appointments.enumerated() {
            guard let record else { continue }
            let appointment = AppointmentID(session: session.id, number: UInt32(index + 1))
            let key = EngineTables.key(record.patient.rawValue, appointment.rawValue)
            writes.append(.put(EngineTables.patientHistory, key: key, value: []))
        }
        return writes + ConductTable.archive(session, department: department, keepsVisits: keepsVisits)
    }

    /// The row by which an archived session is found from its pool and day.
    static func day(of id: SessionID, _ times: SessionTimes, isWithdrawn: Bool) -> TableWrite {
        let key = EngineTables.key(UInt64(id.pool.rawValue), UInt64(times.date.rawValue), UInt64(id.index))
        return .put(EngineTables.dayHistory, key: key, value: isWithdrawn ? [1] : [])
    }

    private static func definition(_ session: Session, in table: Table) -> TableWrite {
        var writer = ByteWriter()
        session.definition.encode(into: &writer)
        for fact in session.standing { fact.encodeAlone(into: &writer) }
        return .put(table, key: EngineTables.key(session.id.rawValue, 0), value: writer.bytes)
    }

    private static func page(_ page: Int, of session: Session, in table: Table) -> TableWrite {
        var writer = ByteWriter()
        session.encodePage(page, into: &writer)
        return .put(table, key: EngineTables.key(session.id.rawValue, UInt64(page) + 1), value: writer.bytes)
    }
}
