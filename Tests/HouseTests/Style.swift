import Foundation

/// The rules of docs/coding/style.md that a text scan can hold. Each takes one file and returns every place that breaks
/// it.
enum Style {
    static let mostLinesInAFile = 500
    static let mostLinesInAFunction = 80

    /// Files off every hot path that may use `Mutex`, with the reason. Elsewhere it is `NIOLock`: on Linux the standard
    /// library's `Mutex` is a priority-inheritance futex and several times slower under contention.
    static let coldFilesWithMutex: [String: String] = [:]

    static func tooLong(_ file: SwiftFile) -> [Violation] {
        guard file.lines.count > mostLinesInAFile else { return [] }
        return [
            file.violation(
                mostLinesInAFile + 1, "\(file.lines.count) lines; a file tells one story, at most \(mostLinesInAFile)")
        ]
    }

    static func longFunctions(_ file: SwiftFile) -> [Violation] {
        file.declarations.filter { ["func", "init", "subscript", "deinit"].contains($0.keyword) }.compactMap {
            declaration in
            guard let extent = file.extent(of: declaration), extent.count > mostLinesInAFunction else { return nil }
            let name = declaration.keyword == "func" ? declaration.name : declaration.keyword
            return file.violation(
                declaration.line,
                "`\(name)` has \(extent.count) lines; a function fits a screen, at most \(mostLinesInAFunction)")
        }
    }

    /// Words that switch a check of the compiler off, or end the process: each needs a comment that proves it, on its
    /// line or right above. A documentation comment stands above many declarations anyway, so it must name the matter.
    static func unprovenEscapes(_ file: SwiftFile) -> [Violation] {
        let escapes = ["try!", "fatalError(", "@unchecked Sendable", "nonisolated(unsafe)"]
        return file.numberedCode.flatMap { number, code in
            escapes.filter(code.contains).compactMap { escape in
                isProven(at: number, in: file)
                    ? nil : file.violation(number, "`\(escape)` needs a comment that proves it")
            }
        }
    }

    private static func isProven(at line: Int, in file: SwiftFile) -> Bool {
        if file.commentBeside(line: line) != nil { return true }
        let above = file.commentAbove(line: line)
        if above.contains(where: { !$0.hasPrefix("///") }) { return true }
        return above.contains { comment in
            ["unchecked", "Sendable", "unsafe", "isolat"].contains(where: comment.contains)
        }
    }

    /// The markers are written in two parts here, so that the rule can be held against its own file.
    static func unfinishedWork(_ file: SwiftFile) -> [Violation] {
        file.lines.enumerated().filter {
            $0.element.contains(#/\b(?:TO(?:DO)|FIX(?:ME)|XX(?:X)|HAC(?:K))\b/#.wordBoundaryKind(.simple))
        }
        .filter { file.code[$0.offset] != $0.element }  // in a comment or a literal
        .map {
            file.violation($0.offset + 1, "finish it or leave it out; an open end is written down where plans are")
        }
    }

    static let widestComment = 120

    /// The formatter breaks code at 120 columns and leaves comments as they are.
    static func wideComments(_ file: SwiftFile) -> [Violation] {
        file.lines.enumerated().filter { index, line in
            line.count > widestComment && !file.code[index].contains("\"")
                && (line.contains("//") || line.contains("/*"))
        }
        .map { file.violation($0.offset + 1, "\($0.element.count) columns; comments have at most \(widestComment)") }
    }

    /// A test's name is its title. A second one beside it says the same in other words, and `--filter` does not know
    /// it.
    static func titlesBesideNames(_ file: SwiftFile) -> [Violation] {
        file.numberedCode.filter { $0.code.contains(#/@(?:Test|Suite)\(\s*"/#) }
            .map { file.violation($0.number, "a test is titled by its name: func `a sentence`()") }
    }

    static func mutexes(_ file: SwiftFile) -> [Violation] {
        guard coldFilesWithMutex[file.path] == nil else { return [] }
        return file.numberedCode.filter { $0.code.contains(#/\bMutex\s*[<(]/#.wordBoundaryKind(.simple)) }
            .map {
                file.violation($0.number, "`NIOLock` on hot paths; a cold file gets a line in Style.coldFilesWithMutex")
            }
    }

    /// A test that waits for the clock is slow on a good day and red on a bad one.
    static func sleeps(_ file: SwiftFile) -> [Violation] {
        let sleep = #/\b(?:u|nano)?sleep\s*\(/#.wordBoundaryKind(.simple)  // `Task.sleep` is two words
        return file.numberedCode.filter { $0.code.contains(sleep) && !$0.code.contains("func sleep") }
            .map { file.violation($0.number, "tests do not sleep; wait for the event, or move the injected clock") }
    }

    static let emptyNames: Set<String> = [
        "Util", "Utils", "Utility", "Utilities", "Helper", "Helpers", "Manager", "Managers", "Common",
    ]

    /// Folders, files and types whose name says nothing about what lives there.
    static func emptyNames(_ file: SwiftFile) -> [Violation] {
        let path = file.path.split(whereSeparator: { $0 == "/" || $0 == "." || $0 == "+" })
            .filter { !words(of: $0).isDisjoint(with: emptyNames) }
            .map { file.violation(1, "`\($0)` does not tell what lives there") }
        let types = file.declarations.filter { Declaration.types.contains($0.keyword) || $0.keyword == "typealias" }
            .filter { !words(of: $0.name[...]).isDisjoint(with: emptyNames) }
            .map { file.violation($0.line, "`\($0.name)` does not tell what it does") }
        return path + types
    }

    /// The words of a name in camel case, and the name itself.
    private static func words(of name: Substring) -> Set<String> {
        Set(name.matches(of: #/[A-Z]+[a-z0-9]*|[a-z0-9]+/#).map { String($0.0) })
    }

    static func blanks(path: String, text: String) -> [Violation] {
        var violations: [Violation] = []
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            if line.utf8.contains(UInt8(ascii: "\t")) {
                violations.append(Violation(path: path, line: index + 1, message: "a tab"))
            }
            if line.last == " " || line.last == "\r" || line.last == "\r\n" {
                violations.append(Violation(path: path, line: index + 1, message: "a blank at the end of the line"))
            }
        }
        if !text.isEmpty, !text.hasSuffix("\n") {
            violations.append(Violation(path: path, line: lines.count, message: "no newline at the end of the file"))
        }
        return violations
    }

    /// Words that leave open which part is meant; a sentence names the part.
    static func vagueWords(path: String, text: String) -> [Violation] {
        guard text.contains(#/(?i)who(?:so)?ever/#) else { return [] }
        return text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
            .filter { $0.element.contains(#/(?i)\bwho(?:so)?ever\b/#) }
            .map { Violation(path: path, line: $0.offset + 1, message: "name the part instead") }
    }

    /// A path of the machine somebody worked on means nothing to a reader.
    static func privatePaths(path: String, text: String) -> [Violation] {
        // Nearly every file has none of these; the expression then need not run over each of its lines.
        guard ["work/", "root/", "home/", "Users/"].contains(where: text.contains) else { return [] }
        return text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
            .filter { $0.element.contains(#/(?:^|[\s"'`(=])\/(?:work|root|home\/\w+|Users\/\w+)\//#) }
            .map { Violation(path: path, line: $0.offset + 1, message: "a path of one machine") }
    }
}

/// What must carry a documentation comment.
enum Documentation {
    static func missing(in file: SwiftFile) -> [Violation] {
        let depths = file.depths
        let declarations = file.declarations
        var wanted = declarations.filter(mustBeDocumented)
        // The cases of a public enum and the requirements of a public protocol are public without saying so.
        for type in declarations where type.modifiers.contains("public") && ["enum", "protocol"].contains(type.keyword)
        {
            guard let extent = file.extent(of: type) else { continue }
            wanted += declarations.filter {
                extent.contains($0.line) && depths[$0.line - 1] == depths[type.line - 1] + 1
                    && (type.keyword == "protocol" || $0.keyword == "case")
            }
        }
        return wanted.filter { !isDocumented($0, in: file) }.map {
            let name = $0.keyword == "init" ? "init" : "\($0.keyword) \($0.name)"
            return file.violation($0.line, "`\(name)` has no documentation comment")
        }
    }

    private static func mustBeDocumented(_ declaration: Declaration) -> Bool {
        if ["import", "extension"].contains(declaration.keyword) || declaration.modifiers.contains("override") {
            return false
        }
        if !declaration.modifiers.isDisjoint(with: ["public", "open"]) { return true }
        return declaration.modifiers.contains("package") && Declaration.types.contains(declaration.keyword)
    }

    private static func isDocumented(_ declaration: Declaration, in file: SwiftFile) -> Bool {
        file.commentAbove(line: declaration.line).contains { $0.hasPrefix("///") && $0.count > 4 }
    }
}
