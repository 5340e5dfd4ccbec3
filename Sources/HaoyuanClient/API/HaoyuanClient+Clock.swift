import Wire

extension HaoyuanClient {
    /// Tells the server that its machine's clock is right, where the engine's time goes on without it
    /// (``ServerStatus/Clock/isFault``). One that is ahead is followed at once, and what is due by then comes true. One
    /// that is behind is waited for, with the engine's time at half its speed: time never goes back.
    ///
    /// It goes to the server that is configured, so give the client that one address alone.
    ///
    /// - Returns: How the clock stood before (where that was no fault, nothing has changed), and how it stands now.
    public func acceptClock(
        options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> (before: ServerStatus.Clock, after: ServerStatus.Clock) {
        let reply: PBAcceptClockReply = try await write(.acceptClock, PBAcceptClockRequest(), nil, options)
        return (ServerStatus.Clock(reply.before), ServerStatus.Clock(reply.after))
    }

    /// Lets time pass on the clock of a trial (`haoyuan serve --clock simulated`,
    /// ``ServerStatus/Clock/isSimulated``). What is due on the way becomes true before the answer, each at its own
    /// moment.
    ///
    /// - Parameter duration: 0 to 366 days, to the millisecond; 0 only asks what time it is.
    /// - Returns: What the clock showed before, and what it shows now.
    /// - Throws: ``ErrorCode/invalidArgument`` where the server's clock is the machine's, or the length is not allowed.
    public func advanceClock(
        by duration: Duration, options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> (before: Instant, now: Instant) {
        var request = PBAdvanceClockRequest()
        guard duration >= .zero else {
            throw HaoyuanError(.invalidArgument, "by_ms: \(duration); time never goes back")
        }
        request.byMs = duration.nanoseconds / 1_000_000
        return try await advanceClock(request, options)
    }

    /// Lets time pass on the clock of a trial until it shows a moment.
    ///
    /// - Parameter moment: At most 366 days ahead, and not before the server's now.
    /// - Returns: What the clock showed before, and what it shows now.
    /// - Throws: ``ErrorCode/invalidArgument`` where the server's clock is the machine's, or the moment is not allowed.
    public func advanceClock(
        to moment: Instant, options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> (before: Instant, now: Instant) {
        var request = PBAdvanceClockRequest()
        request.toMs = moment.milliseconds
        return try await advanceClock(request, options)
    }

    private func advanceClock(
        _ request: PBAdvanceClockRequest, _ options: RequestOptions
    ) async throws(HaoyuanError) -> (before: Instant, now: Instant) {
        let reply: PBAdvanceClockReply = try await write(.advanceClock, request, nil, options)
        return (Instant(milliseconds: reply.beforeMs), Instant(milliseconds: reply.nowMs))
    }
}
