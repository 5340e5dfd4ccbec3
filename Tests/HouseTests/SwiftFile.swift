/// A Swift source split into what the compiler runs and what people read, so that a rule about `try!` is not broken by
/// a comment that mentions it, nor by a string. A lexer of the parts of the language that matter here, not a parser.
struct SwiftFile {
    let path: String
    /// The lines as written.
    let lines: [String]
    /// The same lines, with comments and the insides of literals blanked out. Columns are UTF-8 bytes and stay where
    /// they were.
    let code: [String]
    let declarations: [Declaration]

    init(path: String, text: String) {
        self.path = path
        self.lines = Self.splitLines(text)
        var blanker = Blanker(text: Array(text.utf8))
        self.code = Self.splitLines(String(decoding: blanker.blanked(), as: UTF8.self))
        self.declarations = code.enumerated().compactMap { Declaration(line: $0.offset + 1, code: $0.element) }
    }

    /// The target or test target whose folder holds the file: the second component of the path.
    var room: String {
        let parts = path.split(separator: "/")
        return parts.count > 2 ? String(parts[1]) : ""
    }

    /// Pairs of line number (from 1) and blanked line.
    var numberedCode: some Sequence<(number: Int, code: String)> {
        code.enumerated().lazy.map { (number: $0.offset + 1, code: $0.element) }
    }

    func violation(_ line: Int, _ message: String) -> Violation {
        Violation(path: path, line: line, message: message)
    }

    private static func splitLines(_ text: String) -> [String] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        return lines
    }
}

/// Walks the bytes once and writes spaces over comments and the contents of string and extended regex literals. Code
/// inside an interpolation stays.
private struct Blanker {
    let text: [UInt8]
    var out: [UInt8]
    var at = 0

    init(text: [UInt8]) {
        self.text = text
        self.out = text
    }

    mutating func blanked() -> [UInt8] {
        code(untilClosingParenthesis: false)
        return out
    }

    private func starts(_ word: StaticString) -> Bool {
        word.withUTF8Buffer { at + $0.count <= text.count && text[at..<(at + $0.count)].elementsEqual($0) }
    }

    private mutating func blank(_ count: Int = 1) {
        for _ in 0..<count where at < text.count {
            if text[at] != UInt8(ascii: "\n") { out[at] = UInt8(ascii: " ") }
            at += 1
        }
    }

    private mutating func code(untilClosingParenthesis: Bool) {
        var depth = 0
        while at < text.count {
            if starts("//") {
                while at < text.count, text[at] != UInt8(ascii: "\n") { blank() }
            } else if starts("/*") {
                blockComment()
            } else if text[at] == UInt8(ascii: "\"") {
                string(hashes: 0)
            } else if text[at] == UInt8(ascii: "#"), let hashes = hashesBeforeLiteral() {
                at += hashes
                if text[at] == UInt8(ascii: "/") { regex(hashes: hashes) } else { string(hashes: hashes) }
            } else {
                if text[at] == UInt8(ascii: "(") { depth += 1 }
                if text[at] == UInt8(ascii: ")") {
                    if untilClosingParenthesis, depth == 0 { return }
                    depth -= 1
                }
                at += 1
            }
        }
    }

    /// The number of `#` here when a quote or slash follows them, as in `#"raw"#` and `#/regex/#`.
    private func hashesBeforeLiteral() -> Int? {
        var end = at
        while end < text.count, text[end] == UInt8(ascii: "#") { end += 1 }
        guard end < text.count, text[end] == UInt8(ascii: "\"") || text[end] == UInt8(ascii: "/") else { return nil }
        return end - at
    }

    private mutating func blockComment() {
        var depth = 0
        repeat {
            if starts("/*") {
                depth += 1
                blank(2)
            } else if starts("*/") {
                depth -= 1
                blank(2)
            } else {
                blank()
            }
        } while depth > 0 && at < text.count
    }

    private func hashesFollow(_ count: Int, after position: Int) -> Bool {
        position + count <= text.count && text[position..<(position + count)].allSatisfy { $0 == UInt8(ascii: "#") }
    }

    private mutating func string(hashes: Int) {
        let isMultiline = starts("\"\"\"")
        let quotes = isMultiline ? 3 : 1
        at += quotes
        while at < text.count {
            if text[at] == UInt8(ascii: "\n"), !isMultiline { return }  // not a literal we know; lose one line at most
            if text[at] == UInt8(ascii: "\\"), hashesFollow(hashes, after: at + 1) {
                blank(1 + hashes)
                if at < text.count, text[at] == UInt8(ascii: "(") {
                    at += 1
                    code(untilClosingParenthesis: true)
                    at += 1
                } else {
                    blank()
                }
            } else if isMultiline ? starts("\"\"\"") : starts("\""), hashesFollow(hashes, after: at + quotes) {
                at += quotes + hashes
                return
            } else {
                blank()
            }
        }
    }

    private mutating func regex(hashes: Int) {
        at += 1
        while at < text.count {
            if text[at] == UInt8(ascii: "\\") {
                blank(2)
            } else if text[at] == UInt8(ascii: "/"), hashesFollow(hashes, after: at + 1) {
                at += 1 + hashes
                return
            } else {
                blank()
            }
        }
    }
}
