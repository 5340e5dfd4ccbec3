import Journal
import Scheduling
import Testing

@testable import Engine

/// A refusal is true at its place in the journal: before what frees the place, or the day, that it was refused for.
@Suite struct `The place of a refusal` {
    private func expect(_ answers: [Answer], rule: Rule, _ location: SourceLocation = #_sourceLocation) {
        #expect(answers[0].refusal?.rule == rule, sourceLocation: location)
        #expect(answers[1].receipt != nil, sourceLocation: location)
        #expect(answers[0].position < answers[1].position, sourceLocation: location)
    }

    @Test func `is before the move that came with it`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [1, 1, 1])
        let second = try #require(await hospital.run(hospital.book(1, session, 1)).receipt).appointment
        let move = Command.move(second, to: SlotID(session: session, index: 2), ifVersion: 0, reason: "")
        expect(
            await hospital.engine.execute([hospital.write(hospital.book(2, session, 1)), hospital.write(move)]),
            rule: .slotFull)
        await hospital.expectSound()
    }

    @Test func `is before the cancellation that frees the patient's day, where they come together`() async throws {
        let hospital = try await Hospital(policies: [
            .init(department: "", perDayDepartment: 0, perDay: 1, holdSeconds: 600)
        ])
        let session = try await hospital.open("li", capacities: [1, 1])
        let first = try #require(await hospital.run(hospital.book(0, session, 0)).receipt).appointment
        let cancel = Command.change(first, .cancel, ifVersion: 0, reason: "")
        expect(
            await hospital.engine.execute([hospital.write(hospital.book(0, session, 1)), hospital.write(cancel)]),
            rule: .perDay)
    }

    @Test func `has the answers of a batch at the places of their records`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [1, 1])
        let commands = [0, 1, 0, 1].enumerated().map { patient, slot in hospital.book(patient, session, UInt16(slot)) }
        let answers = await hospital.engine.execute(commands.map { hospital.write($0) })
        #expect(answers.map { $0.receipt != nil } == [true, true, false, false])
        let told = answers.map { ($0.position, $0.receipt == nil) }.sorted { $0.0 < $1.0 }
        let read = try await hospital.engine.events(after: Position(told[0].0.rawValue - 1), limit: 4).events
        #expect(read.map(\.position) == told.map(\.0))
        #expect(read.map { if case .refused = $0.event.fact { true } else { false } } == told.map(\.1))
    }
}
