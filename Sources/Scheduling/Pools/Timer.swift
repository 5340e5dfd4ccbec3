/// Something that a pool does by itself when its time has come: the one kind of timer there is. A new purpose is a case
/// here and its fact in `PoolBook.decideDue`.
struct Timer: Comparable, Sendable {
    enum Purpose: Hashable, Sendable {
        /// A hold that nobody confirmed ends.
        case holdExpiry(AppointmentID)

        /// Decides between two of one moment, so that their order is the same everywhere.
        fileprivate var order: UInt64 {
            switch self {
            case .holdExpiry(let id): id.rawValue
            }
        }
    }

    let at: Instant
    let purpose: Purpose

    init(at: Instant, _ purpose: Purpose) {
        self.at = at
        self.purpose = purpose
    }

    static func < (a: Timer, b: Timer) -> Bool { (a.at, a.purpose.order) < (b.at, b.purpose.order) }
}
