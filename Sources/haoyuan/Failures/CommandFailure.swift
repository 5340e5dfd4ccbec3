/// Why a command ends without having done what it was asked: one line for people, one number for scripts.
struct CommandFailure: Error, Equatable, Sendable, CustomStringConvertible {
    var status: ExitStatus
    /// What is wrong, without a full stop.
    var problem: String
    /// What to do about it; nil where the problem already says so.
    var remedy: String?

    init(_ status: ExitStatus, _ problem: String, remedy: String? = nil) {
        self.status = status
        self.problem = problem
        self.remedy = remedy
    }

    /// The line as it is shown: `what is wrong; what to do`. Line breaks would make two of it.
    var description: String {
        let text = [problem, remedy].compactMap { $0 }.map(Self.withoutFullStop).joined(separator: "; ")
        return text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }

    private static func withoutFullStop(_ sentence: String) -> String {
        sentence.hasSuffix(".") && !sentence.hasSuffix("…") ? String(sentence.dropLast()) : sentence
    }

    static func usage(_ problem: String, remedy: String? = nil) -> CommandFailure {
        CommandFailure(.usage, problem, remedy: remedy)
    }
}
