import Engine
import Foundation
package import Journal
import Scheduling
package import Terminal

/// Makes a data folder out of backups.
package struct RestoreRun {
    /// What came of it.
    package struct Outcome {
        package var whole: String
        package var logs: Int
        package var through: Position
        package var epoch: UInt32
    }

    let folder: String
    let data: String
    let goal: RestoreGoal
    let now: Int64

    package init(folder: String, data: String, goal: RestoreGoal, now: Int64) {
        self.folder = folder
        self.data = data
        self.goal = goal
        self.now = now
    }

    /// Works in a folder beside `data`, which gets its name only when everything is there.
    package func run(_ tell: (String) -> Void) throws(CommandFailure) -> Outcome {
        guard !FileManager.default.fileExists(atPath: data) else {
            throw .usage("there is something at \(data) already", remedy: "name a folder that does not exist yet")
        }
        let (whole, logs) = try BackupSet(folder).path(to: goal)
        let work = data + ".part"
        try? FileManager.default.removeItem(atPath: work)
        do {
            let outcome = try restore(whole, logs, into: work, tell)
            try FileManager.default.moveItem(atPath: work, toPath: data)
            return outcome
        } catch {
            try? FileManager.default.removeItem(atPath: work)
            switch error {
            case let error as CommandFailure: throw error
            case let error as JournalError: throw CommandFailure(error)
            default:
                throw CommandFailure(.inputOutput, "\(error)", remedy: "restore with the version that took the backup")
            }
        }
    }

    private func restore(
        _ whole: BackupSet.Item, _ logs: [BackupSet.Item], into work: String, _ tell: (String) -> Void
    ) throws -> Outcome {
        let reader = try BackupReader(whole.path)
        var header = reader.header
        header.metadata = header.metadata.filter { !$0.key.hasPrefix("backup.") }
        let restoration = try Restoration(header, into: JournalOptions(directory: work), goal: goal.engine)
        do {
            while let part = try reader.next() {
                try restoration.add(part)
                tell("\(whole.name): \(Numbers.bytes(reader.bytesRead)) of \(Numbers.bytes(reader.fileBytes))")
            }
            try restoration.finishCopy()
            for log in logs where !restoration.isAtGoal {
                let reader = try BackupReader(log.path)
                while let part = try reader.next() {
                    if case .chunks(let chunks) = part { try restoration.follow(chunks) }
                    tell("\(log.name): position \(Numbers.grouped(restoration.position.rawValue))")
                }
            }
            try checkReached(restoration)
            let epoch = try restoration.finish(at: Instant(rawValue: now))
            return Outcome(whole: whole.name, logs: logs.count, through: restoration.position, epoch: epoch)
        } catch {
            restoration.abandon()
            throw error
        }
    }

    private func checkReached(_ restoration: Restoration) throws(CommandFailure) {
        guard case .position(let wanted) = goal, restoration.position < wanted else { return }
        throw .usage(
            "the backups end at position \(restoration.position), before \(wanted)",
            remedy: "leave --position out to restore everything they have")
    }
}

extension RestoreGoal {
    fileprivate var engine: Restoration.Goal {
        switch self {
        case .everything: .everything
        case .position(let position): .position(position)
        case .moment(let moment): .moment(moment)
        }
    }
}
