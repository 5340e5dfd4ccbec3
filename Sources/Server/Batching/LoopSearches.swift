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
    /// connections, from which then nothing more is read.
    private static let mostUnderWay = 64
    /// Searches of one connection that are in batches at most: their answers are written whether it reads them or not.
    private static let mostOfConnection = 256

    private var queries: [SlotQuery] = []
    private var sinks: [Sink] = []
    private var isScheduled = false
    /// Batches that the engine has, by number.
    private var underWay: [UInt64: (queries: [SlotQuery], sinks: [Sink])] = [:]
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
        number += 1
        let (number, queries, engine) = (number, queries, loop.engine)
        underWay[number] = (queries, sinks)
        self.queries = []
        self.queries.reserveCapacity(min(queries.count, Self.most))
        sinks = []
        sinks.reserveCapacity(64)
        let bound = NIOLoopBound(loop, eventLoop: loop.eventLoop)
        loop.begin {
            await engine.search(queries)
        } back: { answers in
            bound.value.searches.answered(number, answers, bound.value)
        }
    }

    /// Hands out the answers, and flushes each connection once.
    private func answered(
        _ number: UInt64, _ answers: [Result<Reading<SlotPage>, EngineError>?], _ loop: SessionLoop
    ) {
        guard let (queries, sinks) = underWay.removeValue(forKey: number) else {
            preconditionFailure("a batch is answered once")
        }
        precondition(answers.count == sinks.count, "the engine answers every search")
        var touched: [SessionHandler] = []
        var runs = RequestRuns()
        for index in sinks.indices {
            let sink = sinks[index]
            sink.session.searchesInBatches -= 1
            guard let answer = answers[index] else {
                sink.session.askAlone(sink, queries[index])
                continue
            }
            runs.add(.searchSlots, sink.session.answer(sink, answer), readAt: sink.readAt)
            if sink.session.needsFlush, touched.last !== sink.session { touched.append(sink.session) }
        }
        for session in touched { session.flushReplies() }
        runs.count(in: &loop.counters, now: NIODeadline.now().uptimeNanoseconds)
    }
}
