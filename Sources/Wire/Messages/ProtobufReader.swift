/// Protobuf's wire format, field by field, over bytes that outlive it. For the few messages that come by the hundred
/// thousand; the rest is read by swift-protobuf.
struct ProtobufReader {
    /// The bytes are not protobuf.
    struct Malformed: Error {}

    /// The kind of a field, from the low three bits of its tag. Groups (3 and 4) left the language before proto3.
    enum Kind: UInt8 {
        case varint = 0
        case fixed64 = 1
        case bytes = 2
        case fixed32 = 5
    }

    private let bytes: UnsafeRawBufferPointer
    private var index = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { index == bytes.count }

    /// The next field's number and kind.
    mutating func tag() throws(Malformed) -> (field: UInt32, kind: Kind) {
        let tag = try varint()
        guard tag <= UInt64(UInt32.max), tag >> 3 != 0, let kind = Kind(rawValue: UInt8(tag & 7)) else {
            throw Malformed()
        }
        return (UInt32(tag >> 3), kind)
    }

    @inline(__always)
    mutating func varint() throws(Malformed) -> UInt64 {
        guard index < bytes.count else { throw Malformed() }
        let first = bytes[index]
        if first < 0x80 {
            index += 1
            return UInt64(first)
        }
        return try longVarint()
    }

    private mutating func longVarint() throws(Malformed) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while index < bytes.count, shift < 70 {
            let byte = bytes[index]
            index += 1
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw Malformed()
    }

    @inline(__always)
    mutating func fixed64() throws(Malformed) -> UInt64 {
        guard bytes.count - index >= 8 else { throw Malformed() }
        defer { index += 8 }
        return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
    }

    /// A field with its length in front: a string, bytes, or a message.
    @inline(__always)
    mutating func lengthDelimited() throws(Malformed) -> UnsafeRawBufferPointer {
        let length = try varint()
        guard length <= UInt64(bytes.count - index) else { throw Malformed() }
        defer { index += Int(length) }
        return UnsafeRawBufferPointer(rebasing: bytes[index..<index + Int(length)])
    }

    mutating func string() throws(Malformed) -> String {
        let utf8 = try lengthDelimited()
        guard !utf8.isEmpty else { return "" }
        // Not `String(validating:as:)`: it is generic, and takes four times as long.
        guard let valid = try? UTF8Span(validating: utf8.assumingMemoryBound(to: UInt8.self).span) else {
            throw Malformed()
        }
        return String(copying: valid)
    }

    /// Passes over a field that is not wanted.
    mutating func skip(_ kind: Kind) throws(Malformed) {
        switch kind {
        case .varint: _ = try varint()
        case .bytes: _ = try lengthDelimited()
        case .fixed64, .fixed32:
            let length = kind == .fixed64 ? 8 : 4
            guard bytes.count - index >= length else { throw Malformed() }
            index += length
        }
    }
}

/// Protobuf's wire format, written into memory that was sized before.
struct ProtobufWriter {
    private let target: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(_ target: UnsafeMutableRawBufferPointer) { self.target = target }

    @inline(__always)
    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            target[count] = UInt8(truncatingIfNeeded: rest) | 0x80
            count += 1
            rest >>= 7
        }
        target[count] = UInt8(truncatingIfNeeded: rest)
        count += 1
    }

    /// A varint field; proto3 leaves zeros out. The field's number is below 16, so that its tag is one byte.
    @inline(__always)
    mutating func field(_ number: UInt8, varint value: UInt64) {
        guard value != 0 else { return }
        target[count] = number << 3
        count += 1
        varint(value)
    }

    @inline(__always)
    mutating func field(_ number: UInt8, fixed64 value: UInt64) {
        guard value != 0 else { return }
        target[count] = number << 3 | 1
        count += 1
        precondition(target.count - count >= 8, "the memory was sized for the message")
        target.storeBytes(of: value.littleEndian, toByteOffset: count, as: UInt64.self)
        count += 8
    }

    mutating func field(_ number: UInt8, text: String) {
        var text = text
        guard !text.isEmpty else { return }
        text.withUTF8 { utf8 in
            target[count] = number << 3 | 2
            count += 1
            varint(UInt64(utf8.count))
            UnsafeMutableRawBufferPointer(rebasing: target[count...]).copyMemory(from: UnsafeRawBufferPointer(utf8))
            count += utf8.count
        }
    }

    /// One byte kept free for a length below 128; ``close(at:)`` fills it.
    mutating func openShort(_ number: UInt8) -> Int {
        target[count] = number << 3 | 2
        count += 2
        return count
    }

    mutating func close(at start: Int) {
        precondition(count - start < 0x80, "a short message has a length of one byte")
        target[start - 1] = UInt8(count - start)
    }
}
