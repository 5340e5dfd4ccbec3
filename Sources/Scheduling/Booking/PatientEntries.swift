/// Entries of patients' appointments by number, from 1 on. They never move: an array of millions that grows is copied whole, and
/// every booking of the shard waits for it. What a start derives stands in one block, what comes after it in pages.
struct PatientEntries: Sendable {
    private static let shift: UInt32 = 12

    private var derived: ContiguousArray<PatientBook.Entry>
    private var pages: ContiguousArray<ContiguousArray<PatientBook.Entry>> = []
    /// How many there are, those that were derived included.
    private var count: UInt32

    init(derived: ContiguousArray<PatientBook.Entry> = []) {
        self.derived = derived
        count = UInt32(derived.count)
    }

    subscript(number: UInt32) -> PatientBook.Entry {
        get {
            let index = Int(number) - 1
            guard index >= derived.count else { return derived[index] }
            return pages[page(number)][place(number)]
        }
        _modify {
            let index = Int(number) - 1
            if index < derived.count {
                yield &derived[index]
            } else {
                yield &pages[page(number)][place(number)]
            }
        }
    }

    /// - Returns: its number.
    mutating func append(_ entry: PatientBook.Entry) -> UInt32 {
        count += 1
        if place(count) == 0 {
            pages.append([])
            // The first page grows as an array does, for a shard of few patients.
            if pages.count > 1 { pages[page(count)].reserveCapacity(1 << Int(Self.shift)) }
        }
        pages[page(count)].append(entry)
        return count
    }

    private func page(_ number: UInt32) -> Int { (Int(number) - 1 - derived.count) >> Int(Self.shift) }
    private func place(_ number: UInt32) -> Int { (Int(number) - 1 - derived.count) & (1 << Int(Self.shift) - 1) }
}
