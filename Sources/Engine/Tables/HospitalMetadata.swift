import Journal
import Scheduling

/// What stands beside the log for those who read no facts: backups show whose they are.
package enum HospitalMetadata {
    /// The hospital's name, in UTF-8.
    package static let name = "hospital"

    /// The edition of the zone tables that its rules were taken from. Not there where that is not known: a standby
    /// hears of other rules without it, and versions before did not write it.
    static let zones = "zone-tables"

    /// What the facts of a change make of it.
    /// - Parameter edition: that of the zone tables.
    static func entries(for entities: [CatalogueEntity], edition: String?) -> [(name: String, value: [UInt8]?)] {
        for case .hospital(let hospital) in entities.reversed() {
            return [(name, Array(hospital.name.utf8)), entry(edition: edition)]
        }
        return []
    }

    /// What says that the rules are of this edition.
    static func entry(edition: String?) -> (name: String, value: [UInt8]?) { (zones, edition.map { Array($0.utf8) }) }

    static func write(edition: String?, to journal: Journal) {
        let entry = entry(edition: edition)
        journal.setMetadata(entry.name, entry.value)
    }

    static func edition(in journal: Journal) throws(JournalError) -> String? {
        try journal.metadata(zones).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Brings it up to date at a start: the version before did not write it.
    static func write(_ hospital: Hospital, to journal: Journal) {
        guard !hospital.name.isEmpty else { return }
        journal.setMetadata(name, Array(hospital.name.utf8))
    }
}
