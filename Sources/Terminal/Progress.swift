import Glibc

/// One line on standard error that tells how far a long piece of work has come. It appears only on a terminal, and only
/// once the work has taken two seconds.
package struct Progress {
    private let isShown: Bool
    private let began: ContinuousClock.Instant
    private var last: ContinuousClock.Instant?
    private var isOnScreen = false

    /// - Parameter isQuiet: never show anything, as with `--json`.
    package init(isQuiet: Bool = false) {
        isShown = !isQuiet && isatty(STDERR_FILENO) == 1
        began = .now
    }

    /// Says how far the work has come, at most ten times a second.
    package mutating func tell(_ what: @autoclosure () -> String) {
        guard isShown else { return }
        let now = ContinuousClock.now
        guard now - began >= .seconds(2), last.map({ now - $0 >= .milliseconds(100) }) ?? true else { return }
        last = now
        isOnScreen = true
        Output.overwrite("\r\u{1B}[K\(what())")
    }

    /// Takes the line off the screen.
    package mutating func end() {
        if isOnScreen { Output.overwrite("\r\u{1B}[K") }
        isOnScreen = false
    }
}
