import Glibc
import NIOConcurrencyHelpers

/// The lock on a data directory: one process, one journal. Held through `flock` on `haoyuan.lock`, so the system lets
/// go of it when the process ends, however it ends. The file holds the process's number for a second comer.
final class DirectoryLock: Sendable {
    static let fileName = "haoyuan.lock"
    private let descriptor: Int32
    private let isHeld = NIOLockedValueBox(true)

    private init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { release() }

    /// How often, a millisecond apart, the lock is tried while somebody only asks who has it.
    private static let tries = 100

    /// Takes the lock, or says who has it.
    static func take(in directory: String) throws(JournalError) -> DirectoryLock {
        let path = directory + "/" + fileName
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw .directoryUnusable(path: directory, reason: JournalError.sentence(errno))
        }
        let number = lock(descriptor)
        guard number == 0 else {
            let holder = readHolder(descriptor)
            Glibc.close(descriptor)
            guard number == EWOULDBLOCK else { throw .io(errno: number, call: "flock") }
            throw .inUse(pid: holder)
        }
        let text = Array("\(getpid())\n".utf8)
        // A full disk may refuse even these few bytes; the lock holds all the same, only the number is missing then.
        if ftruncate(descriptor, 0) == 0 { _ = pwrite(descriptor, text, text.count, 0) }
        return DirectoryLock(descriptor: descriptor)
    }

    /// Takes the lock alone. A question for its holder shares it for a moment, which is no reason to turn anybody
    /// away.
    /// - Returns: 0, or the error number.
    private static func lock(_ descriptor: Int32) -> Int32 {
        for _ in 0..<tries {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return 0 }
            let number = errno
            guard number == EWOULDBLOCK, flock(descriptor, LOCK_SH | LOCK_NB) == 0 else { return number }
            _ = flock(descriptor, LOCK_UN)
            usleep(1_000)
        }
        return EWOULDBLOCK
    }

    /// The process that holds the lock of a directory, or `nil` when none does.
    static func holder(of directory: String) -> Int32? {
        let descriptor = Glibc.open(directory + "/" + fileName, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { Glibc.close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) == 0 ? nil : readHolder(descriptor)
    }

    /// Lets go. A second call does nothing.
    func release() {
        let wasHeld = isHeld.withLockedValue { held in
            defer { held = false }
            return held
        }
        guard wasHeld else { return }
        // Said, not only closed: a child that is just being started has the descriptor, too, until it becomes its
        // program.
        _ = flock(descriptor, LOCK_UN)
        Glibc.close(descriptor)
    }

    private static func readHolder(_ descriptor: Int32) -> Int32 {
        var text = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &text, text.count, 0)
        let digits = text.prefix(max(0, count)).prefix { (0x30...0x39).contains($0) }
        return Int32(String(decoding: digits, as: UTF8.self)) ?? 0
    }
}
