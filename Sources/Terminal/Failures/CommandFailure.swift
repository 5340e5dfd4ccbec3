/// Why a command ends without having done what it was asked: one line for people, one number for scripts.
package struct CommandFailure: Error, Equatable, Sendable, CustomStringConvertible {
    package var status: ExitStatus
    /// What is wrong, without a full stop.
    package var problem: String
    /// What to do about it; nil where the problem already says so.
    package var remedy: String?

    package init(_ status: ExitStatus, _ problem: String, remedy: String? = nil) {
        self.status = status
        self.problem = problem
        self.remedy = remedy
    }

    /// The line as it is shown: `what is wrong; what to do`. Line breaks would make two of it.
    package var description: String {
        let text = [problem, remedy].compactMap { $0 }.map(Self.asClause).joined(separator: "; ")
        return text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }

    /// A whole sentence as a part of one: no capital in front (but names such as `HAOYUAN_ADDRESS` keep theirs), no
    /// full stop behind.
    private static func asClause(_ sentence: String) -> String {
        var clause = sentence[...]
        if clause.hasSuffix(".") { clause = clause.dropLast() }
        guard let first = clause.first, let second = clause.dropFirst().first, first.isUppercase, second.isLowercase
        else {
            return String(clause)
        }
        return first.lowercased() + clause.dropFirst()
    }

    package static func usage(_ problem: String, remedy: String? = nil) -> CommandFailure {
        CommandFailure(.usage, problem, remedy: remedy)
    }
}
