import Glibc

/// Standard output: what was asked for, and nothing else. Everything that is said about it goes to standard error.
package enum Output {
    /// Whether somebody looks at standard output as it comes.
    package static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// One line of text.
    package static func line(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

    /// A text as it is: a file that goes to standard output.
    package static func put(_ text: String) { write(text, to: STDOUT_FILENO) }

    package static func lines(_ lines: [String]) {
        guard !lines.isEmpty else { return }
        write(lines.joined(separator: "\n") + "\n", to: STDOUT_FILENO)
    }

    /// One document.
    package static func document(_ json: JSON) { line(json.text(isIndented: true)) }

    /// One document of a stream, on a line of its own.
    package static func record(_ json: JSON) { line(json.text(isIndented: false)) }

    /// One line on standard error.
    package static func complain(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

    /// Text on standard error as it is: progress, which waits for no reader.
    static func overwrite(_ text: String) {
        var ready = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
        if poll(&ready, 1, 0) == 1 { write(text, to: STDERR_FILENO) }
    }

    /// The reader may have gone (`… | head`): then the process ends quietly.
    private static func write(_ text: String, to descriptor: Int32) {
        guard let number = put(text, to: descriptor), descriptor == STDOUT_FILENO else { return }
        guard number != EPIPE else { exit(ExitStatus.ok.rawValue) }
        complain("haoyuan: standard output cannot be written: \(String(cString: strerror(number)))")
        exit(ExitStatus.inputOutput.rawValue)
    }

    /// Writes all of it, waiting where the reader is slow. Gives the number of the error that was in the way, nil when
    /// none was.
    package static func put(_ text: String, to descriptor: Int32) -> Int32? {
        var text = text
        return text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if count >= 0 {
                    rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                } else if errno == EAGAIN {
                    var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    poll(&ready, 1, -1)
                } else if errno != EINTR {
                    return errno
                }
            }
            return nil
        }
    }
}
