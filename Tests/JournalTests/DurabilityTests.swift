import Foundation
import MemoryJournal
import NIOConcurrencyHelpers
import Testing

@testable import Journal

@Suite struct DurabilityTests {
    @Test(arguments: Disk.allCases)
    func `a reopened journal holds exactly what was durable`(_ disk: Disk) throws {
        let site = try Site(disk)
        var journal = try site.open()
        let id = journal.creationID
        try journal.commit([record(1), record(2)], tables: [.put(patients, key: [1], value: [1])])
        journal.append(try RecordBatch([record(3)]), tables: [.put(patients, key: [1], value: [3])])
        site.crash(journal)
        journal = try site.open()
        #expect(journal.creationID == id)
        #expect(journal.lastPosition == Position(2))
        #expect(try journal.replayed().map(\.bytes) == [record(1), record(2)])
        #expect(try journal.value(patients, key: [1])?.bytes == [1])
        #expect(try journal.commit([record(4)]) == Position(3))
        try journal.close()
        journal = try site.open()
        #expect(try journal.replayed().map(\.bytes) == [record(1), record(2), record(4)])
        try journal.close()
    }

    @Test(arguments: Disk.allCases, [JournalOptions.Driving.manual, .thread])
    func `closing commits what is pending`(_ disk: Disk, _ driving: JournalOptions.Driving) throws {
        let site = try Site(disk)
        let journal = try site.open { $0.driving = driving }
        journal.append(try RecordBatch([record(1), record(2)]))
        try journal.close()
        try journal.close()
        #expect(throws: JournalError.closed) { try journal.read(from: .first) }
        #expect(throws: JournalError.closed) { try journal.value(patients, key: [1]) }
        let again = try site.open()
        #expect(try again.replayed().count == 2)
        try again.close()
    }

    @Test
    func `those who wait are answered by the commit they wait for, many at a time`() async throws {
        let journal = try Site(.memory).open()
        let last = journal.append(try RecordBatch((0..<200).map { record($0) }))
        try await withThrowingTaskGroup(of: Position.self) { group in
            for number in 1...200 {
                group.addTask {
                    try await journal.whenDurable(Position(UInt64(number)))
                    return journal.durablePosition
                }
                group.addTask { try await journal.durablePosition(after: Position(UInt64(number - 1))) }
            }
            #expect(try journal.step())
            for try await seen in group { #expect(seen == last) }
        }
        try await journal.whenDurable(last)
        try journal.close()
    }

    @Test
    func `a wait ends when its task is cancelled and when the journal closes`() async throws {
        let journal = try Site(.memory).open()
        let cancelled = Task { () -> JournalError? in
            do throws(JournalError) {
                _ = try await journal.durablePosition(after: .zero)
                return nil
            } catch {
                return error
            }
        }
        let waiting = Task { () -> JournalError? in
            do throws(JournalError) {
                _ = try await journal.durablePosition(after: .zero)
                return nil
            } catch {
                return error
            }
        }
        cancelled.cancel()
        #expect(await cancelled.value == .cancelled)
        try journal.close()
        #expect(await waiting.value == .closed)
    }

    @Test
    func `a failed sync ends the process through onFatal, and nobody is told anything`() async throws {
        let site = try Site(.memory)
        let (errors, report) = AsyncStream.makeStream(of: JournalError.self)
        let journal = try site.open { options in
            options.driving = .thread
            // Ending the thread stands for ending the process.
            options.onFatal = { error in
                report.yield(error)
                report.finish()
                pthread_exit(nil)
            }
        }
        site.memory.failNextSync(errno: EIO)
        let last = journal.append(try RecordBatch([record(1)]))
        let waiting = Task { () -> JournalError? in
            do throws(JournalError) {
                try await journal.whenDurable(last)
                return nil
            } catch {
                return error
            }
        }
        var seen: [JournalError] = []
        for await error in errors { seen.append(error) }
        #expect(seen == [.syncFailed(errno: EIO)])
        #expect(journal.durablePosition == .zero)
        waiting.cancel()
        #expect(await waiting.value == .cancelled)
        let again = try site.open()
        #expect(try again.replayed().isEmpty)
        try again.close()
    }

    @Test(arguments: [true, false])
    func `after a failed sync recovery tells whether it was kept`(_ persisted: Bool) throws {
        let site = try Site(.memory)
        var journal = try site.open()
        try journal.commit([record(1)])
        site.memory.failNextSync(errno: EIO, persisted: persisted)
        journal.append(try RecordBatch([record(2)]))
        #expect(throws: JournalError.syncFailed(errno: EIO)) { try journal.step() }
        #expect(journal.durablePosition == Position(1))
        // A dead journal swallows what its dying process still says.
        journal.append(try RecordBatch([record(3)]))
        site.crash(journal)
        journal = try site.open()
        #expect(try journal.replayed().map(\.bytes) == [record(1)] + (persisted ? [record(2)] : []))
        try journal.close()
    }

    @Test
    func `a process killed while it writes keeps everything it acknowledged`() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            var options = JournalOptions(directory: path + "/data")
            options.initialFileBytes = 1 << 20
            options.growthStepBytes = 1 << 20
            options.reserveBytes = 256 << 10
            let journal = try Journal.open(options)
            let acknowledged = open(path + "/acknowledged", O_WRONLY | O_CREAT | O_APPEND, 0o644)
            for number in 0..<200 {
                let last = journal.append(try RecordBatch((0..<50).map { record(number * 50 + $0) }))
                if number < 199 { try await journal.whenDurable(last) }
                var line = journal.durablePosition.rawValue
                _ = write(acknowledged, &line, 8)
            }
            kill(getpid(), SIGKILL)
        }
        let acknowledged = try Data(contentsOf: URL(fileURLWithPath: path + "/acknowledged"))
        let last = acknowledged.suffix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        #expect(last >= 199 * 50)
        var options = JournalOptions(directory: path + "/data")
        options.driving = .manual
        let journal = try Journal.open(options)
        let records = try journal.replayed()
        #expect(records.count >= Int(last))
        #expect(records.enumerated().allSatisfy { $1.bytes == record($0) })
        try journal.close()
        #expect(try JournalVerifier.verify(directory: path + "/data").isSound)
    }
}
