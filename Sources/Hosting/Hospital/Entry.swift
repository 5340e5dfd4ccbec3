import Scheduling
import Terminal

/// One entity of a hospital as it stands in a file: named fields, and where in the file it is. YAML and CSV both come
/// to this.
///
/// Fields are taken out one by one; what is left at the end is a field that nothing knows.
struct Entry {
    enum Value {
        case text(String)
        case list([String])
        /// A list of mappings.
        case entries([Entry])
    }

    /// The kind of entity, in the singular: `pool`.
    let kind: String
    /// Where it stands: `hospital.yaml line 12`.
    let place: String
    /// A row of a table: what is not said is an empty cell there, and cannot be left out.
    let isRow: Bool
    private var fields: [(name: String, value: Value)]
    /// Fields whose emptiness says something; all others have a value or are not there.
    private var mayBeEmpty: Set<String>
    /// Fields that have a default and were left out, with what is taken.
    private(set) var leftOut: [(field: String, taken: String)] = []

    init(
        kind: String, place: String, isRow: Bool = false, mayBeEmpty: Set<String> = [],
        fields: [(name: String, value: Value)]
    ) {
        self.kind = kind
        self.place = place
        self.isRow = isRow
        self.mayBeEmpty = mayBeEmpty
        self.fields = fields
    }

    func failure(_ problem: String, remedy: String? = nil) -> CommandFailure {
        CommandFailure(.configuration, "\(place): \(kind): \(problem)", remedy: remedy)
    }

    /// Whether the field is there, perhaps with nothing in it.
    func has(_ name: String) -> Bool { fields.contains { $0.name == name } }

    /// Whether the field is there and has something in it.
    func says(_ name: String) -> Bool {
        fields.contains { field in
            guard field.name == name else { return false }
            return switch field.value {
            case .text(let text): !text.isBlank
            case .list(let items): !items.isEmpty
            case .entries(let entries): !entries.isEmpty
            }
        }
    }

    mutating func allowEmpty(_ name: String) { mayBeEmpty.insert(name) }

    private mutating func take(_ name: String) -> Value? {
        guard let index = fields.firstIndex(where: { $0.name == name }) else { return nil }
        return fields.remove(at: index).value
    }

    /// The text of one value, without blanks around it; nil where it is empty and may be.
    private func written(_ name: String, _ text: String) throws(CommandFailure) -> String? {
        let text = text.trimmed
        guard !text.isEmpty else {
            if mayBeEmpty.contains(name) { return nil }
            throw failure(
                "‘\(name)’ is empty",
                remedy: EntityKind.remedyForEmpty(name, of: kind)
                    ?? (isRow ? "fill the cell, or take the column out" : "give it a value, or leave it out"))
        }
        guard !SpreadsheetForms.isShortened(text) else {
            throw failure(
                "‘\(name)’ is ‘\(text)’, a number that a spreadsheet has shortened; its digits are lost",
                remedy: "make the column one of text, and write the number again")
        }
        guard !SpreadsheetForms.isError(text) else {
            throw failure("‘\(name)’ is ‘\(text)’, an error of a spreadsheet", remedy: "write the value itself")
        }
        return text
    }

    /// Nil where the field is not there, or is empty and may be.
    mutating func optionalText(_ name: String) throws(CommandFailure) -> String? {
        switch take(name) {
        case nil: return nil
        case .text(let text): return try written(name, text)
        case .list, .entries: throw failure("‘\(name)’ is a list, it must be one value")
        }
    }

    mutating func text(_ name: String) throws(CommandFailure) -> String {
        guard let text = try optionalText(name) else { throw failure("‘\(name)’ is missing") }
        return text
    }

    mutating func optionalNumber(
        _ name: String, in range: ClosedRange<UInt32> = 0...UInt32.max
    ) throws(CommandFailure) -> UInt32? {
        guard let text = try optionalText(name) else { return nil }
        guard let number = UInt32(digits: text), range.contains(number) else {
            throw failure(
                "‘\(name)’ is ‘\(text)’, it must be a whole number from \(range.lowerBound) to \(range.upperBound), "
                    + "in digits alone")
        }
        return number
    }

    /// A number that decides something and has a default, of which the command that reads the file tells.
    mutating func number(
        _ name: String, in range: ClosedRange<UInt32>, orElse standard: UInt32, _ taken: String? = nil
    ) throws(CommandFailure) -> UInt32 {
        if let number = try optionalNumber(name, in: range) { return number }
        leftOut.append((name, taken ?? "\(standard)"))
        return standard
    }

    mutating func number(_ name: String, in range: ClosedRange<UInt32>) throws(CommandFailure) -> UInt32 {
        guard let number = try optionalNumber(name, in: range) else { throw failure("‘\(name)’ is missing") }
        return number
    }

    /// A YAML list; in one text (CSV) its items stand apart by blanks, commas or semicolons. It names nothing twice.
    mutating func list(_ name: String) throws(CommandFailure) -> [String] {
        let items: [String]
        switch take(name) {
        case nil: return []
        case .list(let texts): items = texts
        case .text(let text):
            guard let text = try written(name, text) else { return [] }
            items = text.unicodeScalars.split { $0.isBlank || ";,；，、".unicodeScalars.contains($0) }.map { String($0) }
            guard !items.isEmpty else { throw failure("‘\(name)’ is ‘\(text)’, which names nothing") }
        case .entries: throw failure("‘\(name)’ must be a list of values")
        }
        var seen: [String] = []
        for text in items {
            guard !text.isBlank, let item = try written(name, text) else {
                throw failure("‘\(name)’ has an empty item")
            }
            guard !seen.contains(item) else { throw failure("‘\(name)’ names ‘\(item)’ twice") }
            seen.append(item)
        }
        return seen
    }

    /// A YAML list of mappings.
    mutating func entries(_ name: String) throws(CommandFailure) -> [Entry] {
        switch take(name) {
        case nil: return []
        case .entries(let entries): return entries
        case .list(let items) where items.isEmpty: return []
        case .text(let text) where text.isBlank:
            _ = try written(name, text)
            return []
        case .list, .text:
            throw failure("‘\(name)’ must be a list of mappings", remedy: "in CSV they stand in a file of their own")
        }
    }

    /// What a term holds for, empty for everything: that is left out, or written as `*`. A list that is there and has
    /// nothing in it is refused; it would make the term hold everywhere.
    mutating func scope(_ name: String) throws(CommandFailure) -> [String] {
        let isThere = has(name)
        let items = try list(name)
        guard !isThere || !items.isEmpty else {
            throw failure("‘\(name)’ is an empty list", remedy: EntityKind.remedyForEmpty(name, of: kind))
        }
        guard items.contains(EntityKind.everything) else { return items }
        guard items.count == 1 else {
            throw failure("‘\(name)’ names others beside ‘\(EntityKind.everything)’, which narrows nothing")
        }
        return []
    }

    /// A scope, each item of it read by `read`; `form` tells what one must look like.
    mutating func scope<Item>(
        _ name: String, form: String, _ read: (String) -> Item?
    ) throws(CommandFailure) -> [Item] {
        var items: [Item] = []
        for text in try scope(name) {
            guard let item = read(text) else { throw failure("‘\(name)’ has ‘\(text)’, each must be \(form)") }
            items.append(item)
        }
        return items
    }

    /// Read by `read`; `form` tells what it must look like.
    mutating func value<Value>(
        _ name: String, form: String, _ read: (String) -> Value?
    ) throws(CommandFailure) -> Value? {
        guard let text = try optionalText(name) else { return nil }
        guard let value = read(text) else { throw failure("‘\(name)’ is ‘\(text)’, it must be \(form)") }
        return value
    }

    /// As above, for what has a default of which the command that reads the file tells.
    mutating func value<Value>(
        _ name: String, form: String, orElse standard: Value, _ taken: String, _ read: (String) -> Value?
    ) throws(CommandFailure) -> Value {
        if let value = try value(name, form: form, read) { return value }
        leftOut.append((name, taken))
        return standard
    }

    /// Everything was taken out.
    /// - Parameter known: the fields this kind has.
    func finish(known: [String]) throws(CommandFailure) {
        // Spreadsheets leave columns without a name behind, with nothing in them.
        let unknown = fields.first { field in
            if field.name.isEmpty, case .text(let text) = field.value { !text.isBlank } else { true }
        }
        guard let unknown else { return }
        throw failure("‘\(unknown.name)’ is no field", remedy: "its fields are \(known.joined(separator: ", "))")
    }
}
