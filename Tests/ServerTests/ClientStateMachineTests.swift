import NIOCore
import Testing

@testable import HaoyuanClient
@testable import Wire

@Suite struct `A client's connection without a socket` {
    typealias Machine = ConnectionStateMachine<Int>

    private func request(
        _ waiter: Int, _ method: Wire.Method = .book, weight: Int = 1, deadline: UInt64? = nil
    ) -> Machine.Request {
        Machine.Request(
            method: method, payload: ByteBuffer(), weight: weight, deadline: deadline, ticket: UInt64(waiter),
            waiter: waiter)
    }

    private func ready(inFlight: Int = 100, batch: Int = 50) -> Machine {
        var machine = Machine()
        machine.welcomed(inFlightLimit: inFlight, batchLimit: batch)
        return machine
    }

    private func id(_ submission: Machine.Submission?) -> UInt32? {
        if case .send(let id, _) = submission { id } else { nil }
    }

    private func waits(_ submission: Machine.Submission) -> Bool {
        if case .wait = submission { true } else { false }
    }

    private func reply(_ id: UInt32, _ method: Wire.Method = .book, flags: FrameFlags = .reply) -> FrameHeader {
        FrameHeader(method, flags: flags, requestID: id)
    }

    private func answered(_ reception: Machine.Reception) -> Int? {
        if case .answer(let waiter, _, _) = reception { waiter } else { nil }
    }

    @Test func `requests wait for the handshake and then go in their order`() {
        var machine = Machine()
        let (first, second) = (machine.submit(request(1)), machine.submit(request(2)))
        #expect(waits(first) && waits(second))
        #expect(machine.next() == nil)
        guard case .welcome = machine.received(reply(1, .hello)) else {
            Issue.record("no welcome")
            return
        }
        machine.welcomed(inFlightLimit: 10, batchLimit: 10)
        let ids = [id(machine.next()), id(machine.next())]
        #expect(ids == [2, 3])
        #expect(machine.next() == nil)
        #expect(answered(machine.received(reply(3))) == 2)
        #expect(answered(machine.received(reply(2))) == 1)
        #expect(machine.isIdle)
    }

    @Test func `no more goes out than the server takes at once, and a batch counts as its requests`() {
        var machine = ready(inFlight: 10)
        #expect(id(machine.submit(request(1, .batch, weight: 9))) == 2)
        #expect(id(machine.submit(request(2))) == 3)
        #expect(waits(machine.submit(request(3, .batch, weight: 9))))
        // What comes later does not overtake what waits, or a large batch would wait for ever.
        #expect(waits(machine.submit(request(4))))
        _ = machine.received(reply(3))
        #expect(machine.next() == nil)
        _ = machine.received(reply(2, .batch))
        #expect(id(machine.next()) == 4)
        #expect(id(machine.next()) == 5)
    }

    @Test func `a batch the server never takes fails at once`() {
        var machine = ready(inFlight: 100, batch: 50)
        guard case .fail(let failed) = machine.submit(request(1, .batch, weight: 51)) else {
            Issue.record("taken")
            return
        }
        #expect(failed.error.code == .batchTooLong && !failed.error.mayHaveBeenApplied)
        #expect(id(machine.submit(request(1, .batch, weight: 50))) != nil)
    }

    @Test func `when the connection ends, what was sent may have been applied, and what waited was not`() {
        var machine = ready(inFlight: 2)
        _ = machine.submit(request(1))
        _ = machine.submit(request(2, .status))
        _ = machine.submit(request(3))
        let failed = machine.closed(.lost("gone")).sorted { $0.waiter < $1.waiter }
        #expect(failed.map(\.waiter) == [1, 2, 3])
        #expect(failed.map(\.error.mayHaveBeenApplied) == [true, false, false])
        #expect(failed.allSatisfy { $0.error.code == .connectionLost && $0.error.isRetryable })
        guard case .fail(let late) = machine.submit(request(4)) else {
            Issue.record("taken by a closed connection")
            return
        }
        #expect(!late.error.mayHaveBeenApplied)
        #expect(machine.closed(.lost("again")).isEmpty)
    }

    @Test func `after goodbye only what the server took is still answered`() {
        var machine = ready(inFlight: 3)
        for waiter in 1...4 { _ = machine.submit(request(waiter)) }
        let failed = machine.goodbye(lastRequest: 2).sorted { $0.waiter < $1.waiter }
        #expect(failed.map(\.waiter) == [2, 3, 4])
        #expect(
            failed.allSatisfy { $0.error.code == .draining && $0.error.isRetryable && !$0.error.mayHaveBeenApplied })
        #expect(answered(machine.received(reply(2))) == 1)
        #expect(machine.isIdle && machine.isDraining)
    }

    @Test func `a deadline fails its waiter and keeps the id until the server has answered`() {
        var machine = ready(inFlight: 2)
        _ = machine.submit(request(1, deadline: 100))
        _ = machine.submit(request(2, .status, deadline: 300))
        _ = machine.submit(request(3, deadline: 200))
        #expect(machine.nextDeadline == 100)
        #expect(machine.expire(now: 99).isEmpty)
        let first = machine.expire(now: 200).sorted { $0.waiter < $1.waiter }
        #expect(first.map(\.waiter) == [1, 3])
        // The one was sent, the other still waited.
        #expect(first.map(\.error.mayHaveBeenApplied) == [true, false])
        #expect(machine.nextDeadline == 300)
        #expect(waits(machine.submit(request(4))))
        guard case .nothing = machine.received(reply(2)) else {
            Issue.record("a late answer reached somebody")
            return
        }
        #expect(id(machine.next()) != nil)
    }

    @Test func `a cancelled task is told whether its write may have been applied`() {
        var machine = ready(inFlight: 1)
        _ = machine.submit(request(1))
        _ = machine.submit(request(2))
        #expect(machine.cancel(ticket: 9).isEmpty)
        #expect(machine.cancel(ticket: 1).map(\.error.mayHaveBeenApplied) == [true])
        #expect(machine.cancel(ticket: 2).map(\.error.mayHaveBeenApplied) == [false])
    }

    @Test func `pushes go to live subscriptions only`() {
        var machine = ready()
        #expect(id(machine.submit(request(1, .subscribe))) == 2)
        _ = machine.received(reply(2, .subscribe))
        guard case .push = machine.received(reply(2, .subscribe, flags: .push)) else {
            Issue.record("the push reached nobody")
            return
        }
        guard case .nothing = machine.received(reply(3, .subscribe, flags: .push)) else {
            Issue.record("a push for nobody")
            return
        }
        guard case .subscriptionFailure = machine.received(reply(2, .subscribe, flags: [.reply, .error])) else {
            Issue.record("the end of the subscription was not told")
            return
        }
        guard case .nothing = machine.received(reply(2, .subscribe, flags: .push)) else {
            Issue.record("a push behind the end")
            return
        }
    }

    @Test func `a server that breaks the protocol is found out`() {
        let opening = Machine()
        for header in [reply(2), reply(1, .hello, flags: .push), reply(1, .hello, flags: [])] {
            var machine = opening
            guard case .violation = machine.received(header) else {
                Issue.record("taken: \(header)")
                continue
            }
        }
        var machine = ready()
        guard case .violation = machine.received(reply(2, .book, flags: [])),
            case .violation = machine.received(reply(0))
        else {
            Issue.record("taken")
            return
        }
    }

    @Test func `ids wrap around without touching those in use`() {
        var machine = ready(inFlight: 10)
        for _ in 0..<3 { _ = machine.submit(request(1)) }
        #expect(machine.goodbye(lastRequest: 4).isEmpty)
    }
}

@Suite struct `A place of the pool` {
    private func slot(_ addresses: Int = 2) -> SlotStateMachine<String> {
        SlotStateMachine(
            addresses: addresses, startingAt: 0, backoff: .init(first: .nanoseconds(100), longest: .nanoseconds(350)))
    }

    private func made(_ slot: inout SlotStateMachine<String>, now: UInt64) -> (address: Int, generation: Int)? {
        guard case .make(let address) = slot.take(now: now) else { return nil }
        var generation = 0
        _ = slot.made {
            generation = $0
            return "connection \($0)"
        }
        return (address, generation)
    }

    @Test func `one connection serves until it ends`() throws {
        var slot = slot()
        let first = try #require(made(&slot, now: 0))
        guard case .use("connection 1") = slot.take(now: 1) else {
            Issue.record("not used again")
            return
        }
        slot.ended(generation: first.generation, wasWelcomed: true, now: 2, jitter: 0)
        let second = try #require(made(&slot, now: 2))
        #expect(second.address == 1)
        // News of the old one changes nothing for the new one.
        slot.ended(generation: first.generation, wasWelcomed: false, now: 3, jitter: 0)
        guard case .use("connection 2") = slot.take(now: 3) else {
            Issue.record("lost the new connection")
            return
        }
    }

    @Test func `it waits only when every address has failed, longer each round, up to a limit`() throws {
        var slot = slot(2)
        var now: UInt64 = 0
        for wait in [100, 200, 350, 350] as [UInt64] {
            let first = try #require(made(&slot, now: now))
            slot.ended(generation: first.generation, wasWelcomed: false, now: now, jitter: 0)
            let second = try #require(made(&slot, now: now))
            #expect(second.address != first.address)
            slot.ended(generation: second.generation, wasWelcomed: false, now: now, jitter: 0)
            guard case .refuse(let delay) = slot.take(now: now) else {
                Issue.record("tried at once")
                return
            }
            #expect(delay == .nanoseconds(Int64(wait)))
            now += wait
        }
        let good = try #require(made(&slot, now: now))
        slot.ended(generation: good.generation, wasWelcomed: true, now: now, jitter: 0)
        #expect(made(&slot, now: now) != nil)
    }
}

@Suite struct `Retries` {
    private let backoff = ClientConfiguration.Backoff(first: .milliseconds(20), longest: .milliseconds(100))

    private func delay(_ decision: RetryStateMachine.Decision) -> Duration? {
        if case .retry(let delay) = decision { delay } else { nil }
    }

    private func final(_ decision: RetryStateMachine.Decision) -> HaoyuanError? {
        if case .giveUp(let error) = decision { error } else { nil }
    }

    @Test func `waits double up to a limit and are shortened at random by up to half`() {
        var retries = RetryStateMachine(.repeatable, backoff: backoff, deadline: nil)
        let delays = [0, 0, 0, 0, 1].map { delay(retries.failed(.lost("gone"), now: 0, jitter: $0)) }
        #expect(
            delays == [.milliseconds(20), .milliseconds(40), .milliseconds(80), .milliseconds(100), .milliseconds(50)])
    }

    @Test func `the server's advice is the least that is waited`() {
        var retries = RetryStateMachine(.repeatable, backoff: backoff, deadline: nil)
        let busy = HaoyuanError(.overloaded, "busy", isRetryable: true, retryAfter: .seconds(1))
        #expect(delay(retries.failed(busy, now: 0, jitter: 0)) == .seconds(1))
    }

    @Test func `no try begins after the deadline`() {
        var retries = RetryStateMachine(.repeatable, backoff: backoff, deadline: 30_000_000)
        #expect(delay(retries.failed(.lost("gone"), now: 0, jitter: 0)) == .milliseconds(20))
        #expect(final(retries.failed(.lost("gone"), now: 20_000_000, jitter: 0))?.code == .connectionLost)
    }

    @Test(arguments: [HaoyuanError.Code.invalidArgument, .notFound, .keyReused, .batchTooLong, .unauthenticated])
    func `what cannot help is not repeated`(code: HaoyuanError.Code) {
        var retries = RetryStateMachine(.repeatable, backoff: backoff, deadline: nil)
        #expect(final(retries.failed(HaoyuanError(code, "no"), now: 0, jitter: 0))?.code == code)
    }

    @Test(arguments: [
        HaoyuanError.Code.overloaded, .storageFull, .draining, .internal, .connectionLost, .connectionFailed,
    ])
    func `what may help is repeated`(code: HaoyuanError.Code) {
        var retries = RetryStateMachine(.repeatable, backoff: backoff, deadline: nil)
        let error = HaoyuanError(code, "later", isRetryable: code.isRetryable, mayHaveBeenApplied: true)
        #expect(delay(retries.failed(error, now: 0, jitter: 0)) != nil)
    }

    @Test func `a write without a key is not repeated once it may have been applied`() {
        var retries = RetryStateMachine(.whileUnapplied, backoff: backoff, deadline: nil)
        #expect(delay(retries.failed(.draining, now: 0, jitter: 0)) != nil)
        let lost = HaoyuanError.lost("gone").forRequest(sentWrite: true)
        #expect(final(retries.failed(lost, now: 0, jitter: 0))?.mayHaveBeenApplied == true)
    }

    @Test func `what an earlier try may have done is not forgotten`() {
        var retries = RetryStateMachine(.repeatable, backoff: backoff, deadline: nil)
        _ = retries.failed(HaoyuanError.lost("gone").forRequest(sentWrite: true), now: 0, jitter: 0)
        let last = final(retries.failed(HaoyuanError(.unauthenticated, "no"), now: 0, jitter: 0))
        #expect(last?.code == .unauthenticated && last?.mayHaveBeenApplied == true)
    }
}

@Suite struct `The search for the primary` {
    private func isLeft(_ verdict: PrimarySearch.Verdict) -> Bool { if case .leave = verdict { true } else { false } }

    @Test func `among several servers only a primary decides, and a standby only reads`() {
        var search = PrimarySearch(addresses: 2)
        #expect(isLeft(search.welcomed(.standby, epoch: 1, .deciding)))
        #expect(!isLeft(search.welcomed(.standby, epoch: 1, .reading)))
        #expect(!isLeft(search.welcomed(.primary, epoch: 1, .deciding)))
        #expect(isLeft(search.welcomed(.deposed, epoch: 1, .reading)))
    }

    @Test func `a single server is asked whatever it is`() {
        var search = PrimarySearch(addresses: 1)
        for role in [PBRole.standby, .deposed, .primary] {
            #expect(!isLeft(search.welcomed(role, epoch: 1, .deciding)))
        }
    }

    @Test func `the highest epoch wins, and there is no way back`() {
        var search = PrimarySearch(addresses: 2)
        _ = search.welcomed(.primary, epoch: 3, .deciding)
        #expect(isLeft(search.welcomed(.primary, epoch: 2, .deciding)))
        guard case .stayAndLeaveOthers = search.welcomed(.primary, epoch: 4, .deciding) else {
            Issue.record("the others were not left")
            return
        }
        #expect(search.epoch == 4)
        #expect(isLeft(search.welcomed(.primary, epoch: 3, .deciding)))
    }
}
