/// The unit of the log on disk: some whole records, or one fragment of a large one, in at most 2,016 bytes.
///
///     offset  bytes
///          0      4  crc32c of everything after it, continued over the key (8 bytes, little-endian)
///          4      4  chain: the crc of the chunk before; for the first ever, the seed made from the creation id
///          8      8  position of its first record; equals the key
///         16      2  how many records, or 1 for a fragment
///         18      1  kind: 0 whole records, 1 first, 2 middle, 3 last fragment
///         19      1  reserved, 0
///         20      …  records, each a LEB128 length and its bytes
///
/// All integers little-endian. The size is chosen for LMDB's 4 KiB pages: a value of up to 2,022 bytes stays inside a
/// leaf page, two of 2,016 fill one (16 header + 2 × (2 pointer + 8 node + 8 key + 2,016)), and nothing of the log ever
/// becomes an overflow page, whose search for neighbouring free pages is what makes LMDB stall.
enum Chunk {
    static let headerBytes = 20
    static let maximumBytes = 2_016
    /// The longest record stored whole: what is left after the header and the 2 bytes of its length.
    static let wholeRecordBytes = maximumBytes - headerBytes - 2
    /// What a chunk costs in a leaf page beyond its own bytes: pointer, node header and key.
    static let pageOverheadBytes = 18

    enum Kind: UInt8 {
        case whole = 0
        case firstFragment = 1
        case middleFragment = 2
        case lastFragment = 3
    }

    /// How many positions a record of that length takes.
    @inline(__always)
    static func span(ofRecordLength length: Int) -> Int {
        length <= wholeRecordBytes ? 1 : (length + wholeRecordBytes - 1) / wholeRecordBytes
    }

    /// What fragment `index` of `count` is.
    static func fragmentKind(_ index: Int, of count: Int) -> Kind {
        index == 0 ? .firstFragment : index == count - 1 ? .lastFragment : .middleFragment
    }
}

/// Fills one chunk at a time in memory of its own.
struct ChunkBuilder: ~Copyable {
    private let memory = UnsafeMutableRawPointer.allocate(byteCount: Chunk.maximumBytes, alignment: 8)
    private var used = Chunk.headerBytes
    /// How many records are in it.
    private(set) var count = 0

    deinit { memory.deallocate() }

    @inline(__always)
    func fits(_ length: Int) -> Bool {
        used + (length < 0x80 ? 1 : 2) + length <= Chunk.maximumBytes
    }

    @inline(__always)
    mutating func add(_ record: UnsafeRawBufferPointer) {
        precondition(fits(record.count), "A record that does not fit was put into a chunk.")
        if record.count < 0x80 {
            memory.storeBytes(of: UInt8(record.count), toByteOffset: used, as: UInt8.self)
            used += 1
        } else {
            memory.storeBytes(of: UInt8(record.count & 0x7f) | 0x80, toByteOffset: used, as: UInt8.self)
            memory.storeBytes(of: UInt8(record.count >> 7), toByteOffset: used + 1, as: UInt8.self)
            used += 2
        }
        if let base = record.baseAddress { memory.advanced(by: used).copyMemory(from: base, byteCount: record.count) }
        used += record.count
        count += 1
    }

    /// Forgets what was added since the last chunk.
    mutating func discard() {
        used = Chunk.headerBytes
        count = 0
    }

    /// Completes the header. The bytes are good until the next ``add(_:)``; the chunk begins anew by itself.
    mutating func seal(
        kind: Chunk.Kind, first: Position, chain: UInt32
    ) -> (crc: UInt32, bytes: UnsafeRawBufferPointer) {
        precondition(count > 0, "An empty chunk has no place in the log.")
        memory.storeBytes(of: chain.littleEndian, toByteOffset: 4, as: UInt32.self)
        memory.storeBytes(of: first.rawValue.littleEndian, toByteOffset: 8, as: UInt64.self)
        memory.storeBytes(of: UInt16(count).littleEndian, toByteOffset: 16, as: UInt16.self)
        memory.storeBytes(of: kind.rawValue, toByteOffset: 18, as: UInt8.self)
        memory.storeBytes(of: 0, toByteOffset: 19, as: UInt8.self)
        let body = UnsafeRawBufferPointer(start: memory + 4, count: used - 4)
        let crc = Checksum.extend(Checksum.extend(0, body), first.rawValue)
        memory.storeBytes(of: crc.littleEndian, toByteOffset: 0, as: UInt32.self)
        let bytes = UnsafeRawBufferPointer(start: memory, count: used)
        discard()
        return (crc, bytes)
    }
}

/// A chunk as it stands in the store, its checksum verified.
struct ChunkView {
    let crc: UInt32
    let chain: UInt32
    let first: Position
    let count: Int
    let kind: Chunk.Kind
    private let body: UnsafeRawBufferPointer

    /// The position of its last record (or of its fragment).
    var last: Position { first.advanced(by: count - 1) }

    /// Reads the chunk under `key`, or says what is wrong with it: the checksum first, then where it belongs, then its
    /// fields. What the records say of their own lengths is checked by ``forEachRecord(_:)``.
    /// - Parameter isChecked: whether its checksum was verified before.
    static func read(
        _ bytes: UnsafeRawBufferPointer, key: UInt64, isChecked: Bool = false
    ) -> Result<ChunkView, ChunkFault> {
        guard bytes.count > Chunk.headerBytes, bytes.count <= Chunk.maximumBytes else {
            return .failure(
                .init(.malformed, expected: "a chunk of 21 to \(Chunk.maximumBytes) bytes", found: "\(bytes.count)"))
        }
        let crc = UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self))
        let first = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        if !isChecked {
            let body = Checksum.extend(0, UnsafeRawBufferPointer(rebasing: bytes[4...]))
            let sum = Checksum.extend(body, key)
            if sum != crc {
                if first != key, Checksum.extend(body, first) == crc {
                    return .failure(.init(.misplaced, expected: "the chunk of \(key)", found: "the chunk of \(first)"))
                }
                return .failure(.init(.checksum, expected: Checksum.text(sum), found: Checksum.text(crc)))
            }
        }
        let count = Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt16.self)))
        guard first == key, count > 0, bytes[19] == 0, let kind = Chunk.Kind(rawValue: bytes[18]),
            kind == .whole || count == 1
        else {
            return .failure(
                .init(
                    .malformed, expected: "a header of this format for \(key)",
                    found: "position \(first), \(count) records, kind \(bytes[18]), reserved \(bytes[19])"))
        }
        return .success(
            ChunkView(
                crc: crc,
                chain: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)),
                first: Position(first), count: count, kind: kind,
                body: UnsafeRawBufferPointer(rebasing: bytes[Chunk.headerBytes...])))
    }

    /// Hands each record (or the fragment) to `visit`, which may stop by returning `false`. Returns what is wrong with
    /// the lengths, if anything is; then nothing, or not everything, was visited.
    @inline(__always)
    func forEachRecord(_ visit: (Position, UnsafeRawBufferPointer) throws -> Bool) rethrows -> ChunkFault? {
        var offset = 0
        for index in 0..<count {
            guard offset < body.count else { return lengthFault(index) }
            var length = Int(body[offset])
            offset += 1
            if length >= 0x80 {
                guard offset < body.count, body[offset] < 0x80 else { return lengthFault(index) }
                length = (length & 0x7f) | Int(body[offset]) << 7
                offset += 1
            }
            guard length <= body.count - offset else { return lengthFault(index) }
            let record = UnsafeRawBufferPointer(rebasing: body[offset..<offset + length])
            offset += length
            if try !visit(first.advanced(by: index), record) { return nil }
        }
        return offset == body.count
            ? nil : ChunkFault(.malformed, expected: "\(offset) bytes of records", found: "\(body.count)")
    }

    private func lengthFault(_ index: Int) -> ChunkFault {
        ChunkFault(.malformed, expected: "record \(index) of \(count) to end inside the chunk", found: "it does not")
    }
}

/// What is wrong with a chunk, before anyone has said where it stands.
struct ChunkFault: Error {
    let kind: CorruptionReport.Kind
    let expected: String
    let found: String

    init(_ kind: CorruptionReport.Kind, expected: String, found: String) {
        self.kind = kind
        self.expected = expected
        self.found = found
    }
}
