import Journal
import Scheduling

/// What a journal says of who the patients are.
struct PatientRecovery: Sendable {
    private(set) var registry = PatientRegistry()
    /// Registrations that no checkpoint has yet.
    private(set) var unsaved: [Fact] = []
    /// Number of the next value in the table of patients.
    private(set) var nextValue: UInt64 = 0

    /// - Throws: as `RecoveredState` does.
    init(_ journal: Journal, _ progress: (RecoveryProgress) -> Void) throws {
        try readTable(journal, progress)
        try journal.replayEvents(where: { $0 == .patientRegistered }) { event, _ in
            guard case .patientRegistered(let patient, let identifiers) = event.fact else { return }
            registry.evolve(patient, identifiers)
            unsaved.append(event.fact)
        }
    }

    private mutating func readTable(_ journal: Journal, _ progress: (RecoveryProgress) -> Void) throws {
        let values = try journal.entries(EngineTables.patients)
        try journal.forEach(EngineTables.patients) { key, _, value in
            let isFirst = nextValue == 0
            nextValue = try EngineTables.number(key, 0) + 1
            let registrations = try PatientTables.decode(value, into: &registry)
            // The first value is as good a guess as any, and a bad one costs time only.
            if isFirst {
                registry.reserve(patients: values * registrations, identifierBytes: value.count / registrations)
            }
            if nextValue % 4_096 == 0 { progress(.init(stage: .patients, done: Int(registry.count))) }
            return true
        }
        progress(.init(stage: .patients, done: Int(registry.count), total: Int(registry.count)))
    }
}
