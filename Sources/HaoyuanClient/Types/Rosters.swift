import Wire

extension Catalogue {
    /// 日历: public holidays and make-up working days (调休). It judges the days from its first to its last; for those
    /// before and after, nothing is opened of the templates that follow it.
    public struct Calendar: Hashable, Sendable {
        /// A day that is not what its weekday says.
        public struct Day: Hashable, Sendable {
            /// The day.
            public var date: LocalDate
            /// Nil for a holiday; else the weekday, 1 Monday to 7 Sunday, in whose place it is a working day.
            public var workingAs: UInt32?

            /// A holiday, or a working day in place of a weekday.
            public init(date: LocalDate, workingAs: UInt32? = nil) {
                self.date = date
                self.workingAs = workingAs
            }
        }

        /// The hospital's own, at most 64 bytes.
        public var code: String
        /// At most 256 bytes.
        public var name: String
        /// Who says so, 1 to 256 bytes.
        public var source: String
        /// The first day that it can judge.
        public var first: LocalDate
        /// The last day that it can judge.
        public var last: LocalDate
        /// Those that are not what their weekday says, at most 1,000.
        public var days: [Day]

        /// A calendar to put.
        public init(
            code: String, name: String, source: String, first: LocalDate, last: LocalDate, days: [Day]
        ) {
            self.code = code
            self.name = name
            self.source = source
            self.first = first
            self.last = last
            self.days = days
        }
    }

    /// 请假: a resource is away. What is open stays; a generation opens nothing for a pool all of whose resources are
    /// away at some time of the session.
    public struct Leave: Hashable, Sendable {
        /// The hospital's own, at most 64 bytes.
        public var code: String
        /// Code of the resource.
        public var resource: String
        /// `YYYY-MM-DD`, or `YYYY-MM-DD HH:MM` on the hospital's clocks.
        public var from: String
        /// As `from`; a day alone is the last one, a time is the end.
        public var until: String
        /// At most 256 bytes.
        public var reason: String
        /// It is not taken after all. An entity never leaves the catalogue.
        public var isCancelled: Bool

        /// A leave to put.
        public init(
            code: String, resource: String, from: String, until: String, reason: String, isCancelled: Bool = false
        ) {
            self.code = code
            self.resource = resource
            self.from = from
            self.until = until
            self.reason = reason
            self.isCancelled = isCancelled
        }
    }
}

extension Catalogue.Template {
    /// Hours that differ from the template's own.
    public struct Hours: Hashable, Sendable {
        /// When the session starts, in the hospital's zone.
        public var start: WallTime
        /// Length of each slot in minutes, 1 to 1,440.
        public var slotMinutes: UInt32
        /// Number of slots, 1 to 512.
        public var slots: UInt32
        /// Units in each slot, 1 to 10,000.
        public var capacity: UInt32

        /// Hours of a session.
        public init(start: WallTime, slotMinutes: UInt32, slots: UInt32, capacity: UInt32) {
            self.start = start
            self.slotMinutes = slotMinutes
            self.slots = slots
            self.capacity = capacity
        }
    }

    /// A day on which the template does not go by its week. It stands above the calendar, too.
    public struct Exception: Hashable, Sendable {
        /// What becomes of the day.
        public enum Kind: Hashable, Sendable {
            /// There would be a session, and there is none.
            case closed
            /// There would be a session, and it has these hours.
            case changed(Hours)
            /// There would be none, and there is this one.
            case extra(Hours)
        }

        /// A day within the template's validity.
        public var date: LocalDate
        /// What becomes of it.
        public var kind: Kind
        /// At most 64 bytes.
        public var reason: String

        /// An exception to put.
        public init(date: LocalDate, kind: Kind, reason: String = "") {
            self.date = date
            self.kind = kind
            self.reason = reason
        }
    }
}

// To and from the messages.

extension Catalogue.Calendar {
    init(_ wire: PBCalendar) {
        self.init(
            code: wire.code, name: wire.name, source: wire.source, first: LocalDate(wire.first),
            last: LocalDate(wire.last),
            days: wire.days.map { day in
                Day(date: LocalDate(day.date), workingAs: day.kind == .working ? day.asWeekday : nil)
            })
    }

    var wire: PBCalendar {
        var wire = PBCalendar()
        wire.code = code
        wire.name = name
        wire.source = source
        wire.first = first.description
        wire.last = last.description
        wire.days = days.map { day in
            var wire = PBCalendarDay()
            wire.date = day.date.description
            wire.kind = day.workingAs == nil ? .holiday : .working
            wire.asWeekday = day.workingAs ?? 0
            return wire
        }
        return wire
    }
}

extension Catalogue.Leave {
    init(_ wire: PBLeave) {
        self.init(
            code: wire.code, resource: wire.resource, from: wire.from, until: wire.until, reason: wire.reason,
            isCancelled: wire.cancelled)
    }

    var wire: PBLeave {
        var wire = PBLeave()
        wire.code = code
        wire.resource = resource
        wire.from = from
        wire.until = until
        wire.reason = reason
        wire.cancelled = isCancelled
        return wire
    }
}

extension Catalogue.Template.Exception {
    init(_ wire: PBTemplateException) {
        let hours = Catalogue.Template.Hours(
            start: WallTime(wire.start), slotMinutes: wire.slotMinutes, slots: wire.slots, capacity: wire.capacity)
        let kind: Kind =
            switch wire.kind {
            case .changed: .changed(hours)
            case .extra: .extra(hours)
            // A kind of a later version opens nothing here.
            case .closed, .unspecified, .UNRECOGNIZED: .closed
            }
        self.init(date: LocalDate(wire.date), kind: kind, reason: wire.reason)
    }

    var wire: PBTemplateException {
        var wire = PBTemplateException()
        wire.date = date.description
        wire.reason = reason
        func put(_ hours: Catalogue.Template.Hours) {
            wire.start = hours.start.description
            wire.slotMinutes = hours.slotMinutes
            wire.slots = hours.slots
            wire.capacity = hours.capacity
        }
        switch kind {
        case .closed: wire.kind = .closed
        case .changed(let hours):
            wire.kind = .changed
            put(hours)
        case .extra(let hours):
            wire.kind = .extra
            put(hours)
        }
        return wire
    }
}
