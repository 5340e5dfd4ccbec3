/// A moment in the life of a checkpoint at which a crash must do no harm: what drills and tests end the process at.
/// Between two of them commits go on, so what was handed over before a point may be on disk or not.
package enum CheckpointPoint: String, CaseIterable, Sendable {
    /// Nothing has been written.
    case begun = "checkpoint-begun"
    /// The keys were handed to the journal.
    case keysWritten = "checkpoint-keys"
    /// Catalogue and patients were.
    case directoryWritten = "checkpoint-directory"
    /// Some of the sessions were.
    case sliceWritten = "checkpoint-slice"
    /// All were; the log has not been let go.
    case sessionsWritten = "checkpoint-sessions"
    /// The journal was told from where it must keep the log.
    case trimAsked = "checkpoint-trim"
}
