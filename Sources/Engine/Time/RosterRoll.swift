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
    /// How many days beside that one it went; fewer than the policy's where the policy has become longer since.
    package var days = 0
    package var opened = 0
    package var withdrawn = 0
    /// As a generation names them: what was not opened, and days that no calendar judges.
    package var conflicts: [String] = []
    /// Why it did not come off and is tried again; empty when all is well.
    package var trouble = ""

    init(_ policy: RollPolicy, day: LocalDate?, days: Int) {
        self.policy = policy
        self.day = day
        self.days = days
    }

    /// The last day that it opened sessions for.
    package var through: LocalDate? { day?.advanced(days: Int32(days)) }
}

/// Remembers which day's roll is done: in memory, and in the journal's metadata for the next process. Rolling twice
/// opens nothing twice, so a server that does not know rolls.
final class RosterRoll: Sendable {
    static let metadataName = "rolled"

    private let box: NIOLockedValueBox<RollReport>

    /// - Parameter metadata: of the journal: the day, and how many more it went, which versions before did not tell.
    init(_ policy: RollPolicy, metadata: [UInt8]?) {
        func number(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) } }
        var report = RollReport(policy, day: nil, days: 0)
        if let metadata, metadata.count == 4 || metadata.count == 8 {
            report.day = LocalDate(rawValue: Int32(bitPattern: number(metadata[..<4])))
            report.days = Int(number(metadata[4...]))
        }
        box = NIOLockedValueBox(report)
    }

    static func encode(_ day: LocalDate, days: Int) -> [UInt8] {
        [UInt32(bitPattern: day.rawValue), UInt32(days)].flatMap { number in
            withUnsafeBytes(of: number.littleEndian) { Array($0) }
        }
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

    /// The day whose roll is to be done at this time of the hospital's clocks; nil where it is done, and went as far as
    /// the policy has it now.
    func due(at wall: WallMoment) -> LocalDate? {
        let last = report
        let day = wall.time.rawValue >= last.policy.at.rawValue ? wall.date : wall.date.advanced(days: -1)
        guard let done = last.day, done >= day, last.days >= last.policy.days else { return day }
        return nil
    }
}

extension Engine {
    /// Opens sessions for the days ahead, where that is due. What was missed while no server was up is made good at the
    /// next look.
    func rollRosters() async {
        guard let roll, EngineError.refusal(journal, standing, register) == nil else { return }
        let hospital = view.current.catalogue.catalogue.hospital
        guard !hospital.name.isEmpty else { return }
        let wall = hospital.zone.wall(at: time.now())
        guard let day = roll.due(at: wall) else { return }
        let policy = roll.report.policy
        var report = RollReport(policy, day: day, days: policy.days)
        do throws(EngineError) {
            let last = day.advanced(days: Int32(policy.days))
            guard let done = try await generate(from: max(day, wall.date), through: last) else { return }
            report.opened = done.opened
            report.withdrawn = done.withdrawn
            report.conflicts = done.conflicts
            journal.setMetadata(RosterRoll.metadataName, RosterRoll.encode(day, days: policy.days))
        } catch {
            report.day = roll.report.day
            report.days = roll.report.days
            report.trouble = error.message
        }
        if roll.note(report) { configuration.news(.rolled(report)) }
    }

    /// What a generation of these days does, one day after the other, so that bookings get their turn. A day whose
    /// sessions the old ones of its neighbours keep out is looked at again together with the days around it.
    /// - Returns: Nil where it is not this server's to do any more.
    private func generate(from: LocalDate, through last: LocalDate) async throws(EngineError) -> SessionsOpened? {
        var sum = SessionsOpened()
        var conflicts: [LocalDate: [String]] = [:]
        func settle(_ days: ClosedRange<LocalDate>) async throws(EngineError) -> Bool {
            guard standing.role == .primary, !Task.isCancelled else { return false }
            let done = try await generateSessions(
                from: days.lowerBound, to: days.upperBound, templates: [], by: .system
            ).value
            sum.opened += done.opened
            sum.withdrawn += done.withdrawn
            conflicts[days.lowerBound] = done.conflicts.isEmpty ? nil : done.conflicts
            return true
        }
        for date in from.rawValue...last.rawValue {
            let date = LocalDate(rawValue: date)
            guard try await settle(date...date) else { return nil }
        }
        // As many days as one generation may have, where it may have two.
        let most = EngineLimits.sessionsPerGeneration / max(1, view.current.catalogue.catalogue.templates.count)
        var untold = last.advanced(days: 1)
        for days in RosterRoll.stretches(of: most < 2 ? [] : conflicts.keys.sorted(), through: last, atMost: most) {
            guard try await settle(days) else { return nil }
            // The answer of a later stretch tells of the day that both have.
            conflicts = conflicts.filter { date, _ in
                date == days.lowerBound || date >= untold || !days.contains(date)
            }
            untold = days.lowerBound
        }
        var told: Set<String> = []
        sum.conflicts = conflicts.sorted { $0.key < $1.key }.flatMap(\.value).filter { told.insert($0).inserted }
        return sum
    }
}

extension RosterRoll {
    /// Stretches of days that follow each other, each with the day behind it, which may stand in their way: the last
    /// first, so that what a day gives up is free for the day before.
    /// - Parameters:
    ///   - days: ascending, each once, none after `last`.
    ///   - most: days of one stretch, at least two.
    static func stretches(of days: [LocalDate], through last: LocalDate, atMost most: Int) -> [ClosedRange<LocalDate>] {
        var stretches: [ClosedRange<LocalDate>] = []
        for day in days.reversed() {
            let end = min(day.advanced(days: 1), last)
            if let later = stretches.last, later.lowerBound <= end,
                later.upperBound.rawValue - day.rawValue < Int32(most)
            {
                stretches[stretches.count - 1] = day...later.upperBound
            } else {
                stretches.append(day...end)
            }
        }
        return stretches
    }
}
