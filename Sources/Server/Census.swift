import NIOConcurrencyHelpers

/// How many connections and subscriptions a server has, over all its event loops.
final class Census: Sendable {
    private struct Counts {
        var accepted = 0
        var greeted = 0
        var subscriptions = 0
    }

    private let counts = NIOLockedValueBox(Counts())
    private let mostGreeted: Int
    private let mostAccepted: Int

    /// - Parameters:
    ///   - connections: Most connections that have said hello.
    ///   - turnedAway: How many more are heard, to be told that there are too many.
    init(connections: Int, turnedAway: Int) {
        mostGreeted = connections
        mostAccepted = connections + turnedAway
    }

    var greeted: Int { counts.withLockedValue { $0.greeted } }
    var subscriptions: Int { counts.withLockedValue { $0.subscriptions } }

    /// - Returns: Whether the connection may be heard at all. It counts either way, until ``left(wasGreeted:)``.
    func accepted() -> Bool {
        counts.withLockedValue { counts in
            counts.accepted += 1
            return counts.accepted <= mostAccepted
        }
    }

    /// - Returns: Whether there is room for one more that has said hello.
    func greet() -> Bool {
        counts.withLockedValue { counts in
            guard counts.greeted < mostGreeted else { return false }
            counts.greeted += 1
            return true
        }
    }

    func left(wasGreeted: Bool) {
        counts.withLockedValue { counts in
            counts.accepted -= 1
            if wasGreeted { counts.greeted -= 1 }
        }
    }

    func subscriptionsChanged(by difference: Int) {
        counts.withLockedValue { $0.subscriptions += difference }
    }
}
