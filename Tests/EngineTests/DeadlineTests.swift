import Scheduling
import Testing

@testable import Engine

/// Until when a policy lets an appointment be cancelled, or given up by a move.
@Suite struct `Deadlines for cancelling` {
    private func run(_ command: Command, by channel: Channel = .app, in hospital: Hospital) async -> Answer {
        let origin = Origin(channel: channel, operatorName: "nurse-7")
        return await hospital.engine.execute([Write(key: hospital.key(), by: origin, command: command)])[0]
    }

    /// The app cancels until 15:00 of the day before.
    private func hospital(_ terms: [CatalogueDraft.PolicyTerm]? = nil) async throws -> Hospital {
        let standard: [CatalogueDraft.PolicyTerm] = [
            .init(rule: .tooLate, services: ["visit"], channels: [.app], days: 1, at: WallTime("15:00"))
        ]
        return try await Hospital(policies: [
            .init(department: "CARD", perDayDepartment: 0, perDay: 0, holdSeconds: 86_400, terms: terms ?? standard)
        ])
    }

    private func cancel(_ id: AppointmentID) -> Command { .change(id, .cancel, ifVersion: 0, reason: "") }

    private func move(_ id: AppointmentID, to session: SessionID, _ slot: UInt16) -> Command {
        .move(id, to: SlotID(session: session, index: slot), ifVersion: 0, reason: "")
    }

    /// 15:00 is seven hours after the morning.
    private static let deadline = Hospital.morning.advanced(milliseconds: 7 * 3_600_000)
    private static let late = Refusal(.tooLate, policyVersion: 1, authority: .department)

    @Test func `an appointment is cancelled and moved until the deadline, and not from then on`() async throws {
        let hospital = try await hospital()
        let session = try await hospital.open("li", day: 1, capacities: [9, 9])
        var booked: [AppointmentID] = []
        for patient in 0..<5 {
            booked.append(try #require(await run(hospital.book(patient, session, 0), in: hospital).receipt).appointment)
        }
        hospital.clock.advance(to: Self.deadline.advanced(milliseconds: -1))
        #expect(await run(cancel(booked[0]), in: hospital).receipt != nil)
        #expect(await run(move(booked[1], to: session, 1), in: hospital).receipt != nil)
        hospital.clock.advance(to: Self.deadline)
        #expect(await run(cancel(booked[2]), in: hospital).refusal == Self.late)
        #expect(await run(move(booked[2], to: session, 1), in: hospital).refusal == Self.late)
        #expect(try await hospital.state(booked[2]) == .booked)
        // The window is not named.
        #expect(await run(cancel(booked[2]), by: .window, in: hospital).receipt != nil)
        #expect(await run(move(booked[3], to: session, 1), by: .window, in: hospital).receipt != nil)
        #expect(await hospital.change(booked[4], .stop).receipt != nil)
        await hospital.expectSound()
    }

    @Test func `what is only held is given back and moved at any time`() async throws {
        let hospital = try await hospital()
        let session = try await hospital.open("li", day: 1, capacities: [9, 9])
        var held: [AppointmentID] = []
        for patient in 0..<3 {
            held.append(
                try #require(await run(hospital.book(patient, session, 0, hold: true), in: hospital).receipt)
                    .appointment)
        }
        hospital.clock.advance(to: Self.deadline)
        #expect(await run(cancel(held[0]), in: hospital).receipt != nil)
        #expect(await run(move(held[1], to: session, 1), in: hospital).receipt != nil)
        #expect(await hospital.change(held[2], .confirm).receipt != nil)
        #expect(await run(cancel(held[2]), in: hospital).refusal == Self.late)
    }

    @Test func `minutes count to the start of the appointment's own slot`() async throws {
        let hospital = try await hospital([.init(rule: .tooLate, pools: ["li"], minutes: 60)])
        let session = try await hospital.open("li", at: "09:00", capacities: [9, 9])
        let first = try #require(await run(hospital.book(0, session, 0), in: hospital).receipt)
        let second = try #require(await run(hospital.book(1, session, 1), in: hospital).receipt)
        #expect(await run(cancel(first.appointment), in: hospital).refusal == Self.late)
        #expect(await run(cancel(second.appointment), in: hospital).receipt != nil)
    }
}
