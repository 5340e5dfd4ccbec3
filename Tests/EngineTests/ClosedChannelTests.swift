import Scheduling
import Testing

@testable import Engine

@Suite struct `Channels that a policy closes` {
    private func hospital(_ terms: [CatalogueDraft.PolicyTerm], of department: String = "CARD") async throws -> Hospital
    {
        try await Hospital(policies: [
            .init(department: department, perDayDepartment: 0, perDay: 0, holdSeconds: 900, terms: terms)
        ])
    }

    private func run(_ command: Command, by channel: Channel, in hospital: Hospital) async -> Answer {
        let write = Write(
            key: hospital.key(), by: Origin(channel: channel, operatorName: "nurse-7"), command: command)
        return await hospital.engine.execute([write])[0]
    }

    private func offered(
        _ hospital: Hospital, _ session: SessionID, to channel: Channel?, service: Bool = true
    ) async throws -> (slots: Int, unjudged: Bool) {
        var query = SlotQuery(service: service ? hospital.clinic : nil, from: Hospital.today)
        if !service { query.department = DepartmentID(rawValue: 2) }
        query.origin = channel.map { Origin(channel: $0, operatorName: "") }
        let page = try await hospital.engine.search(query).value
        return (page.slots.count { $0.slot.session == session }, page.unjudged.contains(.channelClosed))
    }

    @Test func `the channels that a term names may book, others may not, and a search agrees`() async throws {
        let hospital = try await hospital([.init(rule: .channelClosed, channels: [.window])])
        let session = try await hospital.open("li", capacities: [2])
        let other = try await hospital.open("ct", at: "13:00", capacities: [2])
        let refusal = await run(hospital.book(0, session, 0), by: .app, in: hospital).refusal
        #expect(refusal == Refusal(.channelClosed, policyVersion: 1, authority: .department))
        #expect(await run(hospital.book(0, session, 0), by: .window, in: hospital).receipt != nil)
        #expect(await run(hospital.book(1, other, 0), by: .app, in: hospital).receipt != nil)
        for (channel, slots) in [(Channel.app, 0), (.window, 1)] {
            let found = try await offered(hospital, session, to: channel)
            #expect(found.slots == slots && !found.unjudged)
        }
        let unnamed = try await offered(hospital, session, to: nil)
        #expect(unnamed.slots == 1 && unnamed.unjudged)
    }

    @Test func `a term reaches its services and pools only, and every term that does must name the channel`()
        async throws
    {
        let hospital = try await hospital(
            [
                .init(rule: .channelClosed, services: ["visit"], pools: ["ct"], channels: [.window, .ward]),
                .init(rule: .channelClosed, pools: ["ct"], channels: [.ward, .app]),
            ], of: "")
        let scans = try await hospital.open("ct", capacities: [9, 9, 9])
        let clinic = try await hospital.open("li", at: "13:00", capacities: [9])
        for (channel, visit, scan) in [
            (Channel.window, false, false), (.ward, true, true), (.app, false, true), (.kiosk, false, false),
        ] {
            let patient = Int(channel.rawValue)
            let visited = await run(hospital.book(patient, scans, 0), by: channel, in: hospital)
            #expect((visited.receipt != nil) == visit, "\(channel)")
            let scanned = await run(
                hospital.book(patient + 10, scans, 0, service: hospital.scan), by: channel, in: hospital)
            #expect((scanned.receipt != nil) == scan, "\(channel)")
            #expect(await run(hospital.book(patient + 20, clinic, 0), by: channel, in: hospital).receipt != nil)
            #expect(try await offered(hospital, scans, to: channel).slots == (visit ? 3 : 0))
        }
        // Without a service only the term of all services speaks, and the reply says that the rule may still refuse.
        let unnamed = try await offered(hospital, scans, to: .app, service: false)
        #expect(unnamed.slots == 3 && unnamed.unjudged)
        #expect(try await offered(hospital, scans, to: .kiosk, service: false).slots == 0)
    }

    @Test func `a move is judged by its new place, and what stands stays`() async throws {
        let hospital = try await hospital([.init(rule: .channelClosed, channels: [.window])])
        let session = try await hospital.open("li", capacities: [2, 2])
        let free = try await hospital.open("ct", at: "13:00", capacities: [2, 2])
        let booked = try #require(await run(hospital.book(0, session, 0), by: .window, in: hospital).receipt)
        func move(_ session: SessionID, _ slot: UInt16, by channel: Channel) async -> Answer {
            await run(
                .move(booked.appointment, to: SlotID(session: session, index: slot), ifVersion: 0, reason: ""),
                by: channel, in: hospital)
        }
        #expect(await move(session, 1, by: .app).refusal?.rule == .channelClosed)
        #expect(try await hospital.state(booked.appointment) == .booked)
        #expect(await move(free, 0, by: .app).receipt != nil)
        await hospital.expectSound()
    }
}
