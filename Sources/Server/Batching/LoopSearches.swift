import Engine
import NIOCore
import Wire

/// The short searches that all connections of one event loop brought in one tick, as one call of the engine. Lives on
/// its event loop.
final class LoopSearches {
    /// Who gets an answer.
    struct Sink {
        let session: SessionHandler
        let header: FrameHeader
        let serial: UInt64
        /// Nanoseconds of the monotonic clock, both; nil: never.
        let deadline: UInt64?
        let readAt: UInt64
    }

    /// Searches that go together at most, so that no shard is kept from its bookings for long.
    private static let most = 256
    /// Batches that the engine has at most: where the disk stands still, further searches wait their turn on their
    /// connections.
    private static let mostUnderWay = 64
    /// Searches of one connection that are in batches at most: their answers are written whether it reads them or not.
    private static let mostOfConnection = 256

    private var queries: [SlotQuery] = []
    private var sinks: [Sink] = []
    private var isScheduled = false
    /// Batches that the engine has, by number.
    private var underWay: [UInt64: [Sink]] = [:]
    private var number: UInt64 = 0

    /// Whether a search of this connection may go with the others now.
    func hasRoom(for session: SessionHandler) -> Bool {
        underWay.count < Self.mostUnderWay && session.searchesInBatches < Self.mostOfConnection
    }

    func add(_ query: SlotQuery, _ sink: Sink) {
        sink.session.searchesInBatches += 1
        queries.append(query)
        sinks.append(sink)
        let loop = sink.session.shared
        if queries.count == Self.most {
            go(loop)
        } else if !isScheduled {
            isScheduled = true
            // The loop runs its tasks after it has read from every ready socket: at the end of this tick.
            let bound = NIOLoopBound(loop, eventLoop: loop.eventLoop)
            loop.eventLoop.execute {
                bound.value.searches.isScheduled = false
                bound.value.searches.go(bound.value)
            }
        }
    }

    private func go(_ loop: SessionLoop) {
        guard !sinks.isEmpty else { return }
        let (queries, sinks, engine) = (queries, sinks, loop.engine)
        self.queries = []
        self.queries.reserveCapacity(min(queries.count, Self.most))
        self.sinks = []
        self.sinks.reserveCapacity(64)
        ask(sinks, loop) { await engine.search(queries) }
    }

    /// Has the engine find out something about these searches, and hands out what it says.
    private func ask(
        _ sinks: [Sink], _ loop: SessionLoop, _ answers: @escaping @Sendable () async -> [Engine.SearchAnswer]
    ) {
        number += 1
        let number = number
        underWay[number] = sinks
        let bound = NIOLoopBound(loop, eventLoop: loop.eventLoop)
        loop.begin(answers) { bound.value.searches.answered(number, $0, bound.value) }
    }

    /// Hands out the answers, and flushes each connection once. What shows a write that is not settled waits for it,
    /// and nothing else waits with it.
    private func answered(_ number: UInt64, _ answers: [Engine.SearchAnswer], _ loop: SessionLoop) {
        guard let sinks = underWay.removeValue(forKey: number) else {
            preconditionFailure("a batch is answered once")
        }
        precondition(answers.count == sinks.count, "the engine answers every search")
        var touched: [SessionHandler] = []
        var runs = RequestRuns()
        var waiting: (searches: [Engine.Search], sinks: [Sink]) = ([], [])
        for (sink, answer) in zip(sinks, answers) {
            switch answer {
            case .later(let search):
                waiting.searches.append(search)
                waiting.sinks.append(sink)
            case .now(let answer):
                sink.session.searchesInBatches -= 1
                runs.add(.searchSlots, sink.session.answer(sink, answer), readAt: sink.readAt)
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
