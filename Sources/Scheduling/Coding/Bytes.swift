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

    package mutating func varint() throws(CodingError) -> UInt64 {
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

    package mutating func number<Number: FixedWidthInteger & UnsignedInteger>(
        _ type: Number.Type = Number.self
    ) throws(CodingError) -> Number {
        guard let number = Number(exactly: try varint()) else { throw CodingError("a number is too large") }
        return number
    }

    package mutating func instant() throws(CodingError) -> Instant? {
        let value = try varint()
        guard value <= UInt64(Int64.max) else { throw CodingError("a moment is too late") }
        return value == 0 ? nil : Instant(rawValue: Int64(value))
    }

    package mutating func string() throws(CodingError) -> String {
        let count = try varint()
        guard count <= UInt64(bytes.count - offset) else { throw CodingError("a text ends too early") }
        let slice = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + Int(count)])
        offset += Int(count)
        // Operators' names, most of them: whether they are ASCII is told far faster than whether they are UTF-8.
        if slice.allSatisfy({ $0 < 0x80 }) { return String(decoding: slice, as: UTF8.self) }
        guard let string = String(validating: slice, as: UTF8.self) else { throw CodingError("a text is not UTF-8") }
        return string
    }

    package func finish() throws(CodingError) {
        guard isAtEnd else { throw CodingError("\(bytes.count - offset) bytes too many") }
    }
}
