/// 科室. Handed out from 1 upwards; 0 never names one.
package struct DepartmentID: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// 资源: a practitioner, a device, a room or a desk.
package struct ResourceID: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// 服务项目: what is booked.
package struct ServiceID: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// 排班模板.
package struct TemplateID: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// 日历: holidays and make-up working days.
package struct CalendarID: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// 请假: a resource's being away.
package struct LeaveID: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// A registered patient. Handed out from 1 upwards without gaps, so an id is known exactly when it is not above the
/// count.
package struct PatientID: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// 号源池. At most 24 bits, so that it fits into the ids of its sessions, slots and appointments.
package struct PoolID: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// 班次: `pool << 20 | index`, the index counting the pool's sessions from 0 in the order they were opened.
package struct SessionID: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package init(pool: PoolID, index: UInt32) {
        precondition(index < Limits.sessionsPerPool, "a pool's session index must fit 20 bits")
        rawValue = UInt64(pool.rawValue) << 20 | UInt64(index)
    }

    package var pool: PoolID { PoolID(rawValue: UInt32(truncatingIfNeeded: rawValue >> 20)) }
    package var index: UInt32 { UInt32(truncatingIfNeeded: rawValue) & 0xF_FFFF }

    /// Whether there can be such a session. Of an id from outside the upper bits belong to none; `pool` cuts them off,
    /// and another session would answer.
    package var isWhole: Bool { rawValue < 1 << 44 }
}

/// 时段: `session << 20 | index`, the index counting the session's slots from 0.
package struct SlotID: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package init(session: SessionID, index: UInt16) { rawValue = session.rawValue << 20 | UInt64(index) }

    package var session: SessionID { SessionID(rawValue: rawValue >> 20) }
    package var pool: PoolID { session.pool }
    package var index: UInt32 { UInt32(truncatingIfNeeded: rawValue) & 0xF_FFFF }
}

/// 预约: `session << 20 | number`. The number (序号) counts from 1 within the session and is never reused, so the id finds
/// its appointment without an index and no two appointments can share one.
package struct AppointmentID: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package init(session: SessionID, number: UInt32) {
        precondition(number >= 1 && number <= Limits.numbersPerSession, "a number must fit 20 bits")
        rawValue = session.rawValue << 20 | UInt64(number)
    }

    package var session: SessionID { SessionID(rawValue: rawValue >> 20) }
    package var pool: PoolID { session.pool }
    package var number: UInt32 { UInt32(truncatingIfNeeded: rawValue) & 0xF_FFFF }
}

/// FHIR's Identifier: who gave it out, and what it says. Blanks around the two say nothing; what is left is compared
/// byte by byte: what `String` holds for equal depends on the Unicode tables of the day, and two cards whose bytes
/// differ are two cards.
package struct Identifier: Hashable, Sendable {
    package var system: String
    package var value: String

    package init(system: String, value: String) {
        self.system = system
        self.value = value
    }

    /// Whether blanks stand around one of its texts.
    package var hasBlanksAround: Bool { system.hasBlanksAround || value.hasBlanksAround }

    /// Without the blanks around its texts.
    package var trimmed: Identifier { Identifier(system: system.trimmed, value: value.trimmed) }

    package static func == (a: Identifier, b: Identifier) -> Bool {
        a.system.utf8.elementsEqual(b.system.utf8) && a.value.utf8.elementsEqual(b.value.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        for text in [system, value] {
            for byte in text.utf8 { hasher.combine(byte) }
            hasher.combine(UInt8(0xFF))  // no UTF-8 has it, so it ends a text
        }
    }
}

/// The caller's name for one write: 16 bytes it chose and stored before sending. All zero is no key.
package struct IdempotencyKey: Hashable, Sendable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// All zero: no key.
    package static let none = IdempotencyKey(high: 0, low: 0)

    package var isZero: Bool { high == 0 && low == 0 }
}

/// 渠道: where a booking comes from. The numbers are those of the wire and of the journal.
package enum Channel: UInt8, Hashable, Sendable, CaseIterable {
    case app = 1
    case miniProgram, kiosk, window, workstation, ward, platform, checkup
    /// The engine itself: expired holds, archiving.
    case system
}

/// Who did something, and through which channel. Kept with every event.
package struct Origin: Hashable, Sendable {
    package var channel: Channel
    /// The operator's name or number as the front end knows it; at most `Limits.operatorBytes` bytes.
    package var operatorName: String

    package init(channel: Channel, operatorName: String) {
        self.channel = channel
        self.operatorName = operatorName
    }

    package static let system = Origin(channel: .system, operatorName: "")
}
