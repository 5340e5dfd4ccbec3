package import Logging
import NIOPosix
import Wire

/// A new primary's last word to the one before: told until it has been heard once, however long that takes.
package struct Deposing: Sendable {
    private let address: PeerAddress
    private let greeting: PeerGreeting
    private let cluster: [UInt8]
    private let logger: Logger

    /// - Parameters:
    ///   - address: where the former primary listened.
    ///   - cluster: whose primary it was; a server of another hospital is left alone.
    package init(_ address: PeerAddress, greeting: PeerGreeting, cluster: [UInt8], logger: Logger) {
        self.address = address
        self.greeting = greeting
        self.cluster = cluster
        self.logger = logger
    }

    /// Returns once it knows of `epoch`, or when the task is cancelled.
    /// - Parameter primary: where the new primary listens.
    package func tell(epoch: UInt32, primary: String) async {
        var attempts = Attempts()
        while !Task.isCancelled {
            do {
                try await tellOnce(epoch, primary)
                return
            } catch {
                attempts.failed(error, logger, at: address)
            }
            do { try await Task.sleep(for: attempts.delay(1)) } catch { return }
        }
    }

    private func tellOnce(_ epoch: UInt32, _ primary: String) async throws {
        let connection = try await PeerConnection.open(address, greeting, on: MultiThreadedEventLoopGroup.singleton)
        defer { connection.close() }
        guard [UInt8](connection.welcome.cluster) == cluster else {
            throw PeerFailure("\(address) serves another hospital")
        }
        var request = PBDeposeRequest()
        request.epoch = epoch
        request.primary = primary
        let reply: PBDeposeReply = try await connection.ask(.depose, 2, request)
        logger.notice("the former primary knows", metadata: ["at": "\(address)", "epoch": "\(reply.epoch)"])
    }
}
