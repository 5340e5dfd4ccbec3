import HaoyuanClient
import Testing

@Suite struct `Locks, as a front end asks for them` {
    @Test func `a stretch is locked under a key, listed and unlocked`() async throws {
        try await withClient { client, hospital in
            let key = IdempotencyKey.random()
            func lock() async throws -> LockOutcome {
                try await client.lockSlots(
                    session: hospital.session, slots: 1..<3, units: 100, owner: "设备科", reason: "检修", key: key)
            }
            #expect(try await lock() == .done(lock: 1, again: false))
            #expect(try await lock() == .done(lock: 1, again: true))
            let today = LocalDate("2026-03-02")
            let listed = try await client.locks(from: today, to: today)
            #expect(listed.map(\.slots) == [1..<3] && listed.map(\.units) == [100])
            #expect(listed.map(\.owner) == ["设备科"] && listed.map(\.reason) == ["检修"] && listed[0].until == nil)
            let full = try await client.book(
                patient: hospital.patient(0), slot: hospital.slot(2), service: hospital.service, key: .random())
            #expect(full.refusal?.rule == .slotFull)
            #expect(
                try await client.unlockSlots(session: hospital.session, lock: 1, key: .random())
                    == .done(lock: 1, again: false))
            #expect(
                try await client.unlockSlots(session: hospital.session, lock: 1, key: .random())
                    == .refused(.state, limit: 0))
            #expect(try await client.locks(from: today, to: today).isEmpty)
        }
    }

    @Test(arguments: [(3..<3, 1), (0..<0, 1), (-2 ..< -1, 1), (0..<1, 0)])
    func `what names nothing locks nothing, and not everything`(slots: Range<Int>, units: UInt32) async throws {
        try await withClient { client, hospital in
            let failure = await #expect(throws: HaoyuanError.self) {
                try await client.lockSlots(
                    session: hospital.session, slots: slots, units: units, reason: "检修", key: .random())
            }
            #expect(failure?.code == .invalidArgument && failure?.mayHaveBeenApplied == false)
            let today = LocalDate("2026-03-02")
            let listed = try await client.locks(from: today, to: today)
            #expect(listed.isEmpty)
        }
    }
}
