import Journal
import Scheduling

/// The state tables: what a checkpoint writes so that the log before it may go. docs/internals/journal-records.md has
/// the keys.
enum EngineTables {
    /// Entities by kind and id.
    static let catalogue = Table("catalogue")
    /// Registrations in the order they came, several to a value.
    static let patients = Table("patients", compressed: true, isGrowing: true)
    /// Open sessions: definition and pages of appointments; or the note that a session is archived.
    static let sessions = Table("sessions", compressed: true)
    /// Keys and answers in the order they were given, several to a value.
    static let keys = Table("keys", isGrowing: true)
    /// Archived sessions, as they stood in `sessions`.
    static let history = Table("history", compressed: true)
    /// Archived appointments of each patient: keys only.
    static let patientHistory = Table("history.patients")

    /// Archived sessions by pool and day.
    static let dayHistory = Table("history.days")

    /// What is kept of patients beside the appointments in memory.
    static let conduct = Table("conduct")

    static let all = [catalogue, patients, sessions, keys, history, patientHistory, dayHistory, conduct]

    /// Values stay below this, so that two fit into a page of the store beside their keys and envelopes.
    static let valueBytes = 1_900

    /// Big-endian, so that the store's order is the numbers' order.
    static func key(_ numbers: UInt64...) -> [UInt8] {
        var key: [UInt8] = []
        for number in numbers { withUnsafeBytes(of: number.bigEndian) { key.append(contentsOf: $0) } }
        return key
    }

    static func number(_ key: UnsafeRawBufferPointer, _ index: Int) throws(CodingError) -> UInt64 {
        guard key.count >= (index + 1) * 8 else { throw CodingError("a key of \(key.count) bytes is too short") }
        return UInt64(bigEndian: key.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
    }
}
