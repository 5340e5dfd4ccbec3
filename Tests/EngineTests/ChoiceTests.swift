import Journal
import Scheduling
import Testing

@testable import Engine

/// "Any of these": the first slot that every rule allows, as one record.
@Suite struct `A choice of slots` {
    private func choice(_ answer: Answer) -> (taken: Taken, passed: [Rule])? {
        if case .told(.chosen(let taken, let passed)) = answer.outcome { (taken, passed.map(\.rule)) } else { nil }
    }

    private func none(_ answer: Answer) -> [Rule]? {
        if case .told(.answered(.noneFits(let refusals))) = answer.outcome { refusals.map(\.rule) } else { nil }
    }

    private func any(_ hospital: Hospital, _ patient: Int, _ slots: [(SessionID, UInt16)]) -> Command {
        .bookAny(
            patient: hospital.patients[patient],
            items: slots.map { .init(slot: SlotID(session: $0.0, index: $0.1), service: hospital.clinic) },
            hold: false)
    }

    @Test(arguments: [false, true])
    func `the first that can be had is taken, and the answer says why those before were not`(checkpoint: Bool)
        async throws
    {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", day: 1, capacities: [1, 1, 1, 1])
        let past = try await hospital.open("li", at: "08:00", capacities: [1])
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 60_000))
        #expect(await hospital.run(hospital.book(1, session, 0)).receipt != nil)
        #expect(await hospital.run(hospital.book(0, session, 1)).receipt != nil)
        let write = hospital.write(
            any(hospital, 0, [(past, 0), (session, 0), (session, 1), (session, 2), (session, 3)]))
        let before = hospital.engine.lastPosition
        let answer = await hospital.engine.execute([write])[0]
        let chosen = try #require(choice(answer))
        #expect(chosen.taken.slot == 2 && chosen.passed == [.slotPast, .slotFull, .overlap])
        #expect(answer.position == before.next, "one record")
        if checkpoint { await hospital.engine.checkpoint() }
        try await hospital.restart()
        let again = await hospital.engine.execute([write])[0]
        #expect(again.again && choice(again)?.taken == chosen.taken && choice(again)?.passed == chosen.passed)
        #expect(try await hospital.state(chosen.taken.appointment) == .booked)
        await hospital.expectSound()
    }

    @Test(arguments: [false, true])
    func `where none can be had, each rule is told by its item, and nothing is taken`(checkpoint: Bool) async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", day: 1, capacities: [1, 1])
        #expect(await hospital.run(hospital.book(1, session, 0)).receipt != nil)
        #expect(await hospital.run(hospital.book(0, session, 1)).receipt != nil)
        let write = hospital.write(any(hospital, 0, [(session, 0), (session, 1)]))
        let answer = await hospital.engine.execute([write])[0]
        #expect(none(answer) == [.slotFull, .overlap])
        if checkpoint { await hospital.engine.checkpoint() }
        try await hospital.restart()
        #expect(none(await hospital.engine.execute([write])[0]) == [.slotFull, .overlap])
        #expect(await hospital.run(hospital.book(0, session, 0)).refusal?.rule == .slotFull)
        #expect(try await hospital.engine.appointments(of: hospital.patients[0], history: false).value.count == 1)
        await hospital.expectSound()
    }

    @Test func `what one patient left of a slot another one gets, and never more`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", day: 1, capacities: [1, 1, 1])
        let slots = (0..<3).map { (session, UInt16($0)) }
        let writes = (0..<20).map { hospital.write(any(hospital, $0, slots)) }
        let answers = await withTaskGroup(of: Answer.self) { group in
            for write in writes { group.addTask { [engine = hospital.engine] in await engine.execute([write])[0] } }
            return await group.reduce(into: [Answer]()) { $0.append($1) }
        }
        #expect(Set(answers.compactMap { choice($0)?.taken.slot }) == [0, 1, 2])
        #expect(answers.count { none($0) == [.slotFull, .slotFull, .slotFull] } == 17)
        await hospital.expectSound()
    }

    @Test func `a slot that does not exist fails the whole of it`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", day: 1, capacities: [1])
        #expect(await hospital.run(any(hospital, 0, [(session, 0), (session, 7)])).error?.code == .notFound)
        #expect(await hospital.run(hospital.book(0, session, 0)).receipt != nil)
        let many = await hospital.run(any(hospital, 1, (0..<33).map { _ in (session, 0) })).error
        #expect(many?.message.contains("33 slots") == true)
    }
}
