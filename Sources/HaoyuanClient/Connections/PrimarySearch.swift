import Wire

/// What a connection is for: which roles will do.
enum ConnectionPurpose: Hashable, Sendable {
    /// Writes, and reads that must see them: the primary.
    case deciding
    /// Reads that may be a little late: a standby will do.
    case reading
}

/// Which of several servers a client believes. No socket: what a server says of itself goes in, whether to stay comes
/// out.
///
/// The highest epoch ever seen wins: an old primary that wakes up after another was promoted is never believed again,
/// whatever it says.
struct PrimarySearch: Sendable {
    enum Verdict {
        case stay
        /// It is the primary of a later epoch than any seen: connections to servers of earlier ones are to be left.
        case stayAndLeaveOthers
        case leave(HaoyuanError)
    }

    /// The highest epoch any server has named.
    private(set) var epoch: UInt32 = 0
    private let hasChoice: Bool

    /// - Parameter addresses: with a single one there is nowhere else to go, so whatever its role is, it is asked; it
    ///   says itself what it does not do.
    init(addresses: Int) { hasChoice = addresses > 1 }

    mutating func welcomed(_ role: PBRole, epoch seen: UInt32, _ purpose: ConnectionPurpose) -> Verdict {
        guard seen >= epoch else {
            return .leave(.notPrimary("it is in epoch \(seen), and epoch \(epoch) has begun elsewhere"))
        }
        if hasChoice {
            switch role {
            case .primary: break
            case .standby where purpose == .reading: return .stay
            case .standby: return .leave(.notPrimary("it is a standby"))
            case .deposed, .unspecified, .UNRECOGNIZED: return .leave(.notPrimary("another server has taken its place"))
            }
        }
        defer { epoch = seen }
        return seen > epoch && epoch > 0 ? .stayAndLeaveOthers : .stay
    }
}

extension HaoyuanError {
    /// Nothing was sent to a server that is not the one to ask.
    static func notPrimary(_ why: String) -> HaoyuanError { HaoyuanError(.notPrimary, why, isRetryable: true) }
}
