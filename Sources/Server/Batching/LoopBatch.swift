import Engine
import NIOCore
import Scheduling
import Wire

/// Everything that all connections of one event loop brought in one tick, as one call of the engine. One task and two
/// hops for the lot, however many requests it is. Lives on its event loop.
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
        /// Nanoseconds of the monotonic clock.
        let readAt: UInt64
        let kind: Kind
    }

    /// Writes at which a tick's batch goes off before the tick ends: as many as one frame may bring.
    private static let mostWrites = WireLimits.batchLength

    /// Writes that the event loop carries out itself: the wake-ups that this spares cost more than they do.
    /// Larger batches go to another thread, so that the loop reads on meanwhile.
    private static let mostShort = 1_024

    private var writes: [Write] = []
    private var sinks: [Sink] = []
    private var isScheduled = false
    /// Batches that the engine has, by number.
    private var underWay: [UInt64: [Sink]] = [:]
    private var number: UInt64 = 0

    func add(_ write: Write, _ sink: Sink) {
        writes.append(write)
        sinks.append(sink)
        goSoon(sink.session.shared)
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
            let sink = try take(plan)
            sinks.append(sink)
            goSoon(sink.session.shared)
        } catch {
            writes.removeSubrange(start...)
            throw error
        }
    }

    private func goSoon(_ loop: SessionLoop) {
        if writes.count >= Self.mostWrites {
            go(loop)
        } else if !isScheduled {
            isScheduled = true
            // The loop runs its tasks after it has read from every ready socket: at the end of this tick.
            let bound = NIOLoopBound(loop, eventLoop: loop.eventLoop)
            loop.eventLoop.execute {
                bound.value.batch.isScheduled = false
                bound.value.batch.go(bound.value)
            }
        }
    }

    private func go(_ loop: SessionLoop) {
        guard !sinks.isEmpty else { return }
        number += 1
        let (number, writes, engine) = (number, writes, loop.engine)
        underWay[number] = sinks
        self.writes = []
        self.writes.reserveCapacity(min(writes.count, Self.mostWrites))
        sinks = []
        sinks.reserveCapacity(64)
        let bound = NIOLoopBound(loop, eventLoop: loop.eventLoop)
        loop.begin(onLoop: writes.count <= Self.mostShort) {
            await engine.execute(writes)
        } back: { answers in
            bound.value.batch.answered(number, answers, bound.value)
        }
    }

    /// Every answer is durable: hand them out, and flush each connection once.
    private func answered(_ number: UInt64, _ answers: [Answer], _ loop: SessionLoop) {
        guard let sinks = underWay.removeValue(forKey: number) else {
            preconditionFailure("a batch is answered once")
        }
        var next = 0
        var touched: [SessionHandler] = []
        var tally = WriteTally()
        var runs = RequestRuns()
        for sink in sinks {
            let outcome: RequestOutcome
            let first = next
            switch sink.kind {
            case .single, .together:
                next += 1
                outcome = sink.session.answer(sink, answers[first])
            case .batch(let plan):
                next += plan.writes
                outcome = sink.session.answer(sink, plan, answers[first..<next])
            }
            let failedBefore = tally.failed
            for index in first..<next { tally.count(answers[index]) }
            if case .batch(let plan) = sink.kind, tally.failed > failedBefore || plan.writes < plan.count {
                for code in plan.errors(answers[first..<next]) { loop.counters.told(code) }
            }
            runs.add(sink.method, outcome, readAt: sink.readAt)
            if sink.session.needsFlush, touched.last !== sink.session { touched.append(sink.session) }
        }
        precondition(next == answers.count, "the engine answers every write")
        for session in touched { session.flushReplies() }
        loop.counters.add(tally)
        runs.count(in: &loop.counters, now: NIODeadline.now().uptimeNanoseconds)
    }
}
