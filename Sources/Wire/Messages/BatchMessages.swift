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
        try reading(self, "message") { bytes throws(ProtobufReader.Malformed) in
            var reader = ProtobufReader(bytes)
            var count = 0
            while !reader.isAtEnd {
                let (field, kind) = try reader.tag()
                if kind == .bytes, field == number { count += 1 }
                try reader.skip(kind)
            }
            return count
        }
    }
}
