/// What stands before the log: a short stretch of disk to which small pieces of work go with one write and one sync, so
/// that those who wait for them can be told. The log itself takes them up some milliseconds later, many at once, and
/// then the tail begins anew.
///
/// Its pieces are chunks of the log, sealed and chained as the log will have them. Whatever the log does not have yet
/// when a journal is opened is taken up from here first. One thread at a time writes.
package protocol LogTail: AnyObject, Sendable {
    /// Puts a piece behind those before it. Returns after the disk has said so.
    /// - Returns: `false`, and nothing happened, when there is no place for it.
    /// - Throws: ``JournalError/storageFull`` when the disk has no room for it: it may stand there or not, and the next
    ///   takes its place. After any other error nobody can go on.
    func append(_ piece: [UInt8]) throws(JournalError) -> Bool

    /// The log has every piece: the next takes the place of the first.
    func restart()

    /// Every piece that can be read, those of earlier rounds too.
    func contents() throws(JournalError) -> TailContents

    /// Leaves nothing to be found, durably.
    func clear() throws(JournalError)

    /// Lets go of everything.
    func close()
}

/// What stands in a tail.
package struct TailContents: Sendable {
    /// From the beginning up to where the first piece would stand that cannot be read.
    package var pieces: [[UInt8]] = []
    /// What can be read behind that: of an earlier round, or behind a piece that was damaged.
    package var strays: [[UInt8]] = []

    package init() {}

    /// What the log, which ends with `tip`, does not have; `nil` when it has everything.
    /// - Throws: ``JournalError/corrupt(_:)`` where something is missing between the log and a piece, or between two.
    ///   (Of a last piece that cannot be read nobody can say whether it was ever whole: it counts as one that was cut
    ///   off as it was written, of which nobody has been told.)
    func following(_ tip: LogTip) throws(JournalError) -> ShippedChunks? {
        var found = ShippedChunks(from: tip.next)
        var end = tip
        var behind = strays[...]
        for (index, piece) in pieces.enumerated() {
            let chunks = try ShippedChunks(bytes: piece)
            if chunks.last < end.next {
                // The log has the pieces of this round, or they are those of the round before.
                if !found.isEmpty {
                    behind = (pieces[index...] + strays)[...]
                    break
                }
                continue
            }
            var receiver = ChunkReceiver(after: end)
            do throws(JournalError) { _ = try receiver.admit(chunks) } catch { throw Self.gap(chunks, after: end) }
            found.add(chunks)
            end = receiver.tip
        }
        for stray in behind {
            let chunks = try ShippedChunks(bytes: stray)
            if chunks.last >= end.next { throw Self.gap(chunks, after: end) }
        }
        return found.isEmpty ? nil : found
    }

    private static func gap(_ chunks: ShippedChunks, after end: LogTip) -> JournalError {
        .corrupt(
            CorruptionReport(
                .gap, table: "tail", position: end.next, expected: "what follows on \(end)",
                found: "a piece that begins with \(chunks.first)"))
    }
}

/// How a piece stands in the blocks of a tail: its length (4, little-endian), the CRC-32C of the piece and that length
/// (4), the piece, and zeros up to the next block.
enum TailPiece {
    static let blockBytes = 4_096
    static let headBytes = 8

    /// Bytes of the blocks that a piece takes.
    static func blocks(of bytes: Int) -> Int { (headBytes + bytes + blockBytes - 1) / blockBytes * blockBytes }

    /// Writes a piece into zeroed blocks of its size.
    static func write(_ piece: [UInt8], into blocks: UnsafeMutableRawBufferPointer) {
        blocks.storeBytes(of: UInt32(piece.count).littleEndian, toByteOffset: 0, as: UInt32.self)
        blocks.storeBytes(of: checksum(piece.span.bytes).littleEndian, toByteOffset: 4, as: UInt32.self)
        piece.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: blocks[headBytes...]).copyMemory(from: $0) }
    }

    static func read(_ image: UnsafeRawBufferPointer) -> TailContents {
        var contents = TailContents()
        var offset = 0
        var isWhole = true
        while offset + blockBytes <= image.count {
            if let piece = piece(UnsafeRawBufferPointer(rebasing: image[offset...])) {
                if isWhole { contents.pieces.append(piece) } else { contents.strays.append(piece) }
                offset += blocks(of: piece.count)
            } else {
                isWhole = false
                offset += blockBytes
            }
        }
        return contents
    }

    private static func piece(_ image: UnsafeRawBufferPointer) -> [UInt8]? {
        let count = Int(UInt32(littleEndian: image.load(as: UInt32.self)))
        guard count > 0, count <= image.count - headBytes else { return nil }
        let piece = [UInt8](image[headBytes..<headBytes + count])
        let sum = UInt32(littleEndian: image.load(fromByteOffset: 4, as: UInt32.self))
        return checksum(piece.span.bytes) == sum ? piece : nil
    }

    private static func checksum(_ piece: RawSpan) -> UInt32 {
        piece.withUnsafeBytes { Checksum.extend(Checksum.extend(0, $0), UInt64(piece.byteCount)) }
    }
}
