import Journal

/// Bytes at a fixed address for as long as anyone holds them.
///
/// `@unchecked Sendable`: written only in `init`, immutable afterwards.
final class Blob: @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer

    init(_ source: UnsafeRawBufferPointer) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, source.count), alignment: 8)
        memory.copyMemory(from: source)
        bytes = UnsafeRawBufferPointer(rebasing: memory[..<source.count])
    }

    deinit { bytes.deallocate() }
}

/// A sorted map in memory, in leaves of a few hundred entries; copying it copies only the list of leaves.
struct OrderedTable: Sendable {
    struct Entry: Sendable {
        var key: Blob
        var value: Blob
    }

    /// A place in the table.
    struct Index: Equatable, Sendable {
        var leaf: Int
        var slot: Int
    }

    private static let leafEntries = 256
    private let keys: StorageKeys
    private var leaves: [[Entry]] = []
    private(set) var count = 0
    private(set) var bytes = 0

    init(_ keys: StorageKeys) { self.keys = keys }

    func isOrdered(_ a: UnsafeRawBufferPointer, before b: UnsafeRawBufferPointer) -> Bool {
        switch keys {
        case .bytes: a.lexicographicallyPrecedes(b)
        case .integers: a.loadUnaligned(as: UInt64.self) < b.loadUnaligned(as: UInt64.self)
        }
    }

    /// The first place whose key is not less than `key`; `nil` when there is none.
    func index(atOrAfter key: UnsafeRawBufferPointer) -> Index? {
        let leaf = leaves.lowerBound({ leaf in isOrdered(leaf[leaf.count - 1].key.bytes, before: key) })
        guard leaf < leaves.count else { return nil }
        return Index(leaf: leaf, slot: leaves[leaf].lowerBound { isOrdered($0.key.bytes, before: key) })
    }

    var first: Index? { leaves.isEmpty ? nil : Index(leaf: 0, slot: 0) }
    var last: Index? { leaves.isEmpty ? nil : Index(leaf: leaves.count - 1, slot: leaves[leaves.count - 1].count - 1) }

    func index(after index: Index) -> Index? {
        if index.slot + 1 < leaves[index.leaf].count { return Index(leaf: index.leaf, slot: index.slot + 1) }
        return index.leaf + 1 < leaves.count ? Index(leaf: index.leaf + 1, slot: 0) : nil
    }

    func index(before index: Index) -> Index? {
        if index.slot > 0 { return Index(leaf: index.leaf, slot: index.slot - 1) }
        return index.leaf > 0 ? Index(leaf: index.leaf - 1, slot: leaves[index.leaf - 1].count - 1) : nil
    }

    subscript(_ index: Index) -> Entry { leaves[index.leaf][index.slot] }

    /// The place of exactly that key.
    func find(_ key: UnsafeRawBufferPointer) -> Index? {
        guard let index = index(atOrAfter: key), !isOrdered(key, before: self[index].key.bytes) else { return nil }
        return index
    }

    mutating func put(_ entry: Entry) {
        bytes += entry.key.bytes.count + entry.value.bytes.count
        if let found = find(entry.key.bytes) {
            let old = self[found]
            bytes -= old.key.bytes.count + old.value.bytes.count
            leaves[found.leaf][found.slot] = entry
            return
        }
        count += 1
        guard let place = index(atOrAfter: entry.key.bytes) ?? last.map({ Index(leaf: $0.leaf, slot: $0.slot + 1) })
        else {
            leaves = [[entry]]
            return
        }
        leaves[place.leaf].insert(entry, at: place.slot)
        splitIfLong(place.leaf)
    }

    mutating func remove(_ key: UnsafeRawBufferPointer) {
        guard let found = find(key) else { return }
        let old = leaves[found.leaf].remove(at: found.slot)
        bytes -= old.key.bytes.count + old.value.bytes.count
        count -= 1
        if leaves[found.leaf].isEmpty { leaves.remove(at: found.leaf) }
    }

    private mutating func splitIfLong(_ leaf: Int) {
        guard leaves[leaf].count > Self.leafEntries else { return }
        // A log only ever grows at its end: leave the full leaf as it is there, halve it elsewhere.
        let kept = leaf == leaves.count - 1 ? Self.leafEntries : Self.leafEntries / 2
        let tail = Array(leaves[leaf][kept...])
        leaves[leaf].removeSubrange(kept...)
        leaves.insert(tail, at: leaf + 1)
    }
}

extension Array {
    /// The first index whose element is not `before` what is sought, in an array sorted that way.
    fileprivate func lowerBound(_ before: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if before(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
