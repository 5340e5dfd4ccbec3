import Wire

/// What a generation of sessions would do.
public struct SessionsPreview: Hashable, Sendable {
    /// What would become of a template's day.
    public enum Fate: Hashable, Sendable {
        /// It would be opened.
        case opens
        /// Just this session is open already.
        case stands
        /// Its template does not say it any more, and nothing is booked in it.
        case withdrawn
        /// It would not be opened, or it is outdated and would stay, as the sentence says.
        case conflict(String)
        /// A holiday, an exception or a leave leaves it out, as the words say. With a session: it was opened by hand,
        /// its resources are away, and it stays.
        case absent(String)
        /// The calendar of this code does not reach the day: nothing would be opened or withdrawn.
        case notJudged(String)
    }

    /// Why an open session would begin at another time.
    public enum Cause: String, Hashable, Sendable {
        /// Its template's hours are others.
        case hours
        /// The zone's clock changes are others, and its template's hours are the same.
        case clockChanges = "clock-changes"
    }

    /// One day of a template.
    public struct Row: Hashable, Sendable {
        /// What would become of it.
        public var fate: Fate
        /// The day.
        public var date: LocalDate
        /// Code; empty where no template opened the session.
        public var template: String
        /// Code.
        public var pool: String
        /// When its first slot starts; nil where there is no session.
        public var start: Instant?
        /// When its last slot ends; nil where there is no session.
        public var end: Instant?
        /// Units of all its slots.
        public var units: UInt32
        /// One that is open.
        public var session: SessionID?
        /// Those in it that have not ended. None of them would be touched.
        public var appointments: [AppointmentID]
        /// Of an open session of which nothing but the begin is to change, by what; nil where that is not known, too.
        public var cause: Cause?
    }

    /// By day, then by start.
    public var rows: [Row]
    /// Sessions that would be opened.
    public var opened: Int
    /// Sessions that stand already, in the same shape.
    public var unchanged: Int
    /// Sessions that would be withdrawn.
    public var withdrawn: Int
    /// A sentence each for what would not be opened, or stay though it is outdated.
    public var conflicts: [String]
    /// What the answer reflects, the first page where there were several.
    public var position: Position

    init(_ wire: PBPreviewSessionsReply) {
        rows = wire.rows.map(Row.init)
        opened = Int(wire.opened)
        unchanged = Int(wire.unchanged)
        withdrawn = Int(wire.withdrawn)
        conflicts = wire.conflicts
        position = Position(rawValue: wire.position)
    }

    /// One more page.
    mutating func add(_ page: PBPreviewSessionsReply) {
        let before = self
        self = SessionsPreview(page)
        rows = before.rows + rows
        conflicts = before.conflicts + conflicts
        position = before.position
    }
}

extension SessionsPreview.Row {
    fileprivate init(_ wire: PBPreviewRow) {
        switch wire.kind {
        case .opens: fate = .opens
        case .stands: fate = .stands
        case .withdrawn: fate = .withdrawn
        case .absent: fate = .absent(wire.reason)
        case .notJudged: fate = .notJudged(wire.reason)
        // A kind of a later version is one that does not come off.
        case .conflict, .unspecified, .UNRECOGNIZED: fate = .conflict(wire.reason)
        }
        date = LocalDate(wire.date)
        template = wire.template
        pool = wire.pool
        start = wire.endMs == 0 ? nil : Instant(milliseconds: wire.startMs)
        end = wire.endMs == 0 ? nil : Instant(milliseconds: wire.endMs)
        units = wire.units
        session = wire.session == 0 ? nil : SessionID(rawValue: wire.session)
        appointments = wire.appointments.map { AppointmentID(rawValue: $0) }
        switch wire.cause {
        case .hours: cause = .hours
        case .clockChanges: cause = .clockChanges
        case .unspecified, .UNRECOGNIZED: cause = nil
        }
    }
}
