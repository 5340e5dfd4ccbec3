import Hosting
import Scheduling
package import Terminal

/// Real appointments, as a CSV file tells of them: when each was booked, for which clinic and day, and whether the
/// patient came.
///
/// docs/reference/replay.md states how each column is read and what becomes of rows that cannot be.
package struct Trace {
    /// One appointment of the trace.
    struct Row {
        /// Of the file, from 1.
        var line: Int
        /// The trace's own id, as exact decimal digits.
        var appointment: String
        var patient: String
        var clinic: String
        /// When it was booked, on the wall clock: seconds since 1970-01-01T00:00 as if that clock were UTC's.
        var bookedWallSecond: Int64
        var visit: LocalDate
        var cameNot: Bool
    }

    /// Why a row, or what is odd about it, with how many there are and where the first stands.
    struct Tally: Equatable {
        var count = 0
        var firstLine = 0

        mutating func add(_ line: Int) {
            if count == 0 { firstLine = line }
            count += 1
        }
    }

    /// What makes a row unusable. The order is that in which it is looked for.
    enum Fault: String, CaseIterable {
        case cells = "wrong number of cells"
        case quotes = "unreadable quotes"
        case patient = "patient id is no number"
        case appointment = "appointment id is no number"
        case shortened = "id in exponent notation that has lost digits"
        case booked = "ScheduledDay is no date and time"
        case visit = "AppointmentDay is no date"
        case age = "age is not 0 to 110"
        case clinic = "no Neighbourhood"
        case noShow = "No_show is not Yes or No"
        case duplicate = "appointment id stands there already"
    }

    /// What is odd about a row that is used all the same.
    enum Oddity: String, CaseIterable {
        case exponent = "id in exponent notation"
        case fraction = "id with a fraction"
        case late = "visit not after its booking"
    }

    private(set) var rows: [Row] = []
    private(set) var faults: [Fault: Tally] = [:]
    private(set) var oddities: [Oddity: Tally] = [:]
    /// Rows of the file, the header not counted.
    private(set) var rowsRead = 0
    private var seen: Set<String> = []

    /// No row can be used.
    package var isEmpty: Bool { rows.isEmpty }

    /// The columns that are needed, by the names the header gives them.
    private static let columns = [
        "PatientId", "AppointmentID", "ScheduledDay", "AppointmentDay", "Age", "Neighbourhood", "No_show",
    ]

    /// - Throws: when the header is not that of a trace; rows are never a reason.
    package init(_ bytes: [UInt8], name: String) throws(CommandFailure) {
        var reader = CSVReader(bytes)
        let header = try Self.header(&reader, name)
        let places = try Self.places(in: header, name)
        while let row = next(&reader) {
            rowsRead += 1
            read(row, width: header.count, places)
        }
    }

    mutating func note(_ oddity: Oddity, line: Int) { oddities[oddity, default: Tally()].add(line) }

    private static func header(_ reader: inout CSVReader, _ name: String) throws(CommandFailure) -> [String] {
        let first: CSVReader.Row?
        do { first = try reader.next() } catch { throw .usage("\(name) line \(error.line): \(error.problem)") }
        guard let first else {
            throw .usage("\(name) is empty", remedy: "see docs/reference/replay.md for what a trace is")
        }
        let columns = first.cells.map(\.trimmed)
        for (place, column) in columns.enumerated() where !column.isEmpty && columns[..<place].contains(column) {
            throw .usage(
                "\(name) line \(first.line): the column ‘\(column)’ stands there twice",
                remedy: "take out the one that is not meant")
        }
        return columns
    }

    private static func places(in header: [String], _ name: String) throws(CommandFailure) -> [Int] {
        var places: [Int] = []
        for column in columns {
            guard let place = header.firstIndex(of: column) else {
                throw .usage(
                    "\(name) has no column ‘\(column)’", remedy: "see docs/reference/replay.md for what a trace is")
            }
            places.append(place)
        }
        return places
    }

    /// A quote that never closes swallows the rest of the file; what came before it is used.
    private mutating func next(_ reader: inout CSVReader) -> CSVReader.Row? {
        do {
            return try reader.next()
        } catch {
            faults[.quotes, default: Tally()].add(error.line)
            return nil
        }
    }

    private mutating func read(_ row: CSVReader.Row, width: Int, _ places: [Int]) {
        guard row.cells.count == width else { return fault(.cells, row.line) }
        let cells = places.map { row.cells[$0].trimmed }
        guard let patient = DecimalText(cells[0]) else { return fault(.patient, row.line) }
        guard let appointment = DecimalText(cells[1]) else { return fault(.appointment, row.line) }
        guard !patient.hasLostDigits, !appointment.hasLostDigits else { return fault(.shortened, row.line) }
        guard let booked = Self.wallSecond(cells[2]) else { return fault(.booked, row.line) }
        guard let visit = Self.visitDay(cells[3]) else { return fault(.visit, row.line) }
        guard let age = Double(decimal: cells[4]), (0...110).contains(age) else { return fault(.age, row.line) }
        guard (1...Limits.nameBytes).contains(cells[5].utf8.count) else { return fault(.clinic, row.line) }
        guard cells[6] == "Yes" || cells[6] == "No" else { return fault(.noShow, row.line) }
        guard seen.insert(appointment.text).inserted else { return fault(.duplicate, row.line) }
        if patient.hadExponent || appointment.hadExponent { note(.exponent, line: row.line) }
        if patient.isFractional || appointment.isFractional { note(.fraction, line: row.line) }
        rows.append(
            Row(
                line: row.line, appointment: appointment.text, patient: patient.text, clinic: cells[5],
                bookedWallSecond: booked, visit: visit, cameNot: cells[6] == "Yes"))
    }

    private mutating func fault(_ fault: Fault, _ line: Int) { faults[fault, default: Tally()].add(line) }

    /// Reads `2016-04-29`, and `2016-04-29T00:00:00Z`, which means the same here. The engine's calendar begins a day
    /// after 1970 did.
    private static func visitDay(_ text: String) -> LocalDate? {
        guard text.utf8.count == 10 || wallSecond(text) != nil, let day = LocalDate(String(text.prefix(10))),
            day > LocalDate.range.lowerBound, day < LocalDate.range.upperBound
        else { return nil }
        return day
    }

    /// Reads `2016-04-29 18:38:08`, and `2016-04-29T18:38:08Z`, which means the same here.
    private static func wallSecond(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        let separators: [(place: Int, allowed: String)] = [(10, " T"), (13, ":"), (16, ":")]
        guard bytes.count == 19 || (bytes.count == 20 && bytes[19] == UInt8(ascii: "Z")),
            separators.allSatisfy({ place, allowed in allowed.utf8.contains(bytes[place]) }),
            let date = LocalDate(String(text.prefix(10))), LocalDate.range.contains(date)
        else { return nil }
        let numbers = [11, 14, 17].map { Int64(String(decoding: bytes[$0..<$0 + 2], as: UTF8.self)) }
        guard let hour = numbers[0], let minute = numbers[1], let second = numbers[2], (0..<24).contains(hour),
            (0..<60).contains(minute), (0..<60).contains(second)
        else { return nil }
        return Int64(date.rawValue) * 86_400 + hour * 3_600 + minute * 60 + second
    }
}
