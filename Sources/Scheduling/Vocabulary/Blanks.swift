// Blanks as people and their programs leave them around a word. A list of our own, and not what a Unicode table of the
// day says: a replay years from now must find the same codes and identifiers.

extension Unicode.Scalar {
    /// A blank of any width, a line break, or a mark that shows nothing: a zero-width space, a byte order mark.
    package var isBlank: Bool {
        switch value {
        case 0x09...0x0D, 0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200B, 0x2028, 0x2029, 0x202F, 0x205F, 0x2060, 0x3000,
            0xFEFF:
            true
        default: false
        }
    }
}

extension Unicode.Scalar {
    /// A character that shows nothing, or turns what is shown around: two codes that differ in it look the same.
    package var isInvisible: Bool {
        switch value {
        case 0x7F...0x9F, 0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B...0x180F, 0x200B...0x200F,
            0x2028...0x202E, 0x2060...0x206F, 0x3164, 0xFE00...0xFE0F, 0xFEFF, 0xFFA0, 0xFFF9...0xFFFB,
            0xE0000...0xE0FFF:
            true
        default: false
        }
    }
}

extension String {
    /// Nothing but blanks, or nothing at all.
    package var isBlank: Bool { unicodeScalars.allSatisfy(\.isBlank) }

    /// Without the blanks around it.
    package var trimmed: String {
        guard hasBlanksAround else { return self }
        guard let first = unicodeScalars.firstIndex(where: { !$0.isBlank }),
            let last = unicodeScalars.lastIndex(where: { !$0.isBlank })
        else { return "" }
        return String(unicodeScalars[first...last])
    }

    /// Whether it begins or ends with a blank.
    package var hasBlanksAround: Bool {
        guard let first = unicodeScalars.first, let last = unicodeScalars.last else { return false }
        return first.isBlank || last.isBlank
    }
}
