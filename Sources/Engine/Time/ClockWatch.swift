import Journal
import NIOConcurrencyHelpers
package import Scheduling

/// What was told and kept of the wall clock, so that each change is told and kept once.
struct ClockWatch {
    private var note: ClockNote?
    /// The difference that the log was told last; nil where it is no fault.
    private var told: Int64?
    private var moment: Instant

    init(note: ClockNote?, moment: Instant) {
        self.note = note
        self.moment = moment
    }

    /// Whether this is to be kept for the next process.
    mutating func keeps(_ note: ClockNote?) -> Bool {
        if case (.ahead(let new), .ahead(let old)) = (note, self.note),
            abs(new - old) <= EngineLimits.clockToleranceMilliseconds
        {
            return false
        }
        defer { self.note = note }
        return note != self.note
    }

    /// What the log is to be told.
    mutating func news(_ state: ClockState) -> StandingNews? {
        guard state.isFault else {
            defer { told = nil }
            return told == nil ? nil : .clockAgrees
        }
        if let told {
            let change = abs(state.aheadMilliseconds - told)
            // One that is accepted, or drifts, changes all the time.
            guard !state.isSlowed, change > max(EngineLimits.clockToleranceMilliseconds, abs(told) / 2) else {
                return nil
            }
        }
        told = state.aheadMilliseconds
        return .clockDiffers(state)
    }

    /// A person accepted it: what there is to tell was told.
    mutating func accepted(_ state: ClockState) { told = state.isFault ? state.aheadMilliseconds : nil }

    /// Whether the journal is to be told what time it is.
    mutating func keeps(_ now: Instant) -> Bool {
        guard now.rawValue - moment.rawValue >= EngineLimits.momentKeptMilliseconds else { return false }
        moment = now
        return true
    }
}

extension Engine {
    /// The engine's time. Unlike the machine's clock it never goes back, and leaps only where a person says so.
    package var now: Instant { time.now() }

    /// The same, in milliseconds since 1970-01-01T00:00Z.
    package var nowMilliseconds: Int64 { time.now().rawValue }

    /// How the wall clock stands to it.
    package var clock: ClockState {
        var state = time.state
        state.isSimulated = configuration.trial != nil
        return state
    }

    /// Looks how the wall clock stands, tells who has to know, and keeps for the next process what it must know: the
    /// time as well, so that a crash after quiet hours is no long absence. The engine does so by itself.
    package func lookAtClock() {
        let (state, note) = time.look()
        let now = time.now()
        if case .deposed = standing.role { return }
        // A journal that takes nothing is told at a later look.
        let isOpen = journal.admission == .open
        let (keepsNote, keepsMoment, news) = clockWatch.withLockedValue { watch in
            (isOpen && watch.keeps(note), isOpen && watch.keeps(now), watch.news(state))
        }
        if keepsNote { journal.setMetadata(ClockNote.metadataName, note?.encoded) }
        if keepsMoment { keepMoment() }
        if let news { configuration.news(news) }
    }

    /// The process ends: the next one is told what the last second brought.
    func lookAtClockForTheLastTime() {
        lookAtClock()
        if case .deposed = standing.role { return }
        if journal.admission == .open { keepMoment() }
    }

    private func keepMoment() {
        // A standby's own clock decides nothing, so what it shows is not kept as if it had been told.
        journal.setMetadata(Checkpointer.latestMoment, time.moment(of: standing.role).encoded)
        journal.setMetadata(ClockMark.metadataName, time.mark()?.encoded)
    }

    /// A person says that the machine's clock is right. One that is ahead is followed at once. One that is behind is
    /// waited for, with the engine's time at half its speed, since time never goes back. Returns once that is on disk.
    /// - Returns: how the wall clock stood before; nothing was to be accepted where that is no fault.
    /// - Throws: what keeps it from getting there.
    package func acceptClock() async throws(EngineError) -> ClockState {
        let (before, after, note) = time.accept()
        guard before.isFault, before.isSlowed != after.isSlowed || !after.isFault else { return before }
        clockWatch.withLockedValue { watch in
            watch.accepted(after)
            _ = watch.keeps(note)
        }
        configuration.news(.clockAccepted(before))
        journal.setMetadata(ClockNote.metadataName, note?.encoded)
        keepMoment()
        do { try await journal.flushed() } catch { throw EngineError(error) }
        return before
    }
}
