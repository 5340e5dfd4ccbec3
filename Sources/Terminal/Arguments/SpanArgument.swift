/// A stretch of time as people write it: `250ms`, `30s`, `15m`, `24h`, `7d`, or several added up, `1h30m`.
package struct SpanArgument: Equatable, Sendable, CustomStringConvertible {
    package let milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package var duration: Duration { .milliseconds(milliseconds) }

    private static let units: [(suffix: String, milliseconds: Int64)] = [
        ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]

    /// Nil for anything else, a number without a unit included, and for more than ten thousand years.
    package init?(_ text: String) {
        var rest = Substring(text)
        var sum: Int64 = 0
        repeat {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            let suffix = rest.dropFirst(digits.count).prefix { $0.isASCII && $0.isLetter }
            guard let number = Int64(digits), let unit = Self.units.first(where: { $0.suffix == suffix }) else {
                return nil
            }
            let (product, overflow) = number.multipliedReportingOverflow(by: unit.milliseconds)
            guard !overflow, product <= 315_360_000_000_000 - sum else { return nil }
            sum += product
            rest = rest.dropFirst(digits.count + suffix.count)
        } while !rest.isEmpty
        milliseconds = sum
    }

    /// The shortest text that reads back as the same.
    package var description: String {
        guard milliseconds > 0 else { return "0s" }
        let unit = Self.units.last { milliseconds % $0.milliseconds == 0 } ?? Self.units[0]
        return "\(milliseconds / unit.milliseconds)\(unit.suffix)"
    }
}

/// A number of bytes as people write it: `65536`, `64KiB`, `256MiB`, `8GiB`, `1TiB`.
package struct SizeArgument: Equatable, Sendable, CustomStringConvertible {
    package let bytes: Int

    package init(bytes: Int) { self.bytes = bytes }

    private static let units: [(suffix: String, bytes: Int)] = [
        ("", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
    ]

    package init?(_ text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let suffix = text.dropFirst(digits.count)
        guard let number = Int(digits), let unit = Self.units.first(where: { $0.suffix == suffix }) else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: unit.bytes)
        guard !overflow else { return nil }
        bytes = product
    }

    package var description: String {
        guard bytes > 0 else { return "0" }
        let unit = Self.units.last { bytes % $0.bytes == 0 } ?? Self.units[0]
        return "\(bytes / unit.bytes)\(unit.suffix)"
    }
}
