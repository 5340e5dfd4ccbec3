import MemoryJournal
import Testing

@testable import Journal

@Suite struct TableTests {
    @Test(arguments: Disk.allCases)
    func `state values come back with the position they reflect, in key order`(_ disk: Disk) throws {
        let site = try Site(disk)
        var journal = try site.open()
        try journal.commit([record(1), record(2)])
        let keys: [[UInt8]] = [[2], [1, 0], [1], [255, 255], [1, 255], [128]]
        journal.write(keys.map { .put(patients, key: $0, value: $0 + [7], reflects: Position(1)) })
        journal.write([.put(patients, key: [2], value: [9]), .delete(patients, key: [128]), .delete(history, key: [1])])
        while try journal.step() {}
        try journal.close()
        journal = try site.open()
        var found: [[UInt8]] = []
        try journal.forEach(patients) { key, reflects, value in
            found.append([UInt8](key))
            #expect(reflects == (Array(key) == [2] ? Position(2) : Position(1)))
            #expect(Array(value) == (Array(key) == [2] ? [9] : Array(key) + [7]))
            return true
        }
        #expect(found == [[1], [1, 0], [1, 255], [2], [255, 255]])
        found = []
        try journal.forEach(patients, from: [1, 0], to: [2]) { key, _, _ in
            found.append([UInt8](key))
            return true
        }
        #expect(found == [[1, 0], [1, 255]])
        found = []
        try journal.forEach(patients) { key, _, _ in
            found.append([UInt8](key))
            return false
        }
        #expect(found == [[1]])
        #expect(try journal.value(patients, key: [128]) == nil)
        #expect(try journal.value(Table("nobody"), key: [1]) == nil)
        try journal.close()
    }

    @Test(arguments: [0, 1, 63, 64, 5_000, 200_000])
    func `values that compress come back whole and take less room`(_ bytes: Int) throws {
        let site = try Site(.memory)
        let journal = try site.open()
        let value = [UInt8](repeating: 42, count: bytes)
        try journal.commit([record(1)], tables: [.put(history, key: [1], value: value)])
        #expect(try journal.value(history, key: [1]) == StoredValue(reflects: Position(1), bytes: value))
        try journal.forEach(history) { _, _, found in
            #expect(found.elementsEqual(value))
            return true
        }
        let stored = try #require(site.memory.value("state.history", key: [1]))
        let isCompressed = stored[4] == ValueEnvelope.compressedFlag
        #expect(isCompressed == (bytes >= ValueEnvelope.worthCompressing))
        #expect(!isCompressed || stored.count < bytes)
        try journal.close()
    }

    @Test
    func `values that do not compress, or should not, are stored as they are`() throws {
        let site = try Site(.memory)
        let journal = try site.open()
        var random = SeededGenerator(seed: 7)
        let noise = (0..<3_000).map { _ in UInt8.random(in: 0...255, using: &random) }
        let zeros = [UInt8](repeating: 0, count: 3_000)
        journal.write([.put(history, key: [1], value: noise), .put(patients, key: [1], value: zeros)])
        while try journal.step() {}
        #expect(site.memory.value("state.history", key: [1])?.count == 3_000 + ValueEnvelope.headerBytes)
        #expect(site.memory.value("state.patients", key: [1])?.count == 3_000 + ValueEnvelope.headerBytes)
        #expect(try journal.value(history, key: [1])?.bytes == noise)
        try journal.close()
    }

    @Test(arguments: Disk.allCases)
    func `values larger than a page are stored and replaced`(_ disk: Disk) throws {
        let journal = try Site(disk).open()
        for size in [1_000_000, 3_000, 70_000, 10] {
            journal.write([.put(patients, key: [UInt8](repeating: 1, count: 511), value: record(size, bytes: size))])
            while try journal.step() {}
            let value = try journal.value(patients, key: [UInt8](repeating: 1, count: 511))
            #expect(value?.bytes == record(size, bytes: size))
        }
        try journal.close()
    }

    @Test
    func `sixteen tables are taken; the seventeenth, a key too long, and a position from the future are mistakes`()
        async throws
    {
        let journal = try Site(.memory).open()
        journal.write((0..<16).map { .put(Table("table \($0)"), key: [1], value: [UInt8($0)]) })
        while try journal.step() {}
        #expect(try journal.listing().tables.count == 16)
        try journal.close()
        await #expect(processExitsWith: .failure) {
            let journal = try Site(.memory).open()
            journal.write((0..<17).map { .put(Table("table \($0)"), key: [1], value: []) })
            _ = try journal.step()
        }
        await #expect(processExitsWith: .failure) {
            let journal = try Site(.memory).open()
            journal.write([.put(patients, key: [UInt8](repeating: 1, count: 512), value: [])])
        }
        await #expect(processExitsWith: .failure) {
            let journal = try Site(.memory).open()
            journal.write([.put(patients, key: [1], value: [], reflects: Position(1))])
        }
        await #expect(processExitsWith: .failure) {
            let journal = try Site(.memory).open()
            try journal.close()
            journal.append(RecordBatch())
        }
    }
}
