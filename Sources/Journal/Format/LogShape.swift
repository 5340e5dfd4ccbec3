/// What the log looks like as a whole: where it ends, how its end is chained, and which segments hold it.
///
/// It is kept in the meta table and changes in the same commit as the log itself.
struct LogShape: Equatable, Sendable {
    /// One table of chunks.
    struct Segment: Equatable, Sendable {
        /// The position of its first chunk; also its name.
        var first: Position
        /// The crc of the chunk before it: what its first chunk must be chained to. Trimming keeps exactly this.
        var chain: UInt32

        /// The table's name: sorts as the positions do.
        var name: String { Segment.name(first) }

        static let prefix = "log."

        static func name(_ first: Position) -> String {
            let digits = String(first.rawValue, radix: 16)
            return prefix + String(repeating: "0", count: 16 - digits.count) + digits
        }

        /// The first position of the segment of that name, or `nil` when it is no segment's name.
        static func first(of name: String) -> Position? {
            guard name.hasPrefix(prefix), name.utf8.count == prefix.utf8.count + 16 else { return nil }
            return UInt64(name.dropFirst(prefix.utf8.count), radix: 16).map { Position($0) }
        }
    }

    /// The position that the next record will get.
    var next: Position
    /// The crc of the last chunk: what the next one is chained to.
    var chain: UInt32
    /// Oldest first, never empty; the last one is the one that grows.
    var segments: [Segment]
    /// What stands before this position is reflected by the state tables: recovery replays from here.
    var checkpoint: Position

    /// The shape of a log that has just been made.
    init(creationID: [UInt8]) {
        next = .first
        chain = creationID.withUnsafeBytes { Checksum.extend(0, $0) }
        segments = [Segment(first: .first, chain: chain)]
        checkpoint = .first
    }

    init(next: Position, chain: UInt32, segments: [Segment], checkpoint: Position) {
        self.next = next
        self.chain = chain
        self.segments = segments
        self.checkpoint = checkpoint
    }

    /// Where it ends.
    var tip: LogTip { LogTip(next: next, chain: chain) }

    /// The oldest position still in the log (or the next one, when the log is empty).
    var oldest: Position { segments[0].first }

    /// The index of the segment in which `position` stands or would stand.
    func segment(holding position: Position) -> Int? {
        segments.lastIndex { $0.first <= position }
    }

    /// The segments whose records all stand before `position`, which must never include the last one.
    func segments(before position: Position) -> Int {
        (segments.firstIndex { $0.first > position } ?? segments.count) - 1
    }
}

/// The keys of the meta table, and how each value is written. All integers little-endian; every value is enveloped as
/// those of the state tables are.
enum MetaEntry {
    static let table = "meta"
    /// The formats that this program reads. It writes the newest. In one of format 1 nothing may stand in the log's
    /// tail alone, for programs that read no newer one know of no tail. Programs that read no format above 2, 3,
    /// 4, 5 or 6 do not know every kind of record.
    static let formats: ClosedRange<UInt32> = 1...7

    /// `format`: the format (7), the creation id (16).
    static let formatKey = "format"
    /// `log`: next position (8), chain (4), checkpoint (8).
    static let logKey = "log"
    /// `segments`: for each its first position (8) and chain (4).
    static let segmentsKey = "segments"
    /// `copy`: there while a copy of another journal is being taken in.
    static let copyKey = "copy"
    /// `app.` and a name: what ``Journal/setMetadata(_:_:)`` was given.
    static let applicationPrefix = "app."

    static func encodeFormat(creationID: [UInt8]) -> [UInt8] {
        var writer = RecordWriter()
        writer.append(littleEndian: formats.upperBound)
        writer.append(creationID)
        return writer.bytes
    }

    /// The format and the creation id in the value of `format`; `nil` when it is neither of a format that this program
    /// reads nor of a newer one.
    /// - Throws: ``JournalError/newerFormat(found:supported:)``.
    static func decodeFormat(_ bytes: [UInt8]) throws(JournalError) -> (format: UInt32, creationID: [UInt8])? {
        guard bytes.count >= 4 else { return nil }
        let number = bytes.withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self)) }
        guard number <= formats.upperBound else {
            throw .newerFormat(found: number, supported: formats.upperBound)
        }
        guard formats.contains(number), bytes.count == 20 else { return nil }
        return (number, [UInt8](bytes[4...]))
    }

    static func encodeLog(_ shape: LogShape) -> [UInt8] {
        var writer = RecordWriter()
        writer.append(littleEndian: shape.next.rawValue)
        writer.append(littleEndian: shape.chain)
        writer.append(littleEndian: shape.checkpoint.rawValue)
        return writer.bytes
    }

    static func encodeSegments(_ segments: [LogShape.Segment]) -> [UInt8] {
        var writer = RecordWriter()
        writer.reserve(segments.count * 12)
        for segment in segments {
            writer.append(littleEndian: segment.first.rawValue)
            writer.append(littleEndian: segment.chain)
        }
        return writer.bytes
    }

    static func decodeSegments(_ bytes: [UInt8]) -> [LogShape.Segment]? {
        guard !bytes.isEmpty, bytes.count % 12 == 0 else { return nil }
        return bytes.withUnsafeBytes { raw in
            stride(from: 0, to: raw.count, by: 12).map { offset in
                LogShape.Segment(
                    first: Position(UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))),
                    chain: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: offset + 8, as: UInt32.self)))
            }
        }
    }
}

/// The meta table, read whole: what opening needs to know.
struct MetaImage: Sendable {
    var format: UInt32
    let creationID: [UInt8]
    var shape: LogShape

    /// Reads the meta table of a snapshot.
    /// - Throws: ``JournalError/newerFormat(found:supported:)``, or ``JournalError/corrupt(_:)`` naming the entry.
    static func read(_ snapshot: any StorageSnapshot) throws(JournalError) -> MetaImage {
        let format = try entry(MetaEntry.formatKey, in: snapshot)
        guard let (number, creationID) = try MetaEntry.decodeFormat(format) else {
            throw malformed(
                MetaEntry.formatKey,
                "format \(MetaEntry.formats.lowerBound) to \(MetaEntry.formats.upperBound) and 16 bytes",
                "\(format.count) bytes that begin with \(format.prefix(4))")
        }
        let log = try entry(MetaEntry.logKey, in: snapshot)
        guard log.count == 20 else { throw malformed(MetaEntry.logKey, "20 bytes", "\(log.count)") }
        let list = try entry(MetaEntry.segmentsKey, in: snapshot)
        guard let segments = MetaEntry.decodeSegments(list) else {
            throw malformed(MetaEntry.segmentsKey, "a multiple of 12 bytes", "\(list.count)")
        }
        let shape = log.withUnsafeBytes { raw in
            LogShape(
                next: Position(UInt64(littleEndian: raw.loadUnaligned(as: UInt64.self))),
                chain: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt32.self)),
                segments: segments,
                checkpoint: Position(UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 12, as: UInt64.self))))
        }
        let ascending = zip(segments, segments.dropFirst()).allSatisfy { $0.first < $1.first }
        guard ascending, segments[segments.count - 1].first <= shape.next, shape.checkpoint <= shape.next else {
            throw malformed(
                MetaEntry.segmentsKey, "ascending segments that begin before \(shape.next)", "\(segments.map(\.first))")
        }
        return MetaImage(format: number, creationID: creationID, shape: shape)
    }

    /// The value of one entry that must be there.
    private static func entry(_ key: String, in snapshot: any StorageSnapshot) throws(JournalError) -> [UInt8] {
        guard let value = try optionalEntry(key, in: snapshot) else {
            throw .corrupt(.init(.segment, table: MetaEntry.table, key: key, expected: "an entry", found: "none"))
        }
        return value
    }

    /// The value of one entry, or `nil` when there is none.
    static func optionalEntry(_ key: String, in snapshot: any StorageSnapshot) throws(JournalError) -> [UInt8]? {
        let outcome = Array(key.utf8).withUnsafeBytes { bytes -> Result<[UInt8]?, JournalError> in
            Result { () throws(JournalError) in
                guard let raw = try snapshot.value(MetaEntry.table, key: bytes) else { return nil }
                do throws(ChunkFault) {
                    return try ValueEnvelope.read(raw, table: MetaEntry.table, key: bytes).get().value()
                } catch {
                    throw .corrupt(
                        .init(
                            error.kind, table: MetaEntry.table, key: key, expected: error.expected, found: error.found))
                }
            }
        }
        return try outcome.get()
    }

    /// All entries of the application's.
    static func metadata(in snapshot: any StorageSnapshot) throws(JournalError) -> [String: [UInt8]] {
        guard let cursor = try snapshot.cursor(MetaEntry.table) else { return [:] }
        defer { cursor.close() }
        var found: [String: [UInt8]] = [:]
        var entry = try cursor.first()
        while let current = entry {
            let key = String(decoding: current.key, as: UTF8.self)
            if key.hasPrefix(MetaEntry.applicationPrefix) {
                found[String(key.dropFirst(MetaEntry.applicationPrefix.count))] = try optionalEntry(key, in: snapshot)
            }
            entry = try cursor.next()
        }
        return found
    }

    private static func malformed(_ key: String, _ expected: String, _ found: String) -> JournalError {
        .corrupt(.init(.malformed, table: MetaEntry.table, key: key, expected: expected, found: found))
    }
}
