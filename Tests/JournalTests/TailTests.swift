import Foundation
import MemoryJournal
import NIOConcurrencyHelpers
import Testing

@testable import Journal

@Suite struct `The log's tail` {
    /// A journal with a tail on either disk.
    private func open(_ site: Site, _ configure: (inout JournalOptions) -> Void = { _ in }) throws -> Journal {
        site.memory.setTail(pieces: 64)
        return try site.open {
            if site.disk == .lmdb { $0.tailBytes = 64 * TailPiece.blockBytes }
            configure(&$0)
        }
    }

    private func keep(_ records: [[UInt8]], in journal: Journal) throws {
        journal.append(try RecordBatch(records))
        #expect(try journal.step())
    }

    private func damage(_ site: Site, place: Int) throws {
        if site.disk == .memory { return site.memory.tamperTail(place) { _ in nil } }
        let url = URL(fileURLWithPath: site.directory.path + TailFile.name)
        var bytes = try Data(contentsOf: url)
        bytes[place * TailPiece.blockBytes + TailPiece.headBytes + 5] ^= 1
        try bytes.write(to: url)
    }

    @Test(arguments: Disk.allCases)
    func `what a piece has may be told at once, and is read when the log has taken it up`(_ disk: Disk) async throws {
        let site = try Site(disk)
        let journal = try open(site)
        try keep([record(1), record(2)], in: journal)
        try await journal.whenSettled(Position(2))
        #expect(journal.settledPosition == Position(2))
        #expect(journal.durablePosition == .zero)
        #expect(journal.diskPosition == Position(2))
        #expect(journal.logPosition == .zero)
        #expect(try journal.read(from: .first).isEmpty)
        #expect(journal.hasPending)
        #expect(journal.pendingBytes == 0)
        #expect(journal.statistics.records == 2)
        try keep([record(3)], in: journal)
        #expect(try journal.step())
        #expect(try !journal.step())
        #expect(!journal.hasPending)
        #expect(journal.durablePosition == Position(3))
        #expect(journal.statistics.records == 3)
        #expect(try journal.replayed().map(\.bytes) == [record(1), record(2), record(3)])
        try journal.close()
    }

    @Test(arguments: Disk.allCases)
    func `after a crash the next start finds every piece, and gives no position twice`(_ disk: Disk) throws {
        let site = try Site(disk)
        var journal = try open(site)
        try journal.commit([record(0)], tables: [.put(patients, key: [1], value: [1])])
        for number in 1...9 { try keep([record(number), record(number + 100, bytes: 5_000)], in: journal) }
        let last = journal.lastPosition
        site.crash(journal)
        // A reader sees it, too, and changes nothing.
        for _ in 1...2 {
            let looking = try site.open { $0.readOnly = true }
            #expect(looking.durablePosition == last)
            #expect(try looking.replayed().count == 19)
            #expect(try looking.read(from: Position(2), maxRecords: 1).map(\.bytes) == [record(1)])
            #expect(try looking.read(from: last).map(\.bytes) == [record(109, bytes: 5_000)])
            let copy = try looking.copy()
            #expect(copy.header.end.last == last)
            copy.close()
            try looking.close()
        }
        if disk == .lmdb {
            let verification = try JournalVerifier.verify(directory: site.directory.path)
            #expect(verification.isSound)
            #expect(verification.records == 19)
        }
        journal = try open(site)
        #expect(journal.lastPosition == last)
        #expect(journal.durablePosition == last)
        #expect(try journal.replayed().count == 19)
        #expect(try journal.commit([record(20)]) == last.next)
        site.crash(journal)
        journal = try open(site)
        #expect(try journal.replayed().map(\.bytes).last == record(20))
        try journal.close()
    }

    @Test(arguments: Disk.allCases)
    func `a last piece that cannot be read was never told; one before it that cannot is named`(_ disk: Disk) throws {
        let torn = try Site(disk)
        let journal = try open(torn)
        for number in 1...3 { try keep([record(number)], in: journal) }
        torn.crash(journal)
        try damage(torn, place: 2)
        let again = try open(torn)
        #expect(try again.replayed().map(\.bytes) == [record(1), record(2)])
        #expect(try again.commit([record(4)]) == Position(3))
        try again.close()

        let rotten = try Site(disk)
        let second = try open(rotten)
        for number in 1...3 { try keep([record(number)], in: second) }
        rotten.crash(second)
        try damage(rotten, place: 1)
        #expect { _ = try open(rotten) } throws: { error in
            guard case .corrupt(let report) = error as? JournalError else { return false }
            return report.kind == .gap && report.table == "tail" && report.position == Position(2)
        }
        if disk == .lmdb {
            let verification = try JournalVerifier.verify(directory: rotten.directory.path)
            #expect(verification.reports.map(\.table) == ["tail"])
        }
    }

    @Test
    func `who wants no tail takes up what stands in one, and leaves it at that`() throws {
        let site = try Site(.lmdb)
        var journal = try open(site)
        try keep([record(1)], in: journal)
        site.crash(journal)
        journal = try site.open()
        #expect(try journal.replayed().map(\.bytes) == [record(1)])
        journal.append(try RecordBatch([record(2)]))
        #expect(try journal.step())
        #expect(journal.durablePosition == Position(2))
        try journal.close()
    }

    @Test(arguments: Disk.allCases)
    func `a full tail sends work to the log, and begins anew`(_ disk: Disk) throws {
        let site = try Site(disk)
        var journal = try open(site)
        for number in 0..<500 {
            journal.append(try RecordBatch([record(number)]))
            #expect(try journal.step())
            #expect(journal.settledPosition == Position(UInt64(number + 1)))
        }
        #expect(journal.durablePosition > Position(400))
        #expect(journal.durablePosition < Position(500))
        site.crash(journal)
        journal = try open(site)
        #expect(try journal.replayed().map(\.bytes) == (0..<500).map { record($0) })
        try journal.close()
    }

    @Test
    func `table writes take what stands in the tail along, and reflect nothing that is not in the log`() throws {
        let site = try Site(.memory)
        var journal = try open(site)
        try keep([record(1)], in: journal)
        journal.append(try RecordBatch([record(2)]), tables: [.put(patients, key: [1], value: [2])])
        #expect(try journal.step())
        #expect(journal.durablePosition == Position(2))
        #expect(try journal.value(patients, key: [1]) == StoredValue(reflects: Position(2), bytes: [2]))
        site.crash(journal)
        journal = try open(site)
        #expect(try journal.replayed().map(\.bytes) == [record(1), record(2)])
        try journal.close()
    }

    @Test
    func `the log takes the tail up when the first piece has stood there for long, whatever comes meanwhile`() throws {
        let site = try Site(.memory)
        let journal = try open(site)
        try keep([record(1)], in: journal)
        site.clock.advance(milliseconds: 29)
        try keep([record(2)], in: journal)
        #expect(journal.durablePosition == .zero)
        site.clock.advance(milliseconds: 1)
        try keep([record(3)], in: journal)
        #expect(journal.durablePosition == Position(2))
        #expect(journal.settledPosition == Position(2))
        try journal.close()
    }

    @Test
    func `a look into a journal that is taken up meanwhile shows its log as that goes on`() throws {
        let site = try Site(.memory)
        let crashed = try open(site)
        for number in 1...3 { try keep([record(number)], in: crashed) }
        site.crash(crashed)
        let options = site.options()
        let looking = try Journal.open(options.looking())
        #expect(try looking.replayed().map(\.bytes) == (1...3).map { record($0) })
        let server = try Journal.open(options)
        for number in 4...5 { try keep([record(number)], in: server) }
        #expect(try looking.replayed().map(\.bytes) == (1...3).map { record($0) })
        site.clock.advance(milliseconds: 10)
        #expect(try server.step())
        #expect(try looking.replayed().map(\.bytes) == (1...5).map { record($0) })
        #expect(try looking.read(from: Position(2), maxRecords: 1).map(\.bytes) == [record(2)])
        site.crash(server)
    }

    @Test
    func `a process that comes between a look at the log and one at the tail makes nothing corrupt`() throws {
        let site = try Site(.memory)
        let crashed = try open(site)
        try keep([record(1)], in: crashed)
        site.crash(crashed)
        // It takes the tail up, commits once more, leaves two pieces, and dies before the tail is read.
        let options = site.options()
        let crossed = CrossedStorage(options.storage) { round in
            guard round == 1 else { return }
            let server = try Journal.open(options)
            try server.commit([record(2)])
            for number in 3...4 {
                server.append(try RecordBatch([record(number)]))
                _ = try server.step()
            }
        }
        let looking = try Journal.open(JournalOptions(storage: crossed).looking())
        #expect(crossed.rounds == 2)
        #expect(looking.lastPosition == Position(4))
        #expect(try looking.replayed().map(\.bytes) == (1...4).map { record($0) })
    }

    @Test
    func `of a journal that never stands still only the log is shown`() throws {
        let site = try Site(.memory)
        try open(site).close()
        let options = site.options()
        let crossed = CrossedStorage(options.storage) { round in
            let server = try Journal.open(options)
            try server.commit([record(round)])
            server.append(try RecordBatch([record(1_000)]))
            _ = try server.step()
        }
        let looking = try Journal.open(JournalOptions(storage: crossed).looking())
        #expect(looking.lastPosition == Position(UInt64(2 * crossed.rounds - 1)))
        #expect(try looking.replayed().count == 2 * crossed.rounds - 1)
    }

    @Test(arguments: [false, true])
    func
        `a tail for which the disk has no room sends its work to the log, which has it once, whatever stands in the tail`(
            _ stands: Bool
        ) throws
    {
        let site = try Site(.memory)
        var journal = try open(site)
        try keep([record(1)], in: journal)
        site.memory.failNextSync(errno: ENOSPC, persisted: stands)
        try keep([record(2)], in: journal)
        #expect(journal.durablePosition == Position(2))
        #expect(journal.admission == .open)
        try keep([record(3)], in: journal)
        #expect(journal.durablePosition == Position(2))
        #expect(journal.settledPosition == Position(3))
        site.crash(journal)
        journal = try open(site)
        #expect(try journal.replayed().map(\.bytes) == (1...3).map { record($0) })
        try journal.close()
    }

    @Test(arguments: [false, true])
    func
        `work that neither the tail nor the log has room for is in doubt after a crash; nothing else gets its positions before`(
            _ stands: Bool
        ) throws
    {
        let site = try Site(.memory)
        var journal = try open(site)
        try keep([record(1)], in: journal)
        site.memory.failNextSync(errno: ENOSPC, persisted: stands)
        site.memory.setCapacity(0)
        for number in 2...3 {
            journal.append(try RecordBatch([record(number)]))
            #expect(try !journal.step())
            #expect(journal.settledPosition == Position(1))
        }
        #expect(journal.admission == .storageFull)
        site.crash(journal)
        site.memory.setCapacity(nil)
        journal = try open(site)
        #expect(try journal.replayed().map(\.bytes) == (1...(stands ? 2 : 1)).map { record($0) })
        #expect(try journal.commit([record(4)]) == Position(stands ? 3 : 2))
        site.crash(journal)
        journal = try open(site)
        #expect(try journal.replayed().map(\.bytes).last == record(4))
        try journal.close()
    }

    @Test
    func `a tail whose write fails ends the journal; what was told is there after`() throws {
        let site = try Site(.memory)
        var journal = try open(site)
        try keep([record(1)], in: journal)
        site.memory.failNextSync()
        journal.append(try RecordBatch([record(2)]))
        #expect(throws: JournalError.syncFailed(errno: EIO)) { try journal.step() }
        site.crash(journal)
        journal = try open(site)
        #expect(try journal.replayed().map(\.bytes) == [record(1)])
        try journal.close()
    }

    @Test
    func `what is left in a tail of a history that was cut back is not taken for what is missing`() throws {
        let site = try Site(.memory)
        var journal = try open(site)
        try journal.commit([record(1)])
        let tip = journal.tip
        for number in 2...9 { try keep([record(number)], in: journal) }
        site.crash(journal)
        #expect(try Journal.cutBack(site.options(), to: tip))
        site.memory.crash()
        journal = try open(site)
        #expect(journal.lastPosition == Position(1))
        try keep([record(20)], in: journal)
        site.crash(journal)
        journal = try open(site)
        #expect(try journal.replayed().map(\.bytes) == [record(1), record(20)])
        try journal.close()
    }

    @Test
    func `with a thread of its own, appenders are told by the tail and readers by the log`() async throws {
        let site = try Site(.lmdb)
        let journal = try open(site) {
            $0.driving = .thread
            $0.monotonicNanoseconds = JournalOptions.systemMonotonicNanoseconds
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for appender in 0..<4 {
                group.addTask {
                    for number in 0..<50 {
                        let last = journal.append(try RecordBatch([record(appender * 100 + number)]))
                        try await journal.whenSettled(last)
                    }
                }
            }
            try await group.waitForAll()
        }
        try await journal.whenDurable(journal.lastPosition)
        #expect(try journal.read(from: .first).count == 200)
        try await journal.flushed()
        try journal.close()
    }
}

extension JournalOptions {
    /// The same, only to look at.
    fileprivate func looking() -> JournalOptions {
        var options = self
        options.readOnly = true
        return options
    }
}

/// A store in which something happens each time that somebody who only looks has read the log and is about to read the
/// tail.
private final class CrossedStorage: JournalStorage {
    private let storage: any JournalStorage
    private let cross: @Sendable (Int) throws -> Void
    private let count = NIOLockedValueBox(0)

    /// - Parameter cross: is given the number of the round, from 1 on.
    init(_ storage: (any JournalStorage)?, _ cross: @escaping @Sendable (Int) throws -> Void) {
        guard let storage else { preconditionFailure("There is a store to be crossed.") }
        self.storage = storage
        self.cross = cross
    }

    var rounds: Int { count.withLockedValue { $0 } }

    func tail() throws(JournalError) -> (any LogTail)? {
        let round = count.withLockedValue { count in
            count += 1
            return count
        }
        #expect(throws: Never.self) { try cross(round) }
        return try storage.tail()
    }

    func tableNames() throws(JournalError) -> [String] { try storage.tableNames() }
    func tableFootprint(_ name: String) throws(JournalError) -> TableFootprint? { try storage.tableFootprint(name) }
    func makeRoom(for bytes: Int) -> StorageRoom { storage.makeRoom(for: bytes) }
    func beginWrite() throws(JournalError) -> any StorageTransaction { try storage.beginWrite() }
    func snapshot() throws(JournalError) -> any StorageSnapshot { try storage.snapshot() }
    func footprint() -> StorageFootprint { storage.footprint() }
    func close() { storage.close() }
}
