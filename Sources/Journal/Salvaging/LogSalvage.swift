import Glibc

/// The log of a damaged journal, found again without the trees that led to it.
///
/// Every chunk has its own checksum, its place, and the checksum of the one before it. So a chunk is believed wherever
/// in the file it lies, and in whichever order they are found: beginning with the last one, whose checksum the meta
/// table keeps, each names the one before it, back to the first ever, which is chained to the journal's own id. What is
/// found so is the log that was acknowledged, and no other: a chunk that a crash left behind, never acknowledged, is
/// named by none of them.
///
/// Pages of segments that were trimmed count, too, as long as nothing was written over them.
package struct LogSalvage: Sendable {
    /// A chunk in the file.
    struct Place: Sendable {
        var offset: Int
        var length: Int
        var first: UInt64
        var count: Int
        var chain: UInt32
    }

    /// The 16 bytes given to the journal when it was made.
    package let creationID: [UInt8]
    /// Where it ends.
    private let end: LogTip
    /// The position behind the last record.
    package var next: Position { end.next }
    /// From where the log is whole, to its end; the first of all when nothing is missing.
    package let reachesBackTo: Position
    /// The engine's own small facts, by name.
    package let metadata: [String: [UInt8]]
    let places: [Place]
    /// What stood in the log's tail alone.
    private let tail: [LogRecord]
    private let directory: String

    /// Whether the whole history is there, from the first record on.
    package var isWhole: Bool { reachesBackTo == .first }

    /// Looks through the file of the journal in `directory`, which no process may have open.
    /// - Throws: `corrupt` where the meta page or the meta table cannot be read, or the log's tail: then nobody can
    ///   tell where the log ended. `io`.
    package static func run(directory: String, progress: (JournalProgress) -> Void) throws(JournalError) -> LogSalvage {
        let file = try PageFile(directory + "/data.mdb")
        let meta = try MetaSalvage.read(file)
        let found = try ChunkScan.run(file, progress)
        var places: [Place] = []
        var (next, chain) = (meta.shape.next.rawValue, meta.shape.chain)
        while next > Position.first.rawValue, let place = found[ChunkScan.Name(crc: chain, next: next)] {
            places.append(place)
            (next, chain) = (place.first, place.chain)
        }
        let (end, tail) = try self.end(after: meta, directory)
        let beginsRight = next == Position.first.rawValue && chain == LogShape(creationID: meta.creationID).chain
        return LogSalvage(
            creationID: meta.creationID, end: end,
            reachesBackTo: beginsRight ? .first : Position(max(next, Position.first.rawValue + 1)),
            metadata: meta.metadata, places: places.reversed(), tail: tail, directory: directory)
    }

    /// Where the log ends with what stands in its tail alone, and that.
    private static func end(
        after meta: MetaSalvage, _ directory: String
    ) throws(JournalError) -> (LogTip, tail: [LogRecord]) {
        var receiver = ChunkReceiver(after: meta.shape.tip)
        let standing = try TailFile.contents(ofFileAt: directory + TailFile.name).following(meta.shape.tip)
        let tail = try standing.map { chunks throws(JournalError) in try receiver.admit(chunks) }
        return (receiver.tip, tail ?? [])
    }

    /// Whether the log still ends where it did when it was looked through, and the engine's own facts are as they were.
    func isOfToday() throws(JournalError) -> Bool {
        let meta = try MetaSalvage.read(try PageFile(directory + "/data.mdb"))
        return try Self.end(after: meta, directory).0 == end && meta.metadata == metadata
    }

    /// Hands every record over, with its position, from ``reachesBackTo`` on.
    /// - Throws: `corrupt` when the file has changed since it was looked through, `io`, or what `body` throws.
    package func forEachRecord(_ body: (Position, UnsafeRawBufferPointer) throws -> Void) throws {
        let file = try PageFile(directory + "/data.mdb")
        var fragments: [UInt8] = []
        for place in places {
            let bytes = try file.read(at: place.offset, count: place.length)
            try bytes.withUnsafeBytes { raw in
                guard case .success(let chunk) = ChunkView.read(raw, key: place.first) else {
                    throw JournalError.corrupt(
                        .init(
                            .checksum, table: "data.mdb", position: Position(place.first),
                            expected: "the chunk found before", found: "another"))
                }
                let fault = try chunk.forEachRecord { position, record in
                    switch chunk.kind {
                    case .whole: try body(position, record)
                    case .firstFragment: fragments = Array(record)
                    case .middleFragment: fragments += record
                    case .lastFragment:
                        fragments += record
                        try fragments.withUnsafeBytes { try body(position, $0) }
                    }
                    return true
                }
                if let fault {
                    throw JournalError.corrupt(
                        .init(
                            fault.kind, table: "data.mdb", position: Position(place.first), expected: fault.expected,
                            found: fault.found))
                }
            }
        }
        for record in tail { try record.bytes.withUnsafeBytes { try body(record.position, $0) } }
    }
}

/// Every sound chunk of a file, wherever it lies.
private enum ChunkScan {
    /// What the chunk after it, or the meta table, knows of a chunk.
    struct Name: Hashable {
        let crc: UInt32
        /// The position behind its last record.
        let next: UInt64
    }

    static func run(_ file: borrowing PageFile, _ progress: (JournalProgress) -> Void) throws(JournalError) -> [Name:
        LogSalvage.Place]
    {
        var found: [Name: LogSalvage.Place] = [:]
        for number in 2..<max(file.pages, 2) {
            if number % 4_096 == 0 {
                progress(
                    JournalProgress(
                        stage: .auditingPages, done: UInt64(number * file.pageBytes), total: UInt64(file.bytes)))
            }
            let page = try file.read(at: number * file.pageBytes, count: file.pageBytes)
            page.withUnsafeBytes { raw in
                for node in PageNodes(raw) where node.key.count == 8 && node.value.count > Chunk.headerBytes {
                    let key = node.key.loadUnaligned(as: UInt64.self)
                    guard case .success(let chunk) = ChunkView.read(node.value, key: key) else { continue }
                    found[Name(crc: chunk.crc, next: chunk.last.next.rawValue)] = LogSalvage.Place(
                        offset: number * file.pageBytes + node.valueOffset, length: node.value.count, first: key,
                        count: chunk.count, chain: chunk.chain)
                }
            }
        }
        return found
    }
}
