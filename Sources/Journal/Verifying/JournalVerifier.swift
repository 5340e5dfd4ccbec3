/// What a verification looked at, and everything it found wrong.
package struct JournalVerification: Sendable {
    /// Every contradiction found, in the order found; empty when the journal is sound.
    package var reports: [CorruptionReport] = []
    /// Pages walked by the audit; 0 when another process had the journal open, for then they change under the walk.
    package var pages: UInt64 = 0
    /// Log segments read.
    package var segments = 0
    /// Chunks read.
    package var chunks = 0
    /// Records whose last byte was read.
    package var records = 0
    /// State tables read.
    package var tables = 0
    /// State values read.
    package var values = 0

    /// Whether nothing is wrong.
    package var isSound: Bool { reports.isEmpty }

    package init() {}
}

/// Reads everything a journal keeps and reports everything that is wrong with it, not just the first thing. Writes
/// nothing. Meant for a journal that no process has open; on one in use it sees the last commit before it began.
package enum JournalVerifier {
    /// How many contradictions are listed at most; by then the question is no longer where.
    package static let reportLimit = 1_000

    /// Verifies the journal in `directory`: pages, meta table, every chunk of every segment, every value of every
    /// table.
    /// - Throws: What keeps it from looking at all: `directoryUnusable`, `newerFormat`, `inUse` (by this very process),
    ///   `io`. What is wrong with the data is reported, not thrown.
    package static func verify(
        directory: String, progress: (JournalProgress) -> Void = { _ in }
    ) throws(JournalError) -> JournalVerification {
        var verification = JournalVerification()
        do throws(JournalError) {
            if DirectoryLock.holder(of: directory) == nil {
                let audit = try PageAudit.run(directory: directory, reportsWanted: reportLimit, progress: progress)
                // Pages that changed under the walk, because a process has come since, say nothing.
                if audit.reports.isEmpty || DirectoryLock.holder(of: directory) == nil {
                    verification.pages = audit.pages
                    verification.reports = audit.reports
                    // LMDB must not be let loose on pages that the audit would not vouch for.
                    guard audit.reports.isEmpty else { return verification }
                }
            }
            var options = JournalOptions(directory: directory)
            options.readOnly = true
            let storage = try LMDBStorage.open(options)
            defer { storage.close() }
            try verify(try tailed(storage, options, &verification), into: &verification, progress: progress)
        } catch {
            guard case .corrupt(let report) = error else { throw error }
            verification.add(report)
        }
        return verification
    }

    /// The store with what stands in its tail alone, and what is wrong with that.
    private static func tailed(
        _ storage: LMDBStorage, _ options: JournalOptions, _ verification: inout JournalVerification
    ) throws(JournalError) -> any JournalStorage {
        let (storage, _, fault) = try TailedStorage.look(at: storage, options)
        if let fault {
            guard case .corrupt(let report) = fault else { throw fault }
            verification.add(report)
        }
        return storage
    }

    /// Verifies a store, whatever it is made of.
    /// - Throws: What keeps it from looking at all; what is wrong with the data is reported, not thrown.
    package static func verify(
        storage: any JournalStorage, progress: (JournalProgress) -> Void = { _ in }
    ) throws(JournalError) -> JournalVerification {
        var verification = JournalVerification()
        do throws(JournalError) {
            try verify(storage, into: &verification, progress: progress)
        } catch {
            guard case .corrupt(let report) = error else { throw error }
            verification.add(report)
        }
        return verification
    }

    private static func verify(
        _ storage: any JournalStorage, into verification: inout JournalVerification, progress: (JournalProgress) -> Void
    ) throws(JournalError) {
        let snapshot = try storage.snapshot()
        defer { snapshot.close() }
        let names = try storage.tableNames()
        let shape = try MetaImage.read(snapshot).shape
        if let report = SegmentCheck.unlisted(shape, names: names) { verification.add(report) }
        try LogVerification(shape).run(snapshot, into: &verification, progress: progress)
        for name in names where LogShape.Segment.first(of: name) == nil {
            guard let table = StateTable.table(of: name) ?? (name == MetaEntry.table ? name : nil) else {
                verification.add(TableCheck.damagedName("\"\(name)\""))
                continue
            }
            try verifyTable(name, called: table, in: snapshot, end: shape.next, into: &verification, progress: progress)
        }
    }

    private static func verifyTable(
        _ name: String, called table: String, in snapshot: any StorageSnapshot, end: Position,
        into verification: inout JournalVerification, progress: (JournalProgress) -> Void
    ) throws(JournalError) {
        guard let cursor = try snapshot.cursor(name) else { return }
        defer { cursor.close() }
        if name != MetaEntry.table { verification.tables += 1 }
        var entry = try cursor.first()
        while let current = entry {
            if name != MetaEntry.table { verification.values += 1 }
            do throws(ChunkFault) {
                let envelope = try ValueEnvelope.read(current.value, table: table, key: current.key).get()
                if envelope.isCompressed { _ = try envelope.value() }
                if envelope.reflects >= end {
                    throw ChunkFault(
                        .future, expected: "a position before \(end)", found: "one that reflects \(envelope.reflects)")
                }
            } catch {
                verification.add(StateTable.report(error, table: table, key: current.key))
            }
            if verification.values % 65_536 == 0 {
                let done = UInt64(verification.values)
                progress(JournalProgress(stage: .verifyingTables, done: done, total: done))
            }
            entry = try cursor.next()
        }
    }
}

extension JournalVerification {
    mutating func add(_ report: CorruptionReport) {
        if reports.count < JournalVerifier.reportLimit { reports.append(report) }
    }
}

/// Reads the log from its oldest segment to its end, and goes on after each contradiction.
private struct LogVerification {
    private let shape: LogShape
    private var check: ChainCheck
    private var reached: Position

    init(_ shape: LogShape) {
        self.shape = shape
        check = ChainCheck(at: shape.segments[0])
        reached = shape.oldest
    }

    consuming func run(
        _ snapshot: any StorageSnapshot, into verification: inout JournalVerification,
        progress: (JournalProgress) -> Void
    ) throws(JournalError) {
        let total = shape.next.rawValue - shape.oldest.rawValue
        for segment in shape.segments {
            progress(
                JournalProgress(
                    stage: .verifyingLog, done: min(total, segment.first.rawValue - shape.oldest.rawValue), total: total
                ))
            guard let cursor = try snapshot.cursor(segment.name) else {
                verification.add(
                    CorruptionReport(
                        .segment, table: segment.name, position: segment.first,
                        expected: "the segment that the meta table lists", found: "no such table"))
                check.lose()
                continue
            }
            defer { cursor.close() }
            verification.segments += 1
            try verifySegment(segment, cursor, into: &verification)
        }
        verifyEnd(into: &verification)
        progress(JournalProgress(stage: .verifyingLog, done: total, total: total))
    }

    private mutating func verifySegment(
        _ segment: LogShape.Segment, _ cursor: any StorageCursor, into verification: inout JournalVerification
    ) throws(JournalError) {
        let reader = ChunkReader(segment: segment.name, cursor: cursor)
        if check.next == nil { check = ChainCheck(at: segment) }
        var entry = try cursor.first()
        while let current = entry {
            verification.chunks += 1
            switch reader.read(current) {
            case .failure(let report):
                verification.add(report)
                check.lose()
            case .success(let chunk):
                let fault = check.admit(chunk) ?? chunk.forEachRecord { _, _ in true }
                if let fault {
                    verification.add(reader.report(fault, key: chunk.first.rawValue, value: current.value))
                }
                if chunk.kind == .whole { verification.records += chunk.count }
                if chunk.kind == .lastFragment { verification.records += 1 }
                reached = chunk.last.next
            }
            entry = try cursor.next()
        }
    }

    private func verifyEnd(into verification: inout JournalVerification) {
        let segment = shape.segments[shape.segments.count - 1]
        // After a chunk that could not be read nothing is known of the end; that chunk is reported already.
        guard let next = check.next else { return }
        if next != shape.next {
            verification.add(
                CorruptionReport(
                    .gap, table: segment.name, position: reached, expected: "records up to \(shape.next.previous)",
                    found: "the log ends before \(next)"))
        } else if let chain = check.chain, chain != shape.chain {
            verification.add(
                CorruptionReport(
                    .chain, table: segment.name, position: shape.next.previous, expected: Checksum.text(shape.chain),
                    found: Checksum.text(chain)))
        } else if check.isInsideRecord {
            verification.add(
                CorruptionReport(
                    .malformed, table: segment.name, position: shape.next.previous,
                    expected: "the last fragment of a record", found: "the end of the log"))
        }
    }
}
