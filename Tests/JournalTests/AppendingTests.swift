import Testing

@testable import Journal

@Suite struct AppendingTests {
    @Test(arguments: Disk.allCases)
    func `records come back as they were written, at the positions they were given`(_ disk: Disk) throws {
        let journal = try Site(disk).open()
        let written = (0..<500).map { record($0, bytes: $0 % 97) }
        let batch = try RecordBatch(written)
        let last = journal.append(batch)
        #expect(last == Position(500))
        #expect(batch.position(of: 0, appendedAt: last) == .first)
        #expect(journal.durablePosition == .zero)
        #expect(try journal.step())
        #expect(journal.durablePosition == last)
        let records = try journal.replayed()
        #expect(records.map(\.bytes) == written)
        #expect(records.map(\.position) == (1...500).map { Position($0) })
        try journal.close()
    }

    @Test(arguments: Disk.allCases)
    func `nothing that is not durable is read`(_ disk: Disk) throws {
        let journal = try Site(disk).open()
        try journal.commit([record(1)])
        journal.append(try RecordBatch([record(2)]), tables: [.put(patients, key: [1], value: [2])])
        #expect(journal.lastPosition == Position(2))
        #expect(try journal.read(from: .first).count == 1)
        #expect(try journal.value(patients, key: [1]) == nil)
        while try journal.step() {}
        #expect(try journal.read(from: .first).count == 2)
        #expect(try journal.value(patients, key: [1]) == StoredValue(reflects: Position(2), bytes: [2]))
        try journal.close()
    }

    @Test(arguments: Disk.allCases)
    func `a read stops at its limits and goes on where it stopped`(_ disk: Disk) throws {
        let journal = try Site(disk).open()
        let written = (0..<300).map { record($0, bytes: 100) }
        try journal.commit(written)
        #expect(try journal.read(from: Position(10), maxRecords: 5).map(\.position.rawValue) == [10, 11, 12, 13, 14])
        #expect(try journal.read(from: Position(10), maxBytes: 250).count == 3)
        #expect(try journal.read(from: Position(10), maxBytes: 1).count == 1)
        var from = Position.zero
        var all: [LogRecord] = []
        while case let part = try journal.read(from: from, maxRecords: 37), !part.isEmpty {
            all += part
            from = part[part.count - 1].position.next
        }
        #expect(all.map(\.bytes) == written)
        #expect(try journal.read(from: Position(301)).isEmpty)
        #expect(try journal.read(from: Position(9_999)).isEmpty)
        try journal.close()
    }

    @Test(arguments: Disk.allCases)
    func `large records are stored in fragments and come back whole`(_ disk: Disk) throws {
        let journal = try Site(disk).open()
        let whole = Chunk.wholeRecordBytes
        let sizes = [10, whole - 1, whole, whole + 1, 3, 2 * whole, 2 * whole + 1, 0, 100_000, 7]
        let written = sizes.enumerated().map { record($0, bytes: $1) }
        let batch = try RecordBatch(written)
        let last = journal.append(batch)
        while try journal.step() {}
        let records = try journal.replayed()
        #expect(records.map(\.bytes) == written)
        #expect(records.map(\.position) == written.indices.map { batch.position(of: $0, appendedAt: last) })
        #expect(records.last?.position == last)
        #expect(last == Position(UInt64(batch.span)))
        for (index, found) in records.enumerated() {
            // From any of the positions it takes, a fragmented record is read whole.
            let begin = index == 0 ? Position.first : records[index - 1].position.next
            for from in begin.rawValue...found.position.rawValue {
                #expect(try journal.read(from: Position(from), maxRecords: 1) == [found])
            }
        }
        try journal.close()
    }

    @Test
    func `the longest record is taken, one byte more is refused and leaves the batch as it was`() throws {
        let journal = try Site(.lmdb).open()
        var batch = try RecordBatch([record(1)])
        #expect(throws: JournalError.recordTooLarge(bytes: JournalLimits.recordBytes + 1)) {
            try batch.append([UInt8](repeating: 1, count: JournalLimits.recordBytes + 1))
        }
        #expect(throws: JournalError.recordTooLarge(bytes: JournalLimits.recordBytes + 9)) {
            try batch.appendRecord { $0.append([UInt8](repeating: 1, count: JournalLimits.recordBytes + 9)) }
        }
        #expect(batch.count == 1)
        #expect(batch.byteCount == 80)
        let longest = record(2, bytes: JournalLimits.recordBytes)
        try batch.append(longest)
        journal.append(batch)
        while try journal.step() {}
        #expect(try journal.replayed().map(\.bytes) == [record(1), longest])
        try journal.close()
    }

    @Test
    func `a record written in place is what its writer wrote`() throws {
        var batch = RecordBatch()
        try batch.appendRecord { writer in
            writer.append(7)
            writer.append(littleEndian: UInt32(0x0102_0304))
            writer.append(varint: 300)
            writer.append(utf8: "号")
        }
        try batch.append([9])
        #expect(batch.bytes == [7, 4, 3, 2, 1, 0xac, 0x02, 0xe5, 0x8f, 0xb7, 9])
        #expect(batch.lengths == [10, 1])
        batch.removeAll()
        #expect(batch.isEmpty && batch.byteCount == 0 && batch.span == 0)
    }

    @Test
    func `many appenders at once: every batch stays together, in its appender's order`() async throws {
        let journal = try Site(.lmdb).open { $0.driving = .thread }
        let appenders = 8
        let batches = 60
        await withTaskGroup(of: Void.self) { group in
            for appender in 0..<appenders {
                group.addTask {
                    for number in 0..<batches {
                        let records = (0..<16).map { [UInt8(appender), UInt8(number), UInt8($0)] }
                        guard let batch = try? RecordBatch(records) else { return }
                        let last = journal.append(batch)
                        try? await journal.whenDurable(last)
                        #expect(journal.durablePosition >= last)
                    }
                }
            }
        }
        let records = try journal.replayed()
        #expect(records.count == appenders * batches * 16)
        var next = [Int](repeating: 0, count: appenders)
        for start in stride(from: 0, to: records.count, by: 16) {
            let appender = Int(records[start].bytes[0])
            for offset in 0..<16 {
                #expect(records[start + offset].bytes == [UInt8(appender), UInt8(next[appender]), UInt8(offset)])
            }
            next[appender] += 1
        }
        #expect(next == [Int](repeating: batches, count: appenders))
        let statistics = journal.statistics
        #expect(statistics.records == records.count)
        #expect(statistics.commits <= appenders * batches)
        #expect(statistics.syncs == statistics.commits * 2)
        #expect(statistics.pendingBytes == 0)
        try journal.close()
    }

    @Test(arguments: Disk.allCases)
    func `everything handed over between two commits is one commit`(_ disk: Disk) throws {
        let journal = try Site(disk).open()
        for number in 0..<100 { journal.append(try RecordBatch([record(number)])) }
        journal.write([.put(patients, key: [1], value: [1])])
        journal.setMetadata("epoch", [3])
        #expect(try journal.step())
        #expect(try !journal.step())
        #expect(journal.statistics.commits == 1)
        #expect(journal.statistics.records == 100)
        #expect(try journal.metadata("epoch") == [3])
        journal.setMetadata("epoch", nil)
        #expect(try journal.step())
        #expect(try journal.metadata("epoch") == nil)
        try journal.close()
    }

    @Test
    func `the queue's limit is open at it and overloaded one byte past it`() throws {
        let journal = try Site(.memory).open { $0.queueBytesLimit = 1_000 }
        journal.append(try RecordBatch([record(1, bytes: 996)]))
        #expect(journal.pendingBytes == 1_000)
        #expect(journal.admission == .open)
        journal.append(try RecordBatch([record(1, bytes: 1)]))
        guard case .overloaded(let wait) = journal.admission else {
            Issue.record("expected overloaded, found \(journal.admission)")
            return
        }
        #expect(wait >= 1)
        #expect(try journal.step())
        #expect(journal.admission == .open)
        #expect(journal.pendingBytes == 0)
        try journal.close()
    }
}
