/// Where a log ends, or ended once: what tells whether two logs have the same beginning.
///
/// Two journals of one origin that both have a tip have the same bytes before it: each chunk is chained to the one
/// before.
package struct LogTip: Hashable, Sendable, CustomStringConvertible {
    /// The position that follows.
    package let next: Position
    /// The crc of the chunk that ends there.
    package let chain: UInt32

    /// A tip that came from a message or a file.
    package init(next: Position, chain: UInt32) {
        self.next = next
        self.chain = chain
    }

    /// The position of the last record before it; ``Position/zero`` at the very beginning.
    package var last: Position { next.previous }

    package var description: String { "\(last) (\(Checksum.text(chain)))" }
}
