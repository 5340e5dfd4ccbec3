import MemoryJournal
import Testing

@testable import Journal

/// Waiting for what was handed over, table writes too, and not waiting any more.
@Suite struct FlushTests {
    @Test(arguments: Disk.allCases)
    func `table writes alone are waited for until their commit, not until the one before it`(_ disk: Disk) async throws
    {
        let site = try Site(disk)
        let journal = try site.open()
        try await journal.flushed()
        try journal.commit([record(1)])
        journal.write([.put(patients, key: [1], value: [2])])
        // Nothing was appended, so the position says nothing.
        #expect(journal.durablePosition == journal.lastPosition)
        let flush = Task { try await journal.flushed() }
        var isOver = false
        while !isOver {
            #expect(try journal.value(patients, key: [1]) == nil)
            isOver = try journal.step()
        }
        try await flush.value
        #expect(try journal.value(patients, key: [1])?.bytes == [2])
        journal.trim(before: Position(2))
        let trim = Task { try await journal.flushed() }
        while try journal.step() {}
        try await trim.value
        #expect(journal.checkpoint == Position(2))
        try journal.close()
    }

    @Test
    func `what waits behind a full disk is waited for until there is room`() async throws {
        let site = try Site(.memory)
        let journal = try site.open()
        site.memory.setCapacity(site.memory.usedBytes)
        journal.write([.put(patients, key: [1], value: [2])])
        #expect(try !journal.step())
        journal.write([.put(patients, key: [1], value: [3])])
        let flush = Task { try await journal.flushed() }
        #expect(try !journal.step())
        site.memory.setCapacity(nil)
        while try journal.step() {}
        try await flush.value
        #expect(try journal.value(patients, key: [1])?.bytes == [3])
        try journal.close()
    }

    @Test
    func `when waits are ended nobody waits, what is durable is still told, and the work is carried out all the same`()
        async throws
    {
        let site = try Site(.memory)
        let journal = try site.open()
        try journal.commit([record(1)])
        let last = journal.append(try RecordBatch([record(2)]))
        let waits = [Task { try await journal.whenDurable(last) }, Task { try await journal.flushed() }]
        journal.endWaits()
        for wait in waits { await #expect(throws: JournalError.closed) { try await wait.value } }
        await #expect(throws: JournalError.closed) { try await journal.whenDurable(last) }
        try await journal.whenDurable(Position(1))
        while try journal.step() {}
        try await journal.whenDurable(last)
        try await journal.flushed()
        try journal.close()
    }

    @Test
    func `a journal that died flushes nothing`() async throws {
        let site = try Site(.memory)
        let journal = try site.open()
        site.memory.failNextSync()
        journal.write([.put(patients, key: [1], value: [2])])
        #expect(throws: JournalError.self) { try journal.step() }
        await #expect(throws: JournalError.closed) { try await journal.flushed() }
        journal.abandon()
    }
}
