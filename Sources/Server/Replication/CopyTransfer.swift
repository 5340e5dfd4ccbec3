import Engine
import Foundation
package import Journal
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Wire

/// How far a copy has come.
package struct CopyProgress: Sendable, Hashable {
    /// Records of the log taken in, and how many there are in all.
    package var records: (done: UInt64, total: UInt64)
    /// Values of the state tables taken in, and how many there are in all.
    package var values: (done: UInt64, total: UInt64)

    package static func == (a: CopyProgress, b: CopyProgress) -> Bool { a.records == b.records && a.values == b.values }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(records.done)
        hasher.combine(values.done)
    }
}

/// A whole copy of a primary's data, taken in where there is none: how a standby begins.
package struct CopyTransfer: Sendable {
    private let address: PeerAddress
    private let greeting: PeerGreeting

    /// - Parameter address: of the primary.
    package init(from address: PeerAddress, greeting: PeerGreeting) {
        self.address = address
        self.greeting = greeting
    }

    /// Takes the copy. When it fails on the way, what is there is an unfinished copy that nobody can open by mistake.
    /// - Throws: `PeerFailure` when the other server ends it or is no primary; `JournalError` when what came is
    ///   damaged, or the disk refuses it.
    package func take(into options: JournalOptions, progress: @Sendable (CopyProgress) -> Void) async throws {
        let connection = try await PeerConnection.open(address, greeting, on: MultiThreadedEventLoopGroup.singleton)
        defer { connection.close() }
        let id: UInt32 = 2
        var request = PBFollowRequest()
        request.name = greeting.name
        request.copy = true
        request.asker = .random(in: 1 ... .max)
        let reply: PBFollowReply = try await connection.ask(.follow, id, request)
        guard reply.answer == .copy else { throw PeerFailure("\(address) did not send the copy that it was asked for") }
        let ids = NIOLockedValueBox(id)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while true {
                    try connection.confirm(id, 0, ids.nextID())
                    try await Task.sleep(for: .milliseconds(ReplicationLimits.heartbeatMilliseconds))
                }
            }
            defer { group.cancelAll() }
            try await takeIn(connection, id, options, progress)
        }
    }

    private func takeIn(
        _ connection: PeerConnection, _ id: UInt32, _ options: JournalOptions, _ progress: (CopyProgress) -> Void
    ) async throws {
        var intake: JournalImport?
        do {
            while true {
                for push in try await connection.pushes(id) {
                    if push.hasHeader {
                        var header = try CopyHeader(push.header)
                        header.metadata = Engine.metadataOfStandby(header.metadata)
                        intake = try JournalImport(header, into: options)
                    }
                    guard let intake else { continue }
                    if let part = try CopyPart(push) {
                        try intake.add(part)
                        progress(CopyProgress(intake))
                    }
                    if push.end { return try intake.finish() }
                }
            }
        } catch {
            intake?.abandon()
            throw error
        }
    }
}

extension CopyProgress {
    fileprivate init(_ intake: JournalImport) {
        let header = intake.header
        records = (
            intake.position.next.rawValue - header.begin.next.rawValue,
            header.end.next.rawValue - header.begin.next.rawValue
        )
        values = (intake.values, header.values)
    }
}
