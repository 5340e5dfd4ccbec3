package import Engine
import Glibc
import Journal
package import Logging
import NIOCore
import Scheduling
package import Server
import Terminal

/// An engine with its server in front: what `serve` keeps up, and what `replay` and tests drive.
package struct RunningEngine: Sendable {
    package let engine: Engine
    let server: Server
    /// How long the start took.
    let took: Duration

    /// Recovers the engine and listens.
    /// - Throws: a `CommandFailure` that names what is in the way.
    package static func start(
        _ engineConfiguration: EngineConfiguration, _ serverConfiguration: ServerConfiguration, logger: Logger
    ) async throws -> RunningEngine {
        let began = ContinuousClock.now
        let engine = try recover(engineConfiguration)
        do {
            let server = try await Server.start(
                engine: engine, configuration: serverConfiguration, logger: logger)
            return RunningEngine(engine: engine, server: server, took: ContinuousClock.now - began)
        } catch {
            await engine.stop()
            throw CommandFailure(
                cannotListen: error,
                at: PeerAddress(host: serverConfiguration.host, port: serverConfiguration.port).description)
        }
    }

    private static func recover(_ configuration: EngineConfiguration) throws -> Engine {
        try CommandFailure.checkRoom(for: configuration.journal)
        do {
            return try Engine.start(configuration)
        } catch let error as JournalError {
            throw CommandFailure(error, opening: configuration.journal)
        } catch let error as WrongRole {
            throw CommandFailure(.configuration, error.description)
        } catch let error as WrongClock {
            throw CommandFailure(.configuration, error.description)
        } catch let error as DamagedState {
            throw CommandFailure(
                .inputOutput, error.description, remedy: "keep the folder as it is and run haoyuan verify on a copy")
        } catch let error as CodingError {
            throw CommandFailure(
                .inputOutput, "the data folder holds what this version cannot read: \(error.description)",
                remedy: "keep the folder as it is and run haoyuan verify on a copy")
        }
    }

    /// Answers what was taken, then brings everything to disk.
    /// - Parameter writingCheckpoint: false where some of the log is about to be taken back.
    package func stop(reason: String, writingCheckpoint: Bool = true) async {
        await server.stop(reason: reason)
        await engine.stop(writingCheckpoint: writingCheckpoint)
    }

    package var port: Int { server.localAddress.port ?? 0 }
}

extension CommandFailure {
    fileprivate init(cannotListen error: any Error, at address: String) {
        let number = (error as? IOError)?.errnoCode
        let reason = number.map { String(cString: strerror($0)) } ?? "\(error)"
        switch number {
        case EADDRINUSE:
            self.init(
                .temporary, "\(address) is taken by another process", remedy: "stop that one, or choose another --port")
        case EACCES, EADDRNOTAVAIL:
            self.init(
                .configuration, "cannot listen on \(address): \(reason)", remedy: "choose another --host or --port")
        default:
            self.init(.configuration, "cannot listen on \(address): \(reason)", remedy: "check --host and --port")
        }
    }
}
