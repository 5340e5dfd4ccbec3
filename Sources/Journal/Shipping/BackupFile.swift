import CSnappy
import Glibc

/// A copy of a journal, or what followed on one, as a file: `docs/internals/backup-format.md`.
///
///     HAOYUANB (8)  format 1 (4)  0 (4), then blocks:
///     stored length (4)  raw length (4)  kind (1)  crc32c of these nine bytes and of what is stored (4)  stored bytes
///
/// All integers little-endian; a block whose stored length is less than its raw length is Snappy-compressed. The first
/// block is the header, the last one the end: a file without it was never finished.
enum BackupBlock: UInt8 {
    case header = 1
    case chunks = 2
    case values = 3
    case end = 4

    static let magic: [UInt8] = Array("HAOYUANB".utf8) + [1, 0, 0, 0, 0, 0, 0, 0]
    static let headBytes = 13
    /// No lawful block is larger: the largest state value, its key and its envelope, and room.
    static let mostBytes = JournalLimits.valueBytes + (1 << 20)
}

/// Writes a backup to a file that appears under its name only once it is whole and on disk. Where the file system can,
/// it has no name at all before, so that not even a killed process leaves anything behind.
package final class BackupWriter {
    /// Bytes written so far.
    package private(set) var bytesWritten = 0
    private let path: String
    private let folder: String
    private var descriptor: Int32
    /// The name that it has until it is whole; nil where it needs none.
    private var temporary: String?
    private var blocks: UInt64 = 0

    /// Begins a file that is to be at `path`, where there must be none.
    /// - Throws: `directoryUnusable` when there is one or its folder cannot be written to; `storageFull`; `io`.
    package init(_ path: String, _ header: CopyHeader) throws(JournalError) {
        self.path = path
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        folder = parts.isEmpty ? "." : parts.count == 1 && path.hasPrefix("/") ? "/" : parts.joined(separator: "/")
        guard access(path, F_OK) != 0 else { throw .directoryUnusable(path: path, reason: "there is a file already") }
        descriptor = access(Self.descriptors, F_OK) == 0 ? Glibc.open(folder, Self.unnamed, 0o640) : -1
        if descriptor < 0 {
            let name = "\(path).part-\(getpid())"
            descriptor = Glibc.open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o640)
            guard descriptor >= 0 else { throw Self.unusable(folder) }
            temporary = name
        }
        try write(BackupBlock.magic)
        try write(.header, header.encoded)
    }

    /// Where the system shows what a process has open.
    private static let descriptors = "/proc/self/fd"
    /// `O_TMPFILE`, which the headers hide from Swift: a file without a name in the folder that is opened.
    private static let unnamed = O_WRONLY | O_CLOEXEC | O_DIRECTORY | 0o20000000

    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        if let temporary { unlink(temporary) }
    }

    /// Adds a piece.
    package func add(_ part: CopyPart) throws(JournalError) {
        switch part {
        case .chunks(let chunks): try write(.chunks, chunks.bytes)
        case .values(let table, let values):
            var writer = RecordWriter()
            writer.append(UInt8(table.utf8.count))
            writer.append(utf8: table)
            for value in values {
                writer.append(littleEndian: UInt16(value.key.count))
                writer.append(value.key)
                writer.append(littleEndian: UInt32(value.envelope.count))
                writer.append(value.envelope)
            }
            try write(.values, writer.bytes)
        }
    }

    /// The backup is whole: it is on disk, and has its name, when this returns.
    package func finish() throws(JournalError) {
        var writer = RecordWriter()
        writer.append(littleEndian: blocks)
        try write(.end, writer.bytes)
        guard fsync(descriptor) == 0 else { throw Self.failure("fsync") }
        try giveName()
        close(descriptor)
        descriptor = -1
        let directory = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { if directory >= 0 { close(directory) } }
        guard directory >= 0, fsync(directory) == 0 else {
            let failure = Self.failure("fsync")
            unlink(path)
            throw failure
        }
    }

    /// Never takes the place of a file that is there: another backup may have come first.
    private func giveName() throws(JournalError) {
        if let temporary {
            guard access(path, F_OK) != 0 else { throw Self.taken(path) }
            guard rename(temporary, path) == 0 else { throw Self.failure("rename") }
            self.temporary = nil
            return
        }
        let source = "\(Self.descriptors)/\(descriptor)"
        guard linkat(AT_FDCWD, source, AT_FDCWD, path, AT_SYMLINK_FOLLOW) != 0 else { return }
        throw errno == EEXIST ? Self.taken(path) : Self.failure("linkat")
    }

    private static func taken(_ path: String) -> JournalError {
        .directoryUnusable(path: path, reason: "another backup got this name meanwhile")
    }

    private static func unusable(_ folder: String) -> JournalError {
        let number = errno
        guard number != ENOSPC, number != EDQUOT else { return .storageFull }
        return .directoryUnusable(path: folder, reason: JournalError.sentence(number))
    }

    private func write(_ kind: BackupBlock, _ raw: [UInt8]) throws(JournalError) {
        precondition(raw.count <= BackupBlock.mostBytes, "A piece of a copy is never so large: \(raw.count) bytes.")
        var length = snappy_max_compressed_length(raw.count)
        var stored = [UInt8](repeating: 0, count: length)
        let status = raw.withUnsafeBytes { source in
            stored.withUnsafeMutableBytes { target in
                snappy_compress(
                    source.baseAddress?.assumingMemoryBound(to: CChar.self), source.count,
                    target.baseAddress?.assumingMemoryBound(to: CChar.self), &length)
            }
        }
        if status == SNAPPY_OK, length < raw.count { stored.removeLast(stored.count - length) } else { stored = raw }
        var head = RecordWriter()
        head.append(littleEndian: UInt32(stored.count))
        head.append(littleEndian: UInt32(raw.count))
        head.append(kind.rawValue)
        let sum = head.bytes.withUnsafeBytes { head in
            stored.withUnsafeBytes { Checksum.extend(Checksum.extend(0, head), $0) }
        }
        head.append(littleEndian: sum)
        try write(head.bytes)
        try write(stored)
        blocks += 1
    }

    private func write(_ bytes: [UInt8]) throws(JournalError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + written, $0.count - written) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure("write") }
            written += count
        }
        bytesWritten += bytes.count
    }

    private static func failure(_ call: String) -> JournalError {
        errno == ENOSPC || errno == EDQUOT ? .storageFull : .io(errno: errno, call: call)
    }
}

/// Reads a backup, checking every block.
package final class BackupReader {
    /// What the copy in it begins with.
    package private(set) var header: CopyHeader
    /// Bytes of the file.
    package let fileBytes: Int
    /// Bytes read so far.
    package private(set) var bytesRead = 0
    private let path: String
    private let descriptor: Int32
    private var blocks: UInt64 = 0
    private var isOver = false

    /// Opens a file and reads its header.
    /// - Throws: `directoryUnusable` when it cannot be read; `newerFormat`; `corrupt` naming the place.
    package init(_ path: String) throws(JournalError) {
        self.path = path
        descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .directoryUnusable(path: path, reason: JournalError.sentence(errno)) }
        var status = stat()
        fileBytes = fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
        header = CopyHeader(
            creationID: [], begin: LogTip(next: .first, chain: 0), end: LogTip(next: .first, chain: 0),
            checkpoint: .first, values: 0, metadata: [:])
        let magic = try read(BackupBlock.magic.count)
        guard magic.prefix(8) == BackupBlock.magic.prefix(8) else { throw damage("a backup", "another kind of file") }
        guard magic == BackupBlock.magic else { throw .newerFormat(found: UInt32(magic[8]), supported: 1) }
        guard let (kind, bytes) = try block(), kind == .header, let header = CopyHeader(decoding: bytes) else {
            throw damage("a header", "none")
        }
        self.header = header
    }

    deinit { close(descriptor) }

    /// The next piece; `nil` after the last, once the end was found where it should be.
    /// - Throws: `corrupt` naming the place.
    package func next() throws(JournalError) -> CopyPart? {
        guard !isOver else { return nil }
        let before = blocks
        guard let (kind, bytes) = try block() else { throw damage("the end of the backup", "the end of the file") }
        switch kind {
        case .header: throw damage("a piece", "a second header")
        case .chunks: return .chunks(try ShippedChunks(bytes: bytes))
        case .values:
            guard let part = CopyPart(decodingValues: bytes) else { throw damage("values", "what is none") }
            return part
        case .end:
            let count = bytes.withUnsafeBytes {
                $0.count == 8 ? UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) : 0
            }
            guard count == before, bytesRead == fileBytes else {
                throw damage("\(before) blocks and no more", "others")
            }
            isOver = true
            return nil
        }
    }

    private func block() throws(JournalError) -> (BackupBlock, [UInt8])? {
        guard bytesRead < fileBytes else { return nil }
        let head = try read(BackupBlock.headBytes)
        let (stored, raw, found) = head.withUnsafeBytes {
            (
                Int(UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self))),
                Int(UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: 4, as: UInt32.self))),
                UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: 9, as: UInt32.self))
            )
        }
        guard stored <= raw, raw <= BackupBlock.mostBytes, let kind = BackupBlock(rawValue: head[8]) else {
            throw damage("the head of a block", "what is none")
        }
        let bytes = try read(stored)
        let sum = head.withUnsafeBytes { head in
            bytes.withUnsafeBytes {
                Checksum.extend(Checksum.extend(0, UnsafeRawBufferPointer(rebasing: head[..<9])), $0)
            }
        }
        guard sum == found else { throw damage(Checksum.text(sum), Checksum.text(found)) }
        blocks += 1
        return (kind, stored == raw ? bytes : try decompressed(bytes, to: raw))
    }

    private func decompressed(_ stored: [UInt8], to raw: Int) throws(JournalError) -> [UInt8] {
        var length = 0
        var bytes = [UInt8](repeating: 0, count: raw)
        let isSound = stored.withUnsafeBytes { source in
            let base = source.baseAddress?.assumingMemoryBound(to: CChar.self)
            guard snappy_uncompressed_length(base, source.count, &length) == SNAPPY_OK, length == raw else {
                return false
            }
            return bytes.withUnsafeMutableBytes {
                snappy_uncompress(base, source.count, $0.baseAddress?.assumingMemoryBound(to: CChar.self), &length)
                    == SNAPPY_OK
            }
        }
        guard isSound, length == raw else { throw damage("\(raw) bytes out of Snappy", "others") }
        return bytes
    }

    private func read(_ count: Int) throws(JournalError) -> [UInt8] {
        guard count <= fileBytes - bytesRead else { throw damage("\(count) bytes more", "the end of the file") }
        var bytes = [UInt8](repeating: 0, count: count)
        var got = 0
        while got < count {
            let more = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress! + got, count - got) }
            if more < 0, errno == EINTR { continue }
            guard more > 0 else { throw .io(errno: errno, call: "read") }
            got += more
        }
        bytesRead += count
        return bytes
    }

    private func damage(_ expected: String, _ found: String) -> JournalError {
        .corrupt(
            CorruptionReport(
                .malformed, table: "\(path), offset \(bytesRead)", expected: expected, found: found))
    }
}

// MARK: The durable form of a header and of values

extension CopyHeader {
    /// Creation id (16), begin and end (position 8 and chain 4 each), checkpoint (8), values (8), then for each small
    /// fact the length of its name (1), the name, its length (4) and its bytes.
    fileprivate var encoded: [UInt8] {
        var writer = RecordWriter()
        writer.append(creationID)
        for tip in [begin, end] {
            writer.append(littleEndian: tip.next.rawValue)
            writer.append(littleEndian: tip.chain)
        }
        writer.append(littleEndian: checkpoint.rawValue)
        writer.append(littleEndian: values)
        for (name, value) in metadata.sorted(by: { $0.key < $1.key }) {
            writer.append(UInt8(name.utf8.count))
            writer.append(utf8: name)
            writer.append(littleEndian: UInt32(value.count))
            writer.append(value)
        }
        return writer.bytes
    }

    fileprivate init?(decoding bytes: [UInt8]) {
        var reader = PieceReader(bytes)
        guard let id = reader.take(16), let begin = reader.tip(), let end = reader.tip(),
            let checkpoint = reader.number(UInt64.self), let values = reader.number(UInt64.self)
        else { return nil }
        var metadata: [String: [UInt8]] = [:]
        while !reader.isAtEnd {
            guard let length = reader.number(UInt8.self), let name = reader.take(Int(length)),
                let count = reader.number(UInt32.self), let value = reader.take(Int(count))
            else { return nil }
            metadata[String(decoding: name, as: UTF8.self)] = value
        }
        self.init(
            creationID: id, begin: begin, end: end, checkpoint: Position(checkpoint), values: values,
            metadata: metadata)
    }
}

extension CopyPart {
    fileprivate init?(decodingValues bytes: [UInt8]) {
        var reader = PieceReader(bytes)
        guard let length = reader.number(UInt8.self), length > 0, let name = reader.take(Int(length)) else {
            return nil
        }
        var values: [Value] = []
        while !reader.isAtEnd {
            guard let keyBytes = reader.number(UInt16.self), let key = reader.take(Int(keyBytes)),
                let count = reader.number(UInt32.self), let envelope = reader.take(Int(count))
            else { return nil }
            values.append(Value(key: key, envelope: envelope))
        }
        self = .values(table: String(decoding: name, as: UTF8.self), values)
    }
}

/// Takes bytes off the front, and says where there are too few.
private struct PieceReader {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { offset == bytes.count }

    mutating func take(_ count: Int) -> [UInt8]? {
        guard count <= bytes.count - offset else { return nil }
        defer { offset += count }
        return Array(bytes[offset..<offset + count])
    }

    mutating func number<Number: FixedWidthInteger>(_: Number.Type) -> Number? {
        let size = MemoryLayout<Number>.size
        guard size <= bytes.count - offset else { return nil }
        defer { offset += size }
        return bytes.withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Number.self)) }
    }

    mutating func tip() -> LogTip? {
        guard let next = number(UInt64.self), let chain = number(UInt32.self) else { return nil }
        return LogTip(next: Position(next), chain: chain)
    }
}
