package import Terminal

/// What a number counts.
package enum Unit: String, Sendable {
    case count = ""
    case seconds = "s"
    case bytes = "B"
    case perSecond = "/s"
    case percent = "%"

    /// As people read it.
    func text(_ number: Double) -> String {
        switch self {
        case .count: number == number.rounded() ? Numbers.grouped(Int(number)) : JSON.fixed(number, 2)
        case .seconds: Numbers.duration(.seconds(number))
        case .bytes: Numbers.bytes(Int(number))
        case .perSecond: "\(Numbers.grouped(Int(number.rounded())))/s"
        case .percent: "\(JSON.fixed(number, 1)) %"
        }
    }

    /// As a machine reads it.
    func json(_ number: Double) -> JSON {
        switch self {
        case .count where number == number.rounded(), .bytes: .number(Int64(number))
        case .count, .percent, .perSecond: .decimal(number, digits: 3)
        case .seconds: .decimal(number, digits: 6)
        }
    }

    /// Whether steps of an axis are powers of two rather than of ten.
    var isBinary: Bool { self == .bytes }
}

/// A word, a number with its unit, or nothing.
package enum Quantity: Sendable, ExpressibleByStringInterpolation {
    case text(String)
    case number(Double, Unit)
    case missing

    package init(stringLiteral value: String) { self = .text(value) }

    static func count(_ number: some BinaryInteger) -> Quantity { .number(Double(number), .count) }
    static func bytes(_ number: some BinaryInteger) -> Quantity { .number(Double(number), .bytes) }
    static func seconds(_ number: Double) -> Quantity { .number(number, .seconds) }
    static func duration(_ duration: Duration) -> Quantity { .number(Numbers.seconds(duration), .seconds) }
    static func nanoseconds(_ number: UInt64) -> Quantity { .number(Double(number) / 1e9, .seconds) }
    static func perSecond(_ number: Double) -> Quantity { .number(number, .perSecond) }

    var text: String {
        switch self {
        case .text(let text): text
        case .number(let number, let unit): unit.text(number)
        case .missing: "–"
        }
    }

    package var json: JSON {
        switch self {
        case .text(let text): .text(text)
        case .number(let number, let unit): unit.json(number)
        case .missing: .null
        }
    }

    var unit: Unit? {
        guard case .number(_, let unit) = self else { return nil }
        return unit
    }

    var isNumber: Bool { unit != nil }

    var isNumberOrMissing: Bool {
        if case .text = self { false } else { true }
    }
}
