import ArgumentParser

/// The path of a file or folder as people write it: anything but blanks, which a shell passes on where a variable is
/// not set.
enum PathText {
    /// - Throws: where there is nothing but blanks.
    @Sendable
    static func read(_ text: String) throws -> String {
        guard !text.allSatisfy(\.isWhitespace) else { throw ValidationError("there is nothing in it") }
        return text
    }
}
