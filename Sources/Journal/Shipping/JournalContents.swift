import Glibc

extension Journal {
    /// What a directory holds that nobody has open.
    package enum Contents: Sendable { case nothing, unfinishedCopy, journal }

    /// Looks whether there is a journal in `options.directory`, without opening it for use.
    /// - Throws: `directoryUnusable`, `corrupt` or `io` when that cannot be told.
    package static func contents(of options: JournalOptions) throws(JournalError) -> Contents {
        guard access(options.directory + "/data.mdb", F_OK) == 0 else { return .nothing }
        var options = options
        options.readOnly = true
        let storage = try LMDBStorage.open(options)
        defer { storage.close() }
        guard try !storage.tableNames().isEmpty else { return .nothing }
        let snapshot = try storage.snapshot()
        defer { snapshot.close() }
        return try MetaImage.optionalEntry(MetaEntry.copyKey, in: snapshot) == nil ? .journal : .unfinishedCopy
    }
}
