import Testing

@testable import Journal

/// One journal's log in another, byte for byte.
@Suite struct ShippingTests {
    /// Takes in everything that `journal` has and `copy` has not, in pieces of about `maxBytes`.
    private static func ship(_ journal: Journal, to copy: Journal, maxBytes: Int = 4_096) throws {
        var receiver = ChunkReceiver(after: copy.tip)
        while true {
            let sent = try journal.chunks(after: receiver.tip, maxBytes: maxBytes)
            if sent.isEmpty { break }
            let arrived = try ShippedChunks(bytes: sent.bytes)
            #expect(arrived == sent)
            _ = try receiver.admit(arrived)
            copy.append(arrived)
            while try copy.step() {}
        }
    }

    /// A copy of everything in another place.
    private static func copied(
        _ journal: Journal, to site: Site, maxBytes: Int = 4_096, change: (inout JournalOptions) -> Void = { _ in }
    ) throws -> Journal {
        let copy = try journal.copy()
        defer { copy.close() }
        let taking = try JournalImport(copy.header, into: site.options(change))
        while let part = try copy.next(maxBytes: maxBytes) { try taking.add(part) }
        try taking.finish()
        return try site.open()
    }

    private static func filled(_ site: Site) throws -> Journal {
        let journal = try site.open { $0.segmentBytes = 20_000 }
        let table = Table("t", compressed: true)
        for round in 0..<40 {
            let writes: [TableWrite] = [
                .put(table, key: [1, UInt8(round)], value: record(round, bytes: 300)),
                .put(Table("u"), key: [UInt8(round)], value: record(round, bytes: round * 200)),
            ]
            try journal.commit((0..<20).map { record(round * 20 + $0, bytes: 10 + $0 * 9) }, tables: writes)
            if round == 20 { try journal.commit([record(1, bytes: 30_000)]) }
        }
        journal.trim(before: Position(300))
        journal.setMetadata("who", [1, 2, 3])
        while try journal.step() {}
        return journal
    }

    @Test(arguments: Disk.allCases)
    func `a copy has every record, every value and every small fact, and goes on from there`(disk: Disk) throws {
        let (here, there) = (try Site(disk), try Site(disk))
        let journal = try Self.filled(here)
        let copy = try Self.copied(journal, to: there)
        #expect(copy.creationID == journal.creationID)
        #expect(copy.tip == journal.tip)
        #expect(copy.checkpoint == journal.checkpoint)
        #expect(copy.oldestPosition == journal.oldestPosition)
        #expect(try copy.replayed(from: nil) == journal.replayed(from: nil))
        #expect(try copy.metadata("who") == [1, 2, 3])
        for round in 0..<40 {
            let keys: [(Table, [UInt8])] = [(Table("t"), [1, UInt8(round)]), (Table("u"), [UInt8(round)])]
            for (table, key) in keys { #expect(try copy.value(table, key: key) == journal.value(table, key: key)) }
        }
        try journal.commit((0..<500).map { record($0) })
        try Self.ship(journal, to: copy)
        #expect(copy.tip == journal.tip)
        #expect(try copy.replayed(from: nil) == journal.replayed(from: nil))
        try copy.close()
        let again = try there.open()
        #expect(again.tip == journal.tip)
        try again.close()
        try journal.close()
    }

    @Test(arguments: Disk.allCases)
    func `a copy has the log that is kept for readers, too, and recovery begins behind it`(disk: Disk) throws {
        let (here, there) = (try Site(disk), try Site(disk))
        let journal = try Self.filled(here)
        let oldest = journal.oldestPosition
        journal.trim(before: Position(700), keeping: oldest)
        while try journal.step() {}
        let copy = try Self.copied(journal, to: there) { $0.segmentBytes = 20_000 }
        #expect(copy.checkpoint == Position(700) && copy.segments.count > 1)
        #expect(copy.oldestPosition == oldest)
        #expect(try copy.read(from: oldest, maxRecords: 1) == journal.read(from: oldest, maxRecords: 1))
        try copy.close()
        try journal.close()
    }

    @Test
    func `chunks that are damaged, left out, out of order or another log's are not taken in`() throws {
        let (here, there) = (try Site(.memory), try Site(.memory))
        let journal = try Self.filled(here)
        let copy = try Self.copied(journal, to: there)
        let tip = copy.tip
        try journal.commit((0..<100).map { record($0) })
        let first = try journal.chunks(after: tip, maxBytes: 1)
        let second = try journal.chunks(after: try #require(first.end), maxBytes: 1)
        var receiver = ChunkReceiver(after: tip)
        #expect(throws: JournalError.self) { _ = try receiver.admit(second) }
        for place in [0, 1, 2, 20, first.bytes.count - 1] {
            var bytes = first.bytes
            bytes[place] ^= 4
            #expect(throws: JournalError.self) { _ = try ShippedChunks(bytes: bytes) }
        }
        #expect(throws: JournalError.self) { _ = try ShippedChunks(bytes: Array(first.bytes.dropLast())) }
        #expect(throws: JournalError.self) { _ = try ShippedChunks(bytes: second.bytes + first.bytes) }
        let stranger = try Site(.memory)
        let other = try stranger.open()
        try other.commit((0..<2_000).map { record($0) })
        var again = ChunkReceiver(after: tip)
        #expect(throws: JournalError.self) {
            _ = try again.admit(try other.chunks(after: LogTip(next: .first, chain: other.chainOfFirst), maxBytes: 1))
        }
        for journal in [journal, copy, other] { try journal.close() }
    }

    @Test
    func `a log has the tips it went through, and no others`() throws {
        let site = try Site(.memory)
        let journal = try Self.filled(site)
        #expect(try journal.contains(journal.tip))
        var tip = LogTip(next: journal.oldestPosition, chain: journal.currentShape.segments[0].chain)
        var count = 0
        while try journal.contains(tip) {
            #expect(try !journal.contains(LogTip(next: tip.next, chain: tip.chain ^ 1)))
            guard let next = try journal.chunks(after: tip, maxBytes: 1).end else { break }
            tip = next
            count += 1
        }
        #expect(tip == journal.tip)
        #expect(count > 20)
        #expect(try !journal.contains(LogTip(next: tip.next.next, chain: tip.chain)))
        #expect(throws: JournalError.positionTrimmed(oldest: journal.oldestPosition)) {
            _ = try journal.contains(LogTip(next: .first, chain: 0))
        }
        try journal.close()
    }

    @Test(arguments: Disk.allCases)
    func `an unfinished copy is nobody's journal`(disk: Disk) throws {
        let (here, there) = (try Site(disk), try Site(disk))
        let journal = try Self.filled(here)
        let copy = try journal.copy()
        let taking = try JournalImport(copy.header, into: there.options())
        let part = try #require(try copy.next(maxBytes: 4_096))
        try taking.add(part)
        #expect(throws: JournalError.self) { try taking.finish() }
        #expect(throws: JournalError.self) { try taking.add(part) }
        copy.close()
        there.crash(taking.journal)
        #expect(throws: JournalError.unfinishedCopy(path: there.options().directory)) { _ = try there.open() }
        try journal.close()
        let header = CopyHeader(
            creationID: [UInt8](repeating: 7, count: 16), begin: copy.header.begin, end: copy.header.end,
            checkpoint: copy.header.checkpoint, values: 0, metadata: [:])
        #expect(throws: JournalError.self) { _ = try JournalImport(header, into: here.options()) }
    }

    @Test(arguments: Disk.allCases)
    func `what was never acknowledged is taken back, chunk by chunk`(disk: Disk) throws {
        let (here, there) = (try Site(disk), try Site(disk))
        let journal = try Self.filled(here)
        let copy = try Self.copied(journal, to: there)
        let parting = journal.tip
        try journal.commit((0..<800).map { record($0) })
        try copy.commit((0..<30).map { record($0 + 5) })
        #expect(try !copy.contains(journal.tip))
        try journal.close()
        #expect(try Journal.cutBack(here.options(), to: parting))
        let back = try here.open()
        #expect(back.tip == parting)
        try Self.ship(copy, to: back)
        #expect(back.tip == copy.tip)
        #expect(try back.replayed(from: nil) == copy.replayed(from: nil))
        for journal in [back, copy] { try journal.close() }
    }

    @Test(arguments: Disk.allCases)
    func `what a table reflects already is not taken back`(disk: Disk) throws {
        let site = try Site(disk)
        let journal = try Self.filled(site)
        let parting = journal.tip
        try journal.commit([record(1)], tables: [.put(Table("t"), key: [9], value: [1])])
        let end = journal.tip
        try journal.close()
        #expect(try !Journal.cutBack(site.options(), to: parting))
        #expect(try !Journal.cutBack(site.options(), to: LogTip(next: parting.next, chain: parting.chain ^ 1)))
        let again = try site.open()
        #expect(again.tip == end)
        try again.close()
    }

    @Test
    func `while confirmations are asked for, nothing is durable without one`() async throws {
        let site = try Site(.memory)
        let journal = try site.open()
        let first = try journal.commit([record(1)])
        #expect(journal.durablePosition == first)
        journal.askForConfirmations(from: first)
        let second = try journal.commit([record(2)])
        #expect(journal.diskPosition == second)
        #expect(journal.durablePosition == first)
        #expect(try journal.read(from: .first).map(\.position) == [first])
        let waiting = Task { try await journal.durablePosition(after: first) }
        #expect(try await journal.diskPosition(after: first) == second)
        journal.confirm(second)
        #expect(try await waiting.value == second)
        let third = try journal.commit([record(3)])
        journal.confirm(second)
        #expect(journal.durablePosition == second)
        journal.askForConfirmations(from: nil)
        #expect(journal.durablePosition == third)
        // What is durable stays so, whichever standby is asked later.
        journal.askForConfirmations(from: first)
        #expect(journal.durablePosition == third)
        journal.renounce()
        let fourth = try journal.commit([record(4)])
        await #expect(throws: JournalError.closed) { try await journal.whenDurable(fourth) }
        journal.confirm(fourth)
        journal.askForConfirmations(from: nil)
        #expect(journal.durablePosition == third)
        try journal.close()

        let later = try site.open { $0.asksForConfirmations = true }
        #expect(later.durablePosition == .zero)
        later.confirm(fourth)
        #expect(later.durablePosition == fourth)
        try later.close()
    }
}

extension Journal {
    /// What the first chunk ever is chained to.
    var chainOfFirst: UInt32 { currentShape.segments[0].chain }
}
