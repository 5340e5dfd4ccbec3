/// What a journal consists of, for people who look at one.
package struct JournalListing: Sendable {
    /// One log segment.
    package struct Segment: Hashable, Sendable {
        /// Its table's name.
        package let name: String
        /// The position it begins with.
        package let first: Position
        /// The position it ends with; the one before `first` when it is empty.
        package let last: Position
        /// How many chunks it has.
        package let chunks: Int
        /// Bytes of its pages.
        package let bytes: Int
    }

    /// One state table.
    package struct StateTable: Hashable, Sendable {
        /// Its name.
        package let name: String
        /// How many values it has.
        package let values: Int
        /// Bytes of its pages.
        package let bytes: Int
    }

    /// The format it is written in.
    package let format: UInt32
    /// The 16 bytes given to it when it was made.
    package let creationID: [UInt8]
    /// Where recovery begins.
    package let checkpoint: Position
    /// The position that the next record will get.
    package let next: Position
    /// Its segments, oldest first.
    package let segments: [Segment]
    /// Its state tables, by name.
    package let tables: [StateTable]
    /// The names of its metadata entries, sorted.
    package let metadata: [String]
    /// Sizes of the store.
    package let storage: StorageFootprint
}

extension Journal {
    /// What the journal consists of, as last committed.
    /// - Throws: ``JournalError/corrupt(_:)`` when a listed segment is not there, ``JournalError/closed``.
    package func listing() throws(JournalError) -> JournalListing {
        let shape = currentShape
        let ends = shape.segments.dropFirst().map(\.first) + [shape.next]
        var segments: [JournalListing.Segment] = []
        for (segment, end) in zip(shape.segments, ends) {
            guard let footprint = try storage.tableFootprint(segment.name) else {
                throw .corrupt(
                    CorruptionReport(
                        .segment, table: segment.name, position: segment.first,
                        expected: "the segment that the meta table lists", found: "no such table"))
            }
            segments.append(
                .init(
                    name: segment.name, first: segment.first, last: end.previous, chunks: footprint.entries,
                    bytes: footprint.bytes))
        }
        return JournalListing(
            format: format, creationID: creationID, checkpoint: shape.checkpoint, next: shape.next,
            segments: segments, tables: try listTables(), metadata: try listMetadata(), storage: storage.footprint())
    }

    private func listTables() throws(JournalError) -> [JournalListing.StateTable] {
        var tables: [JournalListing.StateTable] = []
        for name in try storage.tableNames() {
            guard let table = StateTable.table(of: name), let footprint = try storage.tableFootprint(name) else {
                continue
            }
            tables.append(.init(name: table, values: footprint.entries, bytes: footprint.bytes))
        }
        return tables
    }

    private func listMetadata() throws(JournalError) -> [String] {
        let snapshot = try storage.snapshot()
        defer { snapshot.close() }
        guard let cursor = try snapshot.cursor(MetaEntry.table) else { return [] }
        defer { cursor.close() }
        var names: [String] = []
        var entry = try cursor.first()
        while let current = entry {
            let key = String(decoding: current.key, as: UTF8.self)
            if key.hasPrefix(MetaEntry.applicationPrefix) {
                names.append(String(key.dropFirst(MetaEntry.applicationPrefix.count)))
            }
            entry = try cursor.next()
        }
        return names
    }
}
