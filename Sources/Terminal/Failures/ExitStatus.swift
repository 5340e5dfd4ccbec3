/// How the process ends. The numbers are those of BSD's `sysexits.h` where that has one; docs/reference/commands.md
/// lists them.
package enum ExitStatus: Int32, Sendable {
    /// All went well.
    case ok = 0
    /// The thing that was checked is not right: damage found, an audit that failed.
    case notRight = 1
    /// A lawful no: a rule refused.
    case refused = 2
    /// The command line asks for what cannot be: a bad argument, an unknown code or id.
    case usage = 64
    /// No server could be reached.
    case unavailable = 69
    /// A fault of our own.
    case `internal` = 70
    /// A file or a disk could not be read or written.
    case inputOutput = 74
    /// Not now: the same command may succeed later.
    case temporary = 75
    /// It needs rights or tools that are not here.
    case notHere = 77
    /// A file of settings, of a hospital or of a calendar cannot be understood.
    case configuration = 78
}
