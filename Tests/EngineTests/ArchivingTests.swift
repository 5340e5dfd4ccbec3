import Journal
import Scheduling
import Testing

@testable import Engine

@Suite struct `Archiving in turns` {
    @Test
    func `a turn takes no further session once it has a thousand appointments, so one commit asks for little room`()
        async throws
    {
        let each = EngineLimits.appointmentsArchivedPerTurn * 3 / 5
        let hospital = try await Hospital(patients: each)
        var sessions: [SessionID] = []
        for start in ["09:00", "10:00", "11:00"] {
            let session = try await hospital.open("li", at: start, capacities: [UInt32(each)])
            sessions.append(session)
            let booked = await hospital.engine.execute(
                (0..<each).map { hospital.write(hospital.book($0, session, 0)) })
            let ids = booked.compactMap { $0.receipt?.appointment }
            #expect(ids.count == each)
            let cancelled = await hospital.engine.execute(
                ids.map { hospital.write(.change($0, .cancel, ifVersion: 0, reason: "")) })
            #expect(cancelled.allSatisfy { $0.receipt != nil })
        }
        let later = Hospital.morning.advanced(milliseconds: 9 * 86_400_000)
        var turns: [Int] = []
        for shard in hospital.engine.shards.pools {
            while true {
                let left = await shard.archive(before: later, now: later)
                if !left.gone.isEmpty { turns.append(left.gone.count) }
                try await hospital.engine.journal.whenDurable(left.position)
                await hospital.engine.shards.settle(left.gone)
                if left.isAll { break }
            }
        }
        #expect(turns == [2 * each, each])
        for session in sessions {
            #expect(try await hospital.engine.appointments(in: session).value.count == each)
        }
        #expect(await hospital.engine.status().counts.appointments == 0)
        await hospital.expectSound()
    }
}
