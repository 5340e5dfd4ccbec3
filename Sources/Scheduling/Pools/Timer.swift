/// Something that a pool does by itself when its time has come: the one kind of timer there is. A new purpose is a case
/// here and its fact in `PoolBook.decideDue`.
struct Timer: Comparable, Sendable {
    enum Purpose: Hashable, Sendable {
        /// A hold that nobody confirmed ends.
        case holdExpiry(AppointmentID)
        /// Something of a session, by its number there: `Session.decideDue`.
        case ofSession(SessionID, UInt32)

        /// Decides between two of one moment, so that their order is the same everywhere.
        fileprivate var order: (kind: UInt8, UInt64) {
            switch self {
            case .holdExpiry(let id): (0, id.rawValue)
            case .ofSession(let id, let number): (1, id.rawValue << 20 | UInt64(number))
            }
        }
    }

    /// The number, within a session, of what is left to do of its stop; those of its locks begin with 1.
    static let restOfStop: UInt32 = 0
    /// The number of the refunds that came to be due in a session: all 20 bits, which no lock has.
    static let refunds: UInt32 = (1 << 20) - 1

    let at: Instant
    let purpose: Purpose

    init(at: Instant, _ purpose: Purpose) {
        self.at = at
        self.purpose = purpose
    }

    static func < (a: Timer, b: Timer) -> Bool {
        a.at != b.at ? a.at < b.at : a.purpose.order < b.purpose.order
    }
}
