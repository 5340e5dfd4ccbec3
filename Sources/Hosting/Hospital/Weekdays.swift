/// Days of the week, as a template has them: bit 0 for Monday to bit 6 for Sunday.
package struct Weekdays: Equatable, CustomStringConvertible {
    let mask: UInt32

    private static let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

    package init(mask: UInt32) { self.mask = mask }

    /// What a text of weekdays says.
    enum Reading {
        case days(Weekdays)
        /// The first day that stands in it a second time.
        case twice(String)
    }

    /// Reads `mon,wed,fri`, `mon-fri`, `mon-fri,sun`, `all`; nil for anything else.
    static func read(_ text: String) -> Reading? {
        var mask: UInt32 = 0
        var twice: String?
        let parts = text.lowercased().split(whereSeparator: { ",;，；、 ".contains($0) })
        guard !parts.isEmpty else { return nil }
        for part in parts {
            if part == "all", parts.count == 1 {
                mask = 127
                continue
            }
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { name in
                names.firstIndex { $0 == name }
            }
            guard ends.count <= 2, let first = ends[0], let last = ends[ends.count - 1], first <= last else {
                return nil
            }
            for day in first...last {
                if twice == nil, mask & (1 << UInt32(day)) != 0 { twice = names[day] }
                mask |= 1 << UInt32(day)
            }
        }
        return twice.map { .twice($0) } ?? .days(Weekdays(mask: mask))
    }

    /// The days that a text names, each once; nil for anything else.
    package init?(_ text: String) {
        guard case .days(let days) = Self.read(text) else { return nil }
        self = days
    }

    package var words: [String] { Self.names.indices.filter { mask & (1 << UInt32($0)) != 0 }.map { Self.names[$0] } }

    /// The shortest text that reads back as the same: neighbours of three and more as a range.
    package var description: String {
        guard mask & 127 != 127 else { return "all" }
        var parts: [String] = []
        var day = 0
        while day < 7 {
            guard mask & (1 << UInt32(day)) != 0 else {
                day += 1
                continue
            }
            var last = day
            while last < 6, mask & (1 << UInt32(last + 1)) != 0 { last += 1 }
            if last - day >= 2 {
                parts.append("\(Self.names[day])-\(Self.names[last])")
            } else {
                parts += (day...last).map { Self.names[$0] }
            }
            day = last + 1
        }
        return parts.joined(separator: ",")
    }
}
