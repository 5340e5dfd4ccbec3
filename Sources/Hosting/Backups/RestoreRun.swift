import Engine
import Foundation
package import Journal
package import Terminal

/// Makes a data folder out of backups.
package struct RestoreRun {
    /// What came of it.
    package struct Outcome {
        package var owner: BackupOwner
        package var whole: String
        package var logs: Int
        package var through: Position
        package var epoch: UInt32
    }

    let folder: String
    let data: String
    let owner: String?
    let goal: RestoreGoal
    let epochAbove: UInt32

    /// - Parameters:
    ///   - owner: whose backups, by the hospital's name or its cluster; nil where the folder has only one's.
    ///   - epochAbove: an epoch that these data have had, though no backup knows of it; the new one is above. 0 where
    ///     the person knows of none.
    package init(folder: String, data: String, owner: String? = nil, goal: RestoreGoal, epochAbove: UInt32 = 0) {
        self.folder = folder
        var data = data[...]
        while data.count > 1, data.hasSuffix("/") { data = data.dropLast() }
        self.data = String(data)
        self.owner = owner
        self.goal = goal
        self.epochAbove = epochAbove
    }

    /// Works in a folder of its own beside `data`, which gets that name only when everything is there.
    package func run(_ tell: (String) -> Void) throws(CommandFailure) -> Outcome {
        guard access(data, F_OK) != 0 else {
            throw .usage("there is something at \(data) already", remedy: "name a folder that does not exist yet")
        }
        let set = BackupSet(folder)
        if let (name, why) = set.unreadable.first {
            throw CommandFailure(
                why.status, "\(name) in \(folder) cannot be read, and may be needed: \(why.problem)",
                remedy: "move it out of the folder to restore from the others")
        }
        let owner = try set.owner(owner)
        let (whole, logs) = try set.path(of: owner, to: goal)
        var options = JournalOptions(directory: "\(data).part-\(getpid())")
        // The start that follows sets aside what it wants.
        options.initialFileBytes = 1 << 20
        let needed = bytesNeeded(whole, logs) + options.reserveBytes
        let disk = DiskSpace(of: data)
        let full = disk.isFull(
            "the restored data are to be", need: "about \(Numbers.bytes(needed)) are needed, file-reserve among them")
        if let free = disk.free, free < options.reserveBytes + 1 << 20 { throw full }
        guard mkdir(options.directory, 0o755) == 0 else {
            throw CommandFailure(
                .inputOutput, "the folder \(data) cannot be made: \(String(cString: strerror(errno)))",
                remedy: "name one that can")
        }
        do {
            let outcome = try restore(
                owner, whole, logs, max(set.highestEpoch(of: owner), epochAbove), into: options, tell)
            guard rename(options.directory, data) == 0 else {
                throw CommandFailure(
                    .inputOutput, "what was restored cannot be named \(data): \(String(cString: strerror(errno)))")
            }
            return outcome
        } catch {
            try? FileManager.default.removeItem(atPath: options.directory)
            switch error {
            case let error as CommandFailure: throw error
            case JournalError.storageFull: throw full
            case let error as JournalError: throw CommandFailure(reading: error)
            default:
                throw CommandFailure(.inputOutput, "\(error)", remedy: "restore with the version that took the backup")
            }
        }
    }

    /// What the data will take; a version before this one did not say how large they were.
    private func bytesNeeded(_ whole: BackupSet.Item, _ logs: [BackupSet.Item]) -> Int {
        let size = BackupSet.number(whole.header.metadata[BackupSet.sizeName]).map { Int(clamping: $0) }
        return max(size ?? 0, whole.bytes) + logs.reduce(0) { $0 + $1.bytes }
    }

    private func restore(
        _ owner: BackupOwner, _ whole: BackupSet.Item, _ logs: [BackupSet.Item], _ highestEpoch: UInt32,
        into options: JournalOptions, _ tell: (String) -> Void
    ) throws -> Outcome {
        let reader = try BackupReader(whole.path)
        var header = reader.header
        header.metadata = header.metadata.filter { !$0.key.hasPrefix("backup.") }
        let restoration = try Restoration(header, into: options, goal: goal.engine)
        do {
            while let part = try reader.next() {
                try restoration.add(part)
                tell("\(whole.name): \(Numbers.bytes(reader.bytesRead)) of \(Numbers.bytes(reader.fileBytes))")
            }
            try restoration.finishCopy()
            var used = 0
            for log in logs where !restoration.isAtGoal {
                used += 1
                let reader = try BackupReader(log.path)
                while let part = try reader.next() {
                    if case .chunks(let chunks) = part { try restoration.follow(chunks) }
                    tell("\(log.name): position \(Numbers.grouped(restoration.position.rawValue))")
                }
            }
            try checkReached(restoration)
            let epoch = try restoration.finish(after: logs.prefix(used).last?.header, highest: highestEpoch)
            return Outcome(
                owner: owner, whole: whole.name, logs: used, through: restoration.position, epoch: epoch)
        } catch {
            restoration.abandon()
            throw error
        }
    }

    private func checkReached(_ restoration: Restoration) throws(CommandFailure) {
        guard case .position(let wanted) = goal, restoration.position < wanted, !restoration.isAtGoal else { return }
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
