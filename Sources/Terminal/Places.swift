package import HaoyuanClient

// Ids as people read them: the places that they name.

/// 2 to the power of 20: the bits of an id that number what it names within its session or pool.
private let twentyBits: UInt64 = 1 << 20

extension AppointmentID {
    /// `pool/session/number`, as people read it.
    package var place: String { "\(session.place)/\(number)" }
}

extension SlotID {
    /// `pool/session/slot`, as people read it.
    package var place: String { "\(session.place)/\(rawValue % twentyBits)" }
}

extension SessionID {
    /// `pool/session`, as people read it.
    package var place: String { "\(rawValue >> 20)/\(rawValue % twentyBits)" }

    /// The pool it belongs to.
    package var pool: PoolID { PoolID(rawValue: UInt32(truncatingIfNeeded: rawValue >> 20)) }
}
