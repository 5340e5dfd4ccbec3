import Testing

@testable import Server
@testable import Wire

@Suite struct `A session without a socket` {
    private func ready(inFlight: Int = 10, subscriptions: Int = 2) -> SessionStateMachine {
        var machine = SessionStateMachine(inFlightLimit: inFlight, subscriptionLimit: subscriptions)
        machine.greeted(batchLimit: 5)
        _ = machine.welcomed()
        return machine
    }

    private func code(_ reception: SessionStateMachine.Reception) -> ErrorCode? {
        switch reception {
        case .fail(let error), .failUnnamed(let error): error.code
        case .hello, .request, .ignore: nil
        }
    }

    @Test func `nothing is taken between the welcome and its way out`() {
        var machine = SessionStateMachine(inFlightLimit: 10, subscriptionLimit: 2)
        machine.greeted(batchLimit: 5)
        #expect(code(machine.received(FrameHeader(.status, requestID: 2))) == .handshakeRequired)
        let isOut = machine.welcomed()
        let isOutAgain = machine.welcomed()
        #expect(isOut && !isOutAgain)
        #expect(machine.received(FrameHeader(.status, requestID: 2)) == .request(.status))
    }

    @Test func `a session that ends for its client's fault answers what it took, and hears nothing more`() throws {
        var machine = ready()
        let serial = try machine.take(7, .book, isWrite: true, deadline: nil)
        _ = machine.subscribed(8)
        machine.end()
        #expect(machine.isEnding && !machine.isDrained && machine.liveSubscriptions.isEmpty)
        #expect(machine.received(FrameHeader(.book, requestID: 9)) == .ignore)
        let goodbye = machine.drain()
        #expect(goodbye == nil)
        let isWanted = machine.answered(7, serial: serial)
        #expect(isWanted && machine.isDrained)
    }

    @Test func `nothing but HELLO comes first`() {
        let machine = SessionStateMachine(inFlightLimit: 10, subscriptionLimit: 2)
        #expect(machine.received(FrameHeader(.hello, requestID: 1)) == .hello)
        #expect(code(machine.received(FrameHeader(.status, requestID: 1))) == .handshakeRequired)
        #expect(code(machine.received(FrameHeader(method: 99, requestID: 1))) == .handshakeRequired)
    }

    @Test func `HELLO does not come twice`() {
        #expect(code(ready().received(FrameHeader(.hello, requestID: 2))) == .handshakeRequired)
    }

    @Test(arguments: [FrameFlags.reply, .push, [.reply, .error], .error])
    func `a client sends no replies and no pushes`(flags: FrameFlags) {
        #expect(code(ready().received(FrameHeader(.book, flags: flags, requestID: 2))) == .malformedFrame)
    }

    @Test(arguments: [0, 9, 60, 61, 255] as [UInt8])
    func `methods nobody knows, and goodbye, are unknown`(method: UInt8) {
        #expect(code(ready().received(FrameHeader(method: method, requestID: 2))) == .unknownMethod)
    }

    @Test func `every method of a client is taken`() {
        for method in Method.allCases where method.isRequest && method != .hello {
            #expect(ready().received(FrameHeader(method, requestID: 2)) == .request(method))
        }
    }

    @Test func `request id 0 and ids in use are malformed`() throws {
        var machine = ready()
        #expect(code(machine.received(FrameHeader(.book, requestID: 0))) == .malformedFrame)
        let serial = try machine.take(7, .book, isWrite: true, deadline: nil)
        // The id is the first one's: the second is told under another.
        let second = machine.received(FrameHeader(.book, requestID: 7))
        #expect(code(second) == .malformedFrame)
        if case .failUnnamed = second {} else { Issue.record("\(second)") }
        let reply = machine.received(FrameHeader(.book, flags: .reply, requestID: 7))
        if case .failUnnamed = reply {} else { Issue.record("\(reply)") }
        #expect(machine.isInUse(7) && !machine.isInUse(8))
        let isWanted = machine.answered(7, serial: serial)
        #expect(isWanted)
        #expect(machine.received(FrameHeader(.book, requestID: 7)) == .request(.book))
        let isSubscribed = machine.subscribed(7)
        #expect(isSubscribed)
        #expect(code(machine.received(FrameHeader(.book, requestID: 7))) == .malformedFrame)
    }

    @Test func `as much as the limit is in flight, one more is overloaded`() throws {
        var machine = ready(inFlight: 10)
        let serial = try machine.take(2, .batch, weight: 9, isWrite: true, deadline: nil)
        _ = try machine.take(3, .book, isWrite: true, deadline: nil)
        do {
            _ = try machine.take(4, .book, isWrite: true, deadline: nil)
            Issue.record("taken above the limit")
        } catch {
            #expect(error.code == .overloaded && error.retryAfterMilliseconds > 0)
        }
        _ = machine.answered(2, serial: serial)
        _ = try machine.take(4, .batch, weight: 9, isWrite: true, deadline: nil)
    }

    @Test func `a batch at the limit is lawful, one more request is not`() throws {
        try ready().checkBatch(5)
        #expect(throws: ProtocolError.self) { try ready().checkBatch(6) }
    }

    @Test func `subscriptions have their own limit, those under way included`() throws {
        var machine = ready(subscriptions: 2)
        let first = try machine.take(2, .subscribe, isWrite: false, isSubscribe: true, deadline: nil)
        _ = try machine.take(3, .subscribe, isWrite: false, isSubscribe: true, deadline: nil)
        #expect(throws: ProtocolError.self) {
            try machine.take(4, .subscribe, isWrite: false, isSubscribe: true, deadline: nil)
        }
        _ = machine.answered(2, serial: first)
        _ = machine.subscribed(2)
        #expect(throws: ProtocolError.self) {
            try machine.take(4, .subscribe, isWrite: false, isSubscribe: true, deadline: nil)
        }
        let wasThere = machine.unsubscribed(2)
        #expect(wasThere)
        _ = try machine.take(4, .subscribe, isWrite: false, isSubscribe: true, deadline: nil)
    }

    @Test func `a deadline that passes is answered once, and the late answer is for nobody`() throws {
        var machine = ready()
        let early = try machine.take(2, .book, isWrite: true, deadline: 100)
        let late = try machine.take(3, .status, isWrite: false, deadline: 200)
        _ = try machine.take(4, .book, isWrite: true, deadline: nil)
        #expect(machine.nextDeadline == 100)
        let before = machine.expire(now: 99)
        #expect(before.isEmpty)
        let expired = machine.expire(now: 100)
        #expect(expired.map(\.id) == [2] && expired[0].isWrite && expired[0].method == .book)
        let isWanted = machine.answered(2, serial: early)
        #expect(!isWanted)
        // The id may be used again at once; the old answer does not reach the new request.
        let again = try machine.take(2, .book, isWrite: true, deadline: nil)
        let isOldWanted = machine.answered(2, serial: early)
        let isNewWanted = machine.answered(2, serial: again)
        #expect(!isOldWanted && isNewWanted)
        #expect(machine.nextDeadline == 200)
        let isLateWanted = machine.answered(3, serial: late)
        #expect(isLateWanted && machine.nextDeadline == nil)
    }

    @Test func `a draining session answers what it took and takes nothing more`() throws {
        var machine = ready()
        let serial = try machine.take(9, .book, isWrite: true, deadline: nil)
        _ = machine.subscribed(5)
        let last = machine.drain()
        #expect(last == 9)
        #expect(machine.liveSubscriptions.isEmpty && !machine.isDrained)
        #expect(code(machine.received(FrameHeader(.book, requestID: 10))) == .draining)
        let isSubscribed = machine.subscribed(11)
        #expect(!isSubscribed)
        let isWanted = machine.answered(9, serial: serial)
        #expect(isWanted && machine.isDrained)
        let again = machine.drain()
        #expect(again == nil)
    }

    @Test func `a closing session hears nothing and answers nobody`() throws {
        var machine = ready()
        let serial = try machine.take(2, .book, isWrite: true, deadline: 5)
        machine.close()
        #expect(machine.received(FrameHeader(.book, requestID: 3)) == .ignore)
        let isWanted = machine.answered(2, serial: serial)
        let expired = machine.expire(now: 10)
        #expect(!isWanted && expired.isEmpty && machine.isClosing)
    }
}
