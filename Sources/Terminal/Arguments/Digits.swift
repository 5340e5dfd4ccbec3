extension FixedWidthInteger {
    /// A number in ASCII digits alone: what Swift reads as a number may have a sign, too. Nil for anything else, and
    /// for more than fits.
    package init?(digits text: some StringProtocol) {
        guard text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else { return nil }
        self.init(text)
    }
}

extension Double {
    /// A number in ASCII digits, perhaps with a point and digits behind it. Nil for anything else that Swift reads: a
    /// sign, an exponent, hexadecimal digits, `inf`, `nan`; and for more than three hundred digits.
    package init?(decimal text: some StringProtocol) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let isDecimal = parts.allSatisfy { part in
            !part.isEmpty && part.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        }
        guard isDecimal, let number = Double(String(text)), number.isFinite else { return nil }
        self = number
    }
}
