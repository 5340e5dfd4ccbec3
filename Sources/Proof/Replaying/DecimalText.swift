/// A number that was printed as a float, read back without going through one: `29872499824296.0`, `2.9872499824296E+13`
/// and `29872499824296` are the same text here, and `93779.52927` stays what it is.
struct DecimalText: Equatable {
    /// Digits, and a point with digits behind it where there is a fraction. No sign, no leading or trailing zeros.
    let text: String
    let isFractional: Bool
    /// The text had an exponent.
    let hadExponent: Bool
    /// The exponent made digits that the text has not: another number may have been shortened to the same text.
    let hasLostDigits: Bool

    /// More digits than any id has; beyond, an exponent would only make zeros.
    private static let mostDigits = 40

    /// Nil for anything that is no number above zero.
    init?(_ source: String) {
        var rest = source.utf8[...]
        let whole = Self.takeDigits(&rest)
        var fraction: [UInt8] = []
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            fraction = Self.takeDigits(&rest)
        }
        guard !whole.isEmpty || !fraction.isEmpty else { return nil }
        hadExponent = !rest.isEmpty
        guard let exponent = Self.takeExponent(rest), abs(exponent) <= Self.mostDigits else { return nil }
        var digits = whole + fraction
        var point = whole.count + exponent
        hasLostDigits = point > digits.count
        if point < 0 {
            digits = [UInt8](repeating: UInt8(ascii: "0"), count: -point) + digits
            point = 0
        } else if point > digits.count {
            digits += [UInt8](repeating: UInt8(ascii: "0"), count: point - digits.count)
        }
        let before = digits[..<point].drop { $0 == UInt8(ascii: "0") }
        let after = Self.withoutTrailingZeros(digits[point...])
        guard !before.isEmpty || !after.isEmpty, before.count + after.count <= Self.mostDigits else { return nil }
        isFractional = !after.isEmpty
        let wholeText = before.isEmpty ? "0" : String(decoding: before, as: UTF8.self)
        text = after.isEmpty ? wholeText : wholeText + "." + String(decoding: after, as: UTF8.self)
    }

    private static func takeDigits(_ rest: inout Substring.UTF8View) -> [UInt8] {
        let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        rest = rest.dropFirst(digits.count)
        return Array(digits)
    }

    /// What follows the digits: nothing, or `e` with a whole number.
    private static func takeExponent(_ rest: Substring.UTF8View) -> Int? {
        guard let mark = rest.first else { return 0 }
        guard mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E") else { return nil }
        return Int(Substring(rest.dropFirst()))
    }

    private static func withoutTrailingZeros(_ digits: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var digits = digits
        while digits.last == UInt8(ascii: "0") { digits = digits.dropLast() }
        return digits
    }
}
