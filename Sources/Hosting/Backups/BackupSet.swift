import Engine
import Foundation
package import Journal
package import Terminal

/// The backups in one folder: whole copies, and the logs that followed them; of one hospital, or of several where
/// people put them there.
package struct BackupSet {
    /// One file.
    package struct Item {
        package let path: String
        package let name: String
        package let isWhole: Bool
        package let header: CopyHeader
        package let owner: BackupOwner
        /// The epoch that it ends in.
        package let epoch: UInt32
        package let bytes: Int
        /// When it was taken; milliseconds since 1970-01-01T00:00Z.
        package let taken: Int64

        /// What is newer comes later: a history that began with a restoration has a higher epoch than the one it left,
        /// though perhaps fewer positions. Whole copies stand before logs that end at the same place.
        fileprivate func isBefore(_ other: Item) -> Bool {
            (epoch, header.end.next, isWhole ? 0 : 1) < (other.epoch, other.header.end.next, other.isWhole ? 0 : 1)
        }
    }

    let folder: String
    /// In the order of time.
    package let items: [Item]
    /// Files with the name of a backup that cannot be read as one, and why.
    package let unreadable: [(name: String, why: CommandFailure)]

    static let takenName = "backup.taken"
    static let wholeName = "backup.whole"
    /// Bytes that the data took before they were compressed.
    static let sizeName = "backup.bytes"

    package init(_ folder: String) {
        self.folder = folder
        var items: [Item] = []
        var unreadable: [(name: String, why: CommandFailure)] = []
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names.sorted() where name.hasSuffix(".hyb") {
            do throws(CommandFailure) {
                items.append(try Self.item(folder + "/" + name, name))
            } catch {
                unreadable.append((name, error))
            }
        }
        self.items = items.sorted { $0.isBefore($1) }
        self.unreadable = unreadable
    }

    private static func item(_ path: String, _ name: String) throws(CommandFailure) -> Item {
        do {
            let reader = try BackupReader(path)
            let header = reader.header
            return Item(
                path: path, name: name, isWhole: header.metadata[wholeName] != nil, header: header,
                owner: BackupOwner(header), epoch: try Epochs(of: header).current, bytes: reader.fileBytes,
                taken: number(header.metadata[takenName]) ?? 0)
        } catch let error as JournalError {
            throw CommandFailure(reading: error)
        } catch {
            throw CommandFailure(.inputOutput, "\(path) says no epoch that can be: \(error)")
        }
    }

    // MARK: Whose they are

    /// Whose backups are in the folder, each with the newest name that a file of it has.
    package var owners: [BackupOwner] {
        var owners: [BackupOwner] = []
        for item in items.reversed() {
            if let known = owners.firstIndex(where: { $0.cluster == item.owner.cluster }) {
                if owners[known].name == nil { owners[known] = item.owner }
            } else {
                owners.append(item.owner)
            }
        }
        return owners
    }

    /// Those of one hospital alone.
    /// - Parameter wanted: its name, or its cluster; nil where the folder must have one only.
    /// - Throws: where a person has to say which.
    func owner(_ wanted: String?) throws(CommandFailure) -> BackupOwner {
        let owners = owners
        let list = owners.map(\.description).joined(separator: ", ")
        guard !owners.isEmpty else { throw .usage("there is no backup in \(folder)") }
        guard let wanted else {
            guard owners.count == 1 else {
                throw .usage(
                    "\(folder) has backups of \(Numbers.counted(owners.count, "owner")): \(list)",
                    remedy: "say with --of whose to restore: a name or a cluster")
            }
            return owners[0]
        }
        let meant = owners.filter { $0.isMeant(by: wanted) }
        if let only = meant.first, meant.count == 1 { return only }
        throw .usage(
            "‘\(wanted)’ is \(meant.isEmpty ? "none" : "more than one") of those whose backups are in \(folder): \(list)",
            remedy: "give the cluster with --of")
    }

    /// Where the backups of these data end that can be restored, the newest first.
    func ends(of cluster: [UInt8]) -> [LogTip] {
        let own = items.filter { $0.header.creationID == cluster }
        var tips = Set<LogTip>()
        for whole in own where whole.isWhole { tips.formUnion(Self.ways(from: whole, among: own).keys) }
        return own.reversed().map(\.header.end).filter { tips.remove($0) != nil }
    }

    /// The highest epoch that any of these data's files ends in.
    func highestEpoch(of owner: BackupOwner) -> UInt32 {
        items.filter { $0.header.creationID == owner.cluster }.map(\.epoch).max() ?? 1
    }

    // MARK: What a restoration needs

    /// The whole copy to begin with, and the logs that follow it, each where the one before ends.
    /// - Throws: when no whole copy is old enough, or a file between is missing.
    func path(of owner: BackupOwner, to goal: RestoreGoal) throws(CommandFailure) -> (whole: Item, logs: [Item]) {
        let own = items.filter { $0.header.creationID == owner.cluster }
        let whole = own.last { item in
            guard item.isWhole else { return false }
            switch goal {
            case .everything: return true
            case .position(let position): return item.header.end.last <= position
            case .moment(let moment): return item.taken <= moment
            }
        }
        guard let whole else {
            throw .usage(
                "no whole backup in \(folder) is as old as that",
                remedy: "`haoyuan backups \(folder)` lists what there is")
        }
        let ways = Self.ways(from: whole, among: own).values
        let logs = ways.max { ($0.last ?? whole).isBefore($1.last ?? whole) } ?? []
        try checkNothingMissing(own, whole, logs, goal)
        return (whole, logs)
    }

    /// The logs that lead from a whole copy to each place that can be reached from it.
    private static func ways(from whole: Item, among own: [Item]) -> [LogTip: [Item]] {
        var ways: [LogTip: [Item]] = [whole.header.end: []]
        // A log ends behind its begin, so one that leads to another stands before it in the order of positions.
        for log in own.filter({ !$0.isWhole }).sorted(by: { $0.header.end.next < $1.header.end.next }) {
            guard let way = ways[log.header.begin], ways[log.header.end] == nil else { continue }
            ways[log.header.end] = way + [log]
        }
        return ways
    }

    /// A log that no file leads to says that one is missing: what comes after must not be left out without a word.
    private func checkNothingMissing(
        _ own: [Item], _ whole: Item, _ logs: [Item], _ goal: RestoreGoal
    ) throws(CommandFailure) {
        let last = logs.last ?? whole
        switch goal {
        case .everything: break
        case .position(let position): if last.header.end.last >= position { return }
        case .moment(let moment): if last.taken > moment { return }
        }
        let stray = own.first { item in
            !item.isWhole && item.epoch >= last.epoch && item.header.begin.next > last.header.end.next
        }
        guard let stray else { return }
        throw CommandFailure(
            .inputOutput,
            "\(stray.name) follows on position \(stray.header.begin.last), and no file in \(folder) leads there from "
                + "\(last.name)",
            remedy: "bring the missing file back, or restore with --position \(last.header.end.last)")
    }

    static func bytes(_ number: Int64) -> [UInt8] { withUnsafeBytes(of: number.littleEndian) { Array($0) } }

    static func number(_ bytes: [UInt8]?) -> Int64? {
        guard let bytes, bytes.count == 8 else { return nil }
        return bytes.withUnsafeBytes { Int64(littleEndian: $0.loadUnaligned(as: Int64.self)) }
    }
}

/// How far a restoration goes.
package enum RestoreGoal: Hashable {
    case everything
    case position(Position)
    /// Milliseconds since 1970-01-01T00:00Z.
    case moment(Int64)
}

extension CommandFailure {
    /// What keeps a backup from being read.
    init(reading error: JournalError) {
        switch error {
        case .directoryUnusable(let path, let reason):
            self.init(.inputOutput, "\(path) cannot be read: \(reason)")
        case .corrupt(let report):
            self.init(
                .inputOutput, report.description, remedy: "it is no sound backup: take another, or move it elsewhere")
        default: self.init(error)
        }
    }
}
