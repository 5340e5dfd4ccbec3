import Wire

/// A named reader of the change feed, and how far behind it is.
public struct NamedReader: Hashable, Sendable {
    /// What it is called.
    public var name: String
    /// The last position that it has confirmed.
    public var confirmed: Position
    /// Records after that; 0 where none of them is shown in the feed.
    public var behindRecords: UInt64
    /// Since the first event that it has not confirmed happened; 0 where it has all.
    public var behind: Duration
    /// Subscriptions that it has at this moment.
    public var subscriptions: UInt32
    /// Whether the log behind its confirmed position is not kept any more: it must read the state anew.
    public var isTrimmed: Bool

    init(_ wire: PBFeedReader) {
        name = wire.name
        confirmed = Position(rawValue: wire.confirmed)
        behindRecords = wire.behindRecords
        behind = .milliseconds(Int64(clamping: wire.behindMs))
        subscriptions = wire.subscriptions
        isTrimmed = wire.trimmed
    }
}

/// Named readers of the change feed: ``changePages(named:from:stored:namingRefusedPatients:)``.
extension HaoyuanClient {
    /// Tells that a named reader has made everything up to the end of a page its own, and stored it: from there it
    /// resumes, and the log before is not kept for it any more.
    ///
    /// The server stores it within a second. When it crashes before, the reader resumes a little earlier and is told
    /// the same events again. ``HaoyuanError/Code/notFound`` when no reader has that name,
    /// ``HaoyuanError/Code/invalidArgument`` when a failover took back what the page told.
    ///
    /// - Parameters:
    ///   - page: one that was read under that name; lower its `through` where only some of it was made one's own.
    ///   - name: whose.
    public func confirm(
        _ page: ChangePage, of name: String, options: RequestOptions = .init()
    ) async throws(HaoyuanError) {
        var request = PBConfirmEventsRequest()
        request.name = name
        request.through = page.through.rawValue
        request.epoch = page.epoch
        let _: PBConfirmEventsReply = try await write(.confirmEvents, request, nil, options)
    }

    /// The named readers of the change feed, by name.
    public func feedReaders(options: RequestOptions = .init()) async throws(HaoyuanError) -> [NamedReader] {
        let reply: PBListReadersReply = try await read(.listReaders, PBListReadersRequest(), options)
        return reply.readers.map(NamedReader.init)
    }

    /// Forgets a named reader: the log is not kept for it any more. ``HaoyuanError/Code/notFound`` when no reader has
    /// that name.
    public func dropFeedReader(_ name: String, options: RequestOptions = .init()) async throws(HaoyuanError) {
        var request = PBDropReaderRequest()
        request.name = name
        let _: PBDropReaderReply = try await write(.dropReader, request, nil, options)
    }
}
