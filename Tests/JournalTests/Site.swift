import Foundation
import MemoryJournal
import NIOConcurrencyHelpers

@testable import Journal

/// A fresh directory that goes when it is let go of.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("journal-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A clock that stands still until told otherwise.
final class ManualClock: Sendable {
    private let time = NIOLockedValueBox<UInt64>(1_000_000_000)

    func advance(milliseconds: UInt64) { time.withLockedValue { $0 += milliseconds * 1_000_000 } }

    var read: @Sendable () -> UInt64 { { self.time.withLockedValue { $0 } } }
}

/// The disks that the same tests run on.
enum Disk: String, CaseIterable, Sendable, CustomStringConvertible {
    case lmdb
    case memory
    var description: String { rawValue }
}

/// A place for one journal that outlives it: open it, stop it in some way, open it again.
final class Site: Sendable {
    let disk: Disk
    let directory: TemporaryDirectory
    let memory = MemoryDisk()
    let clock = ManualClock()

    init(_ disk: Disk) throws {
        self.disk = disk
        directory = try TemporaryDirectory()
    }

    func options(_ configure: (inout JournalOptions) -> Void = { _ in }) -> JournalOptions {
        var options = JournalOptions(directory: directory.path)
        if disk == .memory { options.storage = memory.attach() }
        options.driving = .manual
        options.initialFileBytes = 1 << 20
        options.growthStepBytes = 1 << 20
        options.reserveBytes = 256 << 10
        options.fileBytesLimit = 512 << 20
        options.monotonicNanoseconds = clock.read
        configure(&options)
        return options
    }

    func open(_ configure: (inout JournalOptions) -> Void = { _ in }) throws -> Journal {
        try Journal.open(options(configure))
    }

    /// Ends a journal that is driven by hand as a killed process would: nothing more is committed.
    func crash(_ journal: Journal) {
        if disk == .memory { memory.crash() }
        journal.abandon()
    }
}

extension RecordBatch {
    /// A batch of records given as arrays.
    init(_ records: [[UInt8]]) throws {
        self.init()
        for record in records { try append(record) }
    }
}

extension Journal {
    /// Appends records and commits them.
    @discardableResult
    func commit(_ records: [[UInt8]], tables: [TableWrite] = []) throws -> Position {
        let last = append(try RecordBatch(records), tables: tables)
        while try step() {}
        return last
    }

    /// All records from a position on, as recovery sees them.
    func replayed(from: Position? = .first) throws -> [LogRecord] {
        var records: [LogRecord] = []
        try replay(from: from) { position, bytes in
            records.append(LogRecord(position: position, bytes: [UInt8](bytes)))
        }
        return records
    }
}

/// Bytes that differ with `seed` and are as many as asked for.
func record(_ seed: Int, bytes: Int = 80) -> [UInt8] {
    (0..<bytes).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ seed &* 7 &+ ($0 >> 8)) }
}

let patients = Table("patients")
let history = Table("history", compressed: true)
