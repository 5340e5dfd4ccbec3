import Journal
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
        /// What was found when the log was last told of a difference; nil where there is none to tell of.
        var told: Result<TimeZoneRules, ZoneTableError>?
    }

    private let tables: ZoneTables
    private let state: NIOLockedValueBox<State>

    /// - Parameter kept: the edition that the data name.
    init(_ tables: ZoneTables = .machine, kept: String? = nil) {
        self.tables = tables
        state = NIOLockedValueBox(State(kept: kept))
    }

    /// The rules as the tables have them now, and the edition of these.
    func resolve(_ zone: String) throws(ZoneTableError) -> (rules: TimeZoneRules, edition: String?) {
        let (found, edition) = look(zone)
        return (try found.get(), edition)
    }

    /// Looks at the tables anew.
    @discardableResult
    func look(_ zone: String) -> (found: Result<TimeZoneRules, ZoneTableError>, edition: String?) {
        let (found, version) = read(zone)
        state.withLockedValue { state in
            state.zone = zone
            state.found = found
            state.version = version
        }
        return (found, version)
    }

    private func read(_ zone: String) -> (Result<TimeZoneRules, ZoneTableError>, String?) {
        (Result { () throws(ZoneTableError) in try tables.rules(of: zone) }, tables.version)
    }

    /// The edition that the hospital's rules came from; nil where that is not known.
    var kept: String? { state.withLockedValue { $0.kept } }

    /// The hospital's rules come from this edition now.
    func adopt(_ version: String?) { state.withLockedValue { $0.kept = version } }

    /// The edition of what was looked up last, where the hospital's rules may be taken for its: that of theirs is not
    /// known, and nothing to come tells them apart.
    func editionToAdopt(for hospital: Hospital, at now: Instant) -> String? {
        let state = state.withLockedValue { $0 }
        guard state.kept == nil, state.zone == hospital.zone.name, case .success(let rules) = state.found,
            hospital.zone.firstDifference(from: rules, after: now) == nil
        else { return nil }
        return state.version
    }

    /// How the hospital's rules stand to the tables as they were looked at last.
    /// - Parameter other: a zone whose table is compared instead of that of the hospital's own.
    func standing(
        of hospital: Hospital, against other: String? = nil, at now: Instant, _ timetable: Timetable
    ) -> ZoneStanding {
        if state.withLockedValue({ $0.zone }) != hospital.zone.name { look(hospital.zone.name) }
        var state = state.withLockedValue { $0 }
        if let other, other != hospital.zone.name { (state.found, state.version) = read(other) }
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

    /// Whether the log is to be told: each table that shows another time, or cannot be read, is told once.
    func isNews(_ standing: ZoneStanding) -> Bool {
        state.withLockedValue { state in
            guard standing.sentence != nil else {
                state.told = nil
                return false
            }
            defer { state.told = state.found }
            return state.told != state.found
        }
    }

    /// What was told is told once more: another server's log has it.
    func tellAnew() { state.withLockedValue { $0.told = nil } }
}

extension Engine {
    /// Looks at the machine's zone tables anew.
    func lookAtZone() async {
        let hospital = view.current.catalogue.catalogue.hospital
        if hospital.name.isEmpty { return }
        if case .deposed = self.standing.role { return }
        zones.look(hospital.zone.name)
        if journal.admission == .open { await directory.learnEdition(now: time.now()) }
        if let news = zoneNews() { configuration.news(.zoneDiffers(news)) }
    }

    /// How the hospital's clock changes stand to the zone tables of this machine; nil while there is no hospital.
    /// - Parameter zone: a zone whose table is compared instead of that of the hospital's own.
    package func zoneStanding(against zone: String? = nil) -> ZoneStanding? {
        let view = view.current
        let hospital = view.catalogue.catalogue.hospital
        if hospital.name.isEmpty { return nil }
        return zones.standing(of: hospital, against: zone, at: time.now(), view.timetable)
    }

    /// The same where the log is to be told of it: a difference, or a table that cannot be read, once.
    package func zoneNews() -> ZoneStanding? { zoneStanding().flatMap { zones.isNews($0) ? $0 : nil } }
}

/// How the clock changes that a hospital goes by stand to those in the zone tables of this machine.
package struct ZoneStanding: Hashable, Sendable {
    /// An open session with slots to come whose begin the tables would show at another time of day.
    package struct MovedSession: Hashable, Sendable {
        package var session: SessionID
        /// When the first of these slots begins.
        package var from: Instant
        /// Seconds ahead of UTC at that moment: by the hospital's rules, and by the tables.
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
    /// All sessions with slots that begin from then on at another time, by their count.
    package var movedCount = 0
    /// The first of them, by the first of these slots.
    package var moved: [MovedSession] = []

    /// How many are named.
    package static let namedSessions = 100
    /// How many a log names.
    private static let loggedSessions = 3

    init(zone: String, tables: String?, kept: String?) {
        self.zone = zone
        self.tables = tables
        self.kept = kept
    }

    fileprivate mutating func note(
        _ timetable: Timetable, _ kept: TimeZoneRules, _ tables: TimeZoneRules, _ now: Instant
    ) {
        let stretches = kept.differences(from: tables, after: now)
        var all: [MovedSession] = []
        timetable.forEachOpen { id, times in
            guard let moment = times.firstSlot(in: stretches, after: now) else { return }
            let second = moment.rawValue / 1_000
            all.append(
                MovedSession(
                    session: id, from: moment, keptOffset: Int32(kept.offset(atSecond: second)),
                    tableOffset: Int32(tables.offset(atSecond: second))))
        }
        movedCount = all.count
        all.sort { ($0.from.rawValue, $0.session.rawValue) < ($1.from.rawValue, $1.session.rawValue) }
        moved = Array(all.prefix(Self.namedSessions))
    }

    /// In one sentence, for a log and for people; nil where nothing is to be done.
    package var sentence: String? {
        if let trouble { return "\(trouble); the hospital goes on by the rules that are kept with its data" }
        guard let differsOn else { return nil }
        let edition = tables.map { " (\($0))" } ?? ""
        let counted =
            movedCount == 0 ? "no open session" : "\(movedCount) open session\(movedCount == 1 ? "" : "s")"
        var named = moved.prefix(Self.loggedSessions).map(\.words)
        if movedCount > named.count { named.append("and \(movedCount - named.count) more") }
        return "the zone tables\(edition) and the hospital's rules for \(zone) show different times from "
            + "\(differsOn) on, \(counted) among them\(named.isEmpty ? "" : ": " + named.joined(separator: ", ")); "
            + "look at haoyuan zones, then haoyuan zones apply"
    }
}

extension ZoneStanding.MovedSession {
    /// As `session 4/17 (2030-05-01 08:00, by the tables 09:00)`; the day of the tables where that is another.
    fileprivate var words: String {
        func wall(_ offset: Int32) -> WallMoment {
            TimeZoneRules(name: "", changes: [.init(fromSecond: 0, offsetSeconds: offset)]).wall(at: from)
        }
        let (kept, table) = (wall(keptOffset), wall(tableOffset))
        let day = table.date == kept.date ? "" : "\(table.date) "
        return "\(session) (\(kept.date) \(kept.time), by the tables \(day)\(table.time))"
    }
}

extension TimeZoneRules {
    /// When, from a moment on, other rules have another offset: seconds since 1970, ascending.
    fileprivate func differences(from other: TimeZoneRules, after now: Instant) -> [Range<Int64>] {
        let begin = now.rawValue / 1_000
        let places = ([begin] + (changes + other.changes).map(\.fromSecond)).filter { $0 >= begin }.sorted()
        let ends = places.dropFirst() + [Int64.max]
        return zip(places, ends).filter { offset(atSecond: $0.0) != other.offset(atSecond: $0.0) }.map { $0.0..<$0.1 }
    }
}

extension SessionTimes {
    /// When the first slot begins that is to come and begins within one of these stretches, which ascend; nil where
    /// none does.
    fileprivate func firstSlot(in stretches: [Range<Int64>], after now: Instant) -> Instant? {
        guard end > now else { return nil }
        for stretch in stretches where stretch.upperBound > start.rawValue / 1_000 {
            guard stretch.lowerBound < end.rawValue / 1_000 else { return nil }
            let slot = firstSlot(startingFrom: max(now, Instant(rawValue: stretch.lowerBound * 1_000)))
            guard slot < Int(slots) else { return nil }
            let moment = start(ofSlot: UInt16(slot))
            if stretch.contains(moment.rawValue / 1_000) { return moment }
        }
        return nil
    }
}
