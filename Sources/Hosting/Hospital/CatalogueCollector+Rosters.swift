import HaoyuanClient
import Terminal

import enum Scheduling.Limits
import struct Scheduling.WallMoment

// Calendars, leaves and the exceptions of templates.
extension CatalogueCollector {
    private static let day = "a day, YYYY-MM-DD"

    mutating func calendar(_ entry: inout Entry) throws(CommandFailure) -> Catalogue.Calendar {
        let code = try code(&entry)
        guard code != EntityKind.noCalendar else {
            throw entry.failure("‘code’ is ‘\(code)’, which stands for no calendar", remedy: "choose another")
        }
        var days: [Catalogue.Calendar.Day] = []
        for var day in try entry.entries("days") {
            days.append(try self.day(&day, of: code))
            try day.finish(known: EntityKind.dayFields)
        }
        return .init(
            code: code, name: try entry.text("name"), source: try entry.text("source"),
            first: try date("first", &entry), last: try date("last", &entry), days: days)
    }

    /// One that stands apart from its calendar, which must have come before it.
    mutating func addDay(_ entry: inout Entry) throws(CommandFailure) {
        let code = try entry.text("calendar")
        guard let index = catalogue.calendars.firstIndex(where: { $0.code == code }) else {
            throw entry.failure("there is no calendar ‘\(code)’ in calendars.csv", remedy: "put it there")
        }
        catalogue.calendars[index].days.append(try day(&entry, of: code))
    }

    private mutating func day(
        _ entry: inout Entry, of calendar: String
    ) throws(CommandFailure) -> Catalogue.Calendar.Day {
        let date = try date("date", &entry)
        try once("\(date) of calendar ‘\(calendar)’", entry)
        let kind = try entry.value("kind", form: "holiday or working") {
            ["holiday", "working"].contains($0) ? $0 : nil
        }
        guard let kind else { throw entry.failure("‘kind’ is missing", remedy: "it is holiday or working") }
        let weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
        let place = try entry.value("in_place_of", form: "one of \(weekdays.joined(separator: ", "))") {
            weekdays.firstIndex(of: $0.lowercased())
        }
        switch (kind, place) {
        case ("holiday", nil): return .init(date: date)
        case ("working", let place?): return .init(date: date, workingAs: UInt32(place) + 1)
        case ("holiday", _):
            throw entry.failure("‘in_place_of’ stands with a holiday", remedy: "take it out, or say that it is working")
        default:
            throw entry.failure(
                "‘in_place_of’ is missing: a working day goes by the weekday that it is in place of",
                remedy: "write one of \(weekdays.joined(separator: ", "))")
        }
    }

    /// One that stands apart from its template, which must have come before it.
    mutating func addException(_ entry: inout Entry) throws(CommandFailure) {
        let code = try entry.text("template")
        guard let index = catalogue.templates.firstIndex(where: { $0.code == code }) else {
            throw entry.failure("there is no template ‘\(code)’ in templates.csv", remedy: "put it there")
        }
        catalogue.templates[index].exceptions.append(try exception(&entry, of: code))
    }

    mutating func exceptions(
        _ entries: [Entry], of template: String
    ) throws(CommandFailure) -> [Catalogue.Template.Exception] {
        var exceptions: [Catalogue.Template.Exception] = []
        for var entry in entries {
            exceptions.append(try exception(&entry, of: template))
            try entry.finish(known: EntityKind.exceptionFields)
        }
        return exceptions
    }

    private mutating func exception(
        _ entry: inout Entry, of template: String
    ) throws(CommandFailure) -> Catalogue.Template.Exception {
        let date = try date("date", &entry)
        try once("\(date) of template ‘\(template)’", entry)
        let kinds = ["closed", "changed", "extra"]
        let kind = try entry.value("kind", form: "one of \(kinds.joined(separator: ", "))") {
            kinds.contains($0) ? $0 : nil
        }
        guard let kind else { throw entry.failure("‘kind’ is missing", remedy: "it is closed, changed or extra") }
        let reason = try entry.optionalText("reason") ?? ""
        guard kind != "closed" else {
            for field in ["start", "slot_minutes", "slots", "capacity"] where entry.says(field) {
                throw entry.failure(
                    "‘\(field)’ stands with a day that is closed", remedy: "take it out, or say changed")
            }
            for field in ["start", "slot_minutes", "slots", "capacity"] { _ = try entry.optionalText(field) }
            return .init(date: date, kind: .closed, reason: reason)
        }
        let start = try entry.value(
            "start", form: "a time of day, 00:00 to 23:59, such as 08:00", SpreadsheetForms.time)
        guard let start else { throw entry.failure("‘start’ is missing: hours of an exception are written whole") }
        let hours = Catalogue.Template.Hours(
            start: WallTime(start),
            slotMinutes: try entry.number("slot_minutes", in: 1...UInt32(Limits.slotMinutes)),
            slots: try entry.number("slots", in: 1...UInt32(Limits.slotsPerSession)),
            capacity: try entry.number("capacity", in: 1...UInt32(Limits.capacityPerSlot)))
        return .init(date: date, kind: kind == "changed" ? .changed(hours) : .extra(hours), reason: reason)
    }

    mutating func leave(_ entry: inout Entry) throws(CommandFailure) -> Catalogue.Leave {
        let cancelled = try entry.value("cancelled", form: "yes or no") { ["yes": true, "no": false][$0.lowercased()] }
        return .init(
            code: try code(&entry), resource: try entry.text("resource"),
            from: try moment("from", asEnd: false, &entry),
            until: try moment("until", asEnd: true, &entry), reason: try entry.optionalText("reason") ?? "",
            isCancelled: cancelled ?? false)
    }

    private func date(_ field: String, _ entry: inout Entry) throws(CommandFailure) -> LocalDate {
        guard let date = try entry.value(field, form: Self.day, SpreadsheetForms.day) else {
            throw entry.failure("‘\(field)’ is missing", remedy: "it is \(Self.day)")
        }
        return LocalDate(date)
    }

    /// A day, or a day and a time of day.
    private func moment(
        _ field: String, asEnd: Bool, _ entry: inout Entry
    ) throws(CommandFailure) -> String {
        let form = "a day, YYYY-MM-DD, or a moment, YYYY-MM-DD HH:MM"
        let moment = try entry.value(field, form: form) { text -> String? in
            let parts = text.split(separator: " ", maxSplits: 1)
            guard let first = parts.first, let day = SpreadsheetForms.day(String(first)) else { return nil }
            guard parts.count == 2 else { return WallMoment(day, asEnd: asEnd).map { _ in day } }
            return SpreadsheetForms.time(String(parts[1])).map { "\(day) \($0)" }
        }
        guard let moment else { throw entry.failure("‘\(field)’ is missing", remedy: "it is \(form)") }
        return moment
    }
}
