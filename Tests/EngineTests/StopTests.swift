import Journal
import Scheduling
import Testing

@testable import Engine

/// 停诊: what is stopped ends as one step, is not sold, and stays so over checkpoints, restarts and on a standby.
@Suite struct `Stopped sessions` {
    private func stop(_ session: SessionID, from: UInt16 = 0, reason: String = "医生病假") -> Command {
        .stopSession(session, from: from, reason: reason)
    }

    private func stop(_ answer: Answer) -> SessionStop? {
        if case .told(.sessionStopped(_, let stop)) = answer.outcome { stop } else { nil }
    }

    private func resumed(_ answer: Answer) -> UInt32? {
        if case .told(.sessionResumed(_, let number)) = answer.outcome { number } else { nil }
    }

    private func openStop(_ hospital: Hospital, _ session: SessionID) async throws -> SessionStop? {
        let sessions = try await hospital.engine.sessions(
            department: nil, pool: nil, from: Hospital.today, to: Hospital.today)
        return try #require(sessions.value.first { $0.id == session }).session.openStop
    }

    private func states(_ engine: Engine, _ session: SessionID) async throws -> [AppointmentState] {
        try await engine.appointments(in: session).value.map(\.appointment.record.state)
    }

    /// What the feed tells of a stop: the lines of all its facts.
    private func told(_ engine: Engine) async throws -> [FactLine] {
        var lines: [FactLine] = []
        var after = Position.zero
        while after < engine.lastPosition {
            let (events, through) = try await engine.events(after: after, limit: 1_000)
            lines += events.map(\.event.fact).filter { $0.kind == .sessionStopped }.flatMap(\.lines)
            after = through
        }
        return lines
    }

    @Test func `what is held, booked or arrived ends, who was called is seen, and nothing is sold`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [2, 2, 2])
        let held = try #require(await hospital.run(hospital.book(0, session, 0, hold: true)).receipt).appointment
        let booked = try #require(await hospital.run(hospital.book(1, session, 0)).receipt).appointment
        let arrived = try #require(await hospital.run(hospital.book(2, session, 1)).receipt).appointment
        let called = try #require(await hospital.run(hospital.book(3, session, 1)).receipt).appointment
        let gone = try #require(await hospital.run(hospital.book(4, session, 2)).receipt).appointment
        for id in [arrived, called] { #expect(await hospital.change(id, .arrive).receipt != nil) }
        #expect(await hospital.change(called, .call).receipt != nil)
        #expect(await hospital.change(gone, .cancel).receipt != nil)

        let stopped = try #require(stop(await hospital.run(stop(session))))
        #expect(stopped.number == 1 && stopped.affected == 3 && stopped.confirmed == 2 && !stopped.more)
        #expect(stopped.appointments.map(\.was) == [.held, .booked, .arrived])
        for id in [held, booked, arrived] { #expect(try await hospital.state(id) == .stopped) }
        #expect(try await hospital.state(called) == .called)
        #expect(try await hospital.state(gone) == .cancelled)
        #expect(await hospital.change(booked, .noShow).refusal?.rule == .state, "a stopped clinic is no no-show")

        let refusal = Refusal(.sessionStopped, authority: .department)
        for slot in 0..<3 as Range<UInt16> {
            #expect(await hospital.run(hospital.book(9, session, slot)).refusal == refusal)
        }
        let found = try await hospital.engine.search(SlotQuery(service: hospital.clinic, from: Hospital.today))
        #expect(found.value.slots.isEmpty)
        // The end of the hold that was stopped means nothing.
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 3_000_000))
        await hospital.engine.runTimers()
        #expect(try await hospital.state(held) == .stopped)
        #expect(try await openStop(hospital, session)?.reason == "医生病假")
        await hospital.expectSound()
    }

    @Test func `a patient whose appointment was stopped is free at that time`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [1])
        let other = try await hospital.open("ct", capacities: [1, 1, 1])
        #expect(await hospital.run(hospital.book(0, session, 0)).receipt != nil)
        let elsewhere = hospital.book(0, other, 0, service: hospital.scan)
        #expect(await hospital.run(elsewhere).refusal?.rule == .overlap)
        #expect(stop(await hospital.run(stop(session))) != nil)
        #expect(await hospital.run(elsewhere).receipt != nil)
        await hospital.expectSound()
    }

    @Test func `moving and joint booking into a stopped session are refused, and out of its rest they work`()
        async throws
    {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [1, 1, 1, 1])
        let next = try await hospital.open("li", day: 1, capacities: [1, 1])
        let early = try #require(await hospital.run(hospital.book(0, session, 0)).receipt).appointment
        let late = try #require(await hospital.run(hospital.book(1, session, 3)).receipt).appointment
        #expect(stop(await hospital.run(stop(session, from: 2)))?.affected == 1)
        #expect(try await hospital.state(early) == .booked)
        #expect(try await hospital.state(late) == .stopped)
        func move(_ slot: SlotID) async -> Answer {
            await hospital.run(.move(early, to: slot, ifVersion: 0, reason: ""))
        }
        #expect(await move(SlotID(session: session, index: 2)).refusal?.rule == .sessionStopped)
        let items = [SlotID(session: session, index: 3), SlotID(session: next, index: 0)].map {
            Command.Item(slot: $0, service: hospital.clinic)
        }
        let together = await hospital.run(.bookTogether(patient: hospital.patients[5], items: items, hold: false))
        #expect(together.refusal?.rule == .sessionStopped)
        #expect(await hospital.run(hospital.book(6, session, 1)).receipt != nil)
        #expect(await move(SlotID(session: next, index: 1)).receipt != nil)
        await hospital.expectSound()
    }

    @Test func `a service that reaches into what is stopped is stopped, and not sold`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("ct", capacities: [1, 1, 1, 1, 1, 1, 1])
        let across = try #require(
            await hospital.run(hospital.book(0, session, 2, service: hospital.scan)).receipt
        ).appointment
        #expect(stop(await hospital.run(stop(session, from: 4)))?.affected == 1)
        #expect(try await hospital.state(across) == .stopped)
        let again = hospital.book(1, session, 2, service: hospital.scan)
        #expect(await hospital.run(again).refusal?.rule == .sessionStopped)
        #expect(await hospital.run(hospital.book(1, session, 1, service: hospital.scan)).receipt != nil)
        await hospital.expectSound()
    }

    @Test func `a stop of more takes the place of one before, and resuming sells all of it again`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [1, 1, 1])
        let first = try #require(await hospital.run(hospital.book(0, session, 0)).receipt).appointment
        #expect(await hospital.run(.resumeSession(session)).refusal?.rule == .state)
        #expect(stop(await hospital.run(stop(session, from: 1)))?.number == 1)
        #expect(await hospital.run(stop(session, from: 1)).refusal?.rule == .sessionStopped)
        #expect(await hospital.run(stop(session, from: 2)).refusal?.rule == .sessionStopped)
        let wider = try #require(stop(await hospital.run(stop(session))))
        #expect(wider.number == 2 && wider.appointments.map(\.number) == [first.number])
        #expect(resumed(await hospital.run(.resumeSession(session))) == 2)
        #expect(await hospital.run(.resumeSession(session)).refusal?.rule == .state)
        for slot in 0..<3 as Range<UInt16> {
            #expect(await hospital.run(hospital.book(Int(slot) + 1, session, slot)).receipt != nil)
        }
        #expect(try await hospital.state(first) == .stopped, "what ended with the stop stays ended")
        #expect(stop(await hospital.run(stop(session)))?.number == 3)
        await hospital.expectSound()
    }

    @Test func `checkpoints and restarts keep a stop, its end, and the answers to their keys`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [2, 2])
        let booked = try #require(await hospital.run(hospital.book(0, session, 0)).receipt).appointment
        let write = hospital.write(stop(session))
        let first = await hospital.engine.execute([write])[0]
        // The log alone, then tables, then tables and the log after them.
        try await hospital.restart()
        #expect(try await hospital.state(booked) == .stopped)
        #expect(await hospital.run(hospital.book(1, session, 0)).refusal?.rule == .sessionStopped)
        await hospital.engine.checkpoint()
        try await hospital.restart()
        #expect(try await openStop(hospital, session)?.number == 1)
        #expect(await hospital.run(hospital.book(1, session, 0)).refusal?.rule == .sessionStopped)
        let again = await hospital.engine.execute([write])[0]
        #expect(again.again && again.position == first.position && stop(again) == stop(first))
        let other = await hospital.engine.execute([hospital.write(stop(session, from: 1), key: write.key)])[0]
        #expect(other.error?.code == .keyReused)
        #expect(resumed(await hospital.run(.resumeSession(session))) == 1)
        await hospital.engine.checkpoint()
        try await hospital.restart()
        #expect(try await openStop(hospital, session) == nil)
        #expect(await hospital.run(hospital.book(1, session, 0)).receipt != nil)
        #expect(stop(await hospital.run(stop(session)))?.number == 2, "a number is not given twice")
        await hospital.expectSound()
    }

    @Test(arguments: [false, true])
    func `a stop of a thousand is whole over a restart, and the feed names each once`(checkpoint: Bool) async throws {
        let count = 1_000
        let hospital = try await Hospital(patients: count)
        let session = try await hospital.open("li", capacities: [600, 600])
        let writes = (0..<count).map { hospital.write(hospital.book($0, session, UInt16($0 % 2), hold: $0 % 5 == 0)) }
        for answer in await hospital.engine.execute(writes) { #expect(answer.receipt != nil) }
        let first = try #require(stop(await hospital.run(stop(session))))
        #expect(first.affected == 1_000 && first.confirmed == 800 && first.more)
        #expect(first.appointments.count == Limits.appointmentsPerStop)
        await hospital.engine.stop(writingCheckpoint: checkpoint)
        try hospital.start { _ in }
        await hospital.engine.runTimers()
        #expect(try await states(hospital.engine, session).allSatisfy { $0 == .stopped })
        if !checkpoint {
            let lines = try await told(hospital.engine)
            #expect(lines.count { $0.appointment == nil } == 1)
            let named = lines.compactMap(\.appointment)
            #expect(named.count == count && Set(named).count == count)
        }
        #expect(resumed(await hospital.run(.resumeSession(session))) == 1)
        await hospital.expectSound()
    }

    @Test func `beside a stop of many, each write of its batch is told where its own fact stands`() async throws {
        let count = 400
        let hospital = try await Hospital(patients: count + 3)
        let session = try await hospital.open("li", capacities: [UInt32(count)])
        let next = try await hospital.open("li", day: 1, capacities: [9])
        for answer in await hospital.engine.execute(
            (0..<count).map { hospital.write(hospital.book($0, session, 0)) })
        {
            #expect(answer.receipt != nil)
        }
        let writes = [
            hospital.write(.lockSlots(next, SlotLock(first: 0, slots: 1, units: 1, owner: "", reason: "", until: nil))),
            hospital.write(stop(session)), hospital.write(.unlockSlots(next, 1)),
            hospital.write(hospital.book(count, next, 0)), hospital.write(stop(session)),
        ]
        let answers = await hospital.engine.execute(writes)
        #expect(stop(answers[1])?.appointments.count == count && stop(answers[1])?.more == false)
        #expect(answers[4].refusal?.rule == .sessionStopped)
        for (write, answer) in zip(writes, answers) {
            let before = Position(answer.position.rawValue - 1)
            let found = try await hospital.engine.events(after: before, limit: 1).events
            #expect(found.first?.event.answer?.key == write.key && found.first?.position == answer.position)
        }
        await hospital.expectSound()
    }

    @Test func `a standby has the stop, frees the patients, and sells nothing of it once it is the primary`()
        async throws
    {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [2, 2])
        let other = try await hospital.open("ct", capacities: [1, 1, 1])
        #expect(await hospital.run(hospital.book(0, session, 0)).receipt != nil)
        let standby = try await Standby(of: hospital)
        try await standby.catchUp()
        #expect(stop(await hospital.run(stop(session))) != nil)
        try await standby.catchUp()
        #expect(try await states(standby.engine, session) == [.stopped])
        #expect(await standby.engine.violations().isEmpty)
        await hospital.engine.stop()
        _ = try await standby.engine.promote()
        func run(_ command: Command) async -> Answer { await standby.engine.execute([hospital.write(command)])[0] }
        #expect(await run(hospital.book(1, session, 0)).refusal?.rule == .sessionStopped)
        #expect(await run(hospital.book(0, other, 0, service: hospital.scan)).receipt != nil)
        #expect(resumed(await run(.resumeSession(session))) == 1)
        await standby.engine.stop()
    }

    @Test func `what is not there is not found, and what is over or says no reason is named`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [1, 1])
        let nowhere = SessionID(pool: session.pool, index: 9)
        let beyond = SessionID(rawValue: session.rawValue | 1 << 60)
        for command in [
            stop(nowhere), stop(session, from: 2), stop(beyond), .resumeSession(nowhere), .resumeSession(beyond),
        ] {
            #expect(await hospital.run(command).error?.code == .notFound, "\(command)")
        }
        #expect(await hospital.run(stop(session, reason: "")).error?.message.hasPrefix("reason: empty") == true)
        let long = await hospital.run(stop(session, reason: String(repeating: "长", count: 86)))
        #expect(long.error?.message.hasPrefix("reason: 258 bytes, at most 256") == true)
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 24 * 3_600_000))
        #expect(await hospital.run(stop(session)).refusal?.rule == .slotPast)
        #expect(await hospital.run(.resumeSession(session)).refusal?.rule == .slotPast)
        await hospital.expectSound()
    }
}
