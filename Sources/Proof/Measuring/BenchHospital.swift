import Engine
import Foundation
import Hosting
import Journal
import Scheduling
import Terminal

/// A hospital made for measuring: 20 departments, 200 pools, one service, sessions of 40 slots, patients as many as
/// asked.
struct BenchHospital {
    static let pools = 200
    static let slotsPerSession = 40
    /// Items of one request while it is furnished.
    static let batch = 8_192
    static let clinic = ServiceID(rawValue: 1)
    static let origin = Origin(channel: .app, operatorName: "bench")

    let patients: Int
    /// Sessions of each pool: one a day.
    let days: Int
    /// Of the patients' identifiers.
    var system = "urn:bench"

    /// A folder of its own and no checkpoints but those asked for.
    static func configuration(_ folder: String, checkpoints: Bool) -> EngineConfiguration {
        var configuration = EngineConfiguration(
            journal: JournalOptions(directory: folder), cores: ProcessInfo.processInfo.activeProcessorCount)
        if !checkpoints {
            configuration.checkpointAfterBytes = .max
            configuration.checkpointAfterMilliseconds = .max
        }
        return configuration
    }

    static func putCatalogue(in engine: Engine, name: String = "bench") async throws {
        var draft = CatalogueDraft()
        draft.departments = (0..<20).map { .init(code: "d\($0)", name: "d\($0)") }
        draft.services = [.init(code: "v", name: "v", kind: .clinic)]
        draft.pools = (0..<pools).map {
            .init(code: "p\($0)", name: "p\($0)", department: "d\($0 % 20)", resources: [], services: ["v"])
        }
        _ = try await engine.putCatalogue(draft, hospital: (name: name, zone: "Asia/Shanghai"), by: origin)
    }

    func register(in engine: Engine, _ progress: (Int) -> Void) async throws {
        for start in stride(from: 0, to: patients, by: Self.batch) {
            let part = (start..<min(start + Self.batch, patients)).map {
                [Identifier(system: system, value: "\($0)")]
            }
            _ = try await engine.registerPatients(part, by: Self.origin)
            progress(start)
        }
    }

    /// Fills a new folder: two appointments for each patient, all of it in a checkpoint.
    func fill(_ folder: String, name: String, _ progress: (String) -> Void) async throws {
        let engine = try Engine.start(Self.configuration(folder, checkpoints: true))
        try await Self.putCatalogue(in: engine, name: name)
        try await register(in: engine) {
            progress("patients: \(Numbers.grouped($0)) of \(Numbers.grouped(patients))")
        }
        try await open(in: engine)
        try await bookTwice(in: engine) {
            progress("appointments: \(Numbers.grouped($0)) of \(Numbers.grouped(patients * 2))")
        }
        await engine.stop()
    }

    /// Opens the sessions, each slot with places for all patients that come to it in one round.
    func open(in engine: Engine) async throws {
        let first = LocalDate(rawValue: Int32(Date().timeIntervalSince1970 / 86_400) + 2)
        guard let start = WallTime("08:00") else { preconditionFailure("08:00 is a time") }
        let places = UInt32(patients / (Self.pools * Self.slotsPerSession) + 1)
        for day in 0..<days {
            let drafts = (0..<Self.pools).map {
                SessionDraft(
                    pool: "p\($0)", date: first.advanced(days: Int32(day)), start: start, slotMinutes: 10,
                    capacities: [UInt32](repeating: places, count: Self.slotsPerSession))
            }
            _ = try await engine.openSessions(drafts, by: Self.origin)
        }
    }

    /// Two appointments for each patient, on two different days.
    /// - Parameter kept: tell the ids of so many, the first ones.
    @discardableResult
    func bookTwice(in engine: Engine, keeping kept: Int = 0, _ progress: (Int) -> Void) async throws -> [AppointmentID]
    {
        let total = patients * 2
        var first: [AppointmentID] = []
        for start in stride(from: 0, to: total, by: Self.batch) {
            let writes = (start..<min(start + Self.batch, total)).map { booking($0, key: UInt64($0) + 1) }
            let done = try await carryOut(writes, in: engine)
            if first.count < kept { first += done.prefix(kept - first.count) }
            progress(start)
        }
        return first
    }

    /// Cancels these, the first of `bookTwice`, and books each again: twice as many facts, and as many live
    /// appointments as before.
    func turnOver(_ appointments: [AppointmentID], in engine: Engine, _ progress: (Int) -> Void) async throws {
        let used = UInt64(patients * 2)
        for start in stride(from: 0, to: appointments.count, by: Self.batch) {
            let part = start..<min(start + Self.batch, appointments.count)
            let cancellations = part.map { index in
                Write(
                    key: IdempotencyKey(high: 1, low: used + UInt64(index) * 2 + 1), by: Self.origin,
                    command: .change(appointments[index], .cancel, ifVersion: 0, reason: ""))
            }
            _ = try await carryOut(cancellations, in: engine)
            _ = try await carryOut(part.map { booking($0, key: used + UInt64($0) * 2 + 2) }, in: engine)
            progress(start * 2)
        }
    }

    private func booking(_ index: Int, key: UInt64) -> Write {
        let (patient, second) = (index % patients, index / patients)
        return Write(
            key: IdempotencyKey(high: 1, low: key), by: Self.origin,
            command: .book(
                patient: PatientID(rawValue: UInt64(patient) + 1),
                item: Command.Item(slot: slot(ofPatient: patient, round: patient / 7 + second), service: Self.clinic),
                hold: false))
    }

    private func carryOut(_ writes: [Write], in engine: Engine) async throws -> [AppointmentID] {
        let done = await engine.execute(writes).compactMap { answer -> AppointmentID? in
            if case .done(let receipt) = answer.outcome { receipt.appointment } else { nil }
        }
        guard done.count == writes.count else {
            throw CommandFailure(
                .internal, "\(writes.count - done.count) writes of the measurement were refused",
                remedy: "please report it")
        }
        return done
    }

    /// Where a patient goes in a round: another day each round, so nobody is in two places.
    func slot(ofPatient patient: Int, round: Int) -> SlotID {
        let session = SessionID(pool: PoolID(rawValue: UInt32(patient % Self.pools) + 1), index: UInt32(round % days))
        return SlotID(session: session, index: UInt16(patient / Self.pools % Self.slotsPerSession))
    }
}
