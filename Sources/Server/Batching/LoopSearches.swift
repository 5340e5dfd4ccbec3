import Engine
import Journal
import NIOCore
import Scheduling
import Wire

/// A kind of search that goes with others of its moment: what a query is, and how the engine and a connection deal with
/// it.
protocol LoopSearch: SendableMetatype {
    associatedtype Query: Sendable
    associatedtype Page: Sendable

    static var method: Method { get }
    /// Searches that go together at most, so that no shard is kept from its bookings for long.
    static var most: Int { get }
    /// Where the loop gathers them.
    static func batches(of loop: SessionLoop) -> LoopSearches<Self>
    /// In the order of the queries.
    static func ask(_ engine: Engine, _ queries: [Query]) async -> [Engine.SearchAnswer<Page>]
    static func write(_ reading: Reading<Page>, into buffer: inout ByteBuffer)
}

/// Who gets an answer to a search.
struct SearchSink {
    let session: SessionHandler
    let header: FrameHeader
    let serial: UInt64
    /// Nanoseconds of the monotonic clock, both; nil: never.
    let deadline: UInt64?
    let readAt: UInt64
}

/// The short searches of one kind that all connections of one event loop brought in one tick, as one call of the
/// engine. Lives on its event loop.
final class LoopSearches<Kind: LoopSearch> {
    typealias Sink = SearchSink

    /// Batches that the engine has at most: where the disk stands still, further searches wait their turn on their
    /// connections.
    private static var mostUnderWay: Int { 64 }
    /// Searches of one connection that are in batches at most: their answers are written whether it reads them or not.
    private static var mostOfConnection: Int { 256 }

    private var queries: [Kind.Query] = []
    private var sinks: [Sink] = []
    private var isScheduled = false
    /// Batches that the engine has, by number.
    private var underWay: [UInt64: [Sink]] = [:]
    private var number: UInt64 = 0

    /// Whether a search of this connection may go with the others now.
    func hasRoom(for session: SessionHandler) -> Bool {
        underWay.count < Self.mostUnderWay && session.searchesInBatches < Self.mostOfConnection
    }

    func add(_ query: Kind.Query, _ sink: Sink) {
        sink.session.searchesInBatches += 1
        queries.append(query)
        sinks.append(sink)
        let loop = sink.session.shared
        if queries.count == Kind.most {
            go(loop)
        } else if !isScheduled {
            isScheduled = true
            // The loop runs its tasks after it has read from every ready socket: at the end of this tick.
            let bound = NIOLoopBound(loop, eventLoop: loop.eventLoop)
            loop.eventLoop.execute {
                let searches = Kind.batches(of: bound.value)
                searches.isScheduled = false
                searches.go(bound.value)
            }
        }
    }

    private func go(_ loop: SessionLoop) {
        guard !sinks.isEmpty else { return }
        let (queries, sinks, engine) = (queries, sinks, loop.engine)
        self.queries = []
        self.queries.reserveCapacity(min(queries.count, Kind.most))
        self.sinks = []
        self.sinks.reserveCapacity(64)
        ask(sinks, loop) { await Kind.ask(engine, queries) }
    }

    /// Has the engine find out something about these searches, and hands out what it says.
    private func ask(
        _ sinks: [Sink], _ loop: SessionLoop,
        _ answers: @escaping @Sendable () async -> [Engine.SearchAnswer<Kind.Page>]
    ) {
        number += 1
        let number = number
        underWay[number] = sinks
        let bound = NIOLoopBound(loop, eventLoop: loop.eventLoop)
        loop.begin(answers) { Kind.batches(of: bound.value).answered(number, $0, bound.value) }
    }

    /// Hands out the answers, and flushes each connection once. What shows a write that is not settled waits for it,
    /// and nothing else waits with it.
    private func answered(_ number: UInt64, _ answers: [Engine.SearchAnswer<Kind.Page>], _ loop: SessionLoop) {
        guard let sinks = underWay.removeValue(forKey: number) else {
            preconditionFailure("a batch is answered once")
        }
        precondition(answers.count == sinks.count, "the engine answers every search")
        var touched: [SessionHandler] = []
        var runs = RequestRuns()
        var waiting: (searches: [Engine.Search<Kind.Page>], sinks: [Sink]) = ([], [])
        for (sink, answer) in zip(sinks, answers) {
            switch answer {
            case .later(let search):
                waiting.searches.append(search)
                waiting.sinks.append(sink)
            case .now(let answer):
                sink.session.searchesInBatches -= 1
                runs.add(Kind.method, sink.session.answer(sink, answer, of: Kind.self), readAt: sink.readAt)
                if sink.session.needsFlush, touched.last !== sink.session { touched.append(sink.session) }
            }
        }
        for session in touched { session.flushReplies() }
        runs.count(in: &loop.counters, now: NIODeadline.now().uptimeNanoseconds)
        guard !waiting.sinks.isEmpty else { return }
        let (engine, searches) = (loop.engine, waiting.searches)
        ask(waiting.sinks, loop) { await engine.settle(searches).map { .now($0) } }
    }
}

/// `SEARCH_SLOTS`.
enum SlotSearches: LoopSearch {
    static let method = Method.searchSlots
    static let most = 256

    static func batches(of loop: SessionLoop) -> LoopSearches<SlotSearches> { loop.searches }

    static func ask(_ engine: Engine, _ queries: [SlotQuery]) async -> [Engine.SearchAnswer<SlotPage>] {
        await engine.search(queries)
    }

    static func write(_ reading: Reading<SlotPage>, into buffer: inout ByteBuffer) {
        buffer.writeSearchReply(
            reading.value.slots, more: reading.value.more, position: reading.position.rawValue,
            notJudged: reading.value.unjudged)
    }
}

/// `DAY_COUNTS`.
enum DayCountings: LoopSearch {
    static let method = Method.dayCounts
    /// A counting looks at months.
    static let most = 64

    static func batches(of loop: SessionLoop) -> LoopSearches<DayCountings> { loop.countings }

    static func ask(_ engine: Engine, _ queries: [DayQuery]) async -> [Engine.SearchAnswer<DayPage>] {
        await engine.count(queries)
    }

    static func write(_ reading: Reading<DayPage>, into buffer: inout ByteBuffer) {
        buffer.writeDayCounts(
            reading.value.days, from: reading.value.from, position: reading.position.rawValue,
            notJudged: reading.value.unjudged)
    }
}
