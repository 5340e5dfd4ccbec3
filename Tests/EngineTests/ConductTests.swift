import Journal
import Scheduling
import Testing

@testable import Engine

/// 爽约: what patients did is found, kept over archiving, checkpoints and restarts, and blocks where a policy says so.
@Suite struct `No-shows and blocks` {
    private typealias Term = CatalogueDraft.PolicyTerm

    private static let ladder = Term(rule: .blocked, channels: [.app], limit: 2, days: 90, blockDays: 60)

    private func hospital(
        _ terms: [CatalogueDraft.PolicyTerm] = [ladder], archiveAfter: Int64 = EngineLimits.archiveAfterMilliseconds
    ) async throws -> Hospital {
        let policy = CatalogueDraft.Policy(
            department: "CARD", perDayDepartment: 0, perDay: 0, holdSeconds: 900, terms: terms)
        return try await Hospital(policies: [policy]) { $0.archiveAfterMilliseconds = archiveAfter }
    }

    private func run(
        _ command: Command, by channel: Channel = .app, _ name: String = "nurse-7", in hospital: Hospital
    ) async -> Answer {
        let origin = Origin(channel: channel, operatorName: name)
        return await hospital.engine.execute([Write(key: hospital.key(), by: origin, command: command)])[0]
    }

    private func advance(_ hospital: Hospital, hours: Int64) async {
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: hours * 3_600_000))
        await hospital.engine.runTimers()
    }

    private func step(_ hospital: Hospital, _ id: AppointmentID, granted: Bool = false) -> AppealStep {
        AppealStep(patient: hospital.patients[0], appointment: id, reason: "地铁停运", granted: granted)
    }

    /// Patient 0 is booked in two sessions of the morning, and comes to neither.
    private func missTwice(_ hospital: Hospital) async throws -> [AppointmentID] {
        let first = try await hospital.open("li", capacities: [3])
        let second = try await hospital.open("li", at: "11:00", capacities: [3])
        var ids: [AppointmentID] = []
        for session in [first, second] {
            ids.append(try #require(await run(hospital.book(0, session, 0), in: hospital).receipt).appointment)
        }
        await advance(hospital, hours: 6)
        return ids
    }

    /// 11:00 of the day, and 60 days.
    private static let end = Hospital.morning.advanced(milliseconds: 3 * 3_600_000 + 60 * 86_400_000)
    private static let refusal = Refusal(
        .blocked, policyVersion: 1, authority: .department, limit: UInt32(end.rawValue / 60_000))

    @Test func `who never came is a no-show once the session is over, and who arrived is none`() async throws {
        let hospital = try await hospital()
        let session = try await hospital.open("li", capacities: [3, 3])
        let other = try await hospital.open("ct", capacities: [3, 3, 3])
        let absent = try #require(await run(hospital.book(0, session, 0), in: hospital).receipt).appointment
        let arrived = try #require(await run(hospital.book(1, session, 0), in: hospital).receipt).appointment
        let elsewhere = try #require(
            await run(hospital.book(2, other, 0, service: hospital.scan), in: hospital).receipt
        ).appointment
        #expect(await hospital.change(arrived, .arrive).receipt != nil)
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 3_600_000 + 1_200_000))
        await hospital.engine.runTimers()
        #expect(try await hospital.state(absent) == .booked, "the session ends at this moment")
        await advance(hospital, hours: 2)
        #expect(try await hospital.state(absent) == .noShow)
        #expect(try await hospital.state(arrived) == .arrived)
        #expect(try await hospital.state(elsewhere) == .booked, "its policy has none found")
        await hospital.expectSound()
    }

    @Test func `a ladder blocks the channels it names until its end, whatever restarts`() async throws {
        let hospital = try await hospital()
        _ = try await missTwice(hospital)
        let next = try await hospital.open("li", day: 1, capacities: [9])
        for round in 0..<4 {
            let answer = await run(hospital.book(0, next, 0), in: hospital)
            #expect(answer.refusal == Self.refusal, "round \(round): \(answer.outcome)")
            #expect(answer.refusal?.until == Self.end)
            switch round {
            case 0: await hospital.engine.checkpoint()
            case 1: try await hospital.restart()
            case 2:
                // The sessions leave memory, and with them all but what speaks against the patient.
                await advance(hospital, hours: 10 * 24)
                await hospital.engine.archiveSessions()
                #expect(await hospital.engine.status().counts.appointments == 0)
                try await hospital.restart()
                let later = try await hospital.open("li", day: 20, capacities: [9])
                #expect(await run(hospital.book(0, later, 0), in: hospital).refusal == Self.refusal)
                #expect(await run(hospital.book(0, later, 0), by: .window, in: hospital).receipt != nil)
                return
            default: break
            }
        }
        await hospital.expectSound()
    }

    @Test func `a block is over at its end`() async throws {
        let hospital = try await hospital()
        _ = try await missTwice(hospital)
        let late = try await hospital.open("li", day: 70, capacities: [9])
        #expect(await run(hospital.book(0, late, 0), in: hospital).refusal == Self.refusal)
        hospital.clock.advance(to: Self.end)
        #expect(await run(hospital.book(0, late, 0), in: hospital).receipt != nil)
    }

    @Test func `a late cancellation counts by its weight, and a hold that is given back does not`() async throws {
        let half = Term(rule: .blocked, limit: 1, days: 7, minutes: 120, blockDays: 7, weight: 50)
        let hospital = try await hospital([half])
        let session = try await hospital.open("li", at: "12:00", capacities: [9, 9, 9])
        let next = try await hospital.open("li", day: 1, capacities: [9, 9])
        func cancel(_ slot: UInt16, hold: Bool = false) async throws {
            let id = try #require(await run(hospital.book(0, session, slot, hold: hold), in: hospital).receipt)
            #expect(await hospital.change(id.appointment, .cancel).receipt != nil)
        }
        try await cancel(0)
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 3 * 3_600_000))
        try await cancel(1, hold: true)
        try await cancel(1)
        let free = try #require(await run(hospital.book(0, next, 0), in: hospital).receipt).appointment
        #expect(await hospital.change(free, .cancel).receipt != nil)
        try await cancel(2)
        #expect(await run(hospital.book(0, next, 1), in: hospital).refusal?.rule == .blocked)
        let standing = try await hospital.engine.standing(of: hospital.patients[0]).value
        // The first cancellation, four hours before, is known and does not count; nor does the one of the next day.
        #expect(standing.strikes.map(\.conduct.minutesLeft) == [240, 70, 80, 1_320])
        #expect(standing.blocks.map(\.term.weight) == [50])
        await hospital.expectSound()
    }

    @Test func `a stopped clinic speaks against nobody`() async throws {
        let hospital = try await hospital([Term(rule: .blocked, limit: 1, days: 90, blockDays: 90)])
        let session = try await hospital.open("li", capacities: [3])
        #expect(await run(hospital.book(0, session, 0), in: hospital).receipt != nil)
        guard case .told = await hospital.run(.stopSession(session, from: 0, reason: "医生病假")).outcome else {
            Issue.record("not stopped")
            return
        }
        await advance(hospital, hours: 6)
        #expect(try await hospital.engine.standing(of: hospital.patients[0]).value.strikes.isEmpty)
        let next = try await hospital.open("li", day: 1, capacities: [3])
        #expect(await run(hospital.book(0, next, 0), in: hospital).receipt != nil)
    }

    @Test func `a granted appeal strikes out, its decider is another person, and a restart keeps both`() async throws {
        let hospital = try await hospital()
        let ids = try await missTwice(hospital)
        let next = try await hospital.open("li", day: 1, capacities: [9])
        let other = AppointmentID(session: next, number: 1)
        #expect(await run(.fileAppeal(step(hospital, other)), in: hospital).error?.code == .notFound)
        #expect(await run(.decideAppeal(step(hospital, ids[0])), in: hospital).error?.code == .notFound)
        guard case .told(.appealFiled) = await run(.fileAppeal(step(hospital, ids[0])), in: hospital).outcome else {
            Issue.record("not filed")
            return
        }
        #expect(await run(.fileAppeal(step(hospital, ids[0])), in: hospital).refusal == Refusal(.state))
        #expect(try await hospital.engine.openAppeals().value.map(\.appointment) == [ids[0]])
        await hospital.engine.checkpoint()
        try await hospital.restart()
        let grant = Command.decideAppeal(step(hospital, ids[0], granted: true))
        #expect(await run(grant, in: hospital).error?.code == .invalidArgument, "who filed it does not decide")
        #expect(await run(grant, "", in: hospital).error?.code == .invalidArgument, "a decision has a name")
        #expect(await run(hospital.book(0, next, 0), in: hospital).refusal == Self.refusal)
        guard case .told(.appealDecided) = await run(grant, "chief-1", in: hospital).outcome else {
            Issue.record("not decided")
            return
        }
        #expect(await run(grant, "chief-2", in: hospital).refusal == Refusal(.state))
        for _ in 0..<2 {
            let standing = try await hospital.engine.standing(of: hospital.patients[0]).value
            #expect(standing.blocks.isEmpty && standing.strikes.count == 2)
            #expect(standing.appeals.map(\.decision?.by.operatorName) == ["chief-1"])
            try await hospital.restart()
        }
        #expect(try await hospital.engine.openAppeals().value.isEmpty)
        #expect(await run(hospital.book(0, next, 0), in: hospital).receipt != nil)
    }

    @Test(arguments: [(7, 6, 7), (31, 29, 30), (92, 29, 30)] as [(UInt32, Int32, Int32)])
    func `so many in a period, archived ones too`(_ period: UInt32, _ within: Int32, _ beyond: Int32) async throws {
        let hospital = try await hospital([Term(rule: .perPeriod, limit: 1, days: period)], archiveAfter: 3_600_000)
        let first = try await hospital.open("li", capacities: [9])
        let last = try await hospital.open("li", day: within, capacities: [9])
        let after = try await hospital.open("li", day: beyond, capacities: [9])
        let id = try #require(await run(hospital.book(0, first, 0), in: hospital).receipt).appointment
        let refusal = Refusal(.perPeriod, policyVersion: 1, authority: .department, limit: 1)
        #expect(await run(hospital.book(0, last, 0), in: hospital).refusal == refusal)
        // March ends with its 31st, 29 days later; so does the quarter.
        let isBeyond = await run(hospital.book(0, after, 0), in: hospital)
        #expect(isBeyond.receipt != nil, "\(isBeyond.outcome)")
        for transition in [Transition.arrive, .start, .complete] {
            #expect(await hospital.change(id, transition).receipt != nil)
        }
        await advance(hospital, hours: 5 * 24)
        await hospital.engine.archiveSessions()
        try await hospital.restart()
        #expect(await run(hospital.book(0, last, 0), in: hospital).refusal == refusal)
        #expect(await run(hospital.book(1, last, 0), in: hospital).receipt != nil)
    }
}
