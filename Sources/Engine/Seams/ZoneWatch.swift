import NIOConcurrencyHelpers
package import Scheduling
import ZoneTables

/// Turns a zone's name into its rules when the hospital is put; afterwards only the rules are used, which are kept with
/// the data. Keeps an eye on the tables, which may change meanwhile.
final class ZoneWatch: Sendable {
    private struct State: Sendable {
        /// The zone looked up last, and what came of it.
        var zone = ""
        var found: Result<TimeZoneRules, ZoneTableError> = .success(.utc)
        var version: String?
        /// The edition that the hospital's rules came from, where that is known.
        var kept: String?
    }

    private let tables: ZoneTables
    private let state: NIOLockedValueBox<State>

    /// - Parameter kept: the edition that the data name.
    init(_ tables: ZoneTables = .machine, kept: String? = nil) {
        self.tables = tables
        state = NIOLockedValueBox(State(kept: kept))
    }

    /// The rules as the tables have them now.
    func resolve(_ zone: String) throws(ZoneTableError) -> TimeZoneRules { try look(zone).get() }

    /// Looks at the tables anew.
    @discardableResult
    func look(_ zone: String) -> Result<TimeZoneRules, ZoneTableError> {
        let found = Result { () throws(ZoneTableError) in try tables.rules(of: zone) }
        let version = tables.version
        state.withLockedValue { state in
            state.zone = zone
            state.found = found
            state.version = version
        }
        return found
    }

    /// The edition of what was looked up last.
    var version: String? { state.withLockedValue { $0.version } }

    /// The hospital's rules come from this edition now.
    func adopt(_ version: String?) { state.withLockedValue { $0.kept = version } }

    /// How the hospital's rules stand to the tables as they were looked at last.
    func standing(of hospital: Hospital, at now: Instant, _ timetable: Timetable) -> ZoneStanding {
        if state.withLockedValue({ $0.zone }) != hospital.zone.name { look(hospital.zone.name) }
        let state = state.withLockedValue { $0 }
        var standing = ZoneStanding(zone: hospital.zone.name, tables: state.version, kept: state.kept)
        switch state.found {
        case .failure(let error): standing.trouble = error.description
        case .success(let rules):
            standing.differsFrom = hospital.zone.firstDifference(from: rules, after: now)
            standing.differsOn = standing.differsFrom.map { hospital.zone.wall(at: $0).date }
            if standing.differsFrom != nil { standing.note(timetable, hospital.zone, rules, now) }
        }
        return standing
    }
}

/// How the clock changes that a hospital goes by stand to those in the zone tables of this machine.
package struct ZoneStanding: Hashable, Sendable {
    /// An open session whose begin the tables would show at another time of day.
    package struct MovedSession: Hashable, Sendable {
        package var session: SessionID
        package var start: Instant
        /// Seconds ahead of UTC at its start: by the hospital's rules, and by the tables.
        package var keptOffset: Int32
        package var tableOffset: Int32
    }

    package var zone: String
    /// The edition of the tables, as `2025b`; nil where they do not say.
    package var tables: String?
    /// The edition that the hospital's rules were taken from; nil where that was not kept.
    package var kept: String?
    /// Why the tables say nothing of the zone; nil where they do.
    package var trouble: String?
    /// The first moment to come at which both show another time; nil where there is none.
    package var differsFrom: Instant?
    /// The day of that, by the hospital's rules.
    package var differsOn: LocalDate?
    /// All sessions that begin from then on at another time, by their count.
    package var movedCount = 0
    /// The first of them, by their begin.
    package var moved: [MovedSession] = []

    /// How many are named.
    package static let namedSessions = 100

    init(zone: String, tables: String?, kept: String?) {
        self.zone = zone
        self.tables = tables
        self.kept = kept
    }

    fileprivate mutating func note(
        _ timetable: Timetable, _ kept: TimeZoneRules, _ tables: TimeZoneRules, _ now: Instant
    ) {
        var all: [MovedSession] = []
        timetable.forEachOpen { id, times in
            let second = times.start.rawValue / 1_000
            let offsets = (kept.offset(atSecond: second), tables.offset(atSecond: second))
            guard times.start >= now, offsets.0 != offsets.1 else { return }
            all.append(
                MovedSession(
                    session: id, start: times.start, keptOffset: Int32(offsets.0), tableOffset: Int32(offsets.1)))
        }
        movedCount = all.count
        all.sort { ($0.start.rawValue, $0.session.rawValue) < ($1.start.rawValue, $1.session.rawValue) }
        moved = Array(all.prefix(Self.namedSessions))
    }

    /// In one sentence, for a log and for people; nil where nothing is to be done.
    package var sentence: String? {
        if let trouble { return "\(trouble); the hospital goes on by the rules that are kept with its data" }
        guard let differsOn else { return nil }
        let edition = tables.map { " (\($0))" } ?? ""
        return "the zone tables\(edition) and the hospital's rules for \(zone) show different times from "
            + "\(differsOn) on, \(movedCount) open sessions among them: look at "
            + "haoyuan zones, then haoyuan zones apply"
    }
}
