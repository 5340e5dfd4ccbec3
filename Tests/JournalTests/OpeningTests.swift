import Foundation
import MemoryJournal
import NIOConcurrencyHelpers
import Testing

@testable import Journal

extension Site {
    /// Makes a journal without a tail, as one of an older format.
    fileprivate func setFormat(_ format: UInt8 = 1) throws {
        let id = [UInt8](1...16)
        try open { $0.creationID = id }.close()
        let key = Array(MetaEntry.formatKey.utf8)
        var value = MetaEntry.encodeFormat(creationID: id)
        value[0] = format
        var envelope: [UInt8] = []
        ValueEnvelope.write(
            value, table: MetaEntry.table, key: key, reflects: .zero, compress: false, into: &envelope)
        try store(MetaEntry.table, key: key, value: envelope)
    }
}

@Suite struct OpeningTests {
    @Test
    func `a newer format is refused by its number, and untouched`() throws {
        let site = try Site(.memory)
        try site.open().close()
        var envelope: [UInt8] = []
        let key = Array(MetaEntry.formatKey.utf8)
        var value = MetaEntry.encodeFormat(creationID: [UInt8](repeating: 1, count: 16))
        value[0] = 8
        value += [1, 2, 3]
        ValueEnvelope.write(value, table: "meta", key: key, reflects: .zero, compress: false, into: &envelope)
        let newer = envelope
        #expect(site.memory.tamper("meta", key: key) { _ in newer })
        #expect(throws: JournalError.newerFormat(found: 8, supported: 7)) { try site.open() }
        #expect(throws: JournalError.newerFormat(found: 8, supported: 7)) {
            try JournalVerifier.verify(storage: site.memory.attach())
        }
        #expect(site.memory.value("meta", key: key) == newer)
    }

    @Test(arguments: Disk.allCases)
    func
        `a journal of the format without a tail gets the newer one before anything stands in its tail, and not without one`(
            _ disk: Disk
        ) throws
    {
        let site = try Site(disk)
        try site.setFormat()
        var journal = try site.open()
        try journal.commit([record(1)])
        #expect(try journal.listing().format == 1)
        try journal.close()
        for _ in 1...2 {
            site.memory.setTail(pieces: 4)
            journal = try site.open { if disk == .lmdb { $0.tailBytes = 4 * TailPiece.blockBytes } }
            #expect(try journal.listing().format == 7)
            site.crash(journal)
            site.memory.setTail(pieces: 0)
            journal = try site.open { $0.readOnly = true }
            #expect(try journal.listing().format == 7)
            #expect(try journal.replayed().map(\.bytes) == [record(1)])
            try journal.close()
        }
    }

    @Test
    func `where there is no room for the newer format, the tail stays empty`() throws {
        let site = try Site(.memory)
        try site.setFormat()
        site.memory.setTail(pieces: 4)
        site.memory.setCapacity(site.memory.usedBytes)
        let journal = try site.open()
        site.memory.setCapacity(nil)
        #expect(try journal.listing().format == 1)
        journal.append(try RecordBatch([record(1)]))
        #expect(try journal.step())
        #expect(journal.durablePosition == Position(1))
        try journal.close()
    }

    @Test(arguments: Disk.allCases, 1...4 as ClosedRange<UInt8>)
    func `an owner that needs the newest format gets it from each older one, without a tail, too`(
        _ disk: Disk, _ format: UInt8
    ) throws {
        let site = try Site(disk)
        try site.setFormat(format)
        let journal = try site.open { $0.needsNewestFormat = true }
        #expect(try journal.listing().format == 7)
        try journal.close()
    }

    @Test(arguments: [0, 4])
    func `where there is no room for the newest format, its owner is not served`(pieces: Int) throws {
        let site = try Site(.memory)
        try site.setFormat()
        site.memory.setTail(pieces: pieces)
        site.memory.setCapacity(site.memory.usedBytes)
        #expect(throws: JournalError.self) { try site.open { $0.needsNewestFormat = true } }
        site.memory.setCapacity(nil)
        let journal = try site.open()
        #expect(try journal.listing().format == (pieces == 0 ? 1 : 7))
        try journal.close()
    }

    @Test
    func `a second opener in this process is refused with its number`() throws {
        let site = try Site(.lmdb)
        let journal = try site.open()
        #expect(throws: JournalError.inUse(pid: getpid())) { try site.open() }
        #expect(throws: JournalError.inUse(pid: getpid())) { try site.open { $0.readOnly = true } }
        try journal.commit([record(1)])
        try journal.close()
        let again = try site.open()
        #expect(try again.replayed().count == 1)
        try again.close()
    }

    @Test
    func `who asks whether a directory is in use keeps nobody from taking it`() throws {
        let directory = try TemporaryDirectory()
        let isOver = NIOLockedValueBox(false)
        let asking = try CommitThread.start {
            while !isOver.withLockedValue({ $0 }) { _ = DirectoryLock.holder(of: directory.path) }
        }
        for _ in 0..<1_000 {
            #expect(throws: Never.self) { try DirectoryLock.take(in: directory.path).release() }
        }
        isOver.withLockedValue { $0 = true }
        asking.join()
    }

    @Test
    func `a second process is refused with the number of the first, and may look on read-only`() async throws {
        let site = try Site(.lmdb)
        let journal = try site.open { $0.driving = .thread }
        journal.append(try RecordBatch([record(1)]))
        try await journal.whenDurable(Position(1))
        let path = site.directory.path
        let pid = getpid()
        await #expect(processExitsWith: .success) { [path = path as String, pid = pid as Int32] in
            #expect(throws: JournalError.inUse(pid: pid)) { try Journal.open(JournalOptions(directory: path)) }
            var options = JournalOptions(directory: path)
            options.readOnly = true
            let journal = try Journal.open(options)
            #expect(try journal.replayed().map(\.bytes) == [record(1)])
            #expect(try journal.listing().segments.count == 1)
            try journal.close()
            let verification = try JournalVerifier.verify(directory: path)
            #expect(verification.isSound && verification.records == 1 && verification.pages == 0)
        }
        try journal.close()
    }

    @Test
    func `a directory that cannot be one is named`() throws {
        let site = try Site(.lmdb)
        let file = site.directory.path + "/file"
        try Data([1]).write(to: URL(fileURLWithPath: file))
        for path in [file, file + "/below", site.directory.path + "/not/there"] {
            do {
                _ = try Journal.open(JournalOptions(directory: path))
                Issue.record("\(path) was opened")
            } catch {
                guard case .directoryUnusable(let named, _) = error else {
                    Issue.record("\(error)")
                    return
                }
                #expect(named == path)
            }
        }
        var options = JournalOptions(directory: site.directory.path)
        options.readOnly = true
        #expect(throws: JournalError.self) { try Journal.open(options) }
    }

    @Test
    func `a file that is not LMDB's is refused as corrupt`() throws {
        let site = try Site(.lmdb)
        let data = Data((0..<20_000).map { UInt8(truncatingIfNeeded: $0) })
        try data.write(to: URL(fileURLWithPath: site.directory.path + "/data.mdb"))
        for audits in [true, false] {
            do {
                _ = try site.open { $0.auditsPages = audits }
                Issue.record("it was opened")
            } catch let error as JournalError {
                #expect(error.code == "corrupt")
            }
        }
    }

    @Test
    func `a journal opened read-only shows the same and writes nothing`() async throws {
        let site = try Site(.lmdb)
        var journal = try site.open()
        try journal.commit((0..<100).map { record($0) }, tables: [.put(patients, key: [1], value: [1])])
        journal.setMetadata("roster", [5])
        while try journal.step() {}
        try journal.close()
        let before = try Data(contentsOf: URL(fileURLWithPath: site.directory.path + "/data.mdb"))
        journal = try site.open { $0.readOnly = true }
        #expect(try journal.replayed().count == 100)
        #expect(try journal.metadata("roster") == [5])
        let listing = try journal.listing()
        #expect(listing.metadata == ["roster"])
        #expect(listing.tables.map(\.values) == [1])
        #expect(listing.next == Position(101))
        #expect(listing.creationID == journal.creationID)
        try journal.close()
        #expect(try Data(contentsOf: URL(fileURLWithPath: site.directory.path + "/data.mdb")) == before)
    }

    @Test
    func `every error has its own code, a sentence and advice`() {
        let report = CorruptionReport(.gap, table: "log.1", expected: "a", found: "b")
        let all: [JournalError] = [
            .directoryUnusable(path: "p", reason: "r"), .inUse(pid: 1), .newerFormat(found: 2, supported: 1),
            .corrupt(report), .storageFull, .mapFull(limitBytes: 1), .syncFailed(errno: EIO),
            .positionTrimmed(oldest: .first), .closed, .cancelled, .io(errno: -30_799, call: "c"),
            .recordTooLarge(bytes: 1), .fullAtCommit(path: "p", freeBytes: 1, neededBytes: 2),
        ]
        #expect(Set(all.map(\.code)).count == all.count)
        #expect(Set(all.map(\.description)).count == all.count)
        #expect(all.allSatisfy { $0.remedy.hasSuffix(".") && $0.description.hasSuffix(".") })
    }
}
