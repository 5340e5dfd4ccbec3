extension Journal {
    /// The committed value under `key`, verified and decompressed, or `nil` when there is none. What was handed over
    /// but is not durable yet is not seen.
    /// - Throws: ``JournalError/corrupt(_:)`` naming table and key; ``JournalError/closed``.
    package func value(_ table: Table, key: [UInt8]) throws(JournalError) -> StoredValue? {
        let snapshot = try storage.snapshot()
        defer { snapshot.close() }
        let outcome = key.withUnsafeBytes { bytes in
            Result { () throws(JournalError) -> StoredValue? in
                guard let raw = try snapshot.value(StateTable.name(table.name), key: bytes) else { return nil }
                do throws(ChunkFault) {
                    let envelope = try ValueEnvelope.read(raw, table: table.name, key: bytes).get()
                    return StoredValue(reflects: envelope.reflects, bytes: try envelope.value())
                } catch {
                    throw .corrupt(StateTable.report(error, table: table.name, key: bytes))
                }
            }
        }
        return try outcome.get()
    }

    /// Hands every committed entry of `table` whose key lies in `lower ..< upper` to `body` in key order, until that
    /// returns `false`. `nil` bounds are open. Values are verified and decompressed; the pointers are good only during
    /// the call.
    ///
    /// All of it is one snapshot: what is committed meanwhile is not seen, and pages freed meanwhile cannot be reused
    /// before it ends. Keep it short, or take the table in pieces.
    /// - Throws: ``JournalError/corrupt(_:)`` naming table and key, ``JournalError/closed``, or what `body` throws.
    package func forEach(
        _ table: Table, from lower: [UInt8]? = nil, to upper: [UInt8]? = nil,
        _ body: (_ key: UnsafeRawBufferPointer, _ reflects: Position, _ value: UnsafeRawBufferPointer) throws -> Bool
    ) throws {
        let snapshot = try storage.snapshot()
        defer { snapshot.close() }
        guard let cursor = try snapshot.cursor(StateTable.name(table.name)) else { return }
        defer { cursor.close() }
        var scratch: [UInt8] = []
        var entry = try start(cursor, at: lower)
        while let current = entry {
            if let upper, upper.withUnsafeBytes({ !current.key.isOrdered(before: $0) }) { return }
            var goesOn = true
            do {
                let envelope = try ValueEnvelope.read(current.value, table: table.name, key: current.key).get()
                goesOn = try envelope.withValue(scratch: &scratch) { try body(current.key, envelope.reflects, $0) }
            } catch let fault as ChunkFault {
                throw JournalError.corrupt(StateTable.report(fault, table: table.name, key: current.key))
            }
            if !goesOn { return }
            entry = try cursor.next()
        }
    }

    /// How many entries a table has.
    package func entries(_ table: Table) throws(JournalError) -> Int {
        let snapshot = try storage.snapshot()
        defer { snapshot.close() }
        return try snapshot.entries(StateTable.name(table.name))
    }

    /// The committed metadata entry of that name, or `nil` when there is none.
    package func metadata(_ name: String) throws(JournalError) -> [UInt8]? {
        let snapshot = try storage.snapshot()
        defer { snapshot.close() }
        return try MetaImage.optionalEntry(MetaEntry.applicationPrefix + name, in: snapshot)
    }

    private func start(_ cursor: any StorageCursor, at lower: [UInt8]?) throws -> StorageEntry? {
        guard let lower, !lower.isEmpty else { return try cursor.first() }
        return try lower.withUnsafeBytes { try cursor.seek(atOrAfter: $0) }
    }
}

extension StateTable {
    /// A fault with its place.
    static func report(_ fault: ChunkFault, table: String, key: UnsafeRawBufferPointer) -> CorruptionReport {
        CorruptionReport(
            fault.kind, table: table, key: readable(key), expected: fault.expected, found: fault.found)
    }

    /// A key as people can read it: as text when it is printable ASCII, in hexadecimal otherwise.
    static func readable(_ key: UnsafeRawBufferPointer) -> String {
        if !key.isEmpty, key.allSatisfy({ (0x20..<0x7f).contains($0) }) {
            return "\"" + String(decoding: key, as: UTF8.self) + "\""
        }
        return "0x" + key.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}

extension UnsafeRawBufferPointer {
    /// Whether these bytes sort before `other`: byte by byte, a prefix first.
    func isOrdered(before other: UnsafeRawBufferPointer) -> Bool { lexicographicallyPrecedes(other) }
}
