import Journal
package import Scheduling

/// The time of a trial: it stands still until it is told to pass. A folder is a trial's from its first start, and no
/// other clock serves it, since its moments are of no calendar but its own.
package struct TrialClock: Sendable {
    /// Deadlines are the callers', who do not live in the trial.
    package let clock = SimulatedClock(now: Instant(rawValue: 0), deadlines: SystemClock())
    /// What it shows where a trial begins, or goes on; nil for where the folder has come to.
    let begin: Instant?
    /// What it shows where a new trial names no moment.
    let fallback: Instant

    package init(begin: Instant?, fallback: Instant) {
        self.begin = begin
        self.fallback = fallback
    }

    /// Name of the mark in the journal's metadata; copies and backups keep it.
    static let metadataName = "trial"

    /// - Throws: where the folder was served by a clock of the other kind.
    static func check(_ journal: Journal, isTrial: Bool) throws {
        let isKept = try journal.metadata(metadataName) != nil
        let wasServed = try journal.metadata(Standing.metadataName) != nil || journal.lastPosition > .zero
        if isTrial != isKept, wasServed { throw WrongClock(.otherKind(isTrial: isKept)) }
    }

    /// Sets the clock to where the trial is.
    /// - Parameter latest: the latest moment that the journal tells of; 0 for a new folder.
    func set(latest: Instant) throws {
        if let begin, begin < latest { throw WrongClock(.back(from: latest, to: begin)) }
        clock.advance(to: begin ?? (latest.rawValue == 0 ? fallback : latest))
    }
}

/// A folder was opened with a clock that does not go with what it says.
package struct WrongClock: Error, CustomStringConvertible {
    fileprivate enum Reason {
        case otherKind(isTrial: Bool)
        case back(from: Instant, to: Instant)
    }
    private let reason: Reason

    fileprivate init(_ reason: Reason) { self.reason = reason }

    package var description: String {
        switch reason {
        case .otherKind(isTrial: true):
            "this folder is a trial’s, whose clock is simulated; serve it with --clock simulated"
        case .otherKind(isTrial: false):
            "this folder was served by a real clock; a simulated one needs a folder of its own"
        case .back(let latest, let begin):
            "the trial has come to \(TimeZoneRules.utc.text(latest)) and cannot go back to \(TimeZoneRules.utc.text(begin)); "
                + "leave the moment out, or name a later one"
        }
    }
}

extension TimeZoneRules {
    fileprivate func text(_ moment: Instant) -> String {
        let wall = wall(at: moment)
        return "\(wall.date)T\(wall.time)Z"
    }
}

extension Engine {
    /// Lets time pass on a trial's clock until it shows a moment, and lets become true what is due on the way, each at
    /// its own moment. Returns once that is on disk.
    /// - Throws: `INVALID_ARGUMENT` where the clock is the machine's, the moment is past, or too far.
    package func advanceClock(to moment: Instant) async throws(EngineError) -> (before: Instant, after: Instant) {
        let trial = try trial()
        let before = now
        guard moment >= before else {
            throw EngineError(
                .invalidArgument,
                "to_ms: \(moment.rawValue), before the trial's now, \(before.rawValue); time never goes back")
        }
        guard moment.rawValue - before.rawValue <= EngineLimits.clockAdvanceMilliseconds else {
            throw EngineError(
                .invalidArgument,
                "to_ms: \(ClockState.words(moment.rawValue - before.rawValue)) ahead, at most "
                    + "\(ClockState.words(EngineLimits.clockAdvanceMilliseconds)) at once")
        }
        guard moment.rawValue <= EngineLimits.clockEndMilliseconds else {
            throw EngineError(
                .invalidArgument,
                "to_ms: \(moment.rawValue), after the last moment that a trial's clock shows, \(EngineLimits.clockEndMilliseconds)"
            )
        }
        while now < moment {
            // What a move in progress holds up is due already; it gets a second.
            let second = now.advanced(milliseconds: 1_000)
            let due = await shards.nextDue().map { $0 <= now ? second : $0 }
            trial.clock.advance(to: min(moment, due ?? moment))
            await runTimers()
        }
        await rollRosters()
        await archiveSessions()
        lookAtClockForTheLastTime()
        do { try await journal.flushed() } catch { throw EngineError(error) }
        return (before, now)
    }

    /// The same by a length of time, in milliseconds.
    package func advanceClock(by milliseconds: Int64) async throws(EngineError) -> (before: Instant, after: Instant) {
        _ = try trial()
        guard (0...EngineLimits.clockAdvanceMilliseconds).contains(milliseconds) else {
            throw EngineError(
                .invalidArgument,
                "by_ms: \(milliseconds), from 0 to \(EngineLimits.clockAdvanceMilliseconds), "
                    + ClockState.words(EngineLimits.clockAdvanceMilliseconds))
        }
        return try await advanceClock(to: now.advanced(milliseconds: milliseconds))
    }

    private func trial() throws(EngineError) -> TrialClock {
        guard let trial = configuration.trial else {
            throw EngineError(
                .invalidArgument,
                "this server's clock is the machine's; one that can be moved is a trial's: haoyuan serve --clock simulated"
            )
        }
        return trial
    }
}
