import HaoyuanClient
import NIOConcurrencyHelpers
import NIOCore
import Wire

/// What the connections of one event loop share: the source, the schedule, and what is measured. Lives on that event
/// loop.
final class LoadCore {
    private let source: any LoadSource
    private let eventLoop: any EventLoop
    private let kinds: Int
    private let answers: NIOLockedValueBox<Int>
    private let mark: LoadMark
    let depth: Int

    private var handlers: [LoadHandler] = []
    private var figures: LoadFigures
    private var payload = ByteBuffer()
    private var unanswered = 0
    private var finished: EventLoopPromise<LoadFigures>?
    private var began: UInt64 = 0
    private var schedule: LoadSchedule?
    private var nextMoment = 0
    private var nextHandler = 0
    private var isClosing = false

    /// Requests that are due within so many nanoseconds go out together: a timer for each would cost more than it
    /// tells.
    private static let tick: UInt64 = 50_000

    init(
        _ source: any LoadSource, _ eventLoop: any EventLoop, depth: Int, kinds: Int, answers: NIOLockedValueBox<Int>,
        mark: LoadMark
    ) {
        self.source = source
        self.eventLoop = eventLoop
        self.depth = depth
        self.kinds = kinds
        self.answers = answers
        self.mark = mark
        figures = LoadFigures(kinds: kinds)
    }

    // MARK: Connections

    func welcomed(_ handler: LoadHandler) { handlers.append(handler) }

    func ended(_ error: HaoyuanError) {
        guard !isClosing else { return }
        finished?.fail(error)
        finished = nil
    }

    func close() {
        isClosing = true
        for handler in handlers { handler.hangUp() }
        handlers = []
    }

    // MARK: A pass

    func run(_ schedule: LoadSchedule?, at start: NIODeadline) -> EventLoopFuture<LoadFigures> {
        precondition(finished == nil && unanswered == 0, "one pass ends before the next begins")
        let promise = eventLoop.makePromise(of: LoadFigures.self)
        finished = promise
        figures = LoadFigures(kinds: kinds)
        answers.withLockedValue { $0 = 0 }
        began = start.uptimeNanoseconds
        self.schedule = schedule
        nextMoment = 0
        eventLoop.assumeIsolated().scheduleTask(deadline: start) { self.begin() }
        return promise.futureResult
    }

    private func begin() {
        if schedule != nil { return sendWhatIsDue() }
        for handler in handlers {
            fill(handler)
            handler.flush()
        }
        finishIfDone()
    }

    /// Sends until the connection has as much under way as it may.
    func fill(_ handler: LoadHandler) {
        guard schedule == nil, finished != nil else { return }
        while handler.unanswered < depth, send(on: handler, meantFor: nil) {}
    }

    private func sendWhatIsDue() {
        guard let schedule, finished != nil else { return }
        let now = NIODeadline.now().uptimeNanoseconds
        var touched: [LoadHandler] = []
        while nextMoment < schedule.moments.count {
            let due = began + schedule.moments[nextMoment]
            guard due <= now, let handler = handlerWithRoom() else { break }
            if handler.isFlushed { touched.append(handler) }
            guard send(on: handler, meantFor: due) else {
                nextMoment = schedule.moments.count
                break
            }
            nextMoment += 1
        }
        for handler in touched { handler.flush() }
        guard nextMoment < schedule.moments.count else { return finishIfDone() }
        // After now, however late it is: the event loop reads answers only when no task of its own is due.
        let next = max(began + schedule.moments[nextMoment], NIODeadline.now().uptimeNanoseconds + Self.tick)
        eventLoop.assumeIsolated().scheduleTask(deadline: .uptimeNanoseconds(next)) { self.sendWhatIsDue() }
    }

    /// The next one in turn that may send; nil when all have as much under way as they may. What is due then waits, and
    /// its waiting counts.
    private func handlerWithRoom() -> LoadHandler? {
        guard unanswered < handlers.count * depth else { return nil }
        for _ in handlers {
            nextHandler = (nextHandler + 1) % handlers.count
            if handlers[nextHandler].unanswered < depth { return handlers[nextHandler] }
        }
        return nil
    }

    private func send(on handler: LoadHandler, meantFor due: UInt64?) -> Bool {
        payload.clear()
        guard let request = source.next(into: &payload) else { return false }
        let now = NIODeadline.now().uptimeNanoseconds
        figures.bytesSent += handler.send(request, payload, since: due ?? now)
        figures.kinds[request.kind].requests += 1
        if let due { figures.lateness.add(now - due) }
        unanswered += 1
        return true
    }

    // MARK: Answers

    func received(bytes: Int) { figures.bytesReceived += bytes }

    func answered(_ request: LoadRequest, since: UInt64, _ payload: ByteBuffer) {
        var outcome: LoadOutcome
        do throws(ProtocolError) {
            outcome = try source.answered(request, payload)
        } catch {
            let error = HaoyuanError(error)
            source.failed(request, error)
            figures.failed(error)
            outcome = LoadOutcome(failed: request.operations)
        }
        count(request, outcome, since: since)
    }

    func failed(_ request: LoadRequest, since: UInt64, _ error: HaoyuanError) {
        source.failed(request, error)
        figures.failed(error)
        count(request, LoadOutcome(failed: request.operations), since: since)
    }

    private func count(_ request: LoadRequest, _ outcome: LoadOutcome, since: UInt64) {
        let now = NIODeadline.now().uptimeNanoseconds
        figures.answered(request, outcome, latency: now - since, at: now - began, isMarked: mark.isSet)
        unanswered -= 1
    }

    /// Everything that one read of a connection brought has been counted.
    func readComplete(_ handler: LoadHandler) {
        guard finished != nil else { return }
        fill(handler)
        let done = figures.operations
        answers.withLockedValue { $0 = done }
        finishIfDone()
    }

    private func finishIfDone() {
        guard unanswered == 0, schedule.map({ nextMoment >= $0.moments.count }) ?? true, let finished else { return }
        self.finished = nil
        finished.succeed(figures)
    }
}
