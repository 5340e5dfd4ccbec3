/// Neighbouring chunks of a log on their way from one journal to another, byte for byte as they stand on disk.
///
/// As bytes: for each chunk its length (2, little-endian) and the chunk. Every one is checked as it is taken from a
/// message, a file or the log, so nothing is believed of the way it came; in memory it is believed.
package struct ShippedChunks: Sendable, Hashable {
    /// The bytes to send; empty when there is nothing.
    package private(set) var bytes: [UInt8] = []
    /// The position of the first record in them.
    package private(set) var first: Position
    /// The position of the last, the one before `first` when there is none.
    package private(set) var last: Position
    /// How many chunks there are.
    package private(set) var count = 0
    /// Where a log ends that ends with these; nil when there are none.
    package private(set) var end: LogTip?

    /// None yet; the first to come begins at `first`.
    init(from first: Position) {
        self.first = first
        last = first.previous
    }

    /// Takes bytes apart that another journal sent.
    /// - Throws: ``JournalError/corrupt(_:)`` where lengths, checksums or the order of the chunks are not right.
    package init(bytes: [UInt8]) throws(JournalError) {
        self.init(from: .first)
        var check = ChainCheck()
        var isFirst = true
        let fault = bytes.withUnsafeBytes { raw -> ChunkFault? in
            Self.visit(raw, areChecked: false) { chunk, _ in
                if let fault = check.admit(chunk) { return fault }
                if isFirst { first = chunk.first }
                isFirst = false
                note(chunk)
                return nil
            }
        }
        if let fault { throw Self.error(fault, after: last) }
        self.bytes = bytes
    }

    /// How many positions they take.
    package var positions: Int { Int(last.next.rawValue - first.rawValue) }

    /// Whether there is nothing in it.
    package var isEmpty: Bool { count == 0 }

    mutating func add(_ chunk: ChunkView, _ stored: UnsafeRawBufferPointer) {
        withUnsafeBytes(of: UInt16(stored.count).littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: stored)
        note(chunk)
    }

    private mutating func note(_ chunk: ChunkView) {
        last = chunk.last
        count += 1
        end = LogTip(next: last.next, chain: chunk.crc)
    }

    /// Adds a chunk that has just been sealed.
    mutating func add(sealed stored: UnsafeRawBufferPointer, crc: UInt32, positions: Int) {
        withUnsafeBytes(of: UInt16(stored.count).littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: stored)
        last = last.advanced(by: positions)
        count += 1
        end = LogTip(next: last.next, chain: crc)
    }

    /// Adds the chunks that follow.
    package mutating func add(_ others: ShippedChunks) {
        precondition(others.first == last.next, "Chunks from \(others.first) came where \(last.next) is due.")
        guard !isEmpty else { return self = others }
        guard !others.isEmpty else { return }
        bytes += others.bytes
        last = others.last
        count += others.count
        end = others.end
    }

    /// Those of neighbouring pieces that follow `tip`: up to about `maxBytes`, at least one if there is one, and never
    /// a part of a record.
    /// - Throws: ``JournalError/corrupt(_:)`` where they do not follow on it, or are damaged.
    init(after tip: LogTip, maxBytes: Int, of pieces: [ShippedChunks]) throws(JournalError) {
        self.init(from: tip.next)
        var check = ChainCheck(next: tip.next, chain: tip.chain)
        var isFull: Bool { bytes.count >= maxBytes && !check.isInsideRecord }
        // Most often it is the newest piece alone that follows.
        let start = pieces.lastIndex { $0.first <= tip.next } ?? pieces.startIndex
        for piece in pieces[start...] where piece.last >= tip.next {
            bytes.reserveCapacity(min(maxBytes + Chunk.maximumBytes, bytes.count + piece.bytes.count))
            let fault = piece.forEachChunk { chunk, stored in
                if chunk.last < tip.next || isFull { return nil }
                if let fault = check.admit(chunk) { return fault }
                add(chunk, stored)
                return nil
            }
            if let fault { throw Self.error(fault, after: last) }
            if isFull { return }
        }
    }

    /// Of these only the chunks that stand after `tip`; `nil` when there are none.
    /// - Throws: ``JournalError/corrupt(_:)`` when what follows on it directly is not among them.
    package func following(_ tip: LogTip) throws(JournalError) -> ShippedChunks? {
        guard last >= tip.next else { return nil }
        return try ShippedChunks(after: tip, maxBytes: bytes.count, of: [self])
    }

    /// Where the log ends before the chunk that begins at `position`; nil where none begins there.
    package func tip(before position: Position) -> LogTip? {
        var found: LogTip?
        _ = forEachChunk { chunk, _ in
            if chunk.first == position { found = LogTip(next: position, chain: chunk.chain) }
            return nil
        }
        return found
    }

    /// Whether a log that has these has that tip among them, or right behind them.
    func passes(_ tip: LogTip) -> Bool {
        guard first < tip.next, tip.next <= last.next else { return false }
        var isThere = false
        _ = forEachChunk { chunk, _ in
            if chunk.last.next == tip.next { isThere = chunk.crc == tip.chain }
            return nil
        }
        return isThere
    }

    /// Hands each chunk to `body`, until that finds a fault.
    func forEachChunk(_ body: (ChunkView, UnsafeRawBufferPointer) throws -> ChunkFault?) rethrows -> ChunkFault? {
        try bytes.withUnsafeBytes { try Self.visit($0, areChecked: true, body) }
    }

    /// Hands each chunk to `body`, its checksum verified unless all of them were before, until that finds a fault or
    /// there is one already.
    private static func visit(
        _ bytes: UnsafeRawBufferPointer, areChecked: Bool,
        _ body: (ChunkView, UnsafeRawBufferPointer) throws -> ChunkFault?
    ) rethrows -> ChunkFault? {
        var offset = 0
        while offset < bytes.count {
            guard offset + 2 + Chunk.headerBytes < bytes.count else { return cutShort }
            let length = Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
            offset += 2
            guard length > Chunk.headerBytes, offset + length <= bytes.count else { return cutShort }
            let stored = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length])
            let key = UInt64(littleEndian: stored.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            switch ChunkView.read(stored, key: key, isChecked: areChecked) {
            case .failure(let fault): return fault
            case .success(let chunk): if let fault = try body(chunk, stored) { return fault }
            }
            offset += length
        }
        return nil
    }

    private static let cutShort = ChunkFault(.malformed, expected: "whole chunks", found: "one cut short")

    static func error(_ fault: ChunkFault, after last: Position) -> JournalError {
        .corrupt(
            CorruptionReport(
                fault.kind, table: "shipped", position: last.next, expected: fault.expected, found: fault.found))
    }
}

/// Takes in shipped chunks: holds each against the one before and gives out the records inside.
package struct ChunkReceiver: Sendable {
    private var check: ChainCheck
    private var assembly = RecordAssembly()
    /// Where the log ends with what was taken in so far.
    package private(set) var tip: LogTip

    /// Goes on after `tip`.
    package init(after tip: LogTip) {
        self.tip = tip
        check = ChainCheck(next: tip.next, chain: tip.chain)
    }

    /// The records that end in these chunks, in order.
    /// - Throws: ``JournalError/corrupt(_:)`` when they do not follow on what came before, or are damaged; nothing can
    ///   be taken in after that.
    package mutating func admit(_ chunks: ShippedChunks) throws(JournalError) -> [LogRecord] {
        var records: [LogRecord] = []
        do {
            try admit(chunks) { records.append(LogRecord(position: $0, bytes: [UInt8]($1))) }
        } catch let error as JournalError {
            throw error
        } catch {
            preconditionFailure("Collecting records threw what it does not throw: \(error)")
        }
        return records
    }

    /// Hands the records that end in these chunks to `body`, in order, without an allocation a record. The pointer is
    /// good only during the call.
    /// - Throws: As ``admit(_:)``, or whatever `body` throws; nothing can be taken in after that either.
    package mutating func admit(
        _ chunks: ShippedChunks, _ body: (Position, UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let fault = try chunks.forEachChunk { chunk, _ in
            if let fault = check.admit(chunk) { return fault }
            tip = LogTip(next: chunk.last.next, chain: chunk.crc)
            return try assembly.take(chunk) { position, record in
                try body(position, record)
                return true
            }
        }
        if let fault { throw ShippedChunks.error(fault, after: tip.last) }
    }
}
