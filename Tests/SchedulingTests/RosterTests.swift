import Scheduling
import Testing

/// Mondays are 2026-02-09, 2026-02-16 and 2026-02-23; of the weeks between, the calendar knows holidays.
@Suite struct `A template's day goes by its exceptions, then by its calendar, then by its week` {
    private static func day(_ text: String) throws -> LocalDate { try #require(LocalDate(text)) }

    /// China's Spring Festival of 2026, and nothing else of that year.
    private static func draft() throws -> CatalogueDraft {
        var draft = CatalogueDraft()
        draft.departments = [.init(code: "d", name: "内科")]
        draft.resources = [
            .init(code: "li", name: "李医生", kind: .practitioner, department: "d"),
            .init(code: "wu", name: "吴医生", kind: .practitioner, department: "d"),
        ]
        draft.services = [.init(code: "v", name: "门诊", kind: .clinic)]
        draft.pools = [.init(code: "p", name: "号源池", department: "d", resources: ["li"], services: ["v"])]
        let holidays = try (15...23).map { HolidayCalendar.Day(date: try day("2026-02-\($0)"), kind: .holiday) }
        draft.calendars = [
            .init(
                code: "cn", name: "中国", source: "国办", first: try day("2026-01-01"), last: try day("2026-12-31"),
                days: [
                    .init(date: try day("2026-02-28"), kind: .working(as: 0)),
                    .init(date: try day("2026-02-14"), kind: .working(as: 4)),
                ] + holidays)
        ]
        draft.templates = [template(weekdays: 0b00001)]
        draft.templates[0].calendar = "cn"
        return draft
    }

    private static func template(weekdays: UInt32) -> CatalogueDraft.Template {
        .init(
            code: "t", pool: "p", weekdays: weekdays, start: WallTime(rawValue: 480), slotMinutes: 15, slots: 4,
            capacity: 1, validFrom: LocalDate("2026-01-05"), validUntil: LocalDate("2027-06-30"))
    }

    private static func catalogue(_ change: (inout CatalogueDraft) throws -> Void = { _ in }) throws -> Catalogue {
        var draft = try draft()
        try change(&draft)
        var catalogue = Catalogue()
        for entity in try catalogue.decide(draft).events { catalogue.evolve(entity) }
        return catalogue
    }

    private static func roster(_ text: String, in catalogue: Catalogue) throws -> RosterDay {
        let template = try #require(catalogue.templates[code: "t"])
        return template.roster(on: try day(text), template.calendar.flatMap { catalogue.calendars[$0.rawValue] })
    }

    /// The first fault of a draft, in words.
    private static func problem(_ change: (inout CatalogueDraft) throws -> Void) throws -> String? {
        var draft = try draft()
        try change(&draft)
        do {
            _ = try Catalogue().decide(draft)
            return nil
        } catch {
            return error.description
        }
    }

    @Test(arguments: [
        ("2026-02-09", true), ("2026-02-10", false), ("2026-02-16", false), ("2026-02-23", false),
        ("2026-02-28", true), ("2026-02-14", false), ("2026-03-02", true), ("2026-12-28", true),
        ("2025-12-29", false), ("2027-07-05", false),
    ])
    func `a holiday has no session, and a make-up day goes as the weekday it is in place of`(
        day: String, isSession: Bool
    ) throws {
        #expect(try (Self.roster(day, in: Self.catalogue()).shift != nil) == isSession)
    }

    @Test func `a template without a calendar takes place on holidays`() throws {
        let catalogue = try Self.catalogue { $0.templates[0].calendar = "" }
        #expect(try Self.roster("2026-02-16", in: catalogue).shift != nil)
        #expect(try Self.roster("2027-01-04", in: catalogue).shift != nil)
    }

    @Test func `no day beyond the calendar's end is judged, whatever its weekday`() throws {
        let catalogue = try Self.catalogue()
        for day in ["2027-01-01", "2027-01-04", "2027-01-05"] {
            #expect(try Self.roster(day, in: catalogue) == .unjudged(CalendarID(rawValue: 1)))
        }
    }

    @Test func `an exception stands above calendar and week`() throws {
        let hours = Shift(start: WallTime(rawValue: 840), slotMinutes: 10, slots: 6, capacity: 2)
        let catalogue = try Self.catalogue {
            $0.templates[0].exceptions = [
                .init(date: try Self.day("2027-01-04"), kind: .changed(hours), reason: ""),
                .init(date: try Self.day("2026-02-16"), kind: .extra(hours), reason: "值班"),
                .init(date: try Self.day("2026-02-09"), kind: .closed, reason: "培训"),
            ]
        }
        #expect(try Self.roster("2026-02-09", in: catalogue) == .none(.closed("培训")))
        #expect(try Self.roster("2026-02-16", in: catalogue) == .session(hours))
        #expect(try Self.roster("2027-01-04", in: catalogue) == .session(hours))
    }

    @Test(arguments: [
        ("2026-01-04", "closed", "not valid on that day"), ("2026-02-10", "closed", "outside its roster"),
        ("2026-02-16", "closed", "holiday of calendar ‘cn’"), ("2026-02-10", "changed", "outside its roster"),
        ("2026-02-09", "extra", "already"), ("2027-07-05", "extra", "not valid on that day"),
    ])
    func `an exception outside its roster is refused by name`(day: String, kind: String, words: String) throws {
        let hours = Shift(start: WallTime(rawValue: 840), slotMinutes: 10, slots: 6, capacity: 2)
        let kinds: [String: TemplateException.Kind] = [
            "closed": .closed, "changed": .changed(hours), "extra": .extra(hours),
        ]
        let problem = try Self.problem {
            $0.templates[0].exceptions = [
                .init(date: try Self.day(day), kind: try #require(kinds[kind]), reason: "")
            ]
        }
        #expect(problem?.contains("template ‘t’: exception on \(day)") ?? false, "\(problem ?? "none")")
        #expect(problem?.contains(words) ?? false, "\(problem ?? "none")")
    }

    @Test func `a template that overlaps itself is refused, and one that leaves a day out is not`() throws {
        for (weekdays, overlaps) in [(0b0000011, true), (0b1000001, true), (0b0000101, false)] as [(UInt32, Bool)] {
            let problem = try Self.problem {
                $0.templates = [Self.template(weekdays: weekdays)]
                ($0.templates[0].slotMinutes, $0.templates[0].slots) = (500, 3)
            }
            #expect((problem?.contains("overlaps itself") ?? false) == overlaps, "\(problem ?? "none")")
        }
        let long = Shift(start: WallTime(rawValue: 1_200), slotMinutes: 60, slots: 24, capacity: 1)
        let problem = try Self.problem {
            $0.templates = [Self.template(weekdays: 0b11)]
            $0.templates[0].exceptions = [.init(date: try Self.day("2026-03-02"), kind: .changed(long), reason: "")]
        }
        #expect(problem?.contains("2026-03-03") ?? false, "\(problem ?? "none")")
    }

    @Test func `a template that stands is not judged anew when its calendar has changed`() throws {
        var draft = try Self.draft()
        draft.templates[0].exceptions = [.init(date: try Self.day("2026-03-02"), kind: .closed, reason: "")]
        var catalogue = Catalogue()
        for entity in try catalogue.decide(draft).events { catalogue.evolve(entity) }
        draft.calendars[0].days.append(.init(date: try Self.day("2026-03-02"), kind: .holiday))
        let put = try catalogue.decide(draft)
        #expect(put.counts.changed == 1 && put.events.count == 1)
    }

    @Test(arguments: ["twice", "outside", "backwards", "unknown", "source"])
    func `a calendar that contradicts itself is refused by name`(what: String) throws {
        let problem = try Self.problem { draft in
            let day = try Self.day("2026-05-01")
            switch what {
            case "twice":
                draft.calendars[0].days += [.init(date: day, kind: .holiday), .init(date: day, kind: .working(as: 1))]
            case "outside": draft.calendars[0].days.append(.init(date: try Self.day("2027-01-01"), kind: .holiday))
            case "backwards": draft.calendars[0].last = try Self.day("2025-01-01")
            case "source": draft.calendars[0].source = ""
            default: draft.templates[0].calendar = "de"
            }
        }
        #expect(problem?.contains(what == "unknown" ? "‘de’" : "calendar ‘cn’") ?? false, "\(problem ?? "none")")
    }

    // MARK: Leave

    @Test(arguments: [
        ("2026-03-02", "2026-03-02", true), ("2026-03-01", "2026-03-02 08:00", false),
        ("2026-03-02 08:59", "2026-03-05", true), ("2026-03-02 09:00", "2026-03-05", false),
    ])
    func `a pool is closed while each of its resources is away`(from: String, until: String, isClosed: Bool) throws {
        let leave = CatalogueDraft.Leave(
            code: "l", resource: "li", from: try #require(WallMoment(from, asEnd: false)),
            until: try #require(WallMoment(until, asEnd: true)), reason: "年假")
        let catalogue = try Self.catalogue { $0.leaves = [leave] }
        let pool = try #require(catalogue.pools[code: "p"])
        let date = try Self.day("2026-03-02")
        let times = SessionTimes(
            date: date, start: TimeZoneRules.utc.instant(of: date, WallTime(rawValue: 480)), slotMinutes: 15, slots: 4)
        #expect((Leaves(catalogue).closing(pool, times) != nil) == isClosed)
        let beside = try Self.catalogue {
            $0.leaves = [leave]
            $0.pools[0].resources = ["li", "wu"]
        }
        #expect(Leaves(beside).closing(try #require(beside.pools[code: "p"]), times) == nil)
        let back = try Self.catalogue {
            $0.leaves = [leave]
            $0.leaves[0].isCancelled = true
        }
        #expect(Leaves(back).closing(pool, times) == nil)
    }

    @Test(arguments: [("2026-03-02", "2026-03-01"), ("2026-03-02 10:00", "2026-03-02 10:00")])
    func `a leave that ends before it begins is refused`(from: String, until: String) throws {
        let problem = try Self.problem {
            $0.leaves = [
                .init(
                    code: "l", resource: "li", from: try #require(WallMoment(from, asEnd: false)),
                    until: try #require(WallMoment(until, asEnd: true)), reason: "")
            ]
        }
        #expect(problem?.contains("leave ‘l’") ?? false, "\(problem ?? "none")")
    }

    @Test(arguments: [
        ("2026-03-02", false, "2026-03-02"), ("2026-03-02", true, "2026-03-02"),
        ("2026-03-02 00:00", true, "2026-03-01"), ("2026-03-02 12:30", true, "2026-03-02 12:30"),
    ])
    func `a moment on the wall is written as it is read`(text: String, asEnd: Bool, words: String) throws {
        #expect(try #require(WallMoment(text, asEnd: asEnd)).words(asEnd: asEnd) == words)
    }

    @Test(arguments: ["", "2026-02-30", "2026-03-02 24:00", "2026-03-02T08:00", "2026-03-02  08:00", "today"])
    func `anything else is no moment`(text: String) { #expect(WallMoment(text, asEnd: false) == nil) }
}
