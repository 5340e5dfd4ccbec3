import Engine
import Journal

/// How a server of the kill drill ends.
enum KillManner: Sendable, Hashable {
    /// kill -9 so many milliseconds after the load began.
    case moment(milliseconds: Int)
    /// At the n-th time it comes by a point of the commit or the checkpoint.
    case point(String, passes: Int)
    /// Inside LMDB's commit: at the n-th such system call of the thread that commits, before it is carried out.
    case call(String, passes: Int)

    /// In one word, for the table.
    var kind: String {
        switch self {
        case .moment: "any moment"
        case .point(let point, _): point
        case .call(let call, _): "in the commit: \(call)"
        }
    }

    /// In a sentence.
    var sentence: String {
        switch self {
        case .moment(let milliseconds): "kill -9 after \(milliseconds) ms"
        case .point(let point, let passes): "killed at \(point), pass \(passes)"
        case .call(let call, let passes): "killed at \(call), call \(passes)"
        }
    }

    /// The system calls of a commit, in LMDB 0.9: pages (`pwrite64` for a lone one, `writev` for neighbours), their
    /// sync, and the meta page, which goes through a descriptor that syncs by itself (`pwrite64`).
    static let calls = ["pwrite64", "writev", "fdatasync"]

    /// The points in the order they are taken in turn, so that a short drill passes them all.
    private static let points =
        JournalPoint.allCases.map { ($0.rawValue, 60) } + CheckpointPoint.allCases.map { ($0.rawValue, 2) }

    /// What a round does follows from its number and its seed: every third kills at any moment, the others at a point,
    /// in turn; where system calls can be traced, every sixth inside the commit.
    static func of(round: Int, canTrace: Bool, _ random: inout SeededGenerator) -> KillManner {
        let turn = round / 3
        switch round % 3 {
        case 0: return .moment(milliseconds: Int.random(in: 5...160, using: &random))
        case 1 where canTrace && turn % 2 == 0:
            return .call(calls[turn / 2 % calls.count], passes: Int.random(in: 1...30, using: &random))
        default:
            // Two of three rounds come here, or three of six: count them, so that none is left out.
            let (point, most) = points[(round - turn - 1) % points.count]
            let isRare = point.hasPrefix("trim") || point.hasPrefix("drop")
            return .point(point, passes: Int.random(in: 1...(isRare ? 2 : most), using: &random))
        }
    }
}
