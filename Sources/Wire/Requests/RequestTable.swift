/// What is known of each unanswered request, by its id: an open-addressing table, because requests come and go by the
/// hundred thousand a second and ids are small, mostly consecutive numbers that need no strong hash.
///
/// Linear probing with backward-shift deletion, so it holds no tombstones and never needs cleaning. Public, though
/// nobody outside needs it: only what is public and inlinable is specialised in other modules, and a generic type that
/// is not is looked up at run time, which costs more than the table itself.
public struct RequestTable<Value> {
    @usableFromInline var ids: ContiguousArray<UInt32>
    @usableFromInline var values: ContiguousArray<Value?>
    @usableFromInline var entries = 0

    /// Entries.
    @inlinable public var count: Int { entries }

    /// An empty table. It grows as requests come, and keeps its size after.
    @inlinable public init() {
        ids = ContiguousArray(repeating: 0, count: 16)
        values = ContiguousArray(repeating: nil, count: 16)
    }

    /// Whether it has no entry.
    @inlinable public var isEmpty: Bool { entries == 0 }

    /// Whether there is an entry under this id. The id is never 0.
    @inlinable public func contains(_ id: UInt32) -> Bool { ids[place(of: id)] == id }

    /// The value under this id. The id is never 0.
    @inlinable public subscript(id: UInt32) -> Value? {
        let place = place(of: id)
        return ids[place] == id ? values[place] : nil
    }

    /// - Precondition: the id is not 0 and not in the table.
    @inlinable public mutating func insert(_ value: Value, for id: UInt32) {
        precondition(id != 0, "request id 0 is reserved")
        if (entries + 1) * 2 > ids.count { grow() }
        let place = place(of: id)
        precondition(ids[place] == 0, "a request id is unique among the unanswered")
        ids[place] = id
        values[place] = value
        entries += 1
    }

    /// Removes and gives back the value under this id; nil when there is none.
    ///
    /// - Precondition: the id is not 0.
    @inlinable public mutating func remove(_ id: UInt32) -> Value? {
        precondition(id != 0, "request id 0 is reserved")
        var hole = place(of: id)
        guard ids[hole] == id else { return nil }
        let removed = values[hole]
        var next = hole
        while true {
            next = (next + 1) & mask
            guard ids[next] != 0 else { break }
            // An entry may move into the hole unless its home lies behind the hole, cyclically.
            if (next &- home(ids[next])) & mask >= (next &- hole) & mask {
                ids[hole] = ids[next]
                values[hole] = values[next]
                hole = next
            }
        }
        ids[hole] = 0
        values[hole] = nil
        entries -= 1
        return removed
    }

    /// Every entry, in no particular order.
    @inlinable public func forEach(_ body: (UInt32, Value) -> Void) {
        for place in ids.indices where ids[place] != 0 {
            if let value = values[place] { body(ids[place], value) }
        }
    }

    @inlinable var mask: Int { ids.count - 1 }

    /// Fibonacci hashing: spreads consecutive ids and ids with a common stride alike.
    @inlinable func home(_ id: UInt32) -> Int { Int((id &* 0x9E37_79B1) >> 7) & mask }

    /// Where the id is, or would be put.
    @inlinable func place(of id: UInt32) -> Int {
        var place = home(id)
        while ids[place] != 0 && ids[place] != id { place = (place + 1) & mask }
        return place
    }

    @inlinable mutating func grow() {
        let old = (ids, values)
        ids = ContiguousArray(repeating: 0, count: old.0.count * 2)
        values = ContiguousArray(repeating: nil, count: old.0.count * 2)
        for (id, value) in zip(old.0, old.1) where id != 0 {
            let place = place(of: id)
            ids[place] = id
            values[place] = value
        }
    }
}

extension RequestTable: Sendable where Value: Sendable {}
