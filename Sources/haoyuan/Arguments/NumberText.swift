import ArgumentParser
import Terminal

/// Numbers of the command line. Swift reads more than people mean by one: a sign, hexadecimal digits, `inf`.
enum NumberText {
    /// A whole number in digits alone, as in every file and every id.
    /// - Throws: for anything else, and for more than fits.
    @Sendable
    static func whole<Number: FixedWidthInteger>(_ text: String) throws -> Number {
        if let number = Number(digits: text) { return number }
        guard !text.isEmpty, text.utf8.allSatisfy({ 48...57 ~= $0 }) else {
            throw ValidationError("it is not written in digits alone")
        }
        throw ValidationError("it is above \(Number.max)")
    }

    /// Digits, perhaps with a point and more digits behind it: `2`, `2.5`.
    /// - Throws: for anything else.
    @Sendable
    static func decimal(_ text: String) throws -> Double {
        guard let number = Double(decimal: text) else {
            throw ValidationError("it is not written in digits and a point alone")
        }
        return number
    }
}
