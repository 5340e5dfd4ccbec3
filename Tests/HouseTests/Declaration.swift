import Foundation

/// A declaration as far as one line shows it.
struct Declaration: Equatable {
    /// Counted from 1; the line with the keyword.
    var line: Int
    /// `func`, `struct`, `import` …
    var keyword: String
    var modifiers: Set<String>
    /// The word after the keyword, up to its first `(`, `<`, `:` or blank. The imported module for `import`.
    var name: String

    static let types: Set<String> = ["struct", "class", "enum", "actor", "protocol"]
    private static let keywords: Set<String> = types.union([
        "func", "var", "let", "init", "subscript", "deinit", "typealias", "associatedtype", "case", "extension",
        "import", "macro",
    ])
    private static let modifiers: Set<String> = [
        "public", "package", "internal", "fileprivate", "private", "open", "static", "final", "mutating", "nonmutating",
        "consuming",
        "borrowing", "nonisolated", "indirect", "lazy", "weak", "unowned", "override", "convenience", "required",
        "isolated",
        "dynamic", "distributed", "prefix", "postfix", "infix",
    ]

    /// The declaration that begins on this (blanked) line, if one does.
    init?(line: Int, code: String) {
        var rest = Substring(code).drop { $0 == " " }
        var modifiers: Set<String> = []
        while true {
            if rest.first == "@" {
                rest = Self.droppingParenthesised(
                    rest.dropFirst().drop { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." })
            } else {
                let word = String(rest.prefix { $0.isLetter || $0 == "_" })
                let after = rest.dropFirst(word.count)
                let following = after.drop { $0 == " " }.prefix { $0.isLetter }
                let isModifier =
                    Self.modifiers.contains(word)
                    || word == "class" && ["func", "var", "let", "subscript"].contains(following)
                guard isModifier else {
                    guard Self.keywords.contains(word), let end = after.first.map({ !$0.isNumber }) ?? Optional(true),
                        end
                    else {
                        return nil
                    }
                    let name = Self.name(after: word, in: after)
                    if word == "case", Self.isPattern(name, code) { return nil }
                    self.init(line: line, keyword: word, modifiers: modifiers, name: name)
                    return
                }
                let argument = Self.droppingParenthesised(after)
                modifiers.insert(word + after.prefix(after.count - argument.count))
                rest = argument
            }
            rest = rest.drop { $0 == " " }
        }
    }

    init(line: Int, keyword: String, modifiers: Set<String>, name: String) {
        self.line = line
        self.keyword = keyword
        self.modifiers = modifiers
        self.name = name
    }

    /// Whether `case name …` is a switch's, not an enum's: `case .held:`, `case let x:`, `case 1:`.
    private static func isPattern(_ name: String, _ code: String) -> Bool {
        guard let first = name.first, first.isLetter || first == "`" else { return true }
        if ["let", "var", "is", "nil", "true", "false"].contains(name) { return true }
        return code.contains(":") && !code.contains("(") || code.hasSuffix(":")
    }

    private static func droppingParenthesised(_ text: Substring) -> Substring {
        guard text.first == "(" else { return text }
        var depth = 0
        for index in text.indices {
            if text[index] == "(" { depth += 1 }
            if text[index] == ")" { depth -= 1 }
            if depth == 0 { return text[text.index(after: index)...] }
        }
        return ""
    }

    private static func name(after keyword: String, in rest: Substring) -> String {
        var words = rest.split(separator: " ")
        // `import struct Foundation.Data` imports from Foundation.
        if keyword == "import", let first = words.first,
            types.union(["func", "var", "let", "typealias"]).contains(String(first))
        {
            words.removeFirst()
        }
        guard let word = words.first else { return "" }
        return String(word.prefix { !"(<:{,=.".contains($0) })
    }
}

extension SwiftFile {
    /// How many braces are open where each line begins.
    var depths: [Int] {
        var depth = 0
        return code.map { line in
            defer { depth += line.utf8.count { $0 == UInt8(ascii: "{") } - line.utf8.count { $0 == UInt8(ascii: "}") } }
            return depth
        }
    }

    /// First and last line of a declaration with its body in braces; nil for one without, such as a protocol's
    /// requirement.
    func extent(of declaration: Declaration) -> ClosedRange<Int>? {
        var parentheses = 0
        var braces = 0
        for index in (declaration.line - 1)..<code.count {
            // At rest between lines, only a continuation of the signature may follow.
            if index >= declaration.line, braces == 0, parentheses == 0, !Self.continuesSignature(code[index]) {
                return nil
            }
            for byte in code[index].utf8 {
                switch byte {
                case UInt8(ascii: "("), UInt8(ascii: "["): parentheses += 1
                case UInt8(ascii: ")"), UInt8(ascii: "]"): parentheses -= 1
                case UInt8(ascii: "{") where braces > 0 || parentheses == 0: braces += 1
                case UInt8(ascii: "}") where braces == 0 && parentheses == 0: return nil
                case UInt8(ascii: "}") where braces > 0:
                    braces -= 1
                    if braces == 0 { return declaration.line...(index + 1) }
                default: break
                }
            }
        }
        return nil
    }

    private static func continuesSignature(_ line: String) -> Bool {
        let bare = line.trimmingCharacters(in: .whitespaces)
        return bare.isEmpty || ["{", "->", "where ", "throws", "async", ")", ":", ","].contains(where: bare.hasPrefix)
    }

    /// The comment lines that belong to a line: the block right above it, attributes allowed between.
    func commentAbove(line: Int) -> [String] {
        var index = line - 2
        var open = 0  // parentheses of an attribute over several lines, seen from below
        while index >= 0 {
            let bare = code[index].trimmingCharacters(in: .whitespaces)
            open += bare.count { $0 == ")" } - bare.count { $0 == "(" }
            guard bare.hasPrefix("@") && Declaration(line: 0, code: bare) == nil || open > 0 else { break }
            index -= 1
        }
        var block: [String] = []
        while index >= 0, lines[index].trimmingCharacters(in: .whitespaces).hasPrefix("//") {
            block.insert(lines[index].trimmingCharacters(in: .whitespaces), at: 0)
            index -= 1
        }
        return block
    }

    /// What a comment at the end of the line says.
    func commentBeside(line: Int) -> String? {
        let codeEnd = code[line - 1].utf8.reversed().drop { $0 == UInt8(ascii: " ") }.count
        let rest = String(decoding: Array(lines[line - 1].utf8.dropFirst(codeEnd)), as: UTF8.self)
        let bare = rest.trimmingCharacters(in: .whitespaces)
        return bare.hasPrefix("//") ? bare : nil
    }
}
