import Testing

@testable import Journal

/// How much room a commit asks for, against what the file grows by.
@Suite struct RoomTests {
    private static let growing = Table("growing", isGrowing: true)
    private static let packed = Table("packed", compressed: true, isGrowing: true)

    private static func key(_ number: UInt64) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }

    /// Bytes by which the file's used part grows.
    private func growth(_ journal: Journal, _ work: (inout PendingWork) -> Void) throws -> (asked: Int, used: Int) {
        var pending = PendingWork(after: journal.lastPosition)
        work(&pending)
        let before = journal.storage.footprint().usedBytes
        let batch = try RecordBatch(pending.records)
        journal.append(batch, tables: pending.tables)
        while try journal.step() {}
        return (pending.roomNeeded, journal.storage.footprint().usedBytes - before)
    }

    @Test(
        arguments: [
            (3, 4_096, 12_288), (0, 4_096, 0), (.max, 1, .max), (.max, .max, .max), (0x4000_0000_0000_0000, 2, .max),
        ] as [(UInt, UInt, Int)])
    func `blocks beyond any number are the most there is`(count: UInt, size: UInt, bytes: Int) {
        #expect(DiskBlocks.bytes(count, of: size) == bytes)
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `a commit never takes more than it asked for, whatever is in it`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let site = try Site(.lmdb)
        let journal = try site.open()
        var next: UInt64 = 0
        var front: UInt64 = 0
        for round in 0..<15 {
            let (asked, used) = try growth(journal) { pending in
                if Bool.random(using: &random) {
                    let count = Int.random(in: 1...400, using: &random)
                    let records = (0..<count).map { record($0, bytes: Int.random(in: 1...3_000, using: &random)) }
                    if let batch = try? RecordBatch(records) { pending.add(batch) }
                }
                var writes: [TableWrite] = []
                for _ in 0..<Int.random(in: 0...500, using: &random) {
                    let bytes = [10, 300, 1_700, 1_900, 5_000].randomElement(using: &random) ?? 1
                    let value = record(Int(next), bytes: Int.random(in: 0...bytes, using: &random))
                    switch Int.random(in: 0..<10, using: &random) {
                    case 0..<4:
                        next += 1
                        writes.append(
                            .put(next % 2 == 0 ? Self.growing : Self.packed, key: Self.key(next), value: value))
                    case 4 where front < next:
                        front += 1
                        writes.append(.delete(front % 2 == 0 ? Self.growing : Self.packed, key: Self.key(front)))
                    case 5..<9:
                        let key = Self.key(UInt64.random(in: 0...100_000, using: &random))
                        let tail = [UInt8](repeating: 7, count: Int.random(in: 0...400, using: &random))
                        writes.append(.put(patients, key: key + tail, value: value))
                    default: writes.append(.delete(patients, key: Self.key(UInt64.random(in: 0...9, using: &random))))
                    }
                }
                pending.add(writes)
            }
            #expect(used <= asked, "seed \(seed), round \(round)")
        }
        try journal.close()
    }

    @Test
    func `values at the end of a growing table ask for little more than they take`() throws {
        let site = try Site(.lmdb)
        let journal = try site.open()
        var next: UInt64 = 0
        for _ in 0..<4 {
            let (asked, used) = try growth(journal) { pending in
                let writes = (0..<2_500).map { _ -> TableWrite in
                    next += 1
                    return .put(Self.growing, key: Self.key(next), value: record(Int(next), bytes: 1_700))
                }
                pending.add(writes)
            }
            #expect(used > 4 << 20)
            #expect(asked <= used + used / 4)
        }
        try journal.close()
    }

    @Test
    func `a key that is not at the end of a growing table is a broken promise`() throws {
        let site = try Site(.lmdb)
        let journal = try site.open()
        journal.write([.put(Self.growing, key: [5], value: [1])])
        while try journal.step() {}
        journal.write([.put(Self.growing, key: [4], value: [1])])
        #expect(throws: JournalError.self) { while try journal.step() {} }
        journal.abandon()
    }
}

extension PendingWork {
    /// The records in it, each as an array.
    fileprivate var records: [[UInt8]] {
        var offset = 0
        return lengths.map { length in
            defer { offset += Int(length) }
            return Array(bytes[offset..<offset + Int(length)])
        }
    }
}
