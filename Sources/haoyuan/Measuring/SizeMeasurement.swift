import Engine
import Foundation
import Glibc
import Journal
import Scheduling

/// How much memory slots and appointments take, and how long a start with them lasts: measured on a real engine in this
/// process, with a data folder of its own.
struct SizeMeasurement {
    struct Report: Codable {
        var emptySlots: Int
        var bytesPerEmptySlot: Double
        var appointments: Int
        /// Pool, patient, and the key with its answer.
        var bytesPerAppointment: Double
        /// With a checkpoint of everything, and with everything in the log's tail.
        var startSecondsFromCheckpoint: Double
        var startSecondsFromLog: Double
        var residentMegabytesAfterStart: Double
    }

    /// Appointments to make; every patient has two.
    var appointments: Int
    var progress: (_ what: String, _ done: Int, _ total: Int) -> Void

    private static let pools = 200
    private static let slotsPerSession = 40
    private static let batch = 8_192
    private let clinic = ServiceID(rawValue: 1)
    private let origin = Origin(channel: .app, operatorName: "bench")

    func run() async throws -> Report {
        let folder = NSTemporaryDirectory() + "haoyuan-sizes-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var engine = try Engine.start(configuration(folder))
        try await furnish(engine)
        let patients = appointments / 2
        try await register(patients, in: engine)

        let empty = Self.anonymousBytes()
        // Enough places for all, half of them used by the two appointments of each patient.
        let days = Int32(max(2, appointments / (Self.pools * Self.slotsPerSession) / 4))
        let sessions = try await open(days: days, capacity: 8, in: engine)
        let withSlots = Self.anonymousBytes()
        try await book(patients, sessions, in: engine)
        let withAppointments = Self.anonymousBytes()

        let slots = sessions.count * Self.slotsPerSession
        // A folder whose tables are empty and whose log has everything.
        let copy = folder + "-log"
        defer { try? FileManager.default.removeItem(atPath: copy) }
        try FileManager.default.copyItem(atPath: folder, toPath: copy)
        let fromLog = try await Self.seconds { try Engine.start(configuration(copy)) }
        await fromLog.value.stop()
        await engine.stop()
        let fromCheckpoint = try await Self.seconds { try Engine.start(configuration(folder)) }
        engine = fromCheckpoint.value
        let resident = Self.anonymousBytes()
        await engine.stop()
        return Report(
            emptySlots: slots, bytesPerEmptySlot: Double(withSlots - empty) / Double(slots),
            appointments: patients * 2, bytesPerAppointment: Double(withAppointments - withSlots) / Double(patients * 2),
            startSecondsFromCheckpoint: fromCheckpoint.seconds, startSecondsFromLog: fromLog.seconds,
            residentMegabytesAfterStart: Double(resident) / 1_048_576)
    }

    private func configuration(_ folder: String) -> EngineConfiguration {
        var configuration = EngineConfiguration(
            journal: JournalOptions(directory: folder), cores: ProcessInfo.processInfo.activeProcessorCount)
        configuration.checkpointAfterBytes = .max
        configuration.checkpointAfterMilliseconds = .max
        return configuration
    }

    private func furnish(_ engine: Engine) async throws {
        var draft = CatalogueDraft()
        draft.departments = (0..<20).map { .init(code: "d\($0)", name: "d\($0)") }
        draft.services = [.init(code: "v", name: "v", kind: .clinic)]
        draft.pools = (0..<Self.pools).map {
            .init(code: "p\($0)", name: "p\($0)", department: "d\($0 % 20)", resources: [], services: ["v"])
        }
        _ = try await engine.putCatalogue(draft, hospital: (name: "bench", zone: "Asia/Shanghai"), by: origin)
    }

    private func register(_ count: Int, in engine: Engine) async throws {
        for start in stride(from: 0, to: count, by: Self.batch) {
            let part = (start..<min(start + Self.batch, count)).map { [Identifier(system: "urn:bench", value: "\($0)")] }
            _ = try await engine.registerPatients(part, by: origin)
            progress("patients", start, count)
        }
    }

    private func open(days: Int32, capacity: UInt32, in engine: Engine) async throws -> [SessionID] {
        let first = LocalDate(rawValue: Int32(Date().timeIntervalSince1970 / 86_400) + 2)
        guard let start = WallTime("08:00") else { preconditionFailure("08:00 is a time") }
        let capacities = [UInt32](repeating: capacity, count: Self.slotsPerSession)
        for day in 0..<days {
            let drafts = (0..<Self.pools).map {
                SessionDraft(
                    pool: "p\($0)", date: first.advanced(days: day), start: start, slotMinutes: 10, capacities: capacities)
            }
            _ = try await engine.openSessions(drafts, by: origin)
        }
        return (0..<Self.pools).flatMap { pool in
            (0..<UInt32(days)).map { SessionID(pool: PoolID(rawValue: UInt32(pool) + 1), index: $0) }
        }
    }

    /// Two appointments for each patient, on two different days.
    private func book(_ patients: Int, _ sessions: [SessionID], in engine: Engine) async throws {
        let total = patients * 2
        let days = sessions.count / Self.pools
        for start in stride(from: 0, to: total, by: Self.batch) {
            let writes = (start..<min(start + Self.batch, total)).map { index -> Write in
                let (patient, second) = (index % patients, index / patients)
                let day = (patient / 7 + second) % days
                let session = sessions[patient % Self.pools * days + day]
                let slot = UInt16(patient / Self.pools / days % Self.slotsPerSession)
                let item = Command.Item(slot: SlotID(session: session, index: slot), service: clinic)
                return Write(
                    key: IdempotencyKey(high: 1, low: UInt64(index) + 1), by: origin,
                    command: .book(patient: PatientID(rawValue: UInt64(patient) + 1), item: item, hold: false))
            }
            let failed = await engine.execute(writes).count { if case .done = $0.outcome { false } else { true } }
            guard failed == 0 else {
                throw CommandFailure(.internal, "\(failed) bookings of the measurement were refused", remedy: "please report it")
            }
            progress("appointments", start, total)
        }
    }

    /// What the process holds in memory of its own, after giving back what it can.
    private static func anonymousBytes() -> Int {
        // The Glibc module leaves malloc.h out, so the function is asked for by name.
        if let symbol = dlsym(nil, "malloc_trim") {
            typealias MallocTrim = @convention(c) (Int) -> Int32
            _ = unsafeBitCast(symbol, to: MallocTrim.self)(0)
        }
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") } ?? ""
        return (line.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0) * 1_024
    }

    private static func seconds<Value>(_ body: () throws -> Value) async throws -> (value: Value, seconds: Double) {
        let clock = ContinuousClock()
        let start = clock.now
        let value = try body()
        let elapsed = clock.now - start
        return (value, Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18)
    }
}
