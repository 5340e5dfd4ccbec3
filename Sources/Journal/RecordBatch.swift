/// Records that one shard wants appended together, gathered without any lock and without an allocation a record.
///
/// Fill it, hand it to ``Journal/append(_:tables:)``, call ``removeAll(keepingCapacity:)``, fill it again. All records
/// of a batch become durable in the same commit.
package struct RecordBatch: Sendable {
    private(set) var writer = RecordWriter()
    private(set) var lengths: [UInt32] = []
    /// How many log positions the batch takes: one for each record, and more for those that are stored in fragments.
    package private(set) var span = 0

    /// An empty batch with room for `records` records of `bytes` bytes in all before it grows.
    package init(records: Int = 0, bytes: Int = 0) {
        lengths.reserveCapacity(records)
        writer.reserve(bytes)
    }

    /// How many records it holds.
    package var count: Int { lengths.count }
    /// Whether it holds none.
    package var isEmpty: Bool { lengths.isEmpty }
    /// How many bytes its records have together.
    package var byteCount: Int { writer.bytes.count }
    /// The records' bytes, one after the other.
    var bytes: [UInt8] { writer.bytes }

    /// Adds a record, copying its bytes once. An empty record is lawful.
    /// - Throws: ``JournalError/recordTooLarge(bytes:)``; the batch is then as it was.
    package mutating func append(_ record: UnsafeRawBufferPointer) throws(JournalError) {
        let start = writer.count
        writer.append(record)
        try finishRecord(from: start)
    }

    /// Adds a record from an array.
    /// - Throws: ``JournalError/recordTooLarge(bytes:)``; the batch is then as it was.
    package mutating func append(_ record: [UInt8]) throws(JournalError) {
        let start = writer.count
        record.withUnsafeBytes { writer.append($0) }
        try finishRecord(from: start)
    }

    /// Adds the record that `body` writes straight into the batch's own buffer: nothing is copied, nothing allocated.
    /// - Throws: ``JournalError/recordTooLarge(bytes:)``; the batch is then as it was.
    @inline(__always)
    package mutating func appendRecord(_ body: (inout RecordWriter) -> Void) throws(JournalError) {
        let start = writer.count
        body(&writer)
        precondition(writer.count >= start, "A record's writer only ever adds bytes.")
        try finishRecord(from: start)
    }

    /// Empties the batch, by default keeping its memory for the next records.
    package mutating func removeAll(keepingCapacity: Bool = true) {
        writer.truncate(to: 0, keepingCapacity: keepingCapacity)
        lengths.removeAll(keepingCapacity: keepingCapacity)
        span = 0
    }

    /// Where record `index` stands, given the position that ``Journal/append(_:tables:)`` returned for this batch.
    ///
    /// Immediate while no record of the batch is fragmented (each takes one position, so the first stands at
    /// `last - count + 1`); counts through the later records otherwise.
    package func position(of index: Int, appendedAt last: Position) -> Position {
        precondition(lengths.indices.contains(index), "The batch has \(count) records and no record \(index).")
        if span == count { return last.advanced(by: index - (count - 1)) }
        let after = lengths[(index + 1)...].reduce(0) { $0 + Chunk.span(ofRecordLength: Int($1)) }
        return last.advanced(by: -after)
    }

    private mutating func finishRecord(from start: Int) throws(JournalError) {
        let length = writer.count - start
        guard length <= JournalLimits.recordBytes else {
            writer.truncate(to: start, keepingCapacity: true)
            throw .recordTooLarge(bytes: length)
        }
        lengths.append(UInt32(length))
        span += Chunk.span(ofRecordLength: length)
    }
}

/// Writes bytes, numbers and text at the end of a growing buffer. Integers are little-endian.
package struct RecordWriter: Sendable {
    @usableFromInline package private(set) var bytes: [UInt8] = []

    /// An empty writer.
    package init() {}

    /// How many bytes are in the buffer, those of earlier records included.
    @inlinable package var count: Int { bytes.count }

    /// Makes room for `additional` more bytes, so that the buffer grows at most once.
    package mutating func reserve(_ additional: Int) { bytes.reserveCapacity(bytes.count + additional) }

    /// Adds one byte.
    @inline(__always)
    package mutating func append(_ byte: UInt8) { bytes.append(byte) }

    /// Adds an integer, little-endian, in its full width.
    @inline(__always)
    package mutating func append<Number: FixedWidthInteger>(littleEndian number: Number) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Adds an unsigned number in LEB128: 7 bits a byte, least significant first, 1 byte below 128, at most 10.
    @inline(__always)
    package mutating func append(varint number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// Adds bytes from anywhere.
    @inline(__always)
    package mutating func append(_ other: UnsafeRawBufferPointer) { bytes.append(contentsOf: other) }

    /// Adds the bytes of an array.
    @inline(__always)
    package mutating func append(_ other: [UInt8]) { bytes.append(contentsOf: other) }

    /// Adds text as UTF-8, without a length.
    @inline(__always)
    package mutating func append(utf8 text: String) { bytes.append(contentsOf: text.utf8) }

    mutating func truncate(to count: Int, keepingCapacity: Bool) {
        if count == 0 {
            bytes.removeAll(keepingCapacity: keepingCapacity)
        } else {
            bytes.removeLast(bytes.count - count)
        }
    }
}
