import Glibc

/// Walks the pages of `data.mdb` with every bound checked, without LMDB.
///
/// LMDB 0.9 trusts its pages: a flipped bit in a branch page or a node offset makes it follow a wild pointer and ends
/// the process by signal. The audit reads the file with `pread` instead, follows the tree from the newer meta page, and
/// names the first page that contradicts the tree. It finds what would crash LMDB; it does not find a flipped bit
/// inside a value, which is what the journal's own checksums are for, nor one inside a key of a state table that keeps
/// the order.
///
/// The layout is that of LMDB 0.9 on a 64-bit little-endian machine (`mdb.c`, structures `MDB_page`, `MDB_node`,
/// `MDB_db`, `MDB_meta`), data version 1.
package struct PageAudit: Sendable {
    /// What is wrong, at most as many as were wanted.
    package private(set) var reports: [CorruptionReport] = []
    /// Pages reached from the roots.
    package private(set) var pages: UInt64 = 0
    /// Which tree each of them belongs to, where that was asked for.
    package private(set) var trees: [UInt64: String] = [:]
    /// The size of a page in bytes; 0 for an absent file.
    package private(set) var pageBytes: UInt64 = 0
    /// The number behind the last page that was ever used.
    package private(set) var pageLimit: UInt64 = 0

    /// Audits the file in `directory`. An absent or empty file is sound.
    /// - Parameters:
    ///   - reportsWanted: Stop after so many contradictions.
    ///   - mapping: Remember which tree each page belongs to.
    /// - Throws: `directoryUnusable` or `io` when the file cannot be read.
    package static func run(
        directory: String, reportsWanted: Int, mapping: Bool = false, progress: (JournalProgress) -> Void
    ) throws(JournalError) -> PageAudit {
        let path = directory + "/data.mdb"
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return PageAudit() }
            throw .directoryUnusable(path: directory, reason: JournalError.sentence(errno))
        }
        defer { Glibc.close(descriptor) }
        var file = stat()
        guard fstat(descriptor, &file) == 0 else { throw .io(errno: errno, call: "fstat") }
        guard file.st_size > 0 else { return PageAudit() }
        var walk = try PageWalk(descriptor: descriptor, fileBytes: UInt64(file.st_size), reportsWanted: reportsWanted)
        walk.trees = mapping ? [:] : nil
        try walk.run(progress)
        var audit = PageAudit()
        audit.reports = walk.reports
        audit.pages = walk.visited
        audit.trees = walk.trees ?? [:]
        audit.pageBytes = walk.pageBytes
        audit.pageLimit = walk.pageLimit
        return audit
    }
}

/// The walk itself: depth first, one page in memory for each level.
private struct PageWalk {
    /// Flags of a page (`P_BRANCH`, `P_LEAF`, `P_OVERFLOW`).
    private enum PageFlag {
        static let branch: UInt16 = 0x01
        static let leaf: UInt16 = 0x02
        static let overflow: UInt16 = 0x04
    }

    /// Flags of a node in a leaf (`F_BIGDATA`, `F_SUBDATA`, `F_DUPDATA`).
    private enum NodeFlag {
        static let overflow: UInt16 = 0x01
        static let table: UInt16 = 0x02
        static let duplicates: UInt16 = 0x04
    }

    private static let noPage = UInt64.max
    private static let freeList = "the free list"
    private static let deepest = 32

    private let descriptor: Int32
    private let reportsWanted: Int
    let pageBytes: UInt64
    let pageLimit: UInt64
    /// Nil where nobody asked for it.
    var trees: [UInt64: String]?
    private let meta: [UInt8]
    private var seen: [UInt64]
    private(set) var visited: UInt64 = 0
    private(set) var reports: [CorruptionReport] = []

    /// Reads both meta pages and chooses the one LMDB would: the newer.
    init(descriptor: Int32, fileBytes: UInt64, reportsWanted: Int) throws(JournalError) {
        self.descriptor = descriptor
        self.reportsWanted = reportsWanted
        let first = try Self.read(descriptor, offset: 0, count: 4_096)
        let size = UInt64(first.number(at: 40, as: UInt32.self))
        guard size >= 512, size <= 65_536, size & (size - 1) == 0, fileBytes >= size * 2 else {
            throw Self.notMeta(page: 0, offset: 0)
        }
        let second = try Self.read(descriptor, offset: size, count: 4_096)
        // LMDB believes whichever of the two is newer, its page size and its flags included: both must be sound.
        if !Self.isMeta(first, page: 0, pageBytes: size) { throw Self.notMeta(page: 0, offset: 0) }
        if !Self.isMeta(second, page: 1, pageBytes: size) { throw Self.notMeta(page: 1, offset: size) }
        let isSecondNewer = second.number(at: 144, as: UInt64.self) > first.number(at: 144, as: UInt64.self)
        meta = isSecondNewer ? second : first
        pageBytes = size
        let last = meta.number(at: 136, as: UInt64.self)
        guard last < fileBytes / size else {
            throw .corrupt(
                CorruptionReport(
                    .page, table: "data.mdb", key: "page \(isSecondNewer ? 1 : 0)",
                    fileOffset: isSecondNewer ? size : 0,
                    expected: "a last page inside the file of \(fileBytes / size) pages", found: "page \(last)"))
        }
        pageLimit = last + 1
        seen = [UInt64](repeating: 0, count: Int(pageLimit / 64 + 1))
    }

    /// Its number (of two in each other's place the newer would be the next to be written over), magic, data version,
    /// page size, and the flags of the free list, in which LMDB keeps those of the environment.
    private static func isMeta(_ bytes: [UInt8], page: UInt64, pageBytes: UInt64) -> Bool {
        bytes.number(at: 0, as: UInt64.self) == page
            && bytes.number(at: 16, as: UInt32.self) == 0xbeef_c0de && bytes.number(at: 20, as: UInt32.self) == 1
            && bytes.number(at: 40, as: UInt32.self) == UInt32(pageBytes)
            && bytes.number(at: 44, as: UInt16.self) == 0x08
            && bytes.number(at: 92, as: UInt16.self) == 0
    }

    private static func notMeta(page: Int, offset: UInt64) -> JournalError {
        .corrupt(
            CorruptionReport(
                .page, table: "data.mdb", key: "page \(page)", fileOffset: offset,
                expected: "a meta page as LMDB writes it", found: "another"))
    }

    mutating func run(_ progress: (JournalProgress) -> Void) throws(JournalError) {
        // In MDB_meta the free list's MDB_db lies at 24 of the meta, the main table's at 72; the page header is 16.
        try tree(at: 40, in: meta, name: Self.freeList, progress)
        try tree(at: 88, in: meta, name: "the list of tables", progress)
        progress(JournalProgress(stage: .auditingPages, done: pageLimit * pageBytes, total: pageLimit * pageBytes))
    }

    /// One tree, from its `MDB_db` record (48 bytes).
    private mutating func tree(
        at offset: Int, in bytes: [UInt8], name: String, _ progress: (JournalProgress) -> Void
    ) throws(JournalError) {
        let depth = Int(bytes.number(at: offset + 6, as: UInt16.self))
        let root = bytes.number(at: offset + 40, as: UInt64.self)
        guard root != Self.noPage else { return }
        let flags = bytes.number(at: offset + 4, as: UInt16.self)
        guard flags == 0 || flags == 0x08 else {
            return report(root, name, "a table with byte or integer keys", "flags \(flags)")
        }
        guard depth >= 1, depth <= Self.deepest else {
            return report(root, name, "a tree of 1 to \(Self.deepest) levels", "\(depth) levels")
        }
        try page(root, level: depth, tree: name, progress)
    }

    private mutating func page(
        _ number: UInt64, level: Int, tree: String, _ progress: (JournalProgress) -> Void
    ) throws(JournalError) {
        guard claim(number, tree) else { return }
        if visited % 4_096 == 0 {
            progress(
                JournalProgress(stage: .auditingPages, done: visited * pageBytes, total: pageLimit * pageBytes))
        }
        let bytes = try Self.read(descriptor, offset: number * pageBytes, count: Int(pageBytes))
        let flags = bytes.number(at: 10, as: UInt16.self)
        let wanted = level == 1 ? PageFlag.leaf : PageFlag.branch
        guard bytes.number(at: 0, as: UInt64.self) == number else {
            return report(number, tree, "its own number", "\(bytes.number(at: 0, as: UInt64.self))")
        }
        guard flags == wanted else {
            return report(number, tree, level == 1 ? "a leaf" : "a branch", "flags \(flags)")
        }
        let lower = Int(bytes.number(at: 12, as: UInt16.self))
        let upper = Int(bytes.number(at: 14, as: UInt16.self))
        guard lower >= 16, lower % 2 == 0, lower <= upper, upper <= Int(pageBytes) else {
            return report(number, tree, "bounds inside the page", "\(lower) and \(upper)")
        }
        let count = (lower - 16) / 2
        guard count >= (level == 1 ? 1 : 2) else { return report(number, tree, "enough nodes", "\(count)") }
        var last: ArraySlice<UInt8> = []
        for index in 0..<count {
            let node = Int(bytes.number(at: 16 + index * 2, as: UInt16.self))
            try self.node(node, index, in: bytes, of: number, level: level, tree: tree, upper: upper, progress)
            if reports.count >= reportsWanted { return }
            // A branch's first key is empty, and stands before all others; LMDB never stores an empty one in a leaf.
            guard let key = Self.key(at: node, in: bytes), !key.isEmpty || (level > 1 && index == 0) else {
                return report(number, tree, "a key at node \(index)", "none")
            }
            guard index == 0 || last.isEmpty || Self.precedes(last, key, in: tree) else {
                return report(number, tree, "keys that ascend", "node \(index) not after the one before")
            }
            last = key
        }
    }

    private static func key(at offset: Int, in bytes: [UInt8]) -> ArraySlice<UInt8>? {
        guard offset + 8 <= bytes.count else { return nil }
        let end = offset + 8 + Int(bytes.number(at: offset + 6, as: UInt16.self))
        return end <= bytes.count ? bytes[(offset + 8)..<end] : nil
    }

    /// As LMDB orders them: those of the log and of the free list as numbers of 8 bytes, all others by their bytes.
    private static func precedes(_ a: ArraySlice<UInt8>, _ b: ArraySlice<UInt8>, in tree: String) -> Bool {
        guard tree == freeList || LogShape.Segment.first(of: tree) != nil, a.count == 8, b.count == 8 else {
            return a.lexicographicallyPrecedes(b)
        }
        func number(_ key: ArraySlice<UInt8>) -> UInt64 { key.reversed().reduce(0) { $0 << 8 | UInt64($1) } }
        return number(a) < number(b)
    }

    private mutating func node(
        _ offset: Int, _ index: Int, in bytes: [UInt8], of number: UInt64, level: Int, tree: String, upper: Int,
        _ progress: (JournalProgress) -> Void
    ) throws(JournalError) {
        guard offset >= upper, offset % 2 == 0, offset + 8 <= bytes.count else {
            return report(number, tree, "node \(index) inside the page", "offset \(offset)")
        }
        let low = UInt64(bytes.number(at: offset, as: UInt16.self))
        let high = UInt64(bytes.number(at: offset + 2, as: UInt16.self))
        let flags = bytes.number(at: offset + 4, as: UInt16.self)
        let keyBytes = Int(bytes.number(at: offset + 6, as: UInt16.self))
        guard offset + 8 + keyBytes <= bytes.count, keyBytes <= JournalLimits.keyBytes else {
            return report(number, tree, "node \(index)'s key inside the page", "\(keyBytes) bytes")
        }
        if level > 1 {
            return try page(low | high << 16 | UInt64(flags) << 32, level: level - 1, tree: tree, progress)
        }
        let size = Int(low | high << 16)
        let data = offset + 8 + keyBytes
        switch flags {
        case NodeFlag.overflow:
            guard data + 8 <= bytes.count else {
                return report(number, tree, "node \(index) inside the page", "beyond")
            }
            try overflow(bytes.number(at: data, as: UInt64.self), size: size, tree: tree)
        case NodeFlag.table:
            guard size == 48, data + size <= bytes.count else {
                return report(number, tree, "a table record of 48 bytes", "\(size) bytes")
            }
            let name = String(decoding: bytes[(offset + 8)..<data], as: UTF8.self)
            try self.tree(at: data, in: bytes, name: name, progress)
        case 0:
            guard data + size <= bytes.count else {
                return report(number, tree, "node \(index)'s value inside the page", "\(size) bytes")
            }
        default:
            report(number, tree, "flags that the journal uses", "node \(index) with flags \(flags)")
        }
    }

    /// A value that has pages of its own.
    private mutating func overflow(_ first: UInt64, size: Int, tree: String) throws(JournalError) {
        guard claim(first, tree) else { return }
        let header = try Self.read(descriptor, offset: first * pageBytes, count: 16)
        let pages = UInt64(header.number(at: 12, as: UInt32.self))
        let needed = (UInt64(size) + 16 + pageBytes - 1) / pageBytes
        guard header.number(at: 0, as: UInt64.self) == first,
            header.number(at: 10, as: UInt16.self) == PageFlag.overflow, pages >= needed
        else {
            return report(first, tree, "an overflow page of \(needed) pages", "another, of \(pages)")
        }
        for page in (first + 1)..<(first + max(pages, 1)) where !claim(page, tree) { return }
    }

    /// Marks a page as reached. `false`, with a report, when it is out of bounds or was reached before.
    private mutating func claim(_ number: UInt64, _ tree: String) -> Bool {
        guard number >= 2, number < pageLimit else {
            report(number, tree, "a page below \(pageLimit)", "page \(number)")
            return false
        }
        let bit: UInt64 = 1 << (number % 64)
        guard seen[Int(number / 64)] & bit == 0 else {
            report(number, tree, "each page reached once", "page \(number) reached twice")
            return false
        }
        seen[Int(number / 64)] |= bit
        visited += 1
        trees?[number] = tree
        return true
    }

    private mutating func report(_ number: UInt64, _ tree: String, _ expected: String, _ found: String) {
        guard reports.count < reportsWanted else { return }
        reports.append(
            CorruptionReport(
                .page, table: "data.mdb", key: "page \(number) of \(tree)",
                fileOffset: number < pageLimit ? number * pageBytes : nil, expected: expected, found: found))
    }

    private static func read(_ descriptor: Int32, offset: UInt64, count: Int) throws(JournalError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                pread(descriptor, buffer.baseAddress?.advanced(by: done), count - done, Int(offset) + done)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw .io(errno: errno, call: "pread of data.mdb at \(offset)") }
            // Beyond the end of a file that was cut short there is nothing; zeros are found out by the reader.
            if got == 0 { break }
            done += got
        }
        return bytes
    }
}

extension [UInt8] {
    fileprivate func number<Number: FixedWidthInteger>(at offset: Int, as: Number.Type) -> Number {
        withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Number.self)) }
    }
}
