import Engine
import Foundation
import Hosting
package import Journal
import Scheduling
package import Terminal

/// A data folder at rest, looked at from the bytes up to their meaning. Nothing is written, no server is needed.
///
/// First the store's pages, every chunk of the log with its checksum and chain, every value of the state tables. Where
/// they hold, their meaning: every record kept is a fact, checkpoint and log give a state in which each fact follows on
/// the one before, history can be read, and what must always be true of pools and patients is.
package struct FolderAudit {
    package private(set) var journal = JournalVerification()
    /// What is wrong, a sentence each that names the place.
    package private(set) var problems: [String] = []
    package private(set) var oldest = Position.zero
    package private(set) var last = Position.zero
    package private(set) var checkpoint = Position.zero
    package private(set) var sessions = 0
    package private(set) var appointments = 0
    package private(set) var archivedAppointments = 0
    package private(set) var patients: UInt64 = 0
    package private(set) var keys = 0
    package private(set) var reachedMeaning = false

    /// Sentences of one kind that are kept; by then the question is no longer where.
    private static let mostProblems = 100

    package var isSound: Bool { problems.isEmpty }

    /// Records of the log that were looked at.
    package var records: Int { journal.records }

    /// - Parameter progress: told what is being looked at.
    /// - Throws: what keeps it from looking at all.
    package static func run(directory: String, progress: (String) -> Void = { _ in }) throws(CommandFailure)
        -> FolderAudit
    {
        var audit = FolderAudit()
        do throws(JournalError) {
            audit.journal = try JournalVerifier.verify(directory: directory) { progress(Self.sentence($0)) }
        } catch {
            throw CommandFailure(error)
        }
        audit.problems = audit.journal.reports.map(\.description)
        if audit.problems.isEmpty { try audit.readMeaning(directory, progress) }
        return audit
    }

    private mutating func readMeaning(_ directory: String, _ progress: (String) -> Void) throws(CommandFailure) {
        var options = JournalOptions(directory: directory)
        options.readOnly = true
        options.auditsPages = false
        let journal: Journal
        do throws(JournalError) { journal = try Journal.open(options) } catch { throw CommandFailure(error) }
        defer { try? journal.close() }
        oldest = journal.oldestPosition
        last = journal.durablePosition
        checkpoint = journal.checkpoint
        do {
            try readRecords(journal, progress)
            try readHistory(journal)
            try readState(journal, progress)
            reachedMeaning = true
        } catch let error as JournalError {
            problems.append(error.description)
        } catch {
            problems.append("\(error)")
        }
    }

    /// Every record that is kept, those before the checkpoint too: the change feed still gives them.
    private mutating func readRecords(_ journal: Journal, _ progress: (String) -> Void) throws {
        var unreadable: [String] = []
        try journal.replay(from: journal.oldestPosition) {
            progress(Self.sentence($0))
        } _: { position, bytes in
            do throws(CodingError) {
                _ = try Event(decoding: bytes)
            } catch {
                if unreadable.count < Self.mostProblems {
                    unreadable.append("record \(position): \(error.description)")
                }
            }
        }
        problems += unreadable
    }

    /// Archived sessions: under (session, 0) the definition, behind it pages of appointments. docs/internals has the
    /// keys.
    private mutating func readHistory(_ journal: Journal) throws {
        var found: [String] = []
        var count = 0
        try journal.forEach(.init("history")) { key, _, value in
            guard key.count == 16 else {
                found.append("history: a key has \(key.count) bytes, not 16")
                return found.count < Self.mostProblems
            }
            let session = UInt64(bigEndian: key.loadUnaligned(as: UInt64.self))
            let page = UInt64(bigEndian: key.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            do throws(CodingError) {
                if page == 0 {
                    var reader = ByteReader(value)
                    _ = try SessionDefinition(from: &reader)
                } else {
                    try Session.decodePage(value) { _, _ in count += 1 }
                }
            } catch {
                found.append("history of \(SessionID(rawValue: session)): \(error.description)")
            }
            return found.count < Self.mostProblems
        }
        problems += found
        archivedAppointments = count
    }

    private mutating func readState(_ journal: Journal, _ progress: (String) -> Void) throws {
        progress("patients, keys, sessions and their appointments")
        let state = try RecoveredState(journal, threads: ProcessInfo.processInfo.activeProcessorCount)
        let counts = state.pools.reduce(PoolBook.Counts()) { $0 + $1.counts }
        sessions = counts.sessions
        appointments = counts.appointments
        patients = state.patientCount
        keys = state.keyCount
        problems += state.violations().map(\.description)
    }

    private static func sentence(_ progress: JournalProgress) -> String {
        let what =
            switch progress.stage {
            case .auditingPages: "bytes of pages"
            case .replaying: "records"
            case .verifyingLog: "positions of the log"
            case .verifyingTables: "state values"
            }
        return "\(Numbers.grouped(progress.done)) of \(Numbers.grouped(progress.total)) \(what)"
    }
}
