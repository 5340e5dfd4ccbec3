import Scheduling
import Testing

/// 停诊 in the core: what one fact holds, what follows it, and what stands in its way.
@Suite struct `Stops of sessions` {
    /// A session with so many booked in its one slot, by patients of their own.
    private func full(_ count: Int) throws -> (World, SessionID, [AppointmentID]) {
        var world = World()
        let session = world.open(slots: 1, capacity: UInt16(count))
        let ids = try (1...UInt64(count)).map { patient throws(Refusal) in try world.book(patient, session) }
        return (world, session, ids)
    }

    @Test func `a stop of very many goes on by itself, a part a fact, until none is left`() throws {
        let (made, session, ids) = try full(1_000)
        var world = made
        let first = try #require(try world.stop(session))
        #expect(first.more && first.affected == 1_000 && first.appointments.map(\.number) == Array(1...400))
        #expect(world.violations.isEmpty)
        #expect(rule { () throws(Refusal) in try world.resume(session) } == .inProgress)
        let rest = world.carryOutRest()
        #expect(rest.map(\.appointments.count) == [400, 200])
        #expect(rest.map(\.more) == [true, false])
        #expect(rest.allSatisfy { $0.number == first.number && $0.affected == 0 })
        #expect(ids.allSatisfy { world.state(of: $0) == .stopped })
        #expect(world.carryOutRest().isEmpty && world.violations.isEmpty)
        #expect(try world.resume(session) == 1)
    }

    @Test func `what was cancelled before its part came is left alone, and what is being moved waits`() throws {
        let (made, session, ids) = try full(500)
        var world = made
        _ = try world.stop(session)
        try world.change(ids[450], .cancel)
        world.pools.lock(ids[460])
        let rest = world.carryOutRest()
        #expect(rest.flatMap(\.appointments).count == 98 && rest.last?.more == true)
        #expect(world.state(of: ids[450]) == .cancelled && world.state(of: ids[460]) == .booked)
        #expect(world.carryOutRest().isEmpty)
        world.pools.unlock(ids[460])
        #expect(world.carryOutRest().flatMap(\.appointments).map(\.number) == [461])
        #expect(world.violations.isEmpty)
    }

    @Test(arguments: [(59_999, 500), (60_000, 400)])
    func `a hold that runs out just when its part comes ends once`(stop: Int64, stopped: Int) throws {
        var world = World(holdSeconds: 60)
        let session = world.open(slots: 1, capacity: 500)
        let ids = try (1...500 as ClosedRange<UInt64>).map { patient throws(Refusal) in
            try world.hold(patient, session)
        }
        let begin = world.now
        world.now = begin.advanced(milliseconds: stop)
        _ = try world.stop(session)
        world.now = begin.advanced(milliseconds: 60_000)
        while !world.runDue().isEmpty {}
        let records = ids.compactMap { world.pools.record($0) }
        #expect(records.count { $0.state == .stopped } == stopped)
        #expect(records.count { $0.state == .expired } == 500 - stopped)
        #expect(records.allSatisfy { $0.version == 2 })
        #expect(world.pools.counts.holds == 0 && world.violations.isEmpty)
    }

    @Test func `a move or a joint booking under way stands in the way of a stop`() throws {
        let (made, session, ids) = try full(2)
        var world = made
        world.pools.lock(ids[0])
        #expect(rule { () throws(Refusal) in try world.stop(session) } == .inProgress)
        world.pools.unlock(ids[0])
        let wide = world.open(on: "2025-07-02")
        let claimed = try world.pools.claim(world.request(9, .init(session: wide, slot: 0)))
        #expect(rule { () throws(Refusal) in try world.stop(wide) } == .inProgress)
        world.pools.release(claim: claimed.appointment)
        #expect(try world.stop(wide)?.affected == 0)
        #expect(try world.stop(session)?.affected == 2)
    }

    @Test func `a fact of a stop that does not follow on what is here is found`() throws {
        let (world, session, _) = try full(1)
        func follows(_ change: (inout SessionStop) -> Void) -> Bool {
            var stop = SessionStop(from: 0, reason: "病假")
            stop.number = 1
            stop.appointments = [
                StoppedAppointment(number: 1, patient: PatientID(rawValue: 1), version: 2, was: .booked)
            ]
            change(&stop)
            var pools = world.pools
            return pools.evolve(.sessionStopped(session, stop), channel: .window, at: world.now)
        }
        #expect(follows { _ in })
        let changes: [(inout SessionStop) -> Void] = [
            { $0.number = 0 }, { $0.from = 1 }, { $0.appointments[0].patient = PatientID(rawValue: 2) },
            { $0.appointments[0].version = 3 }, { $0.appointments[0].number = 2 },
        ]
        for change in changes { #expect(!follows(change)) }
    }

    @Test func `its lines fit one push of the feed, however long its operator's name`() {
        var stop = SessionStop(from: 0, reason: String(repeating: "因", count: 85))
        stop.number = 1
        stop.affected = 400
        stop.appointments = (1...400 as ClosedRange<UInt32>).map {
            StoppedAppointment(number: $0, patient: PatientID(rawValue: .max), version: .max, was: .booked)
        }
        let lines = Fact.sessionStopped(SessionID(rawValue: 7), stop).lines
        #expect(lines.count == 401 && lines[0].appointment == nil && lines[0].reason == stop.reason)
        #expect(lines.dropFirst().allSatisfy { $0.reason.isEmpty && $0.state == .stopped })
    }
}

extension World {
    /// The first fact of a stop; nil where there is no such session or slot.
    mutating func stop(_ session: SessionID, from slot: UInt16 = 0, reason: String = "病假") throws(Refusal)
        -> SessionStop?
    {
        guard case .sessionStopped(_, let stop) = try decide(.stopSession(session, from: slot, reason: reason)) else {
            return nil
        }
        carryOut(stop, of: session, by: origin)
        return stop
    }

    /// The number of the stop that is over; nil where there is no such session.
    mutating func resume(_ session: SessionID) throws(Refusal) -> UInt32? {
        guard let fact = try decide(.resumeSession(session)), case .sessionResumed(_, let number) = fact else {
            return nil
        }
        apply(fact)
        return number
    }

    /// What stops have left to do, one turn of it.
    mutating func carryOutRest() -> [SessionStop] {
        runDue().compactMap { fact in
            if case .sessionStopped(_, let stop) = fact { stop } else { nil }
        }
    }

    /// Lets become true what is due by now, in one turn.
    mutating func runDue(limit: Int = .max) -> [Fact] {
        let facts = pools.decideDue(now: now, limit: limit)
        for fact in facts {
            switch fact {
            case .sessionStopped(let session, let stop): carryOut(stop, of: session, by: .system)
            case .changed(let change):
                apply(fact, by: .system)
                patients.change(change.appointment, patient: change.patient, to: change.state)
            default: apply(fact, by: .system)
            }
        }
        return facts
    }

    private mutating func carryOut(_ stop: SessionStop, of session: SessionID, by origin: Origin) {
        apply(.sessionStopped(session, stop), by: origin)
        for ended in stop.appointments {
            patients.change(
                AppointmentID(session: session, number: ended.number), patient: ended.patient, to: .stopped)
        }
    }
}
