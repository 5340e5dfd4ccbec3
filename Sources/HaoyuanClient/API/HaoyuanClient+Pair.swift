import Wire

/// A primary and its standby: what an operator's tools ask for. Each goes to the server that is configured, so give the
/// client that one address alone.
extension HaoyuanClient {
    /// Makes the standby the primary of a new epoch. Returns when it takes writes.
    ///
    /// Make sure that the old primary is gone, or will be told (the new one tells it by itself, as soon as it can be
    /// reached). ``HaoyuanError/Code/invalidArgument`` when the server is no standby.
    ///
    /// - Returns: The new epoch, and the last position of those before.
    public func promote(options: RequestOptions = .init()) async throws(HaoyuanError) -> (
        epoch: UInt32, position: Position
    ) {
        let reply: PBPromoteReply = try await write(.promote, PBPromoteRequest(), nil, options)
        return (reply.epoch, Position(rawValue: reply.position))
    }

    /// Tells the primary to go on without its standby until one has caught up again: what was only waiting for it is
    /// acknowledged, and from then on a yes means on one disk. ``HaoyuanError/Code/notPrimary`` when it is none.
    public func goOnAlone(options: RequestOptions = .init()) async throws(HaoyuanError) {
        let _: PBGoAloneReply = try await write(.goAlone, PBGoAloneRequest(), nil, options)
    }
}
