import Foundation
package import Journal
package import Terminal

/// Takes one backup of a data folder, beside the process that has it open.
package struct BackupRun {
    /// What was written; nil where nothing was new.
    package struct Outcome {
        package var path: String?
        package var isWhole: Bool
        package var from: Position
        package var through: Position
        package var values: UInt64
        package var bytes: Int
    }

    let data: String
    let folder: String
    let whole: Bool
    let now: Int64

    package init(data: String, folder: String, whole: Bool, now: Int64) {
        self.data = data
        self.folder = folder
        self.whole = whole
        self.now = now
    }

    /// Bytes of one piece.
    private static let pieceBytes = 1 << 20

    package func run(_ tell: (String) -> Void) throws(CommandFailure) -> Outcome {
        var options = JournalOptions(directory: data)
        options.readOnly = true
        try makeFolder()
        let set = try BackupSet(folder)
        do throws(JournalError) {
            let journal = try Journal.open(options)
            let outcome = try take(journal, set, tell)
            try journal.close()
            if let path = outcome.path { try check(path, tell) }
            return outcome
        } catch {
            throw CommandFailure(error)
        }
    }

    private func take(
        _ journal: Journal, _ set: BackupSet, _ tell: (String) -> Void
    ) throws(JournalError) -> Outcome {
        var after = whole ? nil : set.end(of: journal.creationID)
        if let tip = after {
            do throws(JournalError) {
                if try !journal.contains(tip) { after = nil }
            } catch {
                guard case .positionTrimmed = error else { throw error }
                after = nil
            }
        }
        let copy = try journal.copy(after: after)
        defer { copy.close() }
        var header = copy.header
        let (from, through) = (header.begin.next, header.end.last)
        guard after == nil || through >= from else {
            return Outcome(path: nil, isWhole: false, from: from, through: through, values: 0, bytes: 0)
        }
        header.metadata[BackupSet.takenName] = BackupSet.bytes(now)
        if after == nil { header.metadata[BackupSet.wholeName] = [1] }
        let name = after == nil ? "whole-\(through)" : "log-\(from)-\(through)"
        let writer = try BackupWriter("\(folder)/\(name).hyb", header)
        var values: UInt64 = 0
        while let part = try copy.next(maxBytes: Self.pieceBytes) {
            try writer.add(part)
            switch part {
            case .chunks(let chunks):
                tell("log: \(Numbers.grouped(chunks.last.rawValue)) of \(Numbers.grouped(through.rawValue))")
            case .values(let table, let some):
                values += UInt64(some.count)
                tell("\(table): \(Numbers.grouped(values)) of \(Numbers.grouped(header.values)) values")
            }
        }
        try writer.finish()
        return Outcome(
            path: "\(folder)/\(name).hyb", isWhole: after == nil, from: from, through: through, values: values,
            bytes: writer.bytesWritten)
    }

    /// A backup that was never read is none.
    private func check(_ path: String, _ tell: (String) -> Void) throws(JournalError) {
        let reader = try BackupReader(path)
        while try reader.next() != nil {
            tell("checking: \(Numbers.bytes(reader.bytesRead)) of \(Numbers.bytes(reader.fileBytes))")
        }
    }

    private func makeFolder() throws(CommandFailure) {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure(
                .inputOutput, "the folder \(folder) cannot be made", remedy: "name one that can, on another disk")
        }
    }
}
