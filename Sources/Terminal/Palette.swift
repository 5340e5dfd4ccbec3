import Glibc

/// The few colours of the output. Off when standard output is no terminal, when `NO_COLOR` is set to anything
/// (<https://no-color.org>), or when the terminal calls itself dumb.
package struct Palette: Sendable {
    /// What a colour means here; the terminal's own theme says how it looks.
    package enum Tint: String, Sendable {
        case good = "32"
        case bad = "31"
        case caution = "33"
        case quiet = "2"
        case heading = "1"
    }

    let isOn: Bool

    package static let plain = Palette(isOn: false)

    package static let standardOutput = Palette(
        isOn: isatty(STDOUT_FILENO) == 1 && Environment["NO_COLOR", default: ""].isEmpty
            && Environment["TERM", default: ""] != "dumb")

    package func paint(_ text: String, _ tint: Tint?) -> String {
        guard isOn, let tint, !text.isEmpty else { return text }
        return "\u{1B}[\(tint.rawValue)m\(text)\u{1B}[0m"
    }
}

/// The process's environment.
package enum Environment {
    /// Nil when the variable is not set.
    package static subscript(name: String) -> String? { getenv(name).map { String(cString: $0) } }

    package static subscript(name: String, default fallback: String) -> String { self[name] ?? fallback }
}
