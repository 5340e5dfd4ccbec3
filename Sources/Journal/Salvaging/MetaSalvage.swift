/// The meta table of a journal whose other trees may be damaged, read with every bound checked.
struct MetaSalvage {
    let creationID: [UInt8]
    let shape: LogShape
    let metadata: [String: [UInt8]]

    private static let noPage = UInt64.max
    /// The meta table has some dozen small entries; more levels than this are no tree of it.
    private static let deepest = 4

    /// - Throws: `corrupt`, naming what cannot be read.
    static func read(_ file: borrowing PageFile) throws(JournalError) -> MetaSalvage {
        let root = try newest(file)
        var main: [String: [UInt8]] = [:]
        try leaves(root, 0, file) { node in
            if node.isTable { main[String(decoding: node.key, as: UTF8.self)] = Array(node.value) }
        }
        guard let table = main[MetaEntry.table], table.count == 48 else {
            throw damaged("the list of tables", "the meta table")
        }
        var entries: [String: [UInt8]] = [:]
        try leaves(table.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 40, as: UInt64.self) }, 0, file) { node in
            guard case .success(let envelope) = ValueEnvelope.read(node.value, table: MetaEntry.table, key: node.key),
                let value = try? envelope.value()
            else { return }
            entries[String(decoding: node.key, as: UTF8.self)] = value
        }
        return try image(entries)
    }

    private static func image(_ entries: [String: [UInt8]]) throws(JournalError) -> MetaSalvage {
        guard let value = entries[MetaEntry.formatKey], let (_, id) = try MetaEntry.decodeFormat(value) else {
            throw damaged("the meta table", "its format")
        }
        guard let log = entries[MetaEntry.logKey], log.count == 20 else {
            throw damaged("the meta table", "where the log ends")
        }
        let shape = log.withUnsafeBytes { raw in
            LogShape(
                next: Position(UInt64(littleEndian: raw.loadUnaligned(as: UInt64.self))),
                chain: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt32.self)), segments: [],
                checkpoint: Position(UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 12, as: UInt64.self))))
        }
        let prefix = MetaEntry.applicationPrefix
        let own = entries.filter { $0.key.hasPrefix(prefix) }.map { (String($0.key.dropFirst(prefix.count)), $0.value) }
        return MetaSalvage(creationID: id, shape: shape, metadata: Dictionary(own) { first, _ in first })
    }

    /// The root of the main tree as the newer of the two meta pages has it. Both must be sound: with one alone nobody
    /// can tell whether it is the newer one, and the older one lacks the last commit.
    private static func newest(_ file: borrowing PageFile) throws(JournalError) -> UInt64 {
        var newest: (transaction: UInt64, root: UInt64)?
        for number in 0...1 {
            let page = try file.read(at: number * file.pageBytes, count: file.pageBytes)
            let (magic, version, root, transaction) = page.withUnsafeBytes { raw in
                (
                    raw.loadUnaligned(fromByteOffset: 16, as: UInt32.self),
                    raw.loadUnaligned(fromByteOffset: 20, as: UInt32.self),
                    raw.loadUnaligned(fromByteOffset: 128, as: UInt64.self),
                    raw.loadUnaligned(fromByteOffset: 144, as: UInt64.self)
                )
            }
            guard magic == 0xbeef_c0de, version == 1 else { throw damaged("page \(number)", "a meta page") }
            if transaction >= newest?.transaction ?? 0 { newest = (transaction, root) }
        }
        guard let newest, newest.root != noPage else { throw damaged("the meta pages", "a tree") }
        return newest.root
    }

    private static func leaves(
        _ number: UInt64, _ depth: Int, _ file: borrowing PageFile, _ body: (PageNodes.Node) -> Void
    ) throws(JournalError) {
        guard depth < deepest, number >= 2, number < UInt64(file.pages) else {
            throw damaged("page \(number)", "a page of the meta table")
        }
        let page = try file.read(at: Int(number) * file.pageBytes, count: file.pageBytes)
        let (children, isRight) = page.withUnsafeBytes { raw -> ([UInt64], Bool) in
            guard raw.loadUnaligned(as: UInt64.self) == number else { return ([], false) }
            let flags = raw.loadUnaligned(fromByteOffset: 10, as: UInt16.self)
            guard flags == 1 else {
                for node in PageNodes(raw) { body(node) }
                return ([], flags == 2)
            }
            let lower = min(raw.count, max(16, Int(raw.loadUnaligned(fromByteOffset: 12, as: UInt16.self))))
            return (
                stride(from: 16, to: lower - 1, by: 2).compactMap { place in
                    let offset = Int(raw.loadUnaligned(fromByteOffset: place, as: UInt16.self))
                    guard offset + 8 <= raw.count else { return nil }
                    let parts = (0..<3).map {
                        UInt64(raw.loadUnaligned(fromByteOffset: offset + $0 * 2, as: UInt16.self))
                    }
                    return parts[0] | parts[1] << 16 | parts[2] << 32
                }, true
            )
        }
        guard isRight else { throw damaged("page \(number)", "a page of the meta table") }
        for child in children { try leaves(child, depth + 1, file, body) }
    }

    private static func damaged(_ place: String, _ expected: String) -> JournalError {
        .corrupt(.init(.page, table: "data.mdb", key: place, expected: expected, found: "nothing that can be read"))
    }
}
