/// What a patient has beside what is asked for, counted for the rules about patients.
package struct PatientTally: Sendable {
    /// Appointments that count, on the day and in the department that are asked for.
    package private(set) var onDayInDepartment: UInt32 = 0
    /// Appointments that count, on the day that is asked for.
    package private(set) var onDay: UInt32 = 0
    /// Whether one that counts is at the time that is asked for.
    package private(set) var overlaps = false
    /// All in memory, those that do not count any more too.
    package private(set) var kept = 0
    /// Over longer periods; only where the policy asks.
    package var conduct = PatientConduct.none

    package init() {}

    /// Takes one into account.
    /// - Parameter counts: whether it still takes its slots, and is not the one given up for what is asked for.
    @inline(__always)
    mutating func add(_ there: PatientBook.Commitment, counts: Bool, beside new: PatientBook.Commitment) {
        kept += 1
        guard counts else { return }
        if there.date == new.date {
            onDay += 1
            if there.department == new.department { onDayInDepartment += 1 }
        }
        if there.startMinute < new.startMinute + UInt32(new.minutes),
            new.startMinute < there.startMinute + UInt32(there.minutes)
        {
            overlaps = true
        }
    }
}

/// What one patient has, taken out of the book: for a search, which asks about many slots.
package struct PatientHoldings: Sendable {
    private let all: [(commitment: PatientBook.Commitment, counts: Bool)]
    private let conduct: PatientConduct

    init(_ all: [(commitment: PatientBook.Commitment, counts: Bool)], _ conduct: PatientConduct) {
        self.all = all
        self.conduct = conduct
    }

    /// What of it stands beside what is asked for.
    package func tally(for asking: borrowing Asking) -> PatientTally {
        let new = asking.commitment
        var tally = PatientTally()
        tally.conduct = conduct
        for (commitment, counts) in all { tally.add(commitment, counts: counts, beside: new) }
        return tally
    }
}
