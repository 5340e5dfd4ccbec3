package import NIOCore
package import Scheduling

// Calendars are asked for by the hundred thousand, as searches are: read and written by hand, too.

extension PBDayCountsRequest {
    /// Reads a frame's payload where it lies. Of a list that is too long it keeps one more than the limit.
    package init(fastPayload payload: ByteBuffer) throws(ProtocolError) {
        self = try reading(payload, "DayCountsRequest") { bytes throws(ProtobufReader.Malformed) in
            try PBDayCountsRequest(reading: bytes)
        }
    }

    init(reading bytes: UnsafeRawBufferPointer) throws(ProtobufReader.Malformed) {
        self.init()
        var reader = ProtobufReader(bytes)
        while !reader.isAtEnd {
            let (field, kind) = try reader.tag()
            switch (field, kind) {
            case (1, .bytes), (1, .varint): try reader.numbers(kind, into: &departments)
            case (2, .bytes), (2, .varint): try reader.numbers(kind, into: &pools)
            case (3, .varint): service = UInt32(truncatingIfNeeded: try reader.varint())
            case (4, .bytes): from = try reader.string()
            case (5, .bytes): to = try reader.string()
            case (6, .varint): channel = PBChannel(wire: try reader.varint())
            case (7, .varint): patient = try reader.varint()
            case (8, .varint): patientClass = PBPatientClass(wire: try reader.varint())
            default: try reader.skip(kind)
            }
        }
    }
}

extension ProtobufReader {
    /// A field of numbers: packed, or one of them.
    fileprivate mutating func numbers(_ kind: Kind, into list: inout [UInt32]) throws(Malformed) {
        guard kind == .bytes else {
            let number = UInt32(truncatingIfNeeded: try varint())
            if list.count <= Limits.placesPerCounting { list.append(number) }
            return
        }
        var packed = ProtobufReader(try lengthDelimited())
        while !packed.isAtEnd {
            let number = UInt32(truncatingIfNeeded: try packed.varint())
            if list.count <= Limits.placesPerCounting { list.append(number) }
        }
    }
}

extension DayCount {
    /// Bytes that hold any of these as an element: four tags, three 64-bit varints, one of 32 bits, and the element's
    /// own tag and length.
    static let mostBytes = 4 + 3 * 10 + 5 + 2

    func write(into writer: inout ProtobufWriter) {
        writer.field(1, varint: free)
        writer.field(2, varint: capacity)
        writer.field(3, varint: sold)
        writer.field(4, varint: UInt64(sessions))
    }
}

extension ByteBuffer {
    /// Appends a `DayCountsReply` as a message of its own.
    package mutating func writeDayCounts(
        _ days: [DayCount], from: LocalDate, position: UInt64, notJudged: [Rule] = []
    ) {
        let from = from.description
        let most = days.count * DayCount.mostBytes + 2 + from.utf8.count + 11 + notJudged.count + 2
        writeWithUnsafeMutableBytes(minimumWritableBytes: most) { target in
            var writer = ProtobufWriter(target)
            writer.field(1, text: from)
            for day in days {
                let start = writer.openShort(2)
                day.write(into: &writer)
                writer.close(at: start)
            }
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
}
