import MemoryJournal
import Testing

@testable import Journal

/// What stands in a log's tail on its way to another journal, and to that one's tail.
@Suite struct TailShippingTests {
    private func open(_ site: Site) throws -> Journal {
        site.memory.setTail(pieces: 64)
        return try site.open {
            $0.creationID = Array(repeating: 7, count: 16)
            if site.disk == .lmdb { $0.tailBytes = 64 * TailPiece.blockBytes }
        }
    }

    private func keep(_ records: [[UInt8]], in journal: Journal) throws {
        journal.append(try RecordBatch(records))
        #expect(try journal.step())
        #expect(journal.hasTail)
    }

    /// Every tip that a log has passed, the one of nothing first.
    private func tips(of journal: Journal, from first: LogTip) throws -> [LogTip] {
        var tips = [first]
        while let next = try journal.chunks(after: tips[tips.count - 1], maxBytes: 1).end { tips.append(next) }
        return tips
    }

    @Test
    func `while confirmations are asked for, small work goes to the tail too, and is told when it is confirmed`()
        async throws
    {
        let site = try Site(.memory)
        let journal = try open(site)
        journal.askForConfirmations(from: .zero)
        try keep([record(1)], in: journal)
        #expect(journal.diskPosition == Position(1))
        #expect(journal.settledPosition == .zero)
        journal.confirm(Position(1))
        try await journal.whenSettled(Position(1))
        #expect(journal.settledPosition == Position(1))
        #expect(journal.durablePosition == .zero)
        site.clock.advance(milliseconds: 30)
        #expect(try journal.step())
        #expect(journal.durablePosition == Position(1))
        #expect(!journal.hasTail)
        try journal.close()
    }

    @Test(arguments: Disk.allCases)
    func `what stands in the tail is shipped as the log will have it`(_ disk: Disk) throws {
        let site = try Site(disk)
        let journal = try open(site)
        let beginning = journal.tip
        try journal.commit([record(0)], tables: [.put(Table("t"), key: [1], value: [1])])
        let inLog = journal.tip
        for number in 1...5 { try keep([record(number), record(number, bytes: 9_000)], in: journal) }
        #expect(journal.logPosition == inLog.last)
        #expect(journal.tip.last == journal.lastPosition)

        let before = try tips(of: journal, from: beginning)
        #expect(before.last == journal.tip)
        let chunks = try before.map { try journal.chunks(after: $0, maxBytes: 1 << 20) }
        // One piece of log at a time: what stands in the tail follows on the log's end.
        #expect(chunks[0].last == inLog.last)
        #expect(chunks[1].last == journal.lastPosition)
        #expect(try journal.chunks(after: inLog, maxBytes: 10_000).last < journal.lastPosition)
        #expect(try journal.chunksInTail(after: beginning, maxBytes: 1) == nil)
        for tip in before {
            #expect(try journal.contains(tip))
            #expect(try !journal.contains(LogTip(next: tip.next, chain: tip.chain ^ 1)))
        }
        #expect(try !journal.contains(LogTip(next: journal.tip.next.next, chain: journal.tip.chain)))

        site.clock.advance(milliseconds: 30)
        #expect(try journal.step())
        #expect(!journal.hasTail)
        #expect(try tips(of: journal, from: beginning) == before)
        for (tip, sent) in zip(before, chunks).dropFirst() {
            #expect(try journal.chunks(after: tip, maxBytes: 1 << 20) == sent)
        }
        for tip in before { #expect(try journal.contains(tip)) }
        try journal.close()
    }

    @Test(arguments: Disk.allCases)
    func `what is taken in stands in the tail first, counts as the end of the log, and outlives a crash`(_ disk: Disk)
        throws
    {
        let (here, there) = (try Site(disk), try Site(disk))
        let journal = try open(here)
        var copy = try open(there)
        var receiver = ChunkReceiver(after: copy.tip)
        for number in 1...20 {
            try keep([record(number), record(number, bytes: number % 5 == 0 ? 5_000 : 50)], in: journal)
            // Now and then the log takes up what stands there, on either side.
            if number % 7 == 0 {
                here.clock.advance(milliseconds: 30)
                #expect(try journal.step())
            }
            let sent = try journal.chunks(after: receiver.tip, maxBytes: 1 << 20)
            _ = try receiver.admit(try ShippedChunks(bytes: sent.bytes))
            copy.append(sent)
            #expect(try copy.step())
            #expect(copy.hasTail)
            #expect(copy.tip == journal.tip)
            #expect(copy.diskPosition == journal.lastPosition)
            if number % 6 == 0 {
                there.crash(copy)
                copy = try open(there)
                #expect(copy.tip == journal.tip)
                #expect(!copy.hasTail)
            }
        }
        while try journal.step() {}
        while try copy.step() {}
        #expect(try copy.replayed(from: nil) == journal.replayed(from: nil))
        try copy.close()
        try journal.close()
    }

    @Test
    func `chunks and records of one's own that follow go to the tail together`() throws {
        let (here, there) = (try Site(.memory), try Site(.memory))
        let journal = try open(here)
        let copy = try open(there)
        #expect(copy.tip == journal.tip)
        try keep([record(1), record(2)], in: journal)
        copy.append(try journal.chunks(after: copy.tip, maxBytes: 1 << 20))
        copy.append(try RecordBatch([record(3)]))
        #expect(try copy.step())
        #expect(copy.hasTail)
        #expect(copy.diskPosition == Position(3))
        there.crash(copy)
        let again = try open(there)
        #expect(try again.replayed().map(\.bytes) == [record(1), record(2), record(3)])
        try again.close()
        try journal.close()
    }
}
