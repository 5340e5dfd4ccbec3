/// A store that is only looked at, with what stands in its tail alone behind its log: what the next start would make of
/// it.
///
/// Should its log go on meanwhile, what stood in the tail stands there: from then on snapshots show the log as it is.
final class TailedStorage: JournalStorage {
    /// How often a tail is read that does not follow on a log that stands still, until it is taken for damaged.
    private static let tries = 8

    private let storage: any JournalStorage
    /// Where the log ended that the tail follows on.
    private let tip: LogTip
    private let tail: StandingTail

    private init(_ storage: any JournalStorage, _ shape: LogShape, _ tail: StandingTail) {
        self.storage = storage
        tip = shape.tip
        self.tail = tail
    }

    /// What there is to look at in a journal that this process does not write to: the store, with what stands in the
    /// tail alone where anything does, and the meta table as it then reads. Whatever was told before the call is in it,
    /// also where a process has the journal open and goes on.
    ///
    /// Log and tail cannot be read at one moment. Where the log has moved on in between, the one says nothing of the
    /// other, and both are read again. Each commit to the log takes up all that stands in the tail, so a log that has
    /// moved on twice has what stood there before. A piece that is being written is read as one that was cut off:
    /// no caller has been told of it yet. It may stand before one that was written right after; they are read again.
    /// - Returns: The store, its meta table, and why what stands in the tail cannot be shown, where it cannot: it does
    ///   not follow on the log, or cannot be read.
    /// - Throws: ``JournalError/corrupt(_:)`` where the meta table cannot be read; `io`.
    static func look(
        at storage: any JournalStorage, _ options: JournalOptions
    ) throws(JournalError) -> (storage: any JournalStorage, image: MetaImage, fault: JournalError?) {
        var image = try plainImage(of: storage)
        var (moves, faults) = (0, 0)
        while true {
            var found: (chunks: ShippedChunks?, fault: JournalError?) = (nil, nil)
            do throws(JournalError) {
                found.chunks = try contents(of: options).following(image.shape.tip)
            } catch {
                found.fault = error
            }
            let now = try plainImage(of: storage)
            if now.shape != image.shape {
                image = now
                moves += 1
                if moves == 2 { return (storage, image, nil) }
            } else if let fault = found.fault {
                faults += 1
                if faults == tries { return (storage, image, fault) }
            } else {
                guard let chunks = found.chunks else { return (storage, image, nil) }
                let tail = StandingTail(image.shape, chunks)
                let tailed = TailedStorage(storage, image.shape, tail)
                image.shape = tail.shape
                return (tailed, image, nil)
            }
        }
    }

    private static func plainImage(of storage: any JournalStorage) throws(JournalError) -> MetaImage {
        let snapshot = try storage.snapshot()
        defer { snapshot.close() }
        return try MetaImage.read(snapshot)
    }

    private static func contents(of options: JournalOptions) throws(JournalError) -> TailContents {
        guard let storage = options.storage else {
            return try TailFile.contents(ofFileAt: options.directory + TailFile.name)
        }
        guard let tail = try storage.tail() else { return TailContents() }
        defer { tail.close() }
        return try tail.contents()
    }

    func tableNames() throws(JournalError) -> [String] { try storage.tableNames() }
    func tableFootprint(_ name: String) throws(JournalError) -> TableFootprint? { try storage.tableFootprint(name) }
    func makeRoom(for bytes: Int) -> StorageRoom { storage.makeRoom(for: bytes) }
    func beginWrite() throws(JournalError) -> any StorageTransaction {
        preconditionFailure("A journal that is only looked at was written to.")
    }
    func snapshot() throws(JournalError) -> any StorageSnapshot {
        let snapshot = try storage.snapshot()
        do throws(JournalError) {
            return try MetaImage.read(snapshot).shape.tip == tip ? TailedSnapshot(snapshot, tail) : snapshot
        } catch {
            snapshot.close()
            throw error
        }
    }
    func footprint() -> StorageFootprint { storage.footprint() }
    func close() { storage.close() }
}

/// The chunks of a tail as entries of the log's newest segment, and the meta entry that goes with them.
///
/// `@unchecked Sendable`: nothing changes after the initializer, and the memory that entries point into lives as long.
private final class StandingTail: @unchecked Sendable {
    /// The log's, with the chunks in it.
    let shape: LogShape
    let segment: String
    let keys: ContiguousArray<UInt64>
    let log: UnsafeMutableRawBufferPointer
    private let memory: UnsafeMutableRawBufferPointer
    private let places: ContiguousArray<Range<Int>>

    init(_ shape: LogShape, _ chunks: ShippedChunks) {
        var after = shape
        after.next = chunks.last.next
        if let end = chunks.end { after.chain = end.chain }
        self.shape = after
        segment = shape.segments[shape.segments.count - 1].name
        var envelope: [UInt8] = []
        ValueEnvelope.write(
            MetaEntry.encodeLog(after), table: MetaEntry.table, key: Array(MetaEntry.logKey.utf8),
            reflects: chunks.last,
            compress: false, into: &envelope)
        log = .allocate(byteCount: envelope.count, alignment: 8)
        log.copyBytes(from: envelope)
        // Each key of 8 bytes before its chunk, as an entry has both.
        var keys = ContiguousArray<UInt64>()
        var bytes: [UInt8] = []
        var places = ContiguousArray<Range<Int>>()
        _ = chunks.forEachChunk { chunk, stored in
            keys.append(chunk.first.rawValue)
            withUnsafeBytes(of: chunk.first.rawValue) { bytes.append(contentsOf: $0) }
            places.append(bytes.count..<bytes.count + stored.count)
            bytes.append(contentsOf: stored)
            return nil
        }
        memory = .allocate(byteCount: bytes.count, alignment: 8)
        memory.copyBytes(from: bytes)
        self.keys = keys
        self.places = places
    }

    deinit {
        memory.deallocate()
        log.deallocate()
    }

    func entry(_ index: Int) -> StorageEntry {
        let place = places[index]
        return StorageEntry(
            key: UnsafeRawBufferPointer(rebasing: memory[place.lowerBound - 8..<place.lowerBound]),
            value: UnsafeRawBufferPointer(rebasing: memory[place]))
    }
}

private final class TailedSnapshot: StorageSnapshot {
    private let snapshot: any StorageSnapshot
    private let tail: StandingTail

    init(_ snapshot: any StorageSnapshot, _ tail: StandingTail) {
        self.snapshot = snapshot
        self.tail = tail
    }

    func cursor(_ table: String) throws(JournalError) -> (any StorageCursor)? {
        guard let cursor = try snapshot.cursor(table) else { return nil }
        return table == tail.segment ? TailedCursor(cursor, tail) : cursor
    }

    func value(_ table: String, key: UnsafeRawBufferPointer) throws(JournalError) -> UnsafeRawBufferPointer? {
        if table == MetaEntry.table, key.elementsEqual(MetaEntry.logKey.utf8) {
            return UnsafeRawBufferPointer(tail.log)
        }
        return try snapshot.value(table, key: key)
    }

    func entries(_ table: String) throws(JournalError) -> Int {
        try snapshot.entries(table) + (table == tail.segment ? tail.keys.count : 0)
    }

    func close() { snapshot.close() }
}

/// The segment's own entries, then those of the tail.
private final class TailedCursor: StorageCursor {
    private let cursor: any StorageCursor
    private let tail: StandingTail
    /// Where it stands in the tail; `nil` where it stands in the segment.
    private var place: Int?

    init(_ cursor: any StorageCursor, _ tail: StandingTail) {
        self.cursor = cursor
        self.tail = tail
    }

    func seek(atOrAfter key: UnsafeRawBufferPointer) throws(JournalError) -> StorageEntry? {
        if let entry = try cursor.seek(atOrAfter: key) { return inSegment(entry) }
        let wanted = key.loadUnaligned(as: UInt64.self)
        return inTail(tail.keys.firstIndex { $0 >= wanted } ?? tail.keys.count)
    }

    func first() throws(JournalError) -> StorageEntry? { inSegment(try cursor.first()) ?? inTail(0) }

    func last() throws(JournalError) -> StorageEntry? { inTail(tail.keys.count - 1) }

    func next() throws(JournalError) -> StorageEntry? {
        if let place { return inTail(place + 1) }
        return try cursor.next() ?? inTail(0)
    }

    func previous() throws(JournalError) -> StorageEntry? {
        guard let place else { return try cursor.previous() }
        return place > 0 ? inTail(place - 1) : inSegment(try cursor.last())
    }

    private func inSegment(_ entry: StorageEntry?) -> StorageEntry? {
        if entry != nil { place = nil }
        return entry
    }

    private func inTail(_ index: Int) -> StorageEntry? {
        guard tail.keys.indices.contains(index) else { return nil }
        place = index
        return tail.entry(index)
    }

    func fileOffset(of value: UnsafeRawBufferPointer) -> UInt64? { place == nil ? cursor.fileOffset(of: value) : nil }
    func close() { cursor.close() }
}
