import Foundation
package import Journal
package import Terminal

/// The backups in one folder: whole copies, and the logs that followed them.
package struct BackupSet {
    /// One file.
    package struct Item {
        package let path: String
        package let name: String
        package let isWhole: Bool
        package let header: CopyHeader
        package let bytes: Int
        /// When it was taken; milliseconds since 1970-01-01T00:00Z.
        package let taken: Int64
    }

    let folder: String
    /// Whole copies before logs where both end at one place; else by where they end.
    package let items: [Item]

    static let takenName = "backup.taken"

    /// - Throws: when the folder cannot be listed, or a file in it is damaged.
    package init(_ folder: String) throws(CommandFailure) {
        self.folder = folder
        var items: [Item] = []
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names.sorted() where name.hasSuffix(".hyb") {
            let path = folder + "/" + name
            do throws(JournalError) {
                let reader = try BackupReader(path)
                let isWhole = reader.header.metadata[Self.wholeName] != nil
                items.append(
                    Item(
                        path: path, name: name, isWhole: isWhole, header: reader.header, bytes: reader.fileBytes,
                        taken: Self.number(reader.header.metadata[Self.takenName])))
            } catch {
                throw CommandFailure(error)
            }
        }
        self.items = items.sorted {
            ($0.header.end.next, $0.isWhole ? 0 : 1) < ($1.header.end.next, $1.isWhole ? 0 : 1)
        }
    }

    /// Where the newest backup of these data ends; nil when there is none.
    func end(of cluster: [UInt8]) -> LogTip? { items.last { $0.header.creationID == cluster }?.header.end }

    /// The whole copy to begin with, and the logs that follow it, for a restoration that goes so far.
    /// - Throws: when no whole copy is old enough.
    func path(to goal: RestoreGoal) throws(CommandFailure) -> (whole: Item, logs: [Item]) {
        let whole = items.last { item in
            guard item.isWhole else { return false }
            switch goal {
            case .everything: return true
            case .position(let position): return item.header.end.last <= position
            case .moment(let moment): return item.taken <= moment
            }
        }
        guard let whole else {
            throw .usage(
                items.isEmpty ? "there is no backup in \(folder)" : "no whole backup in \(folder) is as old as that",
                remedy: "`haoyuan backups \(folder)` lists what there is")
        }
        let logs = items.filter {
            !$0.isWhole && $0.header.creationID == whole.header.creationID && $0.header.end.next > whole.header.end.next
        }
        return (whole, logs)
    }

    static let wholeName = "backup.whole"

    static func bytes(_ number: Int64) -> [UInt8] { withUnsafeBytes(of: number.littleEndian) { Array($0) } }

    private static func number(_ bytes: [UInt8]?) -> Int64 {
        guard let bytes, bytes.count == 8 else { return 0 }
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
