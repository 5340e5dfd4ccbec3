import Testing

@testable import Journal

@Suite struct TrimTests {
    @Test(arguments: Disk.allCases)
    func `trimming drops whole segments before the checkpoint and keeps the rest`(_ disk: Disk) throws {
        let site = try Site(disk)
        var journal = try site.open { $0.segmentBytes = 20_000 }
        let written = (0..<2_000).map { record($0, bytes: 100) }
        for start in stride(from: 0, to: 2_000, by: 100) { try journal.commit(Array(written[start..<start + 100])) }
        let before = try journal.listing().segments
        #expect(before.count > 5)
        journal.trim(before: Position(1_000))
        while try journal.step() {}
        #expect(journal.checkpoint == Position(1_000))
        let oldest = journal.oldestPosition
        #expect(oldest > .first && oldest <= Position(1_000))
        #expect(try journal.listing().segments == before.filter { $0.first >= oldest })
        #expect(try journal.replayed(from: nil).map(\.bytes) == Array(written[999...]))
        #expect(throws: JournalError.positionTrimmed(oldest: oldest)) { try journal.read(from: oldest.previous) }
        #expect(throws: JournalError.positionTrimmed(oldest: oldest)) { try journal.read(from: .zero) }
        #expect(try journal.read(from: oldest, maxRecords: 1)[0].bytes == written[Int(oldest.rawValue) - 1])
        // Nothing is left of the dropped tables.
        #expect(
            try journal.storage.tableNames().filter { $0.hasPrefix("log.") } == journal.listing().segments.map(\.name))
        try journal.close()
        journal = try site.open { $0.segmentBytes = 20_000 }
        #expect(journal.oldestPosition == oldest)
        #expect(journal.checkpoint == Position(1_000))
        // An earlier checkpoint changes nothing.
        journal.trim(before: Position(10))
        while try journal.step() {}
        #expect(journal.checkpoint == Position(1_000))
        try journal.close()
    }

    @Test(arguments: Disk.allCases)
    func `what is kept for readers stays, though recovery begins behind it, and goes when they need it no more`(
        _ disk: Disk
    ) throws {
        let site = try Site(disk)
        var journal = try site.open { $0.segmentBytes = 20_000 }
        for start in stride(from: 0, to: 2_000, by: 100) {
            try journal.commit((start..<start + 100).map { record($0, bytes: 100) })
        }
        journal.trim(before: Position(1_500), keeping: Position(400))
        while try journal.step() {}
        #expect(journal.checkpoint == Position(1_500))
        let oldest = journal.oldestPosition
        #expect(oldest > .first && oldest <= Position(400))
        #expect(try journal.read(from: Position(400), maxRecords: 1)[0].bytes == record(399, bytes: 100))
        #expect(journal.segments.map(\.first) == (try journal.listing().segments.map(\.first)))
        try journal.close()
        journal = try site.open { $0.segmentBytes = 20_000 }
        #expect(journal.oldestPosition == oldest && journal.checkpoint == Position(1_500))
        #expect(try journal.replayed(from: nil).first?.bytes == record(1_499, bytes: 100))
        journal.trim(before: Position(1_500), keeping: Position(9_999))
        while try journal.step() {}
        #expect(journal.oldestPosition > Position(400) && journal.oldestPosition <= Position(1_500))
        try journal.close()
    }

    @Test(arguments: Disk.allCases)
    func `a trim of everything leaves an empty log that goes on counting`(_ disk: Disk) throws {
        let site = try Site(disk)
        var journal = try site.open { $0.segmentBytes = 4_000 }
        for number in 0..<50 { try journal.commit([record(number, bytes: 1_000)]) }
        journal.trim(before: Position(51))
        while try journal.step() {}
        try journal.close()
        journal = try site.open { $0.segmentBytes = 4_000 }
        #expect(journal.lastPosition == Position(50))
        #expect(try journal.replayed(from: nil).isEmpty)
        #expect(try journal.commit([record(99)]) == Position(51))
        #expect(try journal.replayed(from: nil).map(\.bytes) == [record(99)])
        try journal.close()
    }

    @Test(arguments: Disk.allCases)
    func `a segment that someone reads is dropped after they have finished`(_ disk: Disk) throws {
        let journal = try Site(disk).open { $0.segmentBytes = 4_000 }
        for number in 0..<50 { try journal.commit([record(number, bytes: 1_000)]) }
        let first = try journal.listing().segments[0].name
        let snapshot = try journal.storage.snapshot()
        let cursor = try #require(try snapshot.cursor(first))
        journal.trim(before: Position(51))
        while try journal.step() {}
        #expect(try journal.storage.tableNames().contains(first))
        #expect(try cursor.first() != nil)
        cursor.close()
        snapshot.close()
        _ = try journal.step()
        #expect(try !journal.storage.tableNames().contains(first))
        try journal.close()
    }

    @Test
    func `under steady writing and trimming the file stops growing`() throws {
        let journal = try Site(.lmdb).open { $0.segmentBytes = 256 << 10 }
        var sizes: [Int] = []
        for round in 0..<60 {
            for part in 0..<4 { try journal.commit((0..<500).map { record(round * part + $0, bytes: 120) }) }
            let last = journal.lastPosition
            journal.write((0..<50).map { .put(patients, key: [UInt8($0)], value: record(round, bytes: 300)) })
            journal.trim(before: last.next)
            while try journal.step() {}
            sizes.append(journal.statistics.storage.usedBytes)
        }
        #expect(sizes[59] == sizes[20], "used bytes by round: \(sizes)")
        #expect(journal.statistics.logBytes < 1 << 20)
        try journal.close()
    }

    @Test
    func `the file grows while it is open, and what it holds stays readable`() throws {
        let site = try Site(.lmdb)
        var journal = try site.open()
        let before = journal.statistics.storage.fileBytes
        #expect(before <= 2 << 20)
        for round in 0..<20 { try journal.commit((0..<1_000).map { record(round + $0, bytes: 500) }) }
        let after = journal.statistics.storage
        #expect(after.fileBytes > 10 << 20)
        #expect(after.fileBytes - after.usedBytes >= 256 << 10)
        #expect(try journal.replayed().count == 20_000)
        try journal.close()
        journal = try site.open()
        #expect(try journal.replayed().count == 20_000)
        try journal.close()
    }

    @Test
    func `followers read without a gap while others append, write state and trim`() async throws {
        let journal = try Site(.lmdb).open {
            $0.driving = .thread
            $0.segmentBytes = 30_000
        }
        let end = 4_000
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for number in stride(from: 1, through: end, by: 20) {
                    let batch = try RecordBatch((number..<number + 20).map { record($0, bytes: 100) })
                    let last = journal.append(batch, tables: [.put(patients, key: [1], value: record(number))])
                    try await journal.whenDurable(last)
                    if number % 500 == 1 { journal.trim(before: Position(UInt64(max(1, number - 300)))) }
                }
            }
            for _ in 0..<3 {
                group.addTask {
                    var from = Position.first
                    while from <= Position(UInt64(end)) {
                        do throws(JournalError) {
                            let records = try journal.read(from: from, maxRecords: 64)
                            for found in records {
                                #expect(found.position == from)
                                #expect(found.bytes == record(Int(from.rawValue), bytes: 100))
                                from = from.next
                            }
                            if records.isEmpty { _ = try await journal.durablePosition(after: from.previous) }
                        } catch {
                            guard case .positionTrimmed(let oldest) = error else { throw error }
                            #expect(oldest > from)
                            from = oldest
                        }
                    }
                }
                group.addTask {
                    while journal.durablePosition < Position(UInt64(end)) {
                        let before = journal.durablePosition
                        if let value = try journal.value(patients, key: [1]) {
                            #expect(value.bytes == record(Int(value.reflects.rawValue) - 19))
                            #expect(value.reflects >= before || before == .zero)
                        }
                        _ = try await journal.durablePosition(after: before)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(journal.oldestPosition > Position(2_000))
        try journal.close()
    }
}
