import Foundation

/// The words that this process was started with.
package enum CommandWords {
    /// All behind the name of the program.
    ///
    /// Swift looks for them on the stack, from the environment on. A library that is loaded before the program and
    /// changes the environment, as those do that move a program's clock, has moved it away from there, and then Swift
    /// finds none, not even the program's name. The kernel has them, too.
    /// - Throws: a `CommandFailure` where neither knows: nothing is done then, for it would not be what was asked for.
    package static func given() throws(CommandFailure) -> [String] {
        let words = CommandLine.arguments
        if let name = words.first, !name.isEmpty { return Array(words.dropFirst()) }
        guard let bytes = FileManager.default.contents(atPath: "/proc/self/cmdline"),
            let kept = fromKernel(Array(bytes))
        else {
            throw CommandFailure(
                .notHere,
                "the arguments of this process cannot be read: Swift does not find them, nor /proc/self/cmdline",
                remedy: "mount /proc, and start it without libraries that are loaded before it (LD_PRELOAD)")
        }
        return kept
    }

    /// Words as the kernel keeps them, each with a zero behind it, without the first; nil where there is not even that.
    static func fromKernel(_ bytes: [UInt8]) -> [String]? {
        guard bytes.last == 0 else { return nil }
        let words = bytes.dropLast().split(separator: 0, omittingEmptySubsequences: false)
        return words.dropFirst().map { String(decoding: $0, as: UTF8.self) }
    }
}
