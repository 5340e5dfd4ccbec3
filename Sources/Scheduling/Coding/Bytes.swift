/// Bytes that do not say what they should: a damaged journal, or one of a newer format.
package struct CodingError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

/// Appends numbers and strings to a growing buffer. Reuse one writer for many records.
package struct ByteWriter: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    package mutating func byte(_ value: UInt8) { bytes.append(value) }

    package mutating func append(_ other: [UInt8]) { bytes.append(contentsOf: other) }

    /// Little-endian, 8 bytes.
    package mutating func fixed(_ value: UInt64) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// LEB128: 7 bits a byte, the lowest first.
    package mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    package mutating func varint(_ value: some FixedWidthInteger & UnsignedInteger) { varint(UInt64(value)) }

    /// A moment as a varint of its milliseconds; 0 for none. The engine knows no moment before 1970.
    package mutating func instant(_ value: Instant?) { varint(UInt64(max(0, value?.rawValue ?? 0))) }

    package mutating func string(_ value: String) {
        varint(UInt64(value.utf8.count))
        bytes.append(contentsOf: value.utf8)
    }
}

/// Reads what `ByteWriter` wrote. Every read checks what is left, so damaged bytes throw and never run past the end.
package struct ByteReader: ~Copyable {
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0

    /// - Parameter bytes: must outlive the reader.
    package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    package var isAtEnd: Bool { offset == bytes.count }

    package mutating func byte() throws(CodingError) -> UInt8 {
        guard offset < bytes.count else { throw CodingError("ends too early") }
        defer { offset += 1 }
        return bytes[offset]
    }

    package mutating func fixed() throws(CodingError) -> UInt64 {
        guard bytes.count - offset >= 8 else { throw CodingError("ends too early") }
        defer { offset += 8 }
        return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// Goes on behind the next byte where it is this one.
    mutating func skip(_ byte: UInt8) -> Bool {
        guard offset < bytes.count, bytes[offset] == byte else { return false }
        offset += 1
        return true
    }

    package mutating func varint() throws(CodingError) -> UInt64 {
        guard bytes.count - offset >= 8 else { return try longVarint() }
        // Numbers of up to 8 bytes, all but the largest, in one go: the first byte without the topmost bit is the last
        // one.
        var word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        let last = ~word & 0x8080_8080_8080_8080
        guard last != 0 else { return try longVarint() }
        word &= (last & (0 &- last)) &- 1
        offset += last.trailingZeroBitCount / 8 + 1
        word = (word & 0x7F00_7F00_7F00_7F00) >> 1 | word & 0x007F_007F_007F_007F
        word = (word & 0x3FFF_0000_3FFF_0000) >> 2 | word & 0x0000_3FFF_0000_3FFF
        return (word & 0x0FFF_FFFF_0000_0000) >> 4 | word & 0x0000_0000_0FFF_FFFF
    }

    private mutating func longVarint() throws(CodingError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try byte()
            guard shift < 63 || byte <= 1 else { throw CodingError("a number is too long") }
            value |= UInt64(byte & 0x7F) << shift
            guard byte & 0x80 != 0 else { return value }
            shift += 7
        }
    }

    // Not generic: across modules that would be looked up at run time, for every number of every record.

    package mutating func number(_ type: UInt32.Type = UInt32.self) throws(CodingError) -> UInt32 {
        guard let number = UInt32(exactly: try varint()) else { throw CodingError("a number is too large") }
        return number
    }

    package mutating func number(_ type: UInt16.Type = UInt16.self) throws(CodingError) -> UInt16 {
        guard let number = UInt16(exactly: try varint()) else { throw CodingError("a number is too large") }
        return number
    }

    package mutating func instant() throws(CodingError) -> Instant? {
        let value = try varint()
        guard value <= UInt64(Int64.max) else { throw CodingError("a moment is too late") }
        return value == 0 ? nil : Instant(rawValue: Int64(value))
    }

    package mutating func string() throws(CodingError) -> String { String(decoding: try text(), as: UTF8.self) }

    /// The bytes of a string, checked to be UTF-8, where they stand.
    package mutating func text() throws(CodingError) -> UnsafeRawBufferPointer {
        let count = try varint()
        guard count <= UInt64(bytes.count - offset) else { throw CodingError("a text ends too early") }
        let text = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + Int(count)])
        guard text.isASCII || String(validating: text, as: UTF8.self) != nil else {
            throw CodingError("a text is not UTF-8")
        }
        offset += Int(count)
        return text
    }

    package func finish() throws(CodingError) {
        guard isAtEnd else { throw CodingError("\(bytes.count - offset) bytes too many") }
    }
}

extension UnsafeRawBufferPointer {
    fileprivate var isASCII: Bool {
        var offset = 0
        while count - offset >= 8 {
            guard loadUnaligned(fromByteOffset: offset, as: UInt64.self) & 0x8080_8080_8080_8080 == 0 else {
                return false
            }
            offset += 8
        }
        return self[offset...].allSatisfy { $0 < 0x80 }
    }
}
