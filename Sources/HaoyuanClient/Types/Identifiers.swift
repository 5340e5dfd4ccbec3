// Ids are handed out by the engine and never reused. They are types, not numbers, so that a slot cannot be sent where
// an appointment belongs.

/// 科室. Handed out by the engine from 1 upwards and never reused.
public struct DepartmentID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    /// The number on the wire.
    public let rawValue: UInt32

    /// Wraps a number that came from the engine.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The number in decimal.
    public var description: String { String(rawValue) }
}

/// 资源: a practitioner, a device, a room or a lab desk.
public struct ResourceID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    /// The number on the wire.
    public let rawValue: UInt32

    /// Wraps a number that came from the engine.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The number in decimal.
    public var description: String { String(rawValue) }
}

/// 服务项目: what is booked.
public struct ServiceID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    /// The number on the wire.
    public let rawValue: UInt32

    /// Wraps a number that came from the engine.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The number in decimal.
    public var description: String { String(rawValue) }
}

/// 号源池: the bookable time of one resource, or of several that are interchangeable.
public struct PoolID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    /// The number on the wire.
    public let rawValue: UInt32

    /// Wraps a number that came from the engine.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The number in decimal.
    public var description: String { String(rawValue) }
}

/// 排班模板: a weekly pattern that sessions are generated from.
public struct TemplateID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    /// The number on the wire.
    public let rawValue: UInt32

    /// Wraps a number that came from the engine.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The number in decimal.
    public var description: String { String(rawValue) }
}

/// A registered patient.
public struct PatientID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    /// The number on the wire.
    public let rawValue: UInt64

    /// Wraps a number that came from the engine.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The number in decimal.
    public var description: String { String(rawValue) }
}

/// 班次: one pool, one date, one stretch of time. Opaque except for display.
public struct SessionID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    /// The number on the wire.
    public let rawValue: UInt64

    /// Wraps a number that came from the engine.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The number in decimal.
    public var description: String { String(rawValue) }
}

/// 时段 within a session. Opaque except for display.
public struct SlotID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    /// The number on the wire.
    public let rawValue: UInt64

    /// Wraps a number that came from the engine.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The session it is in.
    public var session: SessionID { SessionID(rawValue: rawValue >> 20) }

    /// The number in decimal.
    public var description: String { String(rawValue) }
}

/// 预约. Opaque except for display; ``number`` is what the patient is told.
public struct AppointmentID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    /// The number on the wire.
    public let rawValue: UInt64

    /// Wraps a number that came from the engine.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// 序号: the patient's number within the session, from 1.
    public var number: UInt32 { UInt32(truncatingIfNeeded: rawValue) & 0xF_FFFF }

    /// The session it is in.
    public var session: SessionID { SessionID(rawValue: rawValue >> 20) }

    /// The number in decimal.
    public var description: String { String(rawValue) }
}

/// 日志位点: a place in the engine's journal. Positions only grow; 0 stands before the first.
public struct Position: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible, Comparable {
    /// The number on the wire.
    public let rawValue: UInt64

    /// Wraps a number that came from the engine.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Earlier in the journal.
    public static func < (a: Position, b: Position) -> Bool { a.rawValue < b.rawValue }

    /// The number in decimal.
    public var description: String { String(rawValue) }
}
