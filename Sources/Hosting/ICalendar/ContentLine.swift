/// One content line of iCalendar (RFC 5545, 3.1), unfolded: a name, its parameters, and a value.
package struct ContentLine: Equatable, Sendable {
    /// A parameter; a list where it has several values.
    struct Parameter: Equatable, Sendable {
        /// In capitals.
        var name: String
        var values: [String]
    }

    /// From 1: the first of the lines that it was folded into.
    package let line: Int
    /// In capitals.
    package let name: String
    let parameters: [Parameter]
    /// As it stands there: escapes belong to its type.
    package let value: String

    init(line: Int, _ text: String) throws(CalendarFault) {
        self.line = line
        var reader = LineReader(text)
        let name = reader.name()
        guard !name.isEmpty else {
            throw CalendarFault(
                line, "‘\(text.prefix(20))’", "this is no property: it has no name",
                remedy: "write NAME:value; a line that goes on begins with a blank")
        }
        var parameters: [Parameter] = []
        while reader.take(";") {
            let parameter = reader.name()
            guard !parameter.isEmpty, reader.take("=") else {
                throw CalendarFault(line, name, "a parameter has no name or no value", remedy: "write NAME=value")
            }
            guard !parameters.contains(where: { $0.name == parameter }) else {
                throw CalendarFault(line, name, "the parameter \(parameter) stands there twice", remedy: "put it once")
            }
            var values: [String] = []
            repeat {
                guard let value = reader.parameterValue() else {
                    throw CalendarFault(line, name, "a quote in \(parameter) does not end", remedy: "put the second \"")
                }
                values.append(value)
            } while reader.take(",")
            parameters.append(Parameter(name: parameter, values: values))
        }
        guard reader.take(":") else {
            throw CalendarFault(line, name, "there is no colon behind the name", remedy: "write \(name):value")
        }
        self.name = name
        self.parameters = parameters
        value = reader.rest
    }

    /// The only value of a parameter; nil where it is not there.
    func parameter(_ name: String) -> String? { parameters.first { $0.name == name }?.values.first }

    func fault(_ problem: String, remedy: String? = nil) -> CalendarFault {
        CalendarFault(line, name, problem, remedy: remedy)
    }

    /// The value as a text (RFC 5545, 3.3.11): its escapes are taken out.
    var text: String {
        var text = ""
        var isEscaped = false
        for scalar in value.unicodeScalars {
            if isEscaped {
                text.unicodeScalars.append(scalar == "n" || scalar == "N" ? "\n" : scalar)
                isEscaped = false
            } else if scalar == "\\" {
                isEscaped = true
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

/// Takes a content line apart. By scalars: a mark that joins the letter before it is no part of a separator.
private struct LineReader {
    private var scalars: Substring.UnicodeScalarView

    init(_ text: String) { scalars = text[...].unicodeScalars }

    var rest: String { String(Substring(scalars)) }

    mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard scalars.first == scalar else { return false }
        scalars.removeFirst()
        return true
    }

    /// Letters, digits and hyphens, in capitals.
    mutating func name() -> String { prefix(while: Self.isOfName).uppercased() }

    private static func isOfName(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "A"..."Z", "a"..."z", "0"..."9", "-": true
        default: false
        }
    }

    /// Nil where a quote does not end.
    mutating func parameterValue() -> String? {
        guard take("\"") else { return prefix { $0 != ";" && $0 != ":" && $0 != "," } }
        let value = prefix { $0 != "\"" }
        return take("\"") ? value : nil
    }

    private mutating func prefix(while isPart: (Unicode.Scalar) -> Bool) -> String {
        let part = scalars.prefix(while: isPart)
        scalars = scalars[part.endIndex...]
        return String(Substring(part))
    }
}

extension ContentLine {
    /// The lines of a file, unfolded. Folds are taken out of the bytes, for they may cut a character.
    /// - Parameter isGB18030: is told whether the text is that, and not UTF-8.
    static func all(of bytes: [UInt8], isGB18030: inout Bool) throws(CalendarFault) -> [ContentLine] {
        let (starts, joined) = try unfolded(bytes)
        let decoded: WrittenText.Decoded
        do throws(WrittenText.Unreadable) {
            decoded = try WrittenText.decode(joined)
        } catch {
            let line = starts.indices.contains(error.line - 1) ? starts[error.line - 1] : 1
            throw CalendarFault(line, "text", error.problem, remedy: "save the file as UTF-8")
        }
        isGB18030 = decoded.isGB18030
        var lines: [ContentLine] = []
        let texts = decoded.text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (line, text) in zip(starts, texts) where !text.isEmpty {
            lines.append(try ContentLine(line: line, String(Substring(text))))
        }
        return lines
    }

    /// Where each line begins, and all of them with one line feed between two.
    private static func unfolded(_ bytes: [UInt8]) throws(CalendarFault) -> (starts: [Int], joined: [UInt8]) {
        var starts: [Int] = []
        var joined: [UInt8] = []
        joined.reserveCapacity(bytes.count)
        let rows = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, row) in rows.enumerated() {
            let row = row.last == UInt8(ascii: "\r") ? row.dropLast() : row
            if let first = row.first, first == UInt8(ascii: " ") || first == UInt8(ascii: "\t") {
                guard !starts.isEmpty else {
                    throw CalendarFault(
                        index + 1, "text", "the file begins with a blank, as a line that goes on does",
                        remedy: "begin it with BEGIN:VCALENDAR")
                }
                joined += row.dropFirst()
            } else {
                if !starts.isEmpty { joined.append(UInt8(ascii: "\n")) }
                starts.append(index + 1)
                joined += row
            }
        }
        return (starts, joined)
    }
}
