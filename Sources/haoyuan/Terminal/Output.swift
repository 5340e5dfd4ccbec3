import Glibc

/// Standard output: what was asked for, and nothing else. Everything that is said about it goes to standard error.
enum Output {
    /// One line of text.
    static func line(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

    static func lines(_ lines: [String]) {
        guard !lines.isEmpty else { return }
        write(lines.joined(separator: "\n") + "\n", to: STDOUT_FILENO)
    }

    /// One document.
    static func document(_ json: JSON) { line(json.text(isIndented: true)) }

    /// One document of a stream, on a line of its own.
    static func record(_ json: JSON) { line(json.text(isIndented: false)) }

    /// One line on standard error.
    static func complain(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

    /// Text on standard error as it is: progress.
    static func overwrite(_ text: String) { write(text, to: STDERR_FILENO) }

    /// Whoever read may have gone (`… | head`): then there is nobody left to talk to, and the process ends quietly.
    private static func write(_ text: String, to descriptor: Int32) {
        var text = text
        let isWritten = text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if count < 0 {
                    if errno == EINTR || errno == EAGAIN { continue }
                    return false
                }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
            return true
        }
        guard !isWritten, descriptor == STDOUT_FILENO else { return }
        let isReaderGone = errno == EPIPE
        if !isReaderGone { complain("haoyuan: standard output cannot be written: \(String(cString: strerror(errno)))") }
        exit(isReaderGone ? ExitStatus.ok.rawValue : ExitStatus.inputOutput.rawValue)
    }
}
