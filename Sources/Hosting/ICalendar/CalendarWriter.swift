/// Writes iCalendar (RFC 5545): lines end with CR and LF, and are folded at 75 octets without cutting a character.
package struct CalendarWriter {
    /// What was written so far.
    package private(set) var text = ""

    package init() {
    }

    /// A property whose value needs no escapes.
    mutating func line(_ name: String, _ value: String) {
        var octets = 0
        for scalar in "\(name):\(value)".unicodeScalars {
            let width = UTF8.width(scalar)
            if octets + width > CalendarLimits.lineOctets {
                text += "\r\n "
                octets = 1
            }
            text.unicodeScalars.append(scalar)
            octets += width
        }
        text += "\r\n"
    }

    /// A property whose value is a text (RFC 5545, 3.3.11). Control characters, which no text may have, become blanks.
    mutating func text(_ name: String, _ value: String) {
        var escaped = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\", ";", ",": escaped += "\\\(scalar)"
            case "\n": escaped += "\\n"
            case _ where scalar.properties.generalCategory == .control: escaped += " "
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        line(name, escaped)
    }
}
