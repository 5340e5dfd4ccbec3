import Engine
import Foundation
import Hosting
import Journal
import Scheduling

/// A hospital with a past, written into a new data folder: sessions that were held weeks ago, archived, so that the
/// tables of history have something in them.
enum PastHospital {
    private static let patients = 400

    /// - Returns: the ids of its patients.
    static func make(in folder: String) async throws -> [UInt64] {
        let day: Int64 = 86_400_000
        let now = Int64(Date().timeIntervalSince1970 * 1_000)
        let clock = SimulatedClock(now: Instant(rawValue: now - 30 * day))
        var options = JournalOptions(directory: folder)
        options.initialFileBytes = 16 << 20
        var configuration = EngineConfiguration(journal: options, cores: 2)
        configuration.clock = clock
        let engine = try Engine.start(configuration)
        try await BenchHospital.putCatalogue(in: engine)
        let hospital = BenchHospital(patients: patients, days: 1)
        try await hospital.register(in: engine) { _ in }
        guard let start = WallTime("08:00") else { preconditionFailure("08:00 is a time") }
        let date = LocalDate(rawValue: Int32((now - 25 * day) / day))
        _ = try await engine.openSessions(
            (0..<4).map {
                SessionDraft(
                    pool: "p\($0)", date: date, start: start, slotMinutes: 10,
                    capacities: [UInt32](repeating: 10, count: 40))
            }, by: BenchHospital.origin)
        var ids: [AppointmentID] = []
        let writes = (0..<patients).map { patient -> Write in
            let session = SessionID(pool: PoolID(rawValue: UInt32(patient % 4) + 1), index: 0)
            let item = Command.Item(
                slot: SlotID(session: session, index: UInt16(patient / 10)), service: BenchHospital.clinic)
            return Write(
                key: .init(high: 2, low: UInt64(patient) + 1), by: BenchHospital.origin,
                command: .book(patient: .init(rawValue: UInt64(patient) + 1), item: item, hold: false))
        }
        for answer in await engine.execute(writes) {
            if case .done(let receipt) = answer.outcome { ids.append(receipt.appointment) }
        }
        clock.advance(to: Instant(rawValue: now - 10 * day))
        let ends = ids.enumerated().map {
            Write(
                key: .init(high: 3, low: UInt64($0) + 1), by: BenchHospital.origin,
                command: .change($1, .cancel, ifVersion: 0, reason: ""))
        }
        _ = await engine.execute(ends)
        await engine.archiveSessions()
        clock.advance(to: Instant(rawValue: now))
        await engine.stop()
        return Array(1...UInt64(patients))
    }
}
