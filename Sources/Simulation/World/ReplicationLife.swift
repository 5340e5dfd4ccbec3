import Engine
import Journal

/// What the world knows of one process's part in replication.
struct ReplicationLife {
    /// A standby that is being fed, or takes a copy.
    struct Feeding {
        let connection: Int
        /// Nil while a copy is sent.
        let feeder: Feeder?
        let task: Task<Void, Never>
        var heard: Int64
    }

    /// A standby at its primary's door, or behind it.
    struct Following {
        let connection: Int
        let inbox = Inbox()
        var heard: Int64
        /// The primary's, once it has answered.
        var epoch: UInt32?
        /// The newest sign of life that the primary wants back.
        var beat: Int64?
        /// The tasks that take in and confirm, once the log is on its way.
        var confirming: Task<Void, Never>?
        var isTaking = false
        /// Takes in a copy.
        var isCopying = false
        var intake: JournalImport?
    }

    /// What is done with the disk before another process begins.
    enum Afterwards {
        case nothing
        case cutBack(LogTip, Chronicle)
        case copy
    }

    // As primary.
    var feedings: [Feeding] = []
    /// It has been told of a later epoch.
    var isFenced = false
    /// There is a reason for which it may go on without a standby.
    var mayBeAlone = false
    /// When it last heard of its standby, or began.
    var lastHeard: Int64 = 0
    /// The epoch of which it tells the primary before it.
    var tells: UInt32?

    // As standby.
    /// Its disk is empty: it has no engine before it has a copy.
    var wantsCopy = false
    var following: Following?
    var isBeingPromoted = false
    var failures = 0
    /// A task still takes in what a connection that is over brought.
    var isTakingIn = false

    var afterwards = Afterwards.nothing
}
