import Wire

/// Some events of the change feed, and how far it has come.
public struct ChangePage: Sendable {
    /// In the order of the journal; may be empty.
    public var events: [ChangeEvent]
    /// Everything up to here has been told. Store it with what you made of the events: it is what to resume from.
    public var through: Position
    /// No failover takes back what stands up to here: what the standby has confirmed, or what is on disk where no
    /// standby is expected. An effect that cannot be undone, such as a message or money, waits until it has reached the
    /// event's position. It grows in later pages, which may have no events.
    public var settled: Position
    /// The server's epoch when it told this.
    public var epoch: UInt32

    /// What to store with what you made of the events.
    public var place: FeedPlace { FeedPlace(position: through, epoch: epoch) }
}

/// A place in the change feed as a reader was told it: ``ChangePage/place``.
public struct FeedPlace: Hashable, Sendable {
    /// Everything up to here was told.
    public var position: Position
    /// The server's epoch then; 0 where that was not kept.
    public var epoch: UInt32

    /// A place that was stored.
    public init(position: Position, epoch: UInt32) {
        self.position = position
        self.epoch = epoch
    }
}

/// Where a reading of the change feed begins.
public enum FeedBeginning: Hashable, Sendable {
    /// With what happens from now on.
    case now
    /// With the oldest event that is kept.
    case oldest
    /// Behind the last position seen.
    case after(Position)
}

/// 变更流: every event of the journal from a position on, in order, without gaps, page by page as they arrive.
///
/// Reading it goes on for ever. When the connection breaks it connects again, to the next address, and resumes behind
/// the last page. It throws where resuming cannot help: ``HaoyuanError/Code/positionTrimmed`` when the position is no
/// longer kept (read the state anew, then follow from the latest), ``HaoyuanError/Code/clientClosed``,
/// ``HaoyuanError/Code/unauthenticated`` and the like. A cancelled task ends it without an error.
///
/// Each iteration has a connection of its own; one that is slow slows only itself.
public struct ChangePages: AsyncSequence, Sendable {
    /// A page of events.
    public typealias Element = ChangePage
    /// Why resuming could not help.
    public typealias Failure = HaoyuanError

    let client: HaoyuanClient
    let start: FeedReader.Start

    /// A new reading of the feed.
    public func makeAsyncIterator() -> Iterator { Iterator(client: client, start: start) }

    /// One reading of the feed.
    public struct Iterator: AsyncIteratorProtocol {
        private let reader: FeedReader

        init(client: HaoyuanClient, start: FeedReader.Start) { reader = FeedReader(client: client, start: start) }

        /// Subscribes now instead of with the first page, and tells behind which position the pages begin; nil when the
        /// task was cancelled. What is read after it has answered misses nothing that no page will tell.
        public mutating func begin() async throws(HaoyuanError) -> Position? { try await reader.begin() }

        /// Whether the name was not known when this reading began: nothing is kept from before, so read the state
        /// anew. False until ``begin()`` or the first page has come. True as well where it is not sure, since an answer
        /// was lost.
        public var isOfNewName: Bool { reader.isOfNewName }

        /// The next page; nil when the task was cancelled.
        public mutating func next() async throws(HaoyuanError) -> ChangePage? {
            try await reader.nextPage()
        }

        /// The next page; nil when the task was cancelled.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws(HaoyuanError) -> ChangePage? {
            try await reader.nextPage()
        }
    }
}

/// 变更流, event by event; see ``ChangePages`` for how it resumes and when it throws.
///
/// A joint booking is several events at one position, so a program that stores how far it has come should read
/// ``ChangePages``, whose `through` never falls between them.
public struct ChangeFeed: AsyncSequence, Sendable {
    /// One event.
    public typealias Element = ChangeEvent
    /// Why resuming could not help.
    public typealias Failure = HaoyuanError

    let pages: ChangePages

    /// A new reading of the feed.
    public func makeAsyncIterator() -> Iterator { Iterator(pages: pages.makeAsyncIterator()) }

    /// One reading of the feed.
    public struct Iterator: AsyncIteratorProtocol {
        private var pages: ChangePages.Iterator
        private var waiting: ArraySlice<ChangeEvent> = []

        init(pages: ChangePages.Iterator) { self.pages = pages }

        /// The next event; nil when the task was cancelled.
        public mutating func next() async throws(HaoyuanError) -> ChangeEvent? {
            try await next(isolation: nil)
        }

        /// The next event; nil when the task was cancelled.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws(HaoyuanError) -> ChangeEvent? {
            while waiting.isEmpty {
                guard let page = try await pages.next(isolation: actor) else { return nil }
                waiting = page.events[...]
            }
            return waiting.removeFirst()
        }
    }
}

extension HaoyuanClient {
    /// The change feed, event by event.
    ///
    /// - Parameter after: The last position seen; `Position(rawValue: 0)` for everything still kept; nil for what
    ///   happens from now on.
    public func changes(after: Position? = nil) -> ChangeFeed { ChangeFeed(pages: changePages(after: after)) }

    /// The change feed, page by page, for programs that store how far they have come.
    ///
    /// - Parameters:
    ///   - after: As for ``changes(after:)``.
    ///   - namingRefusedPatients: whether an event of kind `refused` says whom it concerns.
    public func changePages(after: Position? = nil, namingRefusedPatients: Bool = false) -> ChangePages {
        let beginning = after.map { $0.rawValue == 0 ? FeedBeginning.oldest : .after($0) } ?? .now
        return ChangePages(
            client: self, start: .init(beginning: beginning, namingRefusedPatients: namingRefusedPatients))
    }

    /// The change feed for a named reader, page by page. The server keeps the log for it, within the server's bounds,
    /// while it is away.
    ///
    /// It begins behind the last position that the reader confirmed (``confirm(_:of:options:)``). Confirm a
    /// page when what you made of it is stored. ``HaoyuanError/Code/positionTrimmed`` when it was away for too long:
    /// begin with ``FeedBeginning/now``, read the state anew, and confirm from there. Do the same where
    /// ``ChangePages/Iterator/isOfNewName`` says that the name was not known: it was dropped, or a backup is older.
    ///
    /// - Parameters:
    ///   - name: 1 to 64 letters a to z, digits, dots, hyphens and underscores.
    ///   - beginning: where to begin instead; nil resumes, and a name that is new begins now.
    ///   - stored: the ``ChangePage/place`` up to which you have stored what you made of the events, for a reading that
    ///     resumes. ``HaoyuanError/Code/invalidArgument`` where a failover or a restoration took back what you saw
    ///     there: read the state anew.
    ///   - namingRefusedPatients: As for ``changePages(after:namingRefusedPatients:)``.
    public func changePages(
        named name: String, from beginning: FeedBeginning? = nil, stored: FeedPlace? = nil,
        namingRefusedPatients: Bool = false
    ) -> ChangePages {
        ChangePages(
            client: self,
            start: .init(
                beginning: beginning ?? .now, name: name, resumes: beginning == nil, stored: stored,
                namingRefusedPatients: namingRefusedPatients))
    }
}
