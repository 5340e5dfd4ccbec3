import Journal
import Scheduling

/// What stands in a log and may not be told yet when an engine starts: records of a primary that waits for its standby.
struct UnsettledRecovery: Sendable {
    /// By appointment, a session as its number 0.
    private(set) var appointments: UnsettledFacts
    /// What became of a patient's appointments.
    private(set) var patients: UnsettledFacts
    /// Who was registered, or got further identifiers.
    private(set) var registrations: UnsettledFacts
    /// The last change of the catalogue, or a settled position.
    private(set) var catalogue: Position
    /// What it changed.
    private(set) var changes: UnsettledChanges

    /// - Throws: as `RecoveredState` does.
    init(_ journal: Journal) throws {
        let (settled, last) = (journal.settledPosition, journal.lastPosition)
        // What was trimmed cannot be read any more: then any of it may be what a reading shows.
        let isKnown = settled >= last || settled.next >= max(journal.oldestPosition, journal.checkpoint)
        let unknown = UnsettledFacts(unknownUpTo: isKnown ? .zero : last)
        (appointments, patients, registrations) = (unknown, unknown, unknown)
        catalogue = isKnown ? settled : last
        changes = isKnown ? UnsettledChanges() : UnsettledChanges(unknownUpTo: last)
        guard isKnown, settled < last else { return }
        try journal.replay(from: settled.next) { position, bytes in
            let event = try PositionedEvent(position: position, decoding: bytes).event
            event.fact.forEachPart { note($0, at: position, settled: settled) }
        }
    }

    private mutating func note(_ fact: Fact, at position: Position, settled: Position) {
        if let subject = fact.subject { appointments.note(subject, at: position, settled: settled) }
        switch fact {
        case .booked(let taken): patients.note(taken.patient.rawValue, at: position, settled: settled)
        case .changed(let change): patients.note(change.patient.rawValue, at: position, settled: settled)
        case .sessionStopped(_, let stop):
            for ended in stop.appointments { patients.note(ended.patient.rawValue, at: position, settled: settled) }
        case .appealFiled(let step), .appealDecided(let step):
            patients.note(step.patient.rawValue, at: position, settled: settled)
        case .patientRegistered(let patient, _):
            registrations.note(patient.rawValue, at: position, settled: settled)
        case .catalogueChanged(let entity):
            catalogue = position
            changes.recover(entity, at: position, settled: settled)
        default: break
        }
    }
}
