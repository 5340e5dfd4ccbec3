import Glibc

/// Part of a log in a file of its own: what a deposed primary takes back is kept in one, for people to look into.
///
/// As bytes: `HAOYUANT`, the creation id (16), where the log was cut: next position (8) and chain (4), little-endian;
/// then the chunks as ``ShippedChunks`` holds them.
package struct TakenBackFile: Sendable {
    /// The hospital's data it was part of.
    package let creationID: [UInt8]
    /// Where the log was cut.
    package let begin: LogTip
    /// What stood behind.
    package let chunks: ShippedChunks

    private static let magic = Array("HAOYUANT".utf8)
    private static let headerBytes = 8 + 16 + 8 + 4
    private static let pieceBytes = 1 << 20

    /// Writes what follows on the copy's beginning into a new file, on disk when this returns, and closes the copy.
    /// - Returns: Records in it: positions, fragments included.
    package static func save(_ copy: JournalCopy, to path: String) throws(JournalError) -> UInt64 {
        defer { copy.close() }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .io(errno: errno, call: "open \(path)") }
        defer { close(descriptor) }
        let begin = copy.header.begin
        var header = magic + copy.header.creationID
        withUnsafeBytes(of: begin.next.rawValue.littleEndian) { header += $0 }
        withUnsafeBytes(of: begin.chain.littleEndian) { header += $0 }
        try write(header, descriptor)
        while let part = try copy.next(maxBytes: pieceBytes) {
            guard case .chunks(let chunks) = part else { continue }
            try write(chunks.bytes, descriptor)
        }
        guard fsync(descriptor) == 0 else { throw .syncFailed(errno: errno) }
        return copy.header.end.next.rawValue - begin.next.rawValue
    }

    private static func write(_ bytes: [UInt8], _ descriptor: Int32) throws(JournalError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .io(errno: errno, call: "write") }
            rest = rest.dropFirst(count)
        }
    }

    /// Takes such a file apart.
    /// - Throws: ``JournalError/corrupt(_:)`` where it is none, or is damaged.
    package init(bytes: [UInt8]) throws(JournalError) {
        guard bytes.count >= Self.headerBytes, Array(bytes[..<8]) == Self.magic else {
            throw .corrupt(
                CorruptionReport(
                    .malformed, table: "file", position: .zero, expected: "a file of chunks taken back",
                    found: "something else"))
        }
        creationID = Array(bytes[8..<24])
        begin = bytes.withUnsafeBytes { raw in
            LogTip(
                next: Position(UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 24, as: UInt64.self))),
                chain: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 32, as: UInt32.self)))
        }
        chunks = try ShippedChunks(bytes: Array(bytes[Self.headerBytes...]))
    }

    /// The records in it, in order, each held against the one before.
    /// - Throws: ``JournalError/corrupt(_:)`` when it is damaged.
    package func records() throws(JournalError) -> [LogRecord] {
        var receiver = ChunkReceiver(after: begin)
        return try receiver.admit(chunks)
    }
}
