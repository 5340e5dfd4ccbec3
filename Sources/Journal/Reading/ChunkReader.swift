/// Reads chunks through a cursor and gives what is wrong with them a place.
struct ChunkReader {
    let segment: String
    let cursor: any StorageCursor

    /// The chunk of an entry that the cursor gave out, or the report of what is wrong with it.
    func read(_ entry: StorageEntry) -> Result<ChunkView, CorruptionReport> {
        guard let key = entry.integerKey else {
            return .failure(
                CorruptionReport(
                    .malformed, table: segment, key: "of \(entry.key.count) bytes", expected: "a key of 8 bytes",
                    found: "\(entry.key.count)"))
        }
        return ChunkView.read(entry.value, key: key).mapError { report($0, key: key, value: entry.value) }
    }

    /// A fault with its place.
    func report(_ fault: ChunkFault, key: UInt64, value: UnsafeRawBufferPointer?) -> CorruptionReport {
        CorruptionReport(
            fault.kind, table: segment, key: "\(key)", position: Position(key),
            fileOffset: value.flatMap { cursor.fileOffset(of: $0) }, expected: fault.expected, found: fault.found)
    }
}

/// A report is thrown only inside this room; outside it travels in ``JournalError/corrupt(_:)``.
extension CorruptionReport: Error {}
