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

    /// Hands the archived sessions of a pool that begin on these days to `body`, whole, in the order of the days.
    /// - Parameter isWanted: which of them are read.
    func sessions(
        of pool: PoolID, from: LocalDate, to: LocalDate, in zone: TimeZoneRules, where isWanted: (SessionID) -> Bool,
        _ body: (borrowing Session, _ isWithdrawn: Bool) -> Void
    ) throws(EngineError) {
        var found: [(id: SessionID, isWithdrawn: Bool)] = []
        try reading { () throws in
            let key = { (day: Int32) in EngineTables.key(UInt64(pool.rawValue), UInt64(max(0, day))) }
            let (from, to) = (key(from.rawValue), key(to.rawValue + 1))
            try journal.forEach(EngineTables.dayHistory, from: from, to: to) { key, _, value in
                guard let index = UInt32(exactly: try EngineTables.number(key, 2)) else {
                    throw CodingError("no session has such an index")
                }
                let id = SessionID(pool: pool, index: index)
                if isWanted(id) { found.append((id, !value.isEmpty)) }
                return true
            }
        }
        for (id, isWithdrawn) in found {
            if let session = try session(id, in: zone) { body(session, isWithdrawn) }
        }
    }

    /// An archived session with all that was in it; nil when it is not archived.
    private func session(_ id: SessionID, in zone: TimeZoneRules) throws(EngineError) -> Session? {
        var session: Session?
        try reading { () throws in
            let from = EngineTables.key(id.rawValue, 0)
            let to = EngineTables.key(id.rawValue + 1, 0)
            try journal.forEach(EngineTables.history, from: from, to: to) { key, _, value in
                if try EngineTables.number(key, 1) == 0 {
                    var reader = ByteReader(value)
                    let definition = try SessionDefinition(from: &reader).resolved(in: zone)
                    var standing: [Fact] = []
                    while !reader.isAtEnd { standing.append(try Fact(alone: &reader)) }
                    session = Session(definition, with: standing)
                } else {
                    try Session.decodePage(value) { id, record throws(CodingError) in
                        guard session?.put(record, number: id.number) ?? false else {
                            throw CodingError("\(id) has no place in its session")
                        }
                    }
                }
                return true
            }
        }
        return session
    }

    /// Writes the rows by which sessions are found from their days, where a version before archived them without.
    func completeDays() throws {
        guard try journal.metadata(Self.daysName) == nil else { return }
        var rows: [TableWrite] = []
        try journal.forEach(EngineTables.history) { key, _, value in
            guard try EngineTables.number(key, 1) == 0 else { return true }
            var reader = ByteReader(value)
            let definition = try SessionDefinition(from: &reader)
            rows.append(SessionTables.day(of: definition.id, definition.times, isWithdrawn: false))
            return true
        }
        for first in stride(from: 0, to: rows.count, by: EngineLimits.sessionsArchivedPerTurn) {
            write(Array(rows[first..<min(first + EngineLimits.sessionsArchivedPerTurn, rows.count)]))
        }
        journal.setMetadata(Self.daysName, [1])
    }

    /// There once every archived session has its row.
    private static let daysName = "history-days"

    private func appointments(in session: SessionID, pages: ClosedRange<UInt64>) throws(EngineError) -> [Appointment] {
        guard let definition = try definition(of: session) else { return [] }
        var found: [Appointment] = []
        try reading { () throws in
            let from = EngineTables.key(session.rawValue, pages.lowerBound + 1)
            let to = EngineTables.key(session.rawValue, pages.upperBound + 2)
            try journal.forEach(EngineTables.history, from: from, to: to) { _, _, value in
                var paid: [AppointmentID: Payment] = [:]
                try Session.decodePage(value) {
                    paid[$0] = $1
                } _: { id, record in
                    found.append(Appointment(id: id, record: record, times: definition.times, payment: paid[id]))
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
