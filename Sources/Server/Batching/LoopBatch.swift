import Engine
import NIOCore
import Wire

/// Everything that all connections of one event loop brought in one tick, as one call of the engine. One task and two hops for
/// the lot, however many requests it is. Lives on its event loop.
final class LoopBatch {
    /// Who gets which of the answers.
    struct Sink {
        enum Kind {
            case single
            case together
            case batch(BatchPlan)
        }

        let session: SessionHandler
        let method: Method
        let id: UInt32
        let serial: UInt64
        let kind: Kind
    }

    /// Writes at which a tick's batch goes off before the tick ends: as many as one frame may bring.
    private static let mostWrites = WireLimits.batchLength

    private let engine: Engine
    private let eventLoop: any EventLoop
    private var writes: [Write] = []
    private var sinks: [Sink] = []
    private var isScheduled = false
    /// Batches that the engine has, by number.
    private var underWay: [UInt64: [Sink]] = [:]
    private var number: UInt64 = 0

    init(engine: Engine, eventLoop: any EventLoop) {
        self.engine = engine
        self.eventLoop = eventLoop
    }

    func add(_ write: Write, _ sink: Sink) {
        writes.append(write)
        sinks.append(sink)
        goSoon()
    }

    /// Adds a batch frame's writes.
    ///
    /// - Parameter take: makes the request count on its connection, or says why it may not; then nothing is added.
    func addBatch(
        _ payload: ByteBuffer, on connection: ConnectionOrigin, deadline: UInt64?,
        take: (BatchPlan) throws(ProtocolError) -> Sink
    ) throws(ProtocolError) {
        let start = writes.count
        let plan = try BatchPlan(payload, on: connection, deadline: deadline, into: &writes)
        do {
            sinks.append(try take(plan))
        } catch {
            writes.removeSubrange(start...)
            throw error
        }
        goSoon()
    }

    private func goSoon() {
        if writes.count >= Self.mostWrites {
            go()
        } else if !isScheduled {
            isScheduled = true
            // The loop runs its tasks after it has read from every ready socket: at the end of this tick.
            let batch = NIOLoopBound(self, eventLoop: eventLoop)
            eventLoop.execute {
                batch.value.isScheduled = false
                batch.value.go()
            }
        }
    }

    private func go() {
        guard !sinks.isEmpty else { return }
        number += 1
        let (number, writes, engine, eventLoop) = (number, writes, engine, eventLoop)
        underWay[number] = sinks
        self.writes = []
        self.writes.reserveCapacity(min(writes.count, Self.mostWrites))
        sinks = []
        sinks.reserveCapacity(64)
        let batch = NIOLoopBound(self, eventLoop: eventLoop)
        Task {
            let answers = await engine.execute(writes)
            eventLoop.execute { batch.value.answered(number, answers) }
        }
    }

    /// Every answer is durable: hand them out, and flush each connection once.
    private func answered(_ number: UInt64, _ answers: [Answer]) {
        guard let sinks = underWay.removeValue(forKey: number) else {
            preconditionFailure("a batch is answered once")
        }
        var next = 0
        var touched: [SessionHandler] = []
        for sink in sinks {
            let count: Int
            switch sink.kind {
            case .single, .together:
                count = 1
                sink.session.answer(sink, answers[next])
            case .batch(let plan):
                count = plan.writes
                sink.session.answer(sink, plan, answers[next..<next + count])
            }
            next += count
            if sink.session.needsFlush, touched.last !== sink.session { touched.append(sink.session) }
        }
        precondition(next == answers.count, "the engine answers every write")
        for session in touched { session.flushReplies() }
    }
}
