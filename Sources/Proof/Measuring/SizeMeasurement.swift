import Engine
import Foundation
import Glibc
import Journal
import Scheduling

/// How much memory slots and appointments take, and how long a start with them lasts: measured on a real engine in this
/// process, with a data folder of its own.
package struct SizeMeasurement {
    /// What was measured.
    package struct Report {
        package var emptySlots: Int
        package var bytesPerEmptySlot: Double
        package var appointments: Int
        /// Pool, patient, and the key with its answer.
        package var bytesPerAppointment: Double
        /// Facts behind the checkpoint in the start with a tail: half of them cancellations, half bookings.
        package var tail: Int
        /// With a checkpoint of everything; with one and a tail of the log behind it; with everything in the log.
        package var startSecondsFromCheckpoint: Double
        package var startSecondsWithTail: Double
        package var startSecondsFromLog: Double
    }

    /// Appointments to make; every patient has two.
    var appointments: Int
    var progress: (_ what: String, _ done: Int, _ total: Int) -> Void

    package init(appointments: Int, progress: @escaping (_ what: String, _ done: Int, _ total: Int) -> Void) {
        self.appointments = appointments
        self.progress = progress
    }

    package func run() async throws -> Report {
        let folder = NSTemporaryDirectory() + "haoyuan-sizes-" + UUID().uuidString
        let logOnly = folder + "-log"
        defer { for path in [folder, logOnly] { try? FileManager.default.removeItem(atPath: path) } }
        let hospital = BenchHospital(patients: appointments / 2, days: max(2, appointments / 16_000))
        let configuration = BenchHospital.configuration(folder, checkpoints: false)
        let engine = try Engine.start(configuration)
        try await BenchHospital.putCatalogue(in: engine)

        // Slots first: memory that a registration has used and given back would hide what they take.
        let empty = Self.anonymousBytes()
        try await hospital.open(in: engine)
        let withSlots = Self.anonymousBytes()
        try await hospital.register(in: engine) { progress("patients", $0, hospital.patients) }
        let withPatients = Self.anonymousBytes()
        let first = try await hospital.bookTwice(in: engine, keeping: appointments / 20) {
            progress("appointments", $0, appointments)
        }
        let withAppointments = Self.anonymousBytes()

        // A copy whose tables are empty: all of it stands in the log.
        try FileManager.default.copyItem(atPath: folder, toPath: logOnly)
        let fromLog = try Self.seconds { try Engine.start(BenchHospital.configuration(logOnly, checkpoints: false)) }
        await fromLog.value.stop()
        try FileManager.default.removeItem(atPath: logOnly)
        await engine.checkpoint()
        try await hospital.turnOver(first, in: engine) { progress("facts of the tail", $0, first.count * 2) }
        await engine.stop(writingCheckpoint: false)
        let withTail = try Self.seconds { try Engine.start(configuration) }
        await withTail.value.stop()
        let fromCheckpoint = try Self.seconds { try Engine.start(configuration) }
        await fromCheckpoint.value.stop()
        let slots = hospital.days * BenchHospital.pools * BenchHospital.slotsPerSession
        return Report(
            emptySlots: slots, bytesPerEmptySlot: Double(withSlots - empty) / Double(slots),
            appointments: hospital.patients * 2,
            bytesPerAppointment: Double(withAppointments - withPatients) / Double(hospital.patients * 2),
            tail: first.count * 2, startSecondsFromCheckpoint: fromCheckpoint.seconds,
            startSecondsWithTail: withTail.seconds, startSecondsFromLog: fromLog.seconds)
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

    private static func seconds<Value>(_ body: () throws -> Value) throws -> (value: Value, seconds: Double) {
        let clock = ContinuousClock()
        let start = clock.now
        let value = try body()
        let elapsed = clock.now - start
        return (value, Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18)
    }
}
