import Journal
import Scheduling
import Testing

@testable import Engine

/// What becomes of two open sessions of an earlier version that one room is in at the same time.
@Suite struct `Sessions that clash over a resource` {
    /// 李医师 from 09:00 to 10:00, CT from 09:30 to 11:00: the room came to both when they were open.
    private struct World {
        let hospital: Hospital
        let first: SessionID
        let second: SessionID

        func take(_ patient: Int, _ session: SessionID, _ slot: UInt16, hold: Bool = false) async -> Answer {
            await hospital.run(hospital.book(patient, session, slot, hold: hold))
        }

        func offered(_ session: SessionID) async throws -> Int {
            let query = SlotQuery(service: hospital.clinic, from: Hospital.today)
            return try await hospital.engine.search(query).value.slots.count { $0.slot.session == session }
        }

        /// Puts what pools have as a version before would have put it: without a look at the sessions.
        func put(_ pools: [Pool]) async throws {
            await hospital.engine.stop()
            let journal = try Journal.open(JournalOptions(directory: hospital.folder))
            var records = RecordBatch()
            for pool in pools {
                var writer = ByteWriter()
                Event(at: Hospital.morning, by: Hospital.doctor, fact: .catalogueChanged(.pool(pool)))
                    .encode(into: &writer)
                try records.append(writer.bytes)
            }
            try await journal.whenDurable(journal.append(records))
            try journal.close()
            try hospital.start { _ in }
        }
    }

    private func world(booked: Bool = false) async throws -> World {
        let hospital = try await Hospital()
        let world = World(
            hospital: hospital, first: try await hospital.open("li", minutes: 30, capacities: [2, 2]),
            second: try await hospital.open("ct", at: "09:30", minutes: 30, capacities: [2, 2, 2]))
        if booked { #expect(await world.take(0, world.second, 0).receipt != nil) }
        var draft = CatalogueDraft()
        draft.resources = [.init(code: "r", name: "诊室", kind: .room, department: "CARD")]
        _ = try await hospital.engine.putCatalogue(draft, hospital: nil, by: Hospital.doctor)
        var pools = try await hospital.engine.catalogue().value.pools.all
        for index in pools.indices { pools[index].resources = [ResourceID(rawValue: 1)] }
        try await world.put(pools)
        return world
    }

    @Test func `the later one takes no booking, no hold and no move, and no search offers it`() async throws {
        let world = try await world(booked: true)
        let hospital = world.hospital
        let elsewhere = Refusal(.resourceElsewhere)
        for hold in [false, true] { #expect(await world.take(1, world.second, 1, hold: hold).refusal == elsewhere) }
        let booked = try #require(await world.take(1, world.first, 0).receipt).appointment
        let slot = SlotID(session: world.second, index: 2)
        #expect(await hospital.run(.move(booked, to: slot, ifVersion: 0, reason: "")).refusal == elsewhere)
        let together = Command.bookTogether(
            patient: hospital.patients[2],
            items: [SlotID(session: world.first, index: 0), slot].map { .init(slot: $0, service: hospital.clinic) },
            hold: false)
        #expect(await hospital.run(together).refusal == elsewhere)
        #expect(try await world.offered(world.second) == 0)
        #expect(try await world.offered(world.first) == 2)
        // What was booked before stands.
        let old = AppointmentID(session: world.second, number: 1)
        #expect(await hospital.change(old, .arrive).receipt != nil)
        await hospital.expectSound()
    }

    @Test func `both are named, and neither when the first is over`() async throws {
        let world = try await world()
        let hospital = world.hospital
        #expect(
            hospital.engine.clashes() == [
                "resource ‘r’ is in two places at one time: in session 1/0 of pool ‘li’ (2026-03-02 09:00) and in "
                    + "session 2/0 of pool ‘ct’ (2026-03-02 09:30), which is not booked any more"
            ])
        #expect(hospital.engine.clashes(most: 0) == ["and 1 more"])
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 2 * 3_600_000))
        #expect(hospital.engine.clashes().isEmpty)
        #expect(try await world.offered(world.second) == 1)
        #expect(await world.take(1, world.second, 2).receipt != nil)
    }

    @Test func `the later one is booked again when the pools share nothing any more`() async throws {
        let world = try await world()
        let hospital = world.hospital
        #expect(await world.take(1, world.second, 0).refusal?.rule == .resourceElsewhere)
        var draft = CatalogueDraft()
        draft.pools = [.init(code: "ct", name: "ct", department: "CT", resources: [], services: ["visit", "scan"])]
        _ = try await hospital.engine.putCatalogue(draft, hospital: nil, by: Hospital.doctor)
        #expect(hospital.engine.clashes().isEmpty)
        #expect(await world.take(1, world.second, 0).receipt != nil)
        // That the room comes back is refused now, with both sessions and what to do.
        draft.pools[0].resources = ["r"]
        await #expect {
            try await hospital.engine.putCatalogue(draft, hospital: nil, by: Hospital.doctor)
        } throws: { error in
            "\(error)".contains("session 1/0 of pool ‘li’ (2026-03-02 09:00)")
                && "\(error)".contains("session 2/0 of pool ‘ct’ (2026-03-02 09:30)")
                && "\(error)".contains("Move one template's hours and generate, then import again")
        }
    }

    @Test func `what is over stands against neither a catalogue nor a session`() async throws {
        let hospital = try await Hospital()
        var draft = CatalogueDraft()
        draft.resources = [.init(code: "r", name: "诊室", kind: .room, department: "CARD")]
        draft.pools = [.init(code: "li", name: "li", department: "CARD", resources: ["r"], services: ["visit"])]
        _ = try await hospital.engine.putCatalogue(draft, hospital: nil, by: Hospital.doctor)
        _ = try await hospital.open("li", at: "09:00", minutes: 30, capacities: [1])
        let long = try await hospital.open("ct", at: "09:00", minutes: 60, capacities: [1, 1, 1])
        draft.pools = [.init(code: "ct", name: "ct", department: "CT", resources: ["r"], services: ["visit", "scan"])]
        await #expect(throws: EngineError.self) {
            try await hospital.engine.putCatalogue(draft, hospital: nil, by: Hospital.doctor)
        }
        // One of the two is over, the other goes on.
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 100 * 60_000))
        _ = try await hospital.engine.putCatalogue(draft, hospital: nil, by: Hospital.doctor)
        for restarts in [false, true] {
            if restarts { try await hospital.restart() }
            #expect(hospital.engine.clashes().isEmpty)
            #expect(await hospital.run(hospital.book(restarts ? 1 : 0, long, restarts ? 2 : 1)).receipt != nil)
        }
    }
}
