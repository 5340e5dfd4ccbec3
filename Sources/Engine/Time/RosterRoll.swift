import Journal
import NIOConcurrencyHelpers
package import Scheduling

/// How far ahead the engine opens sessions by itself, and at which time of the hospital's day.
package struct RollPolicy: Hashable, Sendable {
    /// Days beside today, 1 to `Limits.generationDays` less one.
    package var days: Int
    package var at: WallTime

    package init(days: Int, at: WallTime) {
        self.days = days
        self.at = at
    }
}

/// What the last roll did.
package struct RollReport: Hashable, Sendable {
    package var policy: RollPolicy
    /// The day on whose time it was due; nil where none is known to have been.
    package var day: LocalDate?
    package var opened = 0
    package var withdrawn = 0
    /// As a generation names them: what was not opened, and days that no calendar judges.
    package var conflicts: [String] = []
    /// Why it did not come off and is tried again; empty when all is well.
    package var trouble = ""

    init(_ policy: RollPolicy, day: LocalDate?) {
        self.policy = policy
        self.day = day
    }

    /// The last day that it opened sessions for.
    package var through: LocalDate? { day?.advanced(days: Int32(policy.days)) }
}

/// Remembers which day's roll is done: in memory, and in the journal's metadata for the next process. Rolling twice
/// opens nothing twice, so a server that does not know rolls.
final class RosterRoll: Sendable {
    static let metadataName = "rolled"

    private let box: NIOLockedValueBox<RollReport>

    /// - Parameter metadata: of the journal.
    init(_ policy: RollPolicy, metadata: [UInt8]?) {
        let number = metadata.flatMap { bytes -> Int32? in
            guard bytes.count == 4 else { return nil }
            return Int32(bitPattern: bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) })
        }
        box = NIOLockedValueBox(RollReport(policy, day: number.map { LocalDate(rawValue: $0) }))
    }

    static func encode(_ day: LocalDate) -> [UInt8] {
        withUnsafeBytes(of: UInt32(bitPattern: day.rawValue).littleEndian) { Array($0) }
    }

    var report: RollReport { box.withLockedValue { $0 } }

    /// Takes note of what a roll came to.
    /// - Returns: whether there is something new to tell.
    func note(_ report: RollReport) -> Bool {
        box.withLockedValue { last in
            defer { last = report }
            return report.trouble.isEmpty || report.trouble != last.trouble
        }
    }

    /// The day whose roll is to be done at this time of the hospital's clocks; nil where it is done.
    func due(at wall: WallMoment) -> LocalDate? {
        let last = report
        let day = wall.time.rawValue >= last.policy.at.rawValue ? wall.date : wall.date.advanced(days: -1)
        return last.day.map { $0 < day } ?? true ? day : nil
    }
}

extension Engine {
    /// Opens sessions for the days ahead, where that is due: what a generation of these days does, one day after the
    /// other, so that bookings get their turn. What was missed while no server was up is made good at the next look.
    func rollRosters() async {
        guard let roll, EngineError.refusal(journal, standing, register) == nil else { return }
        let hospital = view.current.catalogue.catalogue.hospital
        guard !hospital.name.isEmpty else { return }
        let wall = hospital.zone.wall(at: time.now())
        guard let day = roll.due(at: wall) else { return }
        let policy = roll.report.policy
        var report = RollReport(policy, day: day)
        do throws(EngineError) {
            for ahead in 0...Int32(policy.days) {
                guard standing.role == .primary, !Task.isCancelled else { return }
                let date = day.advanced(days: ahead)
                guard date >= wall.date else { continue }
                let done = try await generateSessions(from: date, to: date, templates: [], by: .system).value
                report.opened += done.opened
                report.withdrawn += done.withdrawn
                report.conflicts += done.conflicts
            }
            journal.setMetadata(RosterRoll.metadataName, RosterRoll.encode(day))
        } catch {
            report.day = roll.report.day
            report.trouble = error.message
        }
        if roll.note(report) { configuration.news(.rolled(report)) }
    }
}
