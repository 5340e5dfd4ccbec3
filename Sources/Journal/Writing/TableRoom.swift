/// How many pages of the store some table writes take, never fewer than they do.
///
/// A put somewhere in a table copies a leaf, may split it, and does the same to a branch: 4 pages. One at the end of a
/// growing table shares its leaf with its neighbours, as chunks of the log do; asking 4 for each would be asking eight
/// times too much, and a checkpoint would find no room where there is plenty.
struct TableRoom {
    /// Pages, overflow pages among them.
    private(set) var pages = 0

    static let pageBytes = 4_096
    /// What a page has for its nodes, after its header.
    static let leafBytes = pageBytes - 16
    /// Two nodes fit a page: what takes more goes to overflow pages (`me_nodemax` of LMDB 0.9).
    private static let nodeBytes = 2_038
    /// What LMDB puts before a node's key, and its place in the page's list.
    private static let nodeOverhead = 8 + 2

    init(_ writes: [TableWrite]) {
        /// Bytes in the last leaf of each growing table, and in the branches above its new leaves.
        var ends: [String: (leaf: Int, branches: Int)] = [:]
        for write in writes {
            switch write {
            case .sealed(_, let key, let envelope):
                // Not put at the end as such, whatever the table promises.
                let node = key.count + envelope.count + Self.nodeOverhead
                pages += 4 + (node - 2 > Self.nodeBytes ? (envelope.count + 15) / Self.pageBytes + 1 : 0)
            case .put(let table, let key, let value, _):
                var node = key.count + ValueEnvelope.headerBytes + value.count + Self.nodeOverhead
                if node - 2 > Self.nodeBytes {
                    pages += (ValueEnvelope.headerBytes + value.count + 15) / Self.pageBytes + 1
                    node = key.count + 8 + Self.nodeOverhead
                }
                guard table.isGrowing else {
                    pages += 4
                    continue
                }
                node += node & 1
                // The leaf and the branches that were there: copied, and split at most once.
                if ends[table.name] == nil { pages += Self.depth * 2 }
                var end = ends[table.name] ?? (leaf: Self.leafBytes, branches: 0)
                if end.leaf + node > Self.leafBytes {
                    pages += 1
                    end = (leaf: 0, branches: end.branches + key.count + Self.nodeOverhead)
                    // Branches are half full after a split, and there are branches above them.
                    if end.branches >= Self.leafBytes / 4 {
                        pages += 1
                        end.branches = 0
                    }
                }
                end.leaf += node
                ends[table.name] = end
            case .delete(let table, _):
                // From the front, one after the other: the leaf, and half a branch at most.
                pages += table.isGrowing ? 2 : 4
            }
        }
    }

    /// Levels of a tree of more pages than any disk has.
    private static let depth = 8
}
