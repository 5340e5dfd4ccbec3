import Glibc

/// Everything that happens before a journal can be used.
struct JournalOpening {
    private let options: JournalOptions

    init(_ options: JournalOptions) {
        precondition(options.creationID == nil || options.creationID?.count == 16, "A creation id has 16 bytes.")
        precondition(options.segmentBytes > 0 && options.growthStepBytes > 0, "Segments and growth have a size.")
        precondition(options.reserveBytes >= 0 && options.queueBytesLimit >= 0, "Limits are not negative.")
        self.options = options
    }

    func open(progress: (JournalProgress) -> Void) throws(JournalError) -> Journal {
        if let storage = options.storage { return try open(on: storage, directoryLock: nil) }
        if !options.readOnly { try makeDirectory() }
        let lock = options.readOnly ? nil : try DirectoryLock.take(in: options.directory)
        do throws(JournalError) {
            if options.auditsPages { try auditPages(progress) }
            var storage: any JournalStorage = try LMDBStorage.open(options)
            if options.simulatedSyncDelayNanoseconds > 0 {
                storage = DelayedStorage(storage, delayNanoseconds: options.simulatedSyncDelayNanoseconds)
            }
            do throws(JournalError) {
                return try open(on: storage, directoryLock: lock)
            } catch {
                storage.close()
                throw error
            }
        } catch {
            lock?.release()
            throw error
        }
    }

    private func makeDirectory() throws(JournalError) {
        guard mkdir(options.directory, 0o755) != 0, errno != EEXIST else { return }
        throw .directoryUnusable(path: options.directory, reason: JournalError.sentence(errno))
    }

    /// Makes the new files' names durable: LMDB syncs what is in its file, but not the directory that lists it, nor the
    /// one that lists the directory.
    private func syncDirectories() throws(JournalError) {
        for path in [options.directory, options.directory + "/.."] {
            let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard descriptor >= 0 else { throw .directoryUnusable(path: path, reason: JournalError.sentence(errno)) }
            defer { Glibc.close(descriptor) }
            guard fsync(descriptor) == 0 else { throw .syncFailed(errno: errno) }
        }
    }

    private func auditPages(_ progress: (JournalProgress) -> Void) throws(JournalError) {
        // While another process writes, pages change under the walk, and what it finds would mean nothing.
        if options.readOnly, DirectoryLock.holder(of: options.directory) != nil { return }
        let audit = try PageAudit.run(directory: options.directory, reportsWanted: 1, progress: progress)
        guard let report = audit.reports.first else { return }
        // The same when one has come since.
        if options.readOnly, DirectoryLock.holder(of: options.directory) != nil { return }
        throw .corrupt(report)
    }

    private func open(
        on storage: any JournalStorage, directoryLock: DirectoryLock?
    ) throws(JournalError) -> Journal {
        let names = try storage.tableNames()
        if names.isEmpty {
            guard !options.readOnly else {
                throw .directoryUnusable(path: options.directory, reason: "there is no journal in it")
            }
            try create(on: storage)
            if options.storage == nil { try syncDirectories() }
        }
        var image = try checkedImage(storage, names: names.isEmpty ? try storage.tableNames() : names)
        if options.readOnly { return try look(at: storage) }
        var writer = try makeWriter(storage, image)
        let tail = try TailOpening(options: options).run(storage, &image, &writer)
        let queue = CommitQueue(
            after: writer.committed.next.previous, unconfirmed: options.asksForConfirmations)
        let committer = Committer(
            writer: writer, storage: storage, queue: queue, tail: tail, now: options.monotonicNanoseconds,
            pass: options.probe)
        return Journal(
            options: options, image: image, storage: storage, queue: queue, committer: committer,
            directoryLock: directoryLock)
    }

    /// Only to be looked at: what stands in the tail alone is shown as if it stood in the log.
    private func look(at storage: any JournalStorage) throws(JournalError) -> Journal {
        let (storage, image, fault) = try TailedStorage.look(at: storage, options)
        if let fault { throw fault }
        let queue = CommitQueue(after: image.shape.next.previous, unconfirmed: options.asksForConfirmations)
        return Journal(
            options: options, image: image, storage: storage, queue: queue, committer: nil, directoryLock: nil)
    }

    /// Writes the meta table and the first segment of a new journal, in one commit.
    private func create(on storage: any JournalStorage) throws(JournalError) {
        if case .none(let reason) = storage.makeRoom(for: 1 << 20) { throw reason }
        let id = options.origin?.creationID ?? options.creationID ?? Self.randomID()
        let shape = options.origin?.emptyShape ?? LogShape(creationID: id)
        let transaction = try storage.beginWrite()
        do throws(JournalError) {
            _ = try transaction.table(shape.segments[0].name, .integers)
            let meta = try transaction.table(MetaEntry.table, .bytes)
            var entries = [
                (MetaEntry.formatKey, MetaEntry.encodeFormat(creationID: id)),
                (MetaEntry.logKey, MetaEntry.encodeLog(shape)),
                (MetaEntry.segmentsKey, MetaEntry.encodeSegments(shape.segments)),
            ]
            if options.origin != nil { entries.append((MetaEntry.copyKey, [1])) }
            var envelope: [UInt8] = []
            for (name, value) in entries {
                let key = Array(name.utf8)
                ValueEnvelope.write(
                    value, table: MetaEntry.table, key: key, reflects: .zero, compress: false, into: &envelope)
                try transaction.put(meta, key: key, value: envelope)
            }
        } catch {
            transaction.abort()
            throw error
        }
        try transaction.commit()
    }

    private static func randomID() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    /// Reads the meta table and holds the list of tables and the end of the log against it.
    private func checkedImage(_ storage: any JournalStorage, names: [String]) throws(JournalError) -> MetaImage {
        let snapshot = try storage.snapshot()
        defer { snapshot.close() }
        let image = try MetaImage.read(snapshot)
        try TableCheck.run(names, known: options.tables)
        if !options.opensUnfinishedCopy, try MetaImage.optionalEntry(MetaEntry.copyKey, in: snapshot) != nil {
            throw .unfinishedCopy(path: options.directory)
        }
        if let report = SegmentCheck.missing(image.shape, names: names) { throw .corrupt(report) }
        if let report = SegmentCheck.unlisted(image.shape, names: names) { throw .corrupt(report) }
        if let report = try SegmentCheck.end(image.shape, in: snapshot) { throw .corrupt(report) }
        return image
    }

    private func makeWriter(_ storage: any JournalStorage, _ image: MetaImage) throws(JournalError) -> LogWriter {
        let shape = image.shape
        let names = try storage.tableNames()
        let droppable = names.filter { name in
            LogShape.Segment.first(of: name).map { $0 < shape.oldest } ?? false
        }
        let newest = try storage.tableFootprint(shape.segments[shape.segments.count - 1].name)
        return LogWriter(
            continuing: shape, segmentBytes: newest?.bytes ?? 0, droppable: droppable,
            tables: Set(names.compactMap(StateTable.table(of:))), segmentBytesLimit: options.segmentBytes,
            segmentCountLimit: LMDBStorage.segmentLimit)
    }
}

/// What can be said of the tables without reading them.
enum TableCheck {
    /// A table whose name was damaged would be missing where it is looked for, without a word.
    /// - Parameter known: the state tables that there may be; nil: any.
    static func run(_ names: [String], known: [Table]?) throws(JournalError) {
        let known = known.map { Set($0.map(\.name)) }
        for name in names where name != MetaEntry.table && LogShape.Segment.first(of: name) == nil {
            guard let table = StateTable.table(of: name), known?.contains(table) ?? true else {
                throw .corrupt(damagedName("\"\(name)\""))
            }
        }
    }

    static func damagedName(_ name: String) -> CorruptionReport {
        CorruptionReport(
            .page, table: "data.mdb", key: "the list of tables", expected: "names that the journal gives", found: name)
    }
}

/// What can be said of the log without reading all of it.
enum SegmentCheck {
    /// The first segment that the meta table lists and that is not there.
    static func missing(_ shape: LogShape, names: [String]) -> CorruptionReport? {
        let present = Set(names)
        guard let segment = shape.segments.first(where: { !present.contains($0.name) }) else { return nil }
        return CorruptionReport(
            .segment, table: segment.name, position: segment.first, expected: "the segment that the meta table lists",
            found: "no such table")
    }

    /// The first segment at or after the oldest that the meta table does not list. (Those before it are trimmed and
    /// only wait to be removed.)
    static func unlisted(_ shape: LogShape, names: [String]) -> CorruptionReport? {
        let listed = Set(shape.segments.map(\.name))
        for name in names where !listed.contains(name) {
            guard let first = LogShape.Segment.first(of: name), first >= shape.oldest else { continue }
            return CorruptionReport(
                .segment, table: name, position: first, expected: "only segments that the meta table lists",
                found: "another")
        }
        return nil
    }

    /// Whether the log ends where the meta table says, and with the chunk it says.
    static func end(_ shape: LogShape, in snapshot: any StorageSnapshot) throws(JournalError) -> CorruptionReport? {
        let segment = shape.segments[shape.segments.count - 1]
        guard let cursor = try snapshot.cursor(segment.name) else {
            return missing(shape, names: shape.segments.dropLast().map(\.name))
        }
        defer { cursor.close() }
        guard let entry = try cursor.last() else {
            guard segment.first != shape.next || segment.chain != shape.chain else { return nil }
            return CorruptionReport(
                .gap, table: segment.name, position: shape.next.previous,
                expected: "records up to \(shape.next.previous)", found: "an empty segment")
        }
        let reader = ChunkReader(segment: segment.name, cursor: cursor)
        let chunk: ChunkView
        switch reader.read(entry) {
        case .failure(let report): return report
        case .success(let view): chunk = view
        }
        guard chunk.last.next == shape.next else {
            return CorruptionReport(
                .gap, table: segment.name, position: chunk.last.next,
                expected: "records up to \(shape.next.previous)", found: "the last at \(chunk.last)")
        }
        guard chunk.crc == shape.chain else {
            return CorruptionReport(
                .chain, table: segment.name, position: chunk.last, expected: Checksum.text(shape.chain),
                found: Checksum.text(chunk.crc))
        }
        return nil
    }
}
