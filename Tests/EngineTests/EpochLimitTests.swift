import Foundation
import Journal
import MemoryJournal
import Scheduling
import Testing

@testable import Engine

/// No epoch lies above `Limits.epoch`, wherever it comes from.
@Suite struct EpochLimitTests {
    private let disk = MemoryDisk()

    private func standby() throws -> Stepped { try Stepped(disk) { $0.role = .standby } }

    /// A standby on this disk that became the primary of the last epoch there can be.
    private func last() async throws -> Stepped {
        let standby = try standby()
        let promoted = try await standby.drive { try await standby.engine.promote(beyond: Limits.epoch - 1) }
        #expect(promoted.epoch == Limits.epoch)
        return standby
    }

    @Test
    func `a standby that was told of an epoch with none above it is not promoted, and goes on following`() async throws
    {
        let standby = try standby()
        let engine = standby.engine
        for known in [Limits.epoch, .max] {
            let error = await #expect(throws: EngineError.self) { _ = try await engine.promote(beyond: known) }
            #expect(error?.code == .invalidArgument && error?.message.contains("\(known)") == true)
        }
        #expect(engine.isFollower)
        #expect(try await standby.drive { try await engine.receive(ShippedChunks(bytes: [])) } == .zero)
        // As a folder has it that heard of one before there was a limit.
        try await standby.drive { try await engine.heard(epoch: .max) }
        engine.journal.abandon()
        let again = try self.standby()
        await #expect(throws: EngineError.self) { _ = try await again.engine.promote() }
        again.engine.journal.abandon()
    }

    @Test
    func `no epoch follows on the last one, in no restored backup either`() async throws {
        let primary = try await last()
        let copy = try primary.engine.journal.copy()
        let folder = NSTemporaryDirectory() + "haoyuan-epochs-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let restoration = try Restoration(copy.header, into: JournalOptions(directory: folder), goal: .everything)
        while let part = try copy.next(maxBytes: 1 << 20) { try restoration.add(part) }
        copy.close()
        try restoration.finishCopy()
        #expect(throws: EngineError.self) { try restoration.finish() }
        restoration.abandon()
        primary.engine.journal.abandon()
    }

    @Test(arguments: [Limits.epoch + 1, .max])
    func `an epoch above the limit is no fact and no part of a history`(number: UInt32) throws {
        func bytes(_ number: UInt32) -> [UInt8] {
            var writer = ByteWriter()
            Event(at: Hospital.morning, by: .system, fact: .epochBegan(number)).encode(into: &writer)
            return writer.bytes
        }
        func starts(_ number: UInt32) -> [UInt8] {
            Epochs([EpochStart(number: number, begin: LogTip(next: .first, chain: 0))]).encoded
        }
        _ = try bytes(Limits.epoch).withUnsafeBytes { try Event(decoding: $0) }
        _ = try Epochs(decoding: starts(Limits.epoch))
        #expect(throws: CodingError.self) { try bytes(number).withUnsafeBytes { _ = try Event(decoding: $0) } }
        #expect(throws: CodingError.self) { _ = try Epochs(decoding: starts(number)) }
    }
}
