import Journal
import NIOConcurrencyHelpers
import Scheduling

/// What an engine is to the others: the one that decides, one that follows it, or one that was.
package enum Role: Hashable, Sendable {
    case primary
    case standby
    /// Another has begun this epoch. What this one has not acknowledged may be undone, so it serves nothing any more.
    case deposed(by: UInt32)
}

/// An engine's role and epoch: read for every batch, changed by promotion and by news of another primary.
final class Standing: Sendable {
    struct State: Sendable {
        var role: Role
        var epochs: Epochs
    }

    private let state: NIOLockedValueBox<State>

    init(_ role: Role, _ epochs: Epochs) { state = NIOLockedValueBox(State(role: role, epochs: epochs)) }

    var current: State { state.withLockedValue { $0 } }
    var role: Role { state.withLockedValue { $0.role } }
    var epoch: UInt32 { state.withLockedValue { $0.epochs.current } }

    func update<Value>(_ body: (inout State) -> Value) -> Value { state.withLockedValue(body) }

    // MARK: The durable form: what the next process may be

    static let metadataName = "role"

    /// - Throws: when the folder belongs to a standby or to a deposed primary and is to be served as a primary's.
    static func check(_ journal: Journal, as role: Role) throws {
        guard role == .primary, let kept = try journal.metadata(metadataName), let first = kept.first else { return }
        switch first {
        case 1: throw WrongRole(isDeposed: false)
        case 2: throw WrongRole(isDeposed: true)
        default: return
        }
    }

    static func encode(_ role: Role) -> [UInt8] {
        switch role {
        case .primary: [0]
        case .standby: [1]
        case .deposed: [2]
        }
    }
}

/// A folder was opened for a role that it must not have without somebody saying so.
package struct WrongRole: Error, CustomStringConvertible {
    package let isDeposed: Bool

    package var description: String {
        isDeposed
            ? "another server has become primary since this folder was served; start it with --follow HOST:PORT of that one"
            : "this folder is a standby's; start it with --follow HOST:PORT, and promote it when its primary is gone"
    }
}

extension EngineError {
    static func notPrimary(_ role: Role) -> EngineError {
        switch role {
        case .deposed(let epoch):
            EngineError(
                .notPrimary, "another server has become primary with epoch \(epoch); send it there",
                retryAfterMilliseconds: 100)
        case .standby, .primary:
            EngineError(.notPrimary, "this server is a standby; send it to the primary", retryAfterMilliseconds: 100)
        }
    }
}
