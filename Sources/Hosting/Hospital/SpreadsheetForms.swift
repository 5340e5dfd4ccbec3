import Scheduling

/// What spreadsheets make of what was typed into them.
enum SpreadsheetForms {
    /// A time of day, as `HH:MM`: `08:00`, `8:00`, `8:00:00`, with a full-width colon too. Nil for anything else.
    static func time(_ text: String) -> String? {
        let parts = text.split(separator: /[:：]/, omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), parts.dropFirst(2).allSatisfy({ $0 == "00" }), parts[1].utf8.count == 2,
            let hour = number(parts[0]), let minute = number(parts[1])
        else { return nil }
        let time = "\(padded(hour)):\(padded(minute))"
        return WallTime(time)?.description
    }

    /// A day, as `YYYY-MM-DD`: `2026-03-09`, `2026/3/9`, `2026.3.9`, `2026年3月9日`. Nil for anything else, above all
    /// for what begins with a day or a month.
    static func day(_ text: String) -> String? {
        let text = text.last == "日" && text.contains("月") ? text.dropLast() : text[...]
        let parts = text.split(separator: /[-\/.年月]/, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].utf8.count == 4, let year = number(parts[0], digits: 4),
            let month = number(parts[1]), let day = number(parts[2])
        else { return nil }
        return LocalDate("\(year)-\(padded(month))-\(padded(day))")?.description
    }

    /// A long number that was shortened to a few digits, `1.10101E+17`: the others are lost.
    static func isShortened(_ text: String) -> Bool { text.wholeMatch(of: /[-+]?\d+([.,]\d+)?[eE]\+\d+/) != nil }

    /// What stands where a formula failed, or where a column was too narrow.
    static func isError(_ text: String) -> Bool {
        ["#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"].contains(text)
            || text.count >= 2 && text.allSatisfy { $0 == "#" }
    }

    private static func number(_ text: Substring, digits: Int = 2) -> Int? {
        guard (1...digits).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else {
            return nil
        }
        return Int(text)
    }

    private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
