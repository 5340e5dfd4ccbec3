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
    /// - Parameter keepsVisits: whether a term limits visits to the department over a period.
    static func archive(_ session: Session, department: DepartmentID, keepsVisits: Bool) -> [TableWrite] {
        let id = session.id.rawValue
        var writes = [definition(session, in: EngineTables.history)]
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
