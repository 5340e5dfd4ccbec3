/// A session that no template describes. Wall time in the hospital's zone.
package struct SessionDraft: Sendable {
    /// A code.
    package var pool: String
    package var date: LocalDate
    package var start: WallTime
    package var slotMinutes: UInt32
    /// Units of each slot.
    package var capacities: [UInt32]

    package init(pool: String, date: LocalDate, start: WallTime, slotMinutes: UInt32, capacities: [UInt32]) {
        self.pool = pool
        self.date = date
        self.start = start
        self.slotMinutes = slotMinutes
        self.capacities = capacities
    }

    func mix(into fingerprint: inout Fingerprint) {
        fingerprint.mix(texts: pool)
        fingerprint.mix(UInt64(bitPattern: Int64(date.rawValue)), UInt64(start.rawValue), UInt64(slotMinutes))
        fingerprint.mix(UInt64(capacities.count))
        for capacity in capacities { fingerprint.mix(UInt64(capacity)) }
    }
}
