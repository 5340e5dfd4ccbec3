import Foundation
import MemoryJournal
import Testing

@testable import Journal

/// A small file system in memory, mounted for one test.
final class SmallDisk {
    let path: String

    init(mebibytes: Int) throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("small-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try #require(Self.run("mount", ["-t", "tmpfs", "-o", "size=\(mebibytes)m", "tmpfs", path]))
    }

    deinit {
        _ = Self.run("umount", [path])
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Gives back the room of the file at `path` at once. To unlink it alone is not enough: a process that another
    /// test starts just now may hold it open.
    func giveBack(_ path: String) throws {
        try #require(truncate(path, 0) == 0)
        try FileManager.default.removeItem(atPath: path)
    }

    /// Whether this process may mount.
    static let isPossible: Bool = {
        guard getuid() == 0, (try? SmallDisk(mebibytes: 1)) != nil else {
            print("The full-disk tests are skipped: mounting a tmpfs needs root and the right to mount.")
            return false
        }
        return true
    }()

    private static func run(_ tool: String, _ arguments: [String]) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [tool] + arguments
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}

@Suite(.serialized) struct FullDiskTests {
    private func options(on disk: SmallDisk, growth: Int, reserve: Int) -> JournalOptions {
        var options = JournalOptions(directory: disk.path + "/data")
        options.driving = .manual
        options.initialFileBytes = 2 << 20
        options.growthStepBytes = growth
        options.reserveBytes = reserve
        options.fileBytesLimit = 1 << 30
        return options
    }

    @Test(.enabled(if: SmallDisk.isPossible))
    func `a full disk refuses writes, loses nothing, serves reads, and takes writes again when there is room`() throws {
        let disk = try SmallDisk(mebibytes: 24)
        let clock = ManualClock()
        let ballast = disk.path + "/ballast"
        try Data(count: 10 << 20).write(to: URL(fileURLWithPath: ballast))
        var options = options(on: disk, growth: 2 << 20, reserve: 2 << 20)
        options.monotonicNanoseconds = clock.read
        var journal = try Journal.open(options)
        var count = 0
        while journal.admission == .open, count < 1_000 {
            journal.append(try RecordBatch((0..<50).map { record(count * 50 + $0, bytes: 1_000) }))
            count += 1
            _ = try journal.step()
        }
        #expect(journal.admission == .storageFull)
        // What was let in before the refusal is committed out of the reserve.
        #expect(journal.durablePosition == journal.lastPosition)
        #expect(try journal.replayed().count == count * 50)
        // Writing on against the refusal ends with work that waits, never with one that is lost.
        for _ in 0..<100 {
            journal.append(try RecordBatch((0..<50).map { record(count * 50 + $0, bytes: 1_000) }))
            count += 1
            clock.advance(milliseconds: 1_001)
            _ = try journal.step()
        }
        #expect(journal.durablePosition < journal.lastPosition)
        #expect(journal.admission == .storageFull)
        #expect(journal.statistics.refusedCommits > 0)
        #expect(journal.statistics.lastError == JournalError.storageFull.description)
        #expect(try journal.read(from: .first, maxRecords: 1).map(\.bytes) == [record(0, bytes: 1_000)])
        try disk.giveBack(ballast)
        clock.advance(milliseconds: 1_001)
        while try journal.step() {}
        #expect(journal.durablePosition == journal.lastPosition)
        #expect(journal.admission == .open)
        try journal.close()
        journal = try Journal.open(options)
        let records = try journal.replayed()
        #expect(records.count == count * 50)
        #expect(records.enumerated().allSatisfy { $1.bytes == record($0, bytes: 1_000) })
        try journal.close()
        #expect(try JournalVerifier.verify(directory: options.directory).isSound)
    }

    @Test(.enabled(if: SmallDisk.isPossible))
    func `a tail that finds no room is made at a later start, and keeps none from going on`() throws {
        let disk = try SmallDisk(mebibytes: 24)
        let ballast = disk.path + "/ballast"
        try Data(count: 16 << 20).write(to: URL(fileURLWithPath: ballast))
        var options = options(on: disk, growth: 1 << 20, reserve: 256 << 10)
        options.tailBytes = 8 << 20
        var journal = try Journal.open(options)
        try journal.commit([record(1)])
        #expect(journal.admission == .open)
        let files = try FileManager.default.contentsOfDirectory(atPath: options.directory)
        #expect(files.allSatisfy { !$0.hasPrefix("tail") })
        try journal.close()
        try disk.giveBack(ballast)
        journal = try Journal.open(options)
        journal.append(try RecordBatch([record(2)]))
        #expect(try journal.step())
        #expect(journal.settledPosition == Position(2))
        #expect(journal.durablePosition == Position(1))
        try journal.close()
        #expect(try FileManager.default.contentsOfDirectory(atPath: options.directory).contains("tail"))
    }

    @Test
    func `a file at its limit refuses, and takes writes again after a trim inside it`() throws {
        let site = try Site(.lmdb)
        let journal = try site.open {
            $0.fileBytesLimit = 8 << 20
            $0.segmentBytes = 512 << 10
        }
        var count = 0
        while journal.admission == .open, count < 1_000 {
            try journal.commit((0..<50).map { record($0, bytes: 1_000) })
            count += 1
        }
        #expect(count < 1_000)
        #expect(journal.admission == .storageFull)
        #expect(journal.statistics.lastError == JournalError.mapFull(limitBytes: 8 << 20).description)
        #expect(journal.durablePosition == Position(UInt64(count * 50)))
        journal.trim(before: journal.lastPosition.next)
        while try journal.step() {}
        clockTicks(site, journal)
        #expect(journal.admission == .open)
        try journal.commit([record(1)])
        #expect(journal.durablePosition == journal.lastPosition)
        try journal.close()
    }

    @Test
    func `pages that a reader still sees are no room: only when it is gone are writes taken again`() throws {
        let site = try Site(.lmdb)
        let journal = try site.open {
            $0.fileBytesLimit = 8 << 20
            $0.segmentBytes = 512 << 10
        }
        repeat {
            while journal.admission == .open { try journal.commit((0..<50).map { record($0, bytes: 1_000) }) }
            // Looked at again, for less than a whole commit.
            clockTicks(site, journal)
        } while journal.admission == .open
        let reader = try journal.storage.snapshot()
        journal.trim(before: journal.lastPosition.next)
        for _ in 0..<3 {
            while try journal.step() {}
            clockTicks(site, journal)
        }
        #expect(journal.admission == .storageFull)
        reader.close()
        clockTicks(site, journal)
        #expect(journal.admission == .open)
        try journal.commit([record(1)])
        try journal.close()
    }

    @Test
    func `a commit that finds no room is kept and carried out later, in order`() throws {
        let site = try Site(.memory)
        let journal = try site.open()
        try journal.commit([record(1)])
        site.memory.setCapacity(site.memory.usedBytes)
        journal.append(try RecordBatch([record(2)]), tables: [.put(patients, key: [1], value: [2])])
        #expect(try !journal.step())
        journal.append(try RecordBatch([record(3)]))
        #expect(try !journal.step())
        #expect(journal.admission == .storageFull)
        #expect(journal.durablePosition == Position(1))
        site.memory.setCapacity(nil)
        while try journal.step() {}
        #expect(journal.admission == .open)
        #expect(try journal.replayed().map(\.bytes) == [record(1), record(2), record(3)])
        #expect(try journal.value(patients, key: [1])?.reflects == Position(2))
        try journal.close()
    }

    @Test
    func `a sync that finds the disk full is tried again, for it changed nothing`() throws {
        let site = try Site(.memory)
        let journal = try site.open()
        site.memory.failNextSync(errno: ENOSPC)
        journal.append(try RecordBatch([record(1)]))
        #expect(try !journal.step())
        #expect(journal.durablePosition == .zero)
        #expect(try journal.step())
        #expect(journal.durablePosition == Position(1))
        try journal.close()
    }

    @Test(arguments: [JournalOptions.Driving.manual, .thread])
    func `closing on a full disk says that something was left behind`(_ driving: JournalOptions.Driving) throws {
        let site = try Site(.memory)
        let journal = try site.open { $0.driving = driving }
        site.memory.setCapacity(0)
        journal.append(try RecordBatch([record(1)]))
        #expect(throws: JournalError.storageFull) { try journal.close() }
        site.memory.setCapacity(nil)
        let again = try site.open()
        #expect(try again.replayed().isEmpty)
        try again.close()
    }

    private func clockTicks(_ site: Site, _ journal: Journal) {
        site.clock.advance(milliseconds: 1_001)
        _ = try? journal.step()
    }
}
