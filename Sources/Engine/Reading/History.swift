import Journal
import NIOConcurrencyHelpers
import Scheduling

/// Archived appointments, read from the history table. Reading waits on the store, so it happens outside every shard.
struct History: Sendable {
    let journal: Journal
    /// Up to where rows were handed over apart from the fact that their session is archived.
    private let late = NIOLockedValueBox(Journal.Handover.nothing)

    init(journal: Journal) { self.journal = journal }

    /// Hands rows over after the fact that their session is archived: on a standby, and at a start that finds them
    /// missing. A primary archives in one commit, fact and rows.
    func write(_ rows: [TableWrite]) {
        journal.write(rows)
        let handedOver = journal.handedOver
        late.withLockedValue { $0 = max($0, handedOver) }
    }

    /// Returns once the table has every session that has left memory.
    func written() async throws(EngineError) {
        do throws(JournalError) {
            try await journal.flushed(late.withLockedValue { $0 })
        } catch {
            throw EngineError(error)
        }
    }

    func appointment(_ id: AppointmentID) throws(EngineError) -> Appointment? {
        let page = UInt64(id.number - 1) / UInt64(Session.pageLength)
        return try appointments(in: id.session, pages: page...page).first { $0.id == id }
    }

    /// From the page on that has this number. Nil when the session is not archived.
    func appointments(in session: SessionID, from number: UInt32 = 1) throws(EngineError) -> [Appointment]? {
        guard try definition(of: session) != nil else { return nil }
        let first = UInt64(number - 1) / UInt64(Session.pageLength)
        return try appointments(in: session, pages: first...max(first, UInt64(Limits.numbersPerSession)))
    }

    func appointments(of patient: PatientID, limit: Int) throws(EngineError) -> [Appointment] {
        var ids: [AppointmentID] = []
        try reading { () throws in
            let from = EngineTables.key(patient.rawValue)
            let to = EngineTables.key(patient.rawValue + 1)
            try journal.forEach(EngineTables.patientHistory, from: from, to: to) { key, _, _ in
                ids.append(AppointmentID(rawValue: try EngineTables.number(key, 1)))
                return ids.count < limit
            }
        }
        var found: [Appointment] = []
        for id in ids { if let appointment = try appointment(id) { found.append(appointment) } }
        return found
    }

    private func appointments(in session: SessionID, pages: ClosedRange<UInt64>) throws(EngineError) -> [Appointment] {
        guard let definition = try definition(of: session) else { return [] }
        var found: [Appointment] = []
        try reading { () throws in
            let from = EngineTables.key(session.rawValue, pages.lowerBound + 1)
            let to = EngineTables.key(session.rawValue, pages.upperBound + 2)
            try journal.forEach(EngineTables.history, from: from, to: to) { _, _, value in
                try Session.decodePage(value) { id, record in
                    found.append(Appointment(id: id, record: record, times: definition.times))
                }
                return true
            }
        }
        return found
    }

    private func definition(of session: SessionID) throws(EngineError) -> SessionDefinition? {
        var definition: SessionDefinition?
        try reading { () throws in
            guard let value = try journal.value(EngineTables.history, key: EngineTables.key(session.rawValue, 0)) else {
                return
            }
            definition = try value.bytes.withUnsafeBytes { bytes in
                var reader = ByteReader(bytes)
                return try SessionDefinition(from: &reader)
            }
        }
        return definition
    }

    private func reading(_ body: () throws -> Void) throws(EngineError) {
        do { try body() } catch { throw EngineError(.internal, "the history cannot be read: \(error)") }
    }
}
