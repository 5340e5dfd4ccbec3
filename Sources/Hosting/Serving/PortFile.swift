import Glibc
import Terminal

/// A file that tells scripts which port was got. It appears whole or not at all.
struct PortFile {
    let path: String

    func write(_ port: Int) throws(CommandFailure) {
        let temporary = "\(path).\(getpid())"
        let text = Array("\(port)\n".utf8)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure() }
        let isWritten = Glibc.write(descriptor, text, text.count) == text.count
        guard close(descriptor) == 0, isWritten, rename(temporary, path) == 0 else {
            let failure = failure()
            unlink(temporary)
            throw failure
        }
    }

    /// Nobody listens there any more.
    func remove() { unlink(path) }

    private func failure() -> CommandFailure {
        CommandFailure(
            .inputOutput, "the port file \(path) cannot be written: \(String(cString: strerror(errno)))",
            remedy: "name a file in a folder that this process may write to")
    }
}
