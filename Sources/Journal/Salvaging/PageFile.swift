import Glibc

/// `data.mdb` read page by page, without LMDB: whatever stands in it, nothing outside of it is touched.
struct PageFile: ~Copyable {
    let path: String
    let bytes: Int
    let pageBytes: Int
    private let descriptor: Int32

    var pages: Int { bytes / pageBytes }

    init(_ path: String) throws(JournalError) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .directoryUnusable(path: path, reason: JournalError.sentence(errno)) }
        self.path = path
        var info = stat()
        bytes = fstat(descriptor, &info) == 0 ? Int(info.st_size) : 0
        // LMDB takes the system's page size, and so do all machines that this runs on.
        pageBytes = Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    deinit { close(descriptor) }

    /// What lies beyond the end reads as zeros.
    func read(at offset: Int, count: Int) throws(JournalError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress?.advanced(by: done), count - done, offset + done)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw .io(errno: errno, call: "pread of data.mdb at \(offset)") }
            if got == 0 { break }
            done += got
        }
        return bytes
    }
}

/// The nodes of one leaf page that lie inside it; a page that is no leaf has none.
struct PageNodes: Sequence, IteratorProtocol {
    struct Node {
        let key: UnsafeRawBufferPointer
        let value: UnsafeRawBufferPointer
        /// In the page.
        let valueOffset: Int
        /// The value is a table's record.
        let isTable: Bool
    }

    private static let leaf: UInt16 = 0x02
    private static let ofTable: UInt16 = 0x02
    private static let ofOverflow: UInt16 = 0x01

    private let page: UnsafeRawBufferPointer
    private var index = 0
    private let count: Int

    init(_ page: UnsafeRawBufferPointer) {
        self.page = page
        let flags = page.loadUnaligned(fromByteOffset: 10, as: UInt16.self)
        let lower = Int(page.loadUnaligned(fromByteOffset: 12, as: UInt16.self))
        count = flags == Self.leaf && lower >= 16 && lower <= page.count ? (lower - 16) / 2 : 0
    }

    mutating func next() -> Node? {
        while index < count {
            let offset = Int(page.loadUnaligned(fromByteOffset: 16 + index * 2, as: UInt16.self))
            index += 1
            guard offset + 8 <= page.count else { continue }
            let low = Int(page.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
            let high = Int(page.loadUnaligned(fromByteOffset: offset + 2, as: UInt16.self))
            let flags = page.loadUnaligned(fromByteOffset: offset + 4, as: UInt16.self)
            let keyBytes = Int(page.loadUnaligned(fromByteOffset: offset + 6, as: UInt16.self))
            let valueOffset = offset + 8 + keyBytes
            let size = low | high << 16
            guard flags & Self.ofOverflow == 0, valueOffset + size <= page.count else { continue }
            return Node(
                key: UnsafeRawBufferPointer(rebasing: page[(offset + 8)..<valueOffset]),
                value: UnsafeRawBufferPointer(rebasing: page[valueOffset..<(valueOffset + size)]),
                valueOffset: valueOffset, isTable: flags & Self.ofTable != 0)
        }
        return nil
    }
}
