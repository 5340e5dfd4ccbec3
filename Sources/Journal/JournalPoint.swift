/// A moment in the life of a commit at which a crash must do no harm: what drills and tests end the process at.
///
///     workTaken ─▶ staged ─▶ (LMDB writes, syncs, writes its meta page) ─▶ synced ─▶ published
///     workTaken ─▶ (a piece is written to the log's tail) ─▶ kept ─▶ published
///
/// The points of trimming and dropping are passed by those commits alone that carry one, besides the four of every
/// commit.
package enum JournalPoint: String, CaseIterable, Sendable {
    /// Everything pending was taken, nothing of it is written.
    case workTaken = "work-taken"
    /// All is in the transaction, nothing of it on disk.
    case staged
    /// All is on disk, nobody has been told.
    case synced
    /// All is in the log's tail, nobody has been told.
    case kept
    /// Those who waited have been told.
    case published
    /// A new checkpoint is in the transaction: segments are about to leave the list.
    case trimStaged = "trim-staged"
    /// The new checkpoint is on disk; the tables of what left the list are still there.
    case trimSynced = "trim-synced"
    /// The removal of such tables is in the transaction.
    case dropStaged = "drop-staged"
    /// Such tables are gone from the disk.
    case dropSynced = "drop-synced"
}
