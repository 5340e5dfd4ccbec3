package import Journal
import NIOConcurrencyHelpers
import NIOCore

/// What a standby last heard of its primary: written by the follower, read for status.
package final class FollowedPrimary: Sendable {
    /// The last word.
    package struct News: Sendable, Hashable {
        /// Whom it follows, as `host:port`.
        package var address: String
        /// The primary's last record on its disk.
        package var position: Position
        /// The primary's epoch; 0 before anything was heard.
        package var epoch: UInt32
        /// Milliseconds since it was last heard of, or since the start.
        package var heardMillisecondsAgo: UInt64
        /// Whether the stream is there at this moment.
        package var isConnected: Bool
    }

    private struct State {
        var address: String
        var position = Position.zero
        var epoch: UInt32 = 0
        var heard = NIODeadline.now()
        var isConnected = false
    }

    private let state: NIOLockedValueBox<State>

    /// - Parameter address: whom it will try first, as `host:port`.
    package init(address: String) { state = NIOLockedValueBox(State(address: address)) }

    package var news: News {
        state.withLockedValue { state in
            let silence = (NIODeadline.now() - state.heard).nanoseconds / 1_000_000
            return News(
                address: state.address, position: state.position, epoch: state.epoch,
                heardMillisecondsAgo: UInt64(clamping: silence), isConnected: state.isConnected)
        }
    }

    func connected(to address: String) {
        state.withLockedValue {
            $0.address = address
            $0.isConnected = true
        }
    }

    func heard(position: Position, epoch: UInt32) {
        state.withLockedValue { state in
            state.position = max(state.position, position)
            state.epoch = max(state.epoch, epoch)
            state.heard = .now()
        }
    }

    func disconnected() { state.withLockedValue { $0.isConnected = false } }
}
