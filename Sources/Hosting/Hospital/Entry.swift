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
    private var fields: [(name: String, value: Value)]

    init(kind: String, place: String, fields: [(name: String, value: Value)]) {
        self.kind = kind
        self.place = place
        self.fields = fields
    }

    func failure(_ problem: String, remedy: String? = nil) -> CommandFailure {
        CommandFailure(.configuration, "\(place): \(kind): \(problem)", remedy: remedy)
    }

    private mutating func take(_ name: String) -> Value? {
        guard let index = fields.firstIndex(where: { $0.name == name }) else { return nil }
        return fields.remove(at: index).value
    }

    /// An absent or empty field is nil.
    mutating func optionalText(_ name: String) throws(CommandFailure) -> String? {
        switch take(name) {
        case nil: return nil
        case .text(let text): return text.isEmpty ? nil : text
        case .list, .entries: throw failure("‘\(name)’ is a list, it must be one value")
        }
    }

    mutating func text(_ name: String) throws(CommandFailure) -> String {
        guard let text = try optionalText(name) else { throw failure("‘\(name)’ is missing") }
        return text
    }

    mutating func optionalNumber(_ name: String) throws(CommandFailure) -> UInt32? {
        guard let text = try optionalText(name) else { return nil }
        guard let number = UInt32(text) else {
            throw failure("‘\(name)’ is ‘\(text)’, it must be a whole number from 0 to \(UInt32.max)")
        }
        return number
    }

    mutating func number(_ name: String) throws(CommandFailure) -> UInt32 {
        guard let number = try optionalNumber(name) else { throw failure("‘\(name)’ is missing") }
        return number
    }

    /// A YAML list; in one text (CSV) its items stand apart by blanks, commas or semicolons.
    mutating func list(_ name: String) throws(CommandFailure) -> [String] {
        switch take(name) {
        case nil: []
        case .list(let items): items
        case .text(let text):
            text.split(whereSeparator: { $0 == ";" || $0 == "," || $0.isWhitespace }).map(String.init)
        case .entries: throw failure("‘\(name)’ must be a list of values")
        }
    }

    /// A YAML list of mappings.
    mutating func entries(_ name: String) throws(CommandFailure) -> [Entry] {
        switch take(name) {
        case nil: []
        case .entries(let entries): entries
        case .list(let items) where items.isEmpty: []
        case .text(let text) where text.isEmpty: []
        case .list, .text:
            throw failure("‘\(name)’ must be a list of mappings", remedy: "in CSV they stand in a file of their own")
        }
    }

    /// A list, each item of it read by `read`; `form` tells what one must look like.
    mutating func list<Item>(
        _ name: String, form: String, _ read: (String) -> Item?
    ) throws(CommandFailure) -> [Item] {
        var items: [Item] = []
        for text in try list(name) {
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

    /// Everything was taken out.
    /// - Parameter known: the fields this kind has.
    func finish(known: [String]) throws(CommandFailure) {
        let unknown = fields.first { field in
            if case .text("") = field.value { !known.contains(field.name) } else { true }
        }
        guard let unknown else { return }
        throw failure("‘\(unknown.name)’ is no field", remedy: "its fields are \(known.joined(separator: ", "))")
    }
}
