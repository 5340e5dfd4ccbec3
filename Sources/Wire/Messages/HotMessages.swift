package import NIOCore
package import Scheduling

/// The messages that come by the hundred thousand a second, read and written by hand: no allocation for each, and a
/// batch that is too long is found out before it is decoded. Tests hold them byte for byte to what swift-protobuf does.

extension PBBookRequest {
    init(reading bytes: UnsafeRawBufferPointer) throws(ProtobufReader.Malformed) {
        self.init()
        var reader = ProtobufReader(bytes)
        while !reader.isAtEnd {
            let (field, kind) = try reader.tag()
            switch (field, kind) {
            case (1, .fixed64): keyHigh = try reader.fixed64()
            case (2, .fixed64): keyLow = try reader.fixed64()
            case (3, .varint): patient = try reader.varint()
            case (4, .fixed64): slot = try reader.fixed64()
            case (5, .varint): service = UInt32(truncatingIfNeeded: try reader.varint())
            case (6, .varint): hold = try reader.varint() != 0
            case (7, .varint): channel = PBChannel(wire: try reader.varint())
            case (8, .bytes): self.operator = try reader.string()
            case (9, .varint): patientClass = PBPatientClass(wire: try reader.varint())
            default: try reader.skip(kind)
            }
        }
    }

    /// Reads a frame's payload where it lies.
    package init(fastPayload payload: ByteBuffer) throws(ProtocolError) {
        self = try reading(payload, "BookRequest") { bytes throws(ProtobufReader.Malformed) in
            try PBBookRequest(reading: bytes)
        }
    }

    /// Bytes that hold any of these with an empty operator.
    static let mostBytesWithoutText = 4 * 9 + 11 + 6 + 2 + 11 + 11

    func write(into writer: inout ProtobufWriter) {
        writer.field(1, fixed64: keyHigh)
        writer.field(2, fixed64: keyLow)
        writer.field(3, varint: patient)
        writer.field(4, fixed64: slot)
        writer.field(5, varint: UInt64(service))
        writer.field(6, varint: hold ? 1 : 0)
        writer.field(7, varint: UInt64(bitPattern: Int64(channel.rawValue)))
        writer.field(8, text: self.operator)
        writer.field(9, varint: UInt64(bitPattern: Int64(patientClass.rawValue)))
    }
}

extension PBChangeRequest {
    init(reading bytes: UnsafeRawBufferPointer) throws(ProtobufReader.Malformed) {
        self.init()
        var reader = ProtobufReader(bytes)
        while !reader.isAtEnd {
            let (field, kind) = try reader.tag()
            switch (field, kind) {
            case (1, .fixed64): keyHigh = try reader.fixed64()
            case (2, .fixed64): keyLow = try reader.fixed64()
            case (3, .fixed64): appointment = try reader.fixed64()
            case (4, .varint): transition = PBTransition(wire: try reader.varint())
            case (5, .varint): ifVersion = UInt32(truncatingIfNeeded: try reader.varint())
            case (6, .bytes): reason = try reader.string()
            case (7, .varint): channel = PBChannel(wire: try reader.varint())
            case (8, .bytes): self.operator = try reader.string()
            case (9, .bytes): paymentReference = try reader.string()
            case (10, .varint): amountFen = UInt32(truncatingIfNeeded: try reader.varint())
            default: try reader.skip(kind)
            }
        }
    }

    /// Reads a frame's payload where it lies.
    package init(fastPayload payload: ByteBuffer) throws(ProtocolError) {
        self = try reading(payload, "ChangeRequest") { bytes throws(ProtobufReader.Malformed) in
            try PBChangeRequest(reading: bytes)
        }
    }
}

extension PBOutcome {
    init(reading bytes: UnsafeRawBufferPointer) throws(ProtobufReader.Malformed) {
        self.init()
        var reader = ProtobufReader(bytes)
        while !reader.isAtEnd {
            let (field, kind) = try reader.tag()
            switch (field, kind) {
            case (1, .varint): result = PBResult(wire: try reader.varint())
            case (2, .fixed64): appointment = try reader.fixed64()
            case (3, .varint): number = UInt32(truncatingIfNeeded: try reader.varint())
            case (4, .varint): state = PBAppointmentState(wire: try reader.varint())
            case (5, .varint): version = UInt32(truncatingIfNeeded: try reader.varint())
            case (6, .varint): holdUntilMs = Int64(bitPattern: try reader.varint())
            case (7, .varint): position = try reader.varint()
            case (8, .varint): rule = PBRule(wire: try reader.varint())
            case (9, .varint): policyVersion = UInt32(truncatingIfNeeded: try reader.varint())
            case (10, .varint): authority = PBAuthority(wire: try reader.varint())
            case (11, .varint): limit = UInt32(truncatingIfNeeded: try reader.varint())
            case (12, .varint): error = PBErrorCode(wire: try reader.varint())
            case (13, .varint): again = try reader.varint() != 0
            case (14, .varint): maybeApplied = try reader.varint() != 0
            case (15, .varint): retryAfterMs = UInt32(truncatingIfNeeded: try reader.varint())
            default: try reader.skip(kind)
            }
        }
    }

    /// Reads a frame's payload where it lies.
    package init(fastPayload payload: ByteBuffer) throws(ProtocolError) {
        self = try reading(payload, "Outcome") { bytes throws(ProtobufReader.Malformed) in try PBOutcome(reading: bytes)
        }
    }

    /// Bytes that hold any outcome: fifteen one-byte tags, one fixed64, two 64-bit varints, five of 32 bits, five
    /// enums of up to ten bytes (a number this version does not know may be negative), and two bools.
    static let mostBytes = 15 + 8 + 2 * 10 + 5 * 5 + 5 * 10 + 2

    /// Bytes that hold any outcome of this version as an element of a batch: its enums are numbers of one byte.
    package static let mostBytesOfAnswer = 2 + 15 + 8 + 2 * 10 + 5 * 5 + 5 * 1 + 2

    func write(into writer: inout ProtobufWriter) {
        writer.field(1, varint: UInt64(bitPattern: Int64(result.rawValue)))
        writer.field(2, fixed64: appointment)
        writer.field(3, varint: UInt64(number))
        writer.field(4, varint: UInt64(bitPattern: Int64(state.rawValue)))
        writer.field(5, varint: UInt64(version))
        writer.field(6, varint: UInt64(bitPattern: holdUntilMs))
        writer.field(7, varint: position)
        writer.field(8, varint: UInt64(bitPattern: Int64(rule.rawValue)))
        writer.field(9, varint: UInt64(policyVersion))
        writer.field(10, varint: UInt64(bitPattern: Int64(authority.rawValue)))
        writer.field(11, varint: UInt64(limit))
        writer.field(12, varint: UInt64(bitPattern: Int64(error.rawValue)))
        writer.field(13, varint: again ? 1 : 0)
        writer.field(14, varint: maybeApplied ? 1 : 0)
        writer.field(15, varint: UInt64(retryAfterMs))
    }
}

extension PBSearchSlotsRequest {
    /// Reads a frame's payload where it lies.
    package init(fastPayload payload: ByteBuffer) throws(ProtocolError) {
        self = try reading(payload, "SearchSlotsRequest") { bytes throws(ProtobufReader.Malformed) in
            try PBSearchSlotsRequest(reading: bytes)
        }
    }

    init(reading bytes: UnsafeRawBufferPointer) throws(ProtobufReader.Malformed) {
        self.init()
        var reader = ProtobufReader(bytes)
        while !reader.isAtEnd {
            let (field, kind) = try reader.tag()
            switch (field, kind) {
            case (1, .varint): department = UInt32(truncatingIfNeeded: try reader.varint())
            case (2, .varint): service = UInt32(truncatingIfNeeded: try reader.varint())
            case (3, .varint): resource = UInt32(truncatingIfNeeded: try reader.varint())
            case (4, .bytes): from = try reader.string()
            case (5, .bytes): to = try reader.string()
            case (6, .varint): limit = UInt32(truncatingIfNeeded: try reader.varint())
            case (7, .varint): afterStartMs = Int64(bitPattern: try reader.varint())
            case (8, .fixed64): afterSlot = try reader.fixed64()
            case (9, .varint): nextFree = try reader.varint() != 0
            case (10, .varint): channel = PBChannel(wire: try reader.varint())
            case (11, .varint): patient = try reader.varint()
            case (12, .varint): patientClass = PBPatientClass(wire: try reader.varint())
            default: try reader.skip(kind)
            }
        }
    }
}

extension FreeSlot {
    /// Bytes that hold any of these as an element `FreeSlot`: six tags, one fixed64, two 64-bit varints, three of 32
    /// bits, and the element's own tag and length.
    static let mostBytes = 6 + 8 + 2 * 10 + 3 * 5 + 2

    func write(into writer: inout ProtobufWriter) {
        writer.field(1, fixed64: slot.rawValue)
        writer.field(2, varint: UInt64(slot.pool.rawValue))
        writer.field(3, varint: UInt64(bitPattern: start.rawValue))
        writer.field(4, varint: UInt64(bitPattern: end.rawValue))
        writer.field(5, varint: UInt64(free))
        writer.field(6, varint: UInt64(capacity))
    }
}

extension ByteBuffer {
    /// Appends a `SearchSlotsReply` as a message of its own.
    package mutating func writeSearchReply(
        _ slots: [FreeSlot], more: Bool, position: UInt64, notJudged: [Rule] = []
    ) {
        let most = slots.count * FreeSlot.mostBytes + 13 + notJudged.count + 2
        writeWithUnsafeMutableBytes(minimumWritableBytes: most) { target in
            var writer = ProtobufWriter(target)
            for slot in slots {
                let start = writer.openShort(1)
                slot.write(into: &writer)
                writer.close(at: start)
            }
            writer.field(2, varint: more ? 1 : 0)
            writer.field(3, varint: position)
            if !notJudged.isEmpty {
                // Packed: each number is one byte.
                let start = writer.openShort(4)
                for rule in notJudged { writer.varint(UInt64(rule.rawValue)) }
                writer.close(at: start)
            }
            return writer.count
        }
    }

    /// Appends one outcome as a message of its own.
    package mutating func writeOutcome(_ outcome: PBOutcome) {
        writeWithUnsafeMutableBytes(minimumWritableBytes: PBOutcome.mostBytes) { target in
            var writer = ProtobufWriter(target)
            outcome.write(into: &writer)
            return writer.count
        }
    }

    /// Appends one outcome as the next element of `BatchReply.bookings`, or of `changes`.
    package mutating func writeBatchOutcome(_ outcome: PBOutcome, isChange: Bool) {
        writeWithUnsafeMutableBytes(minimumWritableBytes: PBOutcome.mostBytes + 2) { target in
            var writer = ProtobufWriter(target)
            let start = writer.openShort(isChange ? 2 : 1)
            outcome.write(into: &writer)
            writer.close(at: start)
            return writer.count
        }
    }

    /// Appends one booking as a message of its own.
    package mutating func writeBooking(_ booking: PBBookRequest) {
        let most = PBBookRequest.mostBytesWithoutText + booking.operator.utf8.count + 6
        writeWithUnsafeMutableBytes(minimumWritableBytes: most) { target in
            var writer = ProtobufWriter(target)
            booking.write(into: &writer)
            return writer.count
        }
    }

    /// Appends one booking as the next element of `BatchRequest.bookings`. Its operator has at most 40 bytes, so that
    /// its length is one byte.
    package mutating func writeBatchBooking(_ booking: PBBookRequest) {
        let most = PBBookRequest.mostBytesWithoutText + booking.operator.utf8.count + 8
        writeWithUnsafeMutableBytes(minimumWritableBytes: most) { target in
            var writer = ProtobufWriter(target)
            let start = writer.openShort(1)
            booking.write(into: &writer)
            writer.close(at: start)
            return writer.count
        }
    }
}

func reading<Value>(
    _ payload: ByteBuffer, _ name: String, _ body: (UnsafeRawBufferPointer) throws(ProtobufReader.Malformed) -> Value
) throws(ProtocolError) -> Value {
    do {
        return try payload.withUnsafeReadableBytes { bytes in try body(bytes) }
    } catch {
        throw ProtocolError(.malformedMessage, "the payload is no haoyuan.v1.\(name)")
    }
}

// An enum is an int32 on the wire; of a longer varint the low 32 bits count.
extension PBChannel {
    init(wire: UInt64) { self = PBChannel(rawValue: Int(Int32(truncatingIfNeeded: wire))) ?? .unspecified }
}
extension PBPatientClass {
    init(wire: UInt64) { self = PBPatientClass(rawValue: Int(Int32(truncatingIfNeeded: wire))) ?? .unspecified }
}
extension PBTransition {
    init(wire: UInt64) { self = PBTransition(rawValue: Int(Int32(truncatingIfNeeded: wire))) ?? .unspecified }
}
extension PBResult {
    init(wire: UInt64) { self = PBResult(rawValue: Int(Int32(truncatingIfNeeded: wire))) ?? .unspecified }
}
extension PBAppointmentState {
    init(wire: UInt64) { self = PBAppointmentState(rawValue: Int(Int32(truncatingIfNeeded: wire))) ?? .unspecified }
}
extension PBRule {
    init(wire: UInt64) { self = PBRule(rawValue: Int(Int32(truncatingIfNeeded: wire))) ?? .unspecified }
}
extension PBAuthority {
    init(wire: UInt64) { self = PBAuthority(rawValue: Int(Int32(truncatingIfNeeded: wire))) ?? .unspecified }
}
extension PBErrorCode {
    init(wire: UInt64) { self = PBErrorCode(rawValue: Int(Int32(truncatingIfNeeded: wire))) ?? .unspecified }
}
