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
}
