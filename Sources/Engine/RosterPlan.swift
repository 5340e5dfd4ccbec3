import Scheduling

/// What some templates say of some days.
struct RosterPlan: Sendable {
    typealias TemplateDay = Generation.TemplateDay

    /// Why there is no session on a day on which a template's week has one.
    enum Absence: Hashable, Sendable {
        case holiday(CalendarID)
        /// By an exception, for this reason.
        case closed(String)
        /// All resources of its pool are away; the leave of the first.
        case leave(LeaveID)
    }

    /// In the order of the templates, then of the days: the order in which they are opened.
    var openings: [SessionOpening] = []
    var absences: [TemplateDay: Absence] = [:]
    /// Days that the calendar of their template cannot judge.
    var unjudged: [TemplateDay: CalendarID] = [:]

    var count: Int { openings.count + absences.count + unjudged.count }
}

extension Catalogue {
    /// Why a template has no session on a day, for people.
    func words(_ absence: RosterPlan.Absence) -> String {
        switch absence {
        case .holiday(let calendar): return "a holiday of calendar ‘\(code(of: calendar))’"
        case .closed(let reason): return "an exception closes it" + (reason.isEmpty ? "" : " (\(reason))")
        case .leave(let id):
            guard let leave = leaves[id.rawValue] else { return "a leave" }
            return "its resource ‘\(code(of: leave.resource))’ is away by leave ‘\(leave.code)’"
        }
    }

    func code(of calendar: CalendarID) -> String { calendars[calendar.rawValue]?.code ?? "?" }

    /// Each day that a calendar cannot judge, with what a person has to do: a sentence each, by day.
    func sentences(_ unjudged: [RosterPlan.TemplateDay: CalendarID]) -> [String] {
        sentencesByDay(unjudged).sorted { ($0.key.date, $0.key.calendar) < ($1.key.date, $1.key.calendar) }.map(\.value)
    }

    /// The same, each with its day.
    func sentencesByDay(_ unjudged: [RosterPlan.TemplateDay: CalendarID]) -> [UnjudgedDay: String] {
        let days = Dictionary(grouping: unjudged) { UnjudgedDay(date: $0.key.date, calendar: code(of: $0.value)) }
        return days.reduce(into: [:]) { sentences, day in
            let calendar = day.value.first.flatMap { calendars[$0.value.rawValue] }
            let span = calendar.map { "\($0.first) to \($0.last)" } ?? "?"
            sentences[day.key] =
                "\(day.key.date): calendar ‘\(day.key.calendar)’ judges \(span) only, so nothing is opened for "
                + "the \(day.value.count) templates that follow it; import its next year, or name the day as an "
                + "exception"
        }
    }

    /// A day that the calendar of this code does not judge.
    struct UnjudgedDay: Hashable {
        let date: LocalDate
        let calendar: String
    }
}
