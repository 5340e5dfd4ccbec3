import Journal
import Scheduling

/// What stands beside the log for those who read no facts: backups show whose they are.
package enum HospitalMetadata {
    /// The hospital's name, in UTF-8.
    package static let name = "hospital"

    static func entries(for hospital: Hospital) -> [(name: String, value: [UInt8]?)] {
        [(name, Array(hospital.name.utf8))]
    }

    /// What the facts of a change make of it.
    static func entries(for entities: [CatalogueEntity]) -> [(name: String, value: [UInt8]?)] {
        for case .hospital(let hospital) in entities.reversed() { return entries(for: hospital) }
        return []
    }

    /// Brings it up to date at a start: the version before did not write it.
    static func write(_ hospital: Hospital, to journal: Journal) {
        guard !hospital.name.isEmpty else { return }
        for entry in entries(for: hospital) { journal.setMetadata(entry.name, entry.value) }
    }
}
