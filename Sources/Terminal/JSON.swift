/// A JSON value whose fields stay in the order they were written in, so that the same thing is always the same text.
///
/// Ids of 64 bits are texts, as in protobuf's own JSON: many readers hold numbers in 53 bits.
package enum JSON: Equatable, Sendable {
    case null
    case bool(Bool)
    case number(Int64)
    /// With so many digits after the point.
    case decimal(Double, digits: Int)
    case text(String)
    case list([JSON])
    indirect case object([Field])

    /// A name and its value, in an object that keeps its order.
    package struct Field: Equatable, Sendable {
        package var name: String
        package var value: JSON

        package init(name: String, value: JSON) {
            self.name = name
            self.value = value
        }
    }

    package static func count(_ number: some BinaryInteger) -> JSON { .number(Int64(clamping: number)) }

    /// An id: its decimal digits as a text.
    package static func id(_ number: UInt64) -> JSON { .text(String(number)) }

    /// Null where there is nothing.
    package static func optional<Value>(_ value: Value?, _ json: (Value) -> JSON) -> JSON { value.map(json) ?? .null }

    /// On one line, or indented by two blanks.
    package func text(isIndented: Bool) -> String {
        var text = ""
        write(to: &text, indentation: isIndented ? 0 : nil)
        return text
    }

    private func write(to text: inout String, indentation: Int?) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .number(let number): text += String(number)
        case .decimal(let number, let digits): text += number.isFinite ? Self.fixed(number, digits) : "null"
        case .text(let value): Self.quote(value, into: &text)
        case .list(let values):
            Self.write(values, "[", "]", to: &text, indentation) { $0.write(to: &$1, indentation: $2) }
        case .object(let fields):
            Self.write(fields, "{", "}", to: &text, indentation) { field, text, indentation in
                Self.quote(field.name, into: &text)
                text += indentation == nil ? ":" : ": "
                field.value.write(to: &text, indentation: indentation)
            }
        }
    }

    private static func write<Element>(
        _ elements: [Element], _ open: String, _ close: String, to text: inout String, _ indentation: Int?,
        _ body: (Element, inout String, Int?) -> Void
    ) {
        text += open
        let inner = indentation.map { $0 + 2 }
        for (index, element) in elements.enumerated() {
            if index > 0 { text += "," }
            if let inner { text += "\n" + String(repeating: " ", count: inner) }
            body(element, &text, inner)
        }
        if let indentation, !elements.isEmpty { text += "\n" + String(repeating: " ", count: indentation) }
        text += close
    }

    /// Rounded half away from zero.
    package static func fixed(_ number: Double, _ digits: Int) -> String {
        let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
        let scaled = (number.magnitude * scale).rounded()
        guard scaled < 9e15 else { return String(number) }
        let whole = Int64(scaled)
        let sign = number < 0 && whole != 0 ? "-" : ""
        guard digits > 0 else { return sign + String(whole) }
        let text = String(whole)
        let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
        return sign + padded.dropLast(digits) + "." + padded.suffix(digits)
    }

    private static func quote(_ value: String, into text: inout String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case let scalar where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}

extension JSON: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringInterpolation,
    ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral, ExpressibleByNilLiteral
{
    package init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(elements.map { Field(name: $0, value: $1) })
    }

    package init(arrayLiteral elements: JSON...) { self = .list(elements) }
    package init(stringLiteral value: String) { self = .text(value) }
    package init(integerLiteral value: Int64) { self = .number(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(nilLiteral: ()) { self = .null }
}
