import Glibc
package import Journal
package import Terminal

/// The disk that a path is on, for sentences that say which one is full, and what it would take.
struct DiskSpace {
    let path: String
    /// Bytes that this process may still take; nil where the system does not tell.
    let free: Int?

    /// - Parameter path: a file or a folder, perhaps one that is still to be made: then the nearest above it counts.
    init(of path: String) {
        self.path = path
        var place = path
        var status = statvfs()
        while statvfs(place, &status) != 0 {
            guard errno == ENOENT, let above = Self.folder(of: place), above != place else {
                free = nil
                return
            }
            place = above
        }
        free = status.f_blocks > 0 ? DiskBlocks.bytes(status.f_bavail, of: status.f_frsize) : nil
    }

    /// The folder that a path is in; nil at the root.
    static func folder(of path: String) -> String? {
        var rest = path[...]
        while rest.count > 1, rest.hasSuffix("/") { rest = rest.dropLast() }
        guard rest != "/" else { return nil }
        guard let slash = rest.lastIndex(of: "/") else { return "." }
        return slash == rest.startIndex ? "/" : String(rest[..<slash])
    }

    /// - Parameters:
    ///   - what: whose disk it is, as "backups".
    ///   - need: what is needed, as a sentence of its own.
    func isFull(_ what: String, need: String) -> CommandFailure {
        let left = free.map { "has \(Numbers.bytes($0)) free" } ?? "is full"
        return CommandFailure(
            .temporary, "the disk of \(path), where \(what), \(left); \(need)",
            remedy: "make room there, or name a folder on another disk")
    }
}

extension CommandFailure {
    /// What keeps a data folder from being used, for the person who named it; a full disk with its numbers.
    package init(_ error: JournalError, opening options: JournalOptions) {
        guard case .storageFull = error else {
            self.init(error)
            return
        }
        let isNew = access(options.directory + "/data.mdb", F_OK) != 0
        let least = options.reserveBytes + Self.beginningBytes
        let need =
            isNew
            ? "a new data folder takes \(Numbers.bytes(options.initialFileBytes)) (file-initial), and "
                + "\(Numbers.bytes(least)) (file-reserve and a beginning) at the least"
            : "a start needs \(Numbers.bytes(options.reserveBytes)) (file-reserve) beyond what is in use"
        self = DiskSpace(of: options.directory).isFull("the data are", need: need)
    }

    /// What a new journal takes beside its reserve.
    private static let beginningBytes = 1 << 20

    /// Refuses a new data folder where even the least does not fit, before anything is made.
    package static func checkRoom(for options: JournalOptions) throws(CommandFailure) {
        guard options.storage == nil, access(options.directory + "/data.mdb", F_OK) != 0,
            let free = DiskSpace(of: options.directory).free, free < options.reserveBytes + beginningBytes
        else { return }
        throw CommandFailure(.storageFull, opening: options)
    }
}
