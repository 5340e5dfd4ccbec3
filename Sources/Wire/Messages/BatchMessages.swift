package import NIOCore

/// What a batch frame carries, taken out element by element.
package enum BatchElement: Sendable {
    case booking(PBBookRequest)
    case change(PBChangeRequest)
}

extension PBBatchRequest {
    /// How many requests a payload carries, without decoding any: so that one that is too long costs nothing.
    package static func count(in payload: ByteBuffer) throws(ProtocolError) -> Int {
        try reading(payload, "BatchRequest") { bytes throws(ProtobufReader.Malformed) in
            var reader = ProtobufReader(bytes)
            var count = 0
            while !reader.isAtEnd {
                let (field, kind) = try reader.tag()
                if kind == .bytes, field == 1 || field == 2 { count += 1 }
                try reader.skip(kind)
            }
            return count
        }
    }

    /// Hands out the requests in the order in which they lie in the payload.
    package static func forEach(
        in payload: ByteBuffer, _ body: (BatchElement) -> Void
    ) throws(ProtocolError) {
        try reading(payload, "BatchRequest") { bytes throws(ProtobufReader.Malformed) in
            var reader = ProtobufReader(bytes)
            while !reader.isAtEnd {
                let (field, kind) = try reader.tag()
                switch (field, kind) {
                case (1, .bytes): body(.booking(try PBBookRequest(reading: try reader.lengthDelimited())))
                case (2, .bytes): body(.change(try PBChangeRequest(reading: try reader.lengthDelimited())))
                default: try reader.skip(kind)
                }
            }
        }
    }
}

extension PBBatchReply {
    /// Hands out the outcomes of the bookings; those of changes are passed over.
    package static func forEachBooking(in payload: ByteBuffer, _ body: (PBOutcome) -> Void) throws(ProtocolError) {
        try reading(payload, "BatchReply") { bytes throws(ProtobufReader.Malformed) in
            var reader = ProtobufReader(bytes)
            while !reader.isAtEnd {
                let (field, kind) = try reader.tag()
                if field == 1, kind == .bytes {
                    body(try PBOutcome(reading: try reader.lengthDelimited()))
                } else {
                    try reader.skip(kind)
                }
            }
        }
    }
}

extension ByteBuffer {
    /// How often a field with this number and a length in front stands at the top of a message: the elements of a
    /// repeated field, counted before anything is built of them.
    package func countOfElements(inField number: UInt32) throws(ProtocolError) -> Int {
        var count = 0
        try forEachElement { field, _ throws(ProtobufReader.Malformed) in if field == number { count += 1 } }
        return count
    }

    /// The same one level down: the elements of a field within those of another, at most in any one of them and in all.
    package func countOfElements(
        inField number: UInt32, ofEach outer: UInt32
    ) throws(ProtocolError) -> (most: Int, sum: Int) {
        var (most, sum) = (0, 0)
        try forEachElement { field, bytes throws(ProtobufReader.Malformed) in
            guard field == outer else { return }
            let count = try ProtobufReader.countOfElements(inField: number, of: bytes)
            most = max(most, count)
            sum += count
        }
        return (most, sum)
    }

    /// And at any depth: the elements of the last field of a path, at most in any one message of the field before it.
    /// - Parameter areNumbers: they are varints, packed or one by one; else texts or messages.
    package func mostElements(at path: [UInt32], areNumbers: Bool = false) throws(ProtocolError) -> Int {
        try reading(self, "message") { bytes throws(ProtobufReader.Malformed) in
            try ProtobufReader.mostElements(at: path[...], of: bytes, areNumbers)
        }
    }

    /// Whether an `AppointmentsReply` shows the appointment of this id, found without building any of them.
    package func hasAppointment(_ id: UInt64) throws(ProtocolError) -> Bool {
        var isThere = false
        try forEachElement { field, bytes throws(ProtobufReader.Malformed) in
            guard field == 1, !isThere else { return }
            var reader = ProtobufReader(bytes)
            while !reader.isAtEnd {
                let (field, kind) = try reader.tag()
                if field == 1, kind == .fixed64 {
                    isThere = try reader.fixed64() == id
                } else {
                    try reader.skip(kind)
                }
            }
        }
        return isThere
    }

    private func forEachElement(
        _ body: (UInt32, UnsafeRawBufferPointer) throws(ProtobufReader.Malformed) -> Void
    ) throws(ProtocolError) {
        try reading(self, "message") { bytes throws(ProtobufReader.Malformed) in
            try ProtobufReader.forEachElement(of: bytes, body)
        }
    }
}

extension ProtobufReader {
    /// Every field of a message that has a length in front: its number and its bytes.
    fileprivate static func forEachElement(
        of message: UnsafeRawBufferPointer, _ body: (UInt32, UnsafeRawBufferPointer) throws(Malformed) -> Void
    ) throws(Malformed) {
        var reader = ProtobufReader(message)
        while !reader.isAtEnd {
            let (field, kind) = try reader.tag()
            if kind == .bytes { try body(field, try reader.lengthDelimited()) } else { try reader.skip(kind) }
        }
    }

    fileprivate static func countOfElements(
        inField number: UInt32, of message: UnsafeRawBufferPointer
    ) throws(Malformed) -> Int {
        var count = 0
        try forEachElement(of: message) { field, _ throws(Malformed) in if field == number { count += 1 } }
        return count
    }

    fileprivate static func mostElements(
        at path: ArraySlice<UInt32>, of message: UnsafeRawBufferPointer, _ areNumbers: Bool
    ) throws(Malformed) -> Int {
        guard let first = path.first else { return 0 }
        guard path.count > 1 else {
            return areNumbers
                ? try countOfNumbers(inField: first, of: message) : try countOfElements(inField: first, of: message)
        }
        var most = 0
        try forEachElement(of: message) { field, bytes throws(Malformed) in
            if field == first { most = max(most, try mostElements(at: path.dropFirst(), of: bytes, areNumbers)) }
        }
        return most
    }

    private static func countOfNumbers(
        inField number: UInt32, of message: UnsafeRawBufferPointer
    ) throws(Malformed) -> Int {
        var reader = ProtobufReader(message)
        var count = 0
        while !reader.isAtEnd {
            let (field, kind) = try reader.tag()
            if field == number, kind == .bytes {
                count += try reader.lengthDelimited().count { $0 < 0x80 }
            } else {
                if field == number, kind == .varint { count += 1 }
                try reader.skip(kind)
            }
        }
        return count
    }
}
