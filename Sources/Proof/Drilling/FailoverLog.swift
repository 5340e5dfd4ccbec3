import Engine
import Foundation
import Journal
import Scheduling

/// The whole log of a data folder at rest, and which write each record answers: what an acknowledgement is held
/// against.
struct FailoverLog {
    /// One answered write: two servers that both took it in have it at the same position.
    struct Entry: Hashable, Sendable {
        var keyHigh: UInt64
        var keyLow: UInt64
        var position: UInt64
    }

    private(set) var entries: Set<Entry> = []
    private(set) var oldest: UInt64
    private(set) var last: UInt64
    private var records: [UInt64: [UInt8]] = [:]

    init(directory: String) throws {
        var options = JournalOptions(directory: directory)
        options.readOnly = true
        let journal = try Journal.open(options)
        defer { try? journal.close() }
        (oldest, last) = (journal.oldestPosition.rawValue, journal.durablePosition.rawValue)
        var next = journal.oldestPosition
        while true {
            let found = try journal.read(from: next)
            guard let end = found.last?.position else { break }
            for record in found { try take(record) }
            next = end.next
        }
    }

    private mutating func take(_ record: LogRecord) throws {
        records[record.position.rawValue] = record.bytes
        if let entry = try Entry(record) { entries.insert(entry) }
    }

    /// Whether another log says the same wherever both say something.
    /// - Parameter position: up to which both must reach.
    func check(against other: FailoverLog, upTo position: UInt64) -> Report.Check {
        let common = max(oldest, other.oldest)...max(max(oldest, other.oldest), min(last, other.last))
        var check = Report.Check(name: "both servers have the same log, record by record", count: 0)
        for (name, log) in [("the new primary", self), ("the old one", other)] where log.last < position {
            check.problems.append("the log of \(name) ends at \(log.last), and \(position) had been reached")
        }
        for place in common where records[place] != other.records[place] {
            check.problems.append("record \(place) differs")
        }
        check.count = common.count
        return check
    }

    /// What a former primary took back when it came to follow: the answered writes in the files it wrote.
    static func takenBack(in directory: String) throws -> (files: Int, records: Int, entries: Set<Entry>) {
        let names = try FileManager.default.contentsOfDirectory(atPath: directory).filter {
            $0.hasPrefix("taken-back-")
        }
        var (count, entries): (Int, Set<Entry>) = (0, [])
        for name in names {
            let bytes = FileManager.default.contents(atPath: directory + "/" + name) ?? Data()
            let records = try TakenBackFile(bytes: [UInt8](bytes)).records()
            count += records.count
            for record in records { if let entry = try Entry(record) { entries.insert(entry) } }
        }
        return (names.count, count, entries)
    }

    /// Whether it had to take everything anew.
    static func tookCopy(in directory: String) -> Bool {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.contains { $0.hasPrefix("data-before-copy-") }
    }
}

extension FailoverLog.Entry {
    /// Nil for a record that answers nobody.
    fileprivate init?(_ record: LogRecord) throws {
        guard let key = try record.event().answer?.key else { return nil }
        self.init(keyHigh: key.high, keyLow: key.low, position: record.position.rawValue)
    }
}
