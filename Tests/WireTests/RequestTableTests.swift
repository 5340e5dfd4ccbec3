import Testing

@testable import Wire

@Suite struct `Unanswered requests by their id` {
    @Test(arguments: 1...30 as ClosedRange<UInt64>)
    func `the table does what a dictionary does`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var table = RequestTable<Int>()
        var model: [UInt32: Int] = [:]
        // Few ids, so that they collide and come back; some of them far apart.
        let ids = (0..<64).map { UInt32($0 + 1) } + (0..<64).map { _ in UInt32.random(in: 1 ... .max, using: &random) }
        for step in 0..<5_000 {
            let id = ids[Int.random(in: ids.indices, using: &random)]
            if model[id] == nil, Bool.random(using: &random) {
                table.insert(step, for: id)
                model[id] = step
            } else {
                #expect(table.remove(id) == model.removeValue(forKey: id), "seed \(seed), step \(step)")
            }
            #expect(table.count == model.count, "seed \(seed), step \(step)")
        }
        for id in ids { #expect(table[id] == model[id] && table.contains(id) == (model[id] != nil), "seed \(seed)") }
        var seen: [UInt32: Int] = [:]
        table.forEach { seen[$0] = $1 }
        #expect(seen == model, "seed \(seed)")
    }

    @Test func `a window of consecutive ids slides through without growing the table`() {
        var table = RequestTable<UInt32>()
        for id in 1...100_000 as ClosedRange<UInt32> {
            table.insert(id, for: id)
            if id > 1_000 { #expect(table.remove(id - 1_000) == id - 1_000) }
        }
        #expect(table.count == 1_000)
    }
}
