/// A place in the log. The first record ever written stands at 1; every later one at a greater position, never reused.
///
/// A position is what the rest of the house calls an LSN: replies wait for one, the change feed resumes from one, and a
/// state value names the one it reflects. Positions are dense but for one exception: a record too large for one chunk
/// is stored as several fragments, each of which takes a position, and the record itself stands at that of its last.
package struct Position: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The number itself; 0 is ``zero``.
    package let rawValue: UInt64

    /// Wraps a number that came from a message, a file or a state value.
    @inlinable package init(_ rawValue: UInt64) { self.rawValue = rawValue }

    /// Before everything: what an empty log ends at.
    package static let zero = Position(0)

    /// Where the first record ever written stands.
    package static let first = Position(1)

    /// The position right after this one.
    package var next: Position { Position(rawValue + 1) }

    /// The position right before this one; ``zero`` has none before it.
    package var previous: Position {
        precondition(rawValue > 0, "Nothing stands before the beginning of the log.")
        return Position(rawValue - 1)
    }

    /// The position `distance` further on (or back, when negative).
    package func advanced(by distance: Int) -> Position {
        Position(UInt64(Int64(rawValue) + Int64(distance)))
    }

    @inlinable package static func < (a: Position, b: Position) -> Bool { a.rawValue < b.rawValue }

    package var description: String { String(rawValue) }
}
