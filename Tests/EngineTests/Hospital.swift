import Foundation
import Journal
import Scheduling
import TestHospitals
import Testing

@testable import Engine

/// A small hospital in a folder of its own: two departments, a service of one slot and one of three, a clock that the
/// test moves.
final class Hospital {
    /// Monday, 2026-03-02, 08:00 in Shanghai.
    static let morning = Instant(rawValue: 1_772_409_600_000)
    static let today = LocalDate(year: 2026, month: 3, day: 2)!

    let folder: String
    let clock = SimulatedClock(now: Hospital.morning)
    private(set) var engine: Engine
    let patients: [PatientID]
    private var nextKey: UInt64 = 1

    static let named = (name: "人民医院", zone: "Asia/Shanghai")
    static let doctor = Origin(channel: .app, operatorName: "nurse-7")
    let clinic = ServiceID(rawValue: 1)
    let scan = ServiceID(rawValue: 2)

    init(
        patients count: Int = 50, policies: [CatalogueDraft.Policy] = [],
        change: (inout EngineConfiguration) -> Void = { _ in }
    ) async throws {
        folder = NSTemporaryDirectory() + "haoyuan-engine-" + UUID().uuidString
        engine = try Engine.start(Self.configuration(folder, clock, change))
        var draft = CatalogueDraft(["CARD": ["li"], "CT": ["ct"]], services: ["visit": 1, "scan": 3])
        draft.pools[0].services = ["visit"]
        draft.policies = policies
        _ = try await engine.putCatalogue(draft, hospital: Self.named, by: Self.doctor)
        let registered = try await engine.registerPatients(
            (0..<count).map { [Identifier(system: "urn:test", value: "p\($0)")] }, by: Self.doctor)
        patients = registered.value.compactMap(\.patient)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private static func configuration(
        _ folder: String, _ clock: SimulatedClock, _ change: (inout EngineConfiguration) -> Void
    ) -> EngineConfiguration {
        var journal = JournalOptions(directory: folder)
        journal.tailBytes = 256 << 10
        journal.initialFileBytes = 16 << 20
        journal.growthStepBytes = 16 << 20
        journal.reserveBytes = 4 << 20
        var configuration = EngineConfiguration(journal: journal, cores: 4)
        configuration.clock = clock
        configuration.seed = 7
        change(&configuration)
        return configuration
    }

    /// Opens a session at a wall time and returns its id.
    func open(_ pool: String, day: Int32 = 0, at start: String = "09:00", minutes: UInt32 = 10, capacities: [UInt32])
        async throws -> SessionID
    {
        let draft = SessionDraft(
            pool: pool, date: Self.today.advanced(days: day), start: try #require(WallTime(start)),
            slotMinutes: minutes,
            capacities: capacities)
        let opened = try await engine.openSessions([draft], by: Self.doctor)
        #expect(opened.value.conflicts.isEmpty)
        let date = Self.today.advanced(days: day)
        let sessions = try await engine.sessions(department: nil, pool: nil, from: date, to: date).value
        let zone = try await engine.catalogue().value.hospital.zone
        return try #require(
            sessions.first {
                $0.times.start == zone.instant(of: date, draft.start)
                    && $0.id.pool == PoolID(rawValue: pool == "li" ? 1 : 2)
            }
        ).id
    }

    func key() -> IdempotencyKey {
        nextKey += 1
        return IdempotencyKey(high: 0xABCD, low: nextKey)
    }

    func write(_ command: Command, key: IdempotencyKey? = nil) -> Write {
        Write(key: key ?? self.key(), by: Self.doctor, command: command)
    }

    func book(_ patient: Int, _ session: SessionID, _ slot: UInt16, service: ServiceID? = nil, hold: Bool = false)
        -> Command
    {
        .book(
            patient: patients[patient],
            item: .init(slot: SlotID(session: session, index: slot), service: service ?? clinic), hold: hold)
    }

    @discardableResult
    func run(_ command: Command, key: IdempotencyKey? = nil) async -> Answer {
        await engine.execute([write(command, key: key)])[0]
    }

    func change(_ id: AppointmentID, _ transition: Transition) async -> Answer {
        await run(.change(id, transition, ifVersion: 0, reason: ""))
    }

    func state(_ id: AppointmentID) async throws -> AppointmentState? {
        try await engine.appointments([id]).value.first?.appointment.record.state
    }

    /// Stops the engine and starts another on the same folder.
    func restart(_ change: (inout EngineConfiguration) -> Void = { _ in }) async throws {
        await engine.stop()
        try start(change)
    }

    /// Starts an engine on the folder of one that was stopped.
    func start(_ change: (inout EngineConfiguration) -> Void) throws {
        engine = try Engine.start(Self.configuration(folder, clock, change))
    }

    func expectSound(_ location: SourceLocation = #_sourceLocation) async {
        let violations = await engine.violations()
        #expect(violations.isEmpty, "\(violations)", sourceLocation: location)
    }
}

extension Answer {
    var receipt: Receipt? { if case .done(let receipt) = outcome { receipt } else { nil } }
    var refusal: Refusal? { if case .refused(let refusal, _) = outcome { refusal } else { nil } }
    var error: EngineError? { if case .failed(let error) = outcome { error } else { nil } }
}
