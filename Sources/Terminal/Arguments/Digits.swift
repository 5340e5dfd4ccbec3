extension FixedWidthInteger {
    /// A number in ASCII digits alone: what Swift reads as a number may have a sign, too. Nil for anything else, and
    /// for more than fits.
    package init?(digits text: some StringProtocol) {
        guard text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else { return nil }
        self.init(text)
    }
}
