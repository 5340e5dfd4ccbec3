import Glibc
package import Journal
package import Terminal

/// The end when what is on disk can no longer be known: nothing more is run, for whatever is still in memory was never
/// promised.
package enum FatalEnd {
    package static let journal: @Sendable (JournalError) -> Never = { error in
        LogWriter.standardError.write(
            "haoyuan: \(CommandFailure(.inputOutput, error.description, remedy: error.remedy))", mustStay: true)
        LogWriter.standardError.finish()
        _exit(ExitStatus.inputOutput.rawValue)
    }
}

extension CommandFailure {
    /// What keeps a data folder from being used, for the person who named it.
    package init(_ error: JournalError) {
        let status: ExitStatus =
            switch error {
            case .inUse, .storageFull: .temporary
            case .newerFormat, .mapFull, .unfinishedCopy: .configuration
            case .positionTrimmed: .usage
            case .closed, .cancelled, .recordTooLarge, .unconfirmed: .internal
            case .directoryUnusable, .corrupt, .syncFailed, .fullAtCommit, .io: .inputOutput
            }
        self.init(status, error.description, remedy: error.remedy)
    }
}
