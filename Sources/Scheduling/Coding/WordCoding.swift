// Words of the domain as numbers of a record.

extension ByteReader {
    package mutating func channel() throws(CodingError) -> Channel {
        guard let channel = Channel(rawValue: try byte()) else { throw CodingError("unknown channel") }
        return channel
    }

    /// A pool's 24 bits and a session's 20.
    package mutating func sessionID() throws(CodingError) -> SessionID {
        let value = try varint()
        guard value < 1 << 44 else { throw CodingError("a session of no pool") }
        return SessionID(rawValue: value)
    }

    package mutating func state() throws(CodingError) -> AppointmentState {
        guard let state = AppointmentState(rawValue: try byte()) else { throw CodingError("unknown state") }
        return state
    }
}
