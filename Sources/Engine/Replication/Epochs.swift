package import Journal
package import Scheduling

/// Where a primary's term began: everything from this tip on was decided by that primary, until the next.
package struct EpochStart: Hashable, Sendable {
    package var number: UInt32
    package var begin: LogTip

    package init(number: UInt32, begin: LogTip) {
        self.number = number
        self.begin = begin
    }

    /// Whether a restoration began it. So many promotions in a row also come to such a number; they do no harm.
    var isOfRestoration: Bool { number % Epochs.restorationStride == 0 }
}

/// All epochs of a hospital's log after its first, which began with the log itself. Kept in the journal's metadata.
package struct Epochs: Hashable, Sendable {
    /// Ascending in number and place.
    package private(set) var starts: [EpochStart]

    package init(_ starts: [EpochStart] = []) { self.starts = starts }

    /// The epoch that goes on; 1 until a standby has ever been promoted.
    package var current: UInt32 { starts.last?.number ?? 1 }

    /// The number of an epoch that begins after one of this number.
    /// - Throws: `invalidArgument` where there is none any more.
    static func number(after last: UInt32) throws(EngineError) -> UInt32 {
        guard last < Limits.epoch else {
            throw EngineError(
                .invalidArgument,
                "no epoch follows on \(last), at most \(Limits.epoch): somebody made one up; restore a backup from before"
            )
        }
        return last + 1
    }

    /// What a restoration leaves free: promotions that no backup knows of count on from the last epoch that one knows.
    static let restorationStride: UInt32 = 1_000

    /// The number of a restoration's epoch: the next multiple of the stride. So it is above what was promoted after the
    /// last backup, and clients that remember that believe the restored server.
    /// - Throws: as `number(after:)`.
    static func number(ofRestorationAfter last: UInt32) throws(EngineError) -> UInt32 {
        let number = (last / restorationStride + 1) * restorationStride
        // The last stride leaves room for promotions, too.
        return number < Limits.epoch ? number : try self.number(after: last)
    }

    /// Whether this log has an epoch of that number.
    func contains(_ number: UInt32) -> Bool { number == 1 || starts.contains { $0.number == number } }

    mutating func begin(_ start: EpochStart) {
        precondition(start.number > current, "an epoch follows on a lower one")
        starts.append(start)
    }

    /// Forgets epochs whose first record was taken back: a standby's log ends where the next of them would begin.
    mutating func forget(from next: Position) { starts.removeAll { $0.begin.next >= next } }

    /// Where another log, whose epochs these are not, leaves this one: the last place at which both are the same, if
    /// the other ends at `end`. Nil where this log has all of the other.
    func parting(from other: Epochs, end: LogTip) -> LogTip? {
        let shared = zip(starts, other.starts).prefix { $0 == $1 }.count
        // Up to the next epoch of either side both were written by the same primary, so the shorter one is the
        // beginning of the longer one.
        let ends = [starts.dropFirst(shared).first?.begin, other.starts.dropFirst(shared).first?.begin].compactMap {
            $0
        }
        guard let parting = ends.min(by: { $0.next < $1.next }), parting.next < end.next else { return nil }
        return parting
    }

    // MARK: The durable form: for each a number (4), the next position (8) and the chain (4), little-endian

    static let metadataName = "epochs"

    /// Those of a journal that was copied, from what the copy begins with.
    package init(of header: CopyHeader) throws(CodingError) {
        try self.init(decoding: header.metadata[Self.metadataName])
    }

    init(decoding bytes: [UInt8]?) throws(CodingError) {
        guard let bytes else {
            starts = []
            return
        }
        guard bytes.count % 16 == 0 else { throw CodingError("\(bytes.count) bytes of epochs, not a multiple of 16") }
        starts = bytes.withUnsafeBytes { raw in
            stride(from: 0, to: raw.count, by: 16).map { at in
                EpochStart(
                    number: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: at, as: UInt32.self)),
                    begin: LogTip(
                        next: Position(
                            UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: at + 4, as: UInt64.self))),
                        chain: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: at + 12, as: UInt32.self))))
            }
        }
        guard zip(starts, starts.dropFirst()).allSatisfy({ $0.number < $1.number && $0.begin.next <= $1.begin.next })
        else { throw CodingError("epochs that do not ascend") }
        guard current <= Limits.epoch else { throw CodingError("epoch \(current), at most \(Limits.epoch)") }
    }

    var encoded: [UInt8] {
        starts.flatMap { start in
            withUnsafeBytes(of: start.number.littleEndian) { Array($0) }
                + withUnsafeBytes(of: start.begin.next.rawValue.littleEndian) { Array($0) }
                + withUnsafeBytes(of: start.begin.chain.littleEndian) { Array($0) }
        }
    }
}
