/// Numbers as people read them.
package enum Numbers {
    /// Thousands apart: `1,234,567`.
    package static func grouped(_ number: some BinaryInteger) -> String {
        let digits = String(number.magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return number < 0 ? "-" + text : text
    }

    /// `812 B`, `64.0 MiB`.
    package static func bytes(_ count: some BinaryInteger) -> String {
        var size = Double(count)
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var unit = 0
        while size >= 1_024, unit < units.count - 1 {
            size /= 1_024
            unit += 1
        }
        return unit == 0 ? "\(count) B" : "\(JSON.fixed(size, 1)) \(units[unit])"
    }

    /// The largest unit that leaves something before the point: `1.2 ms`, `3.4 s`, `2 h 05 min`.
    package static func duration(_ duration: Duration) -> String {
        let seconds = self.seconds(duration)
        switch seconds {
        case ..<0.001: return "\(Int((seconds * 1_000_000).rounded())) µs"
        case ..<1: return "\(JSON.fixed(seconds * 1_000, 1)) ms"
        case ..<60: return "\(JSON.fixed(seconds, 1)) s"
        case ..<3_600: return "\(Int(seconds) / 60) min \(twoDigits(Int(seconds) % 60)) s"
        case ..<86_400: return "\(Int(seconds) / 3_600) h \(twoDigits(Int(seconds) / 60 % 60)) min"
        default: return "\(Int(seconds) / 86_400) d \(twoDigits(Int(seconds) / 3_600 % 24)) h"
        }
    }

    package static func seconds(_ duration: Duration) -> Double {
        let (seconds, attoseconds) = duration.components
        return Double(seconds) + Double(attoseconds) / 1e18
    }

    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }

    /// `1 slot`, `2 slots`.
    package static func counted(_ number: some BinaryInteger, _ one: String, _ many: String? = nil) -> String {
        "\(grouped(number)) \(number == 1 ? one : many ?? one + "s")"
    }
}
