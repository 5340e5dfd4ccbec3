import Testing

@testable import Journal

/// What a journal should hold, kept the naive way.
private struct Model {
    var records: [[UInt8]] = []
    var values: [[UInt8]: [UInt8]] = [:]
    /// The position after each record, since large ones take several.
    var ends: [UInt64] = []
    var checkpoint: UInt64 = 1

    var last: UInt64 { ends.last ?? 0 }
}

@Suite struct PropertyTests {
    @Test(
        arguments: Disk.allCases,
        1...6 as ClosedRange<UInt64>)
    func `random appends, table writes, trims, crashes and reopenings match a naive model`(_ disk: Disk, _ seed: UInt64)
        throws
    {
        var random = SeededGenerator(seed: seed)
        let site = try Site(disk)
        let segmentBytes = Int.random(in: 2_000...40_000, using: &random)
        var journal = try site.open { $0.segmentBytes = segmentBytes }
        var pending = Model()
        var durable = Model()
        for move in 0..<250 {
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<40: append(&pending, journal, &random)
            case 40..<60: writeValues(&pending, journal, &random)
            case 60..<85:
                while try journal.step() {}
                durable = pending
                #expect(journal.durablePosition.rawValue == durable.last)
            case 85..<90:
                pending.checkpoint = UInt64.random(in: pending.checkpoint...pending.last + 1, using: &random)
                journal.trim(before: Position(pending.checkpoint))
            case 90..<95:
                site.crash(journal)
                journal = try site.open { $0.segmentBytes = segmentBytes }
                pending = durable
                try check(journal, durable, "seed \(seed), crash at move \(move)")
            default:
                try journal.close()
                durable = pending
                journal = try site.open { $0.segmentBytes = segmentBytes }
                try check(journal, durable, "seed \(seed), reopened at move \(move)")
            }
        }
        try journal.close()
        let verification = try site.verification()
        #expect(verification.isSound, "seed \(seed): \(verification.reports)")
    }

    private func append(_ model: inout Model, _ journal: Journal, _ random: inout SeededGenerator) {
        var batch = RecordBatch()
        for _ in 0..<Int.random(in: 0...30, using: &random) {
            let size = Int.random(in: 0..<20, using: &random) == 0 ? 9_000 : 300
            let bytes = record(
                Int.random(in: 0...9_999, using: &random), bytes: Int.random(in: 0...size, using: &random))
            #expect(throws: Never.self) { try batch.append(bytes) }
            model.records.append(bytes)
            model.ends.append(model.last + UInt64(Chunk.span(ofRecordLength: bytes.count)))
        }
        #expect(journal.append(batch).rawValue == model.last)
    }

    private func writeValues(_ model: inout Model, _ journal: Journal, _ random: inout SeededGenerator) {
        var writes: [TableWrite] = []
        for _ in 0..<Int.random(in: 1...20, using: &random) {
            let key = [UInt8.random(in: 0...20, using: &random), UInt8.random(in: 0...5, using: &random)]
            if Bool.random(using: &random) {
                let value = record(
                    Int.random(in: 0...99, using: &random), bytes: Int.random(in: 0...3_000, using: &random))
                writes.append(.put(history, key: key, value: value))
                model.values[key] = value
            } else {
                writes.append(.delete(history, key: key))
                model.values[key] = nil
            }
        }
        journal.write(writes)
    }

    private func check(_ journal: Journal, _ model: Model, _ place: Comment) throws {
        #expect(journal.lastPosition.rawValue == model.last, place)
        #expect(journal.checkpoint.rawValue == model.checkpoint, place)
        let first = model.ends.firstIndex { $0 >= model.checkpoint } ?? model.ends.count
        let found = try journal.replayed(from: nil)
        #expect(found.map(\.bytes) == Array(model.records[first...]), place)
        #expect(found.map(\.position.rawValue) == Array(model.ends[first...]), place)
        var values: [[UInt8]: [UInt8]] = [:]
        try journal.forEach(history) { key, _, value in
            values[[UInt8](key)] = [UInt8](value)
            return true
        }
        #expect(values == model.values, place)
    }
}
