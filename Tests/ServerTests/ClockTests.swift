import Engine
import HaoyuanClient
import Testing

/// A wrong wall clock, seen over the wire.
struct ClockTests {
    private static let day: Int64 = 86_400_000

    private func client(_ member: PairMember) -> HaoyuanClient {
        HaoyuanClient(ClientConfiguration(addresses: [member.address], channel: .app, operatorName: "test"))
    }

    @Test func `status says by how much the clock is wrong, and a person accepts it`() async throws {
        try await withPair { folders in
            let member = try await PairMember.primary(folders.first)
            let client = client(member)
            let begun = try await client.status()
            #expect(!begun.clock.isFault && begun.trouble.isEmpty)
            member.clock.step(milliseconds: 2 * Self.day)
            let status = try await client.status()
            #expect(status.clock.isFault && status.clock.ahead == .seconds(2 * 86_400))
            #expect(status.now == begun.now && status.isAcceptingWrites)
            #expect(status.trouble.contains("2 d ahead"))
            let (before, after) = try await client.acceptClock()
            #expect(before == status.clock && !after.isFault && after.ahead == .zero)
            #expect(try await client.status().now.milliseconds == begun.now.milliseconds + 2 * Self.day)
            #expect(try await client.acceptClock().before.isFault == false)
            client.close()
            await member.stop()
        }
    }

    @Test func `an accepted clock that is behind is waited for, and time does not go back`() async throws {
        try await withPair { folders in
            let member = try await PairMember.primary(folders.first)
            let client = client(member)
            let begun = try await client.status()
            member.clock.step(milliseconds: -60_000)
            let (before, after) = try await client.acceptClock()
            #expect(before.ahead == .seconds(-60) && after.isSlowed)
            #expect(try await client.status().now == begun.now)
            member.advance(milliseconds: 60_000)
            #expect(try await client.status().now.milliseconds == begun.now.milliseconds + 30_000)
            client.close()
            await member.stop()
        }
    }

    @Test func `a standby's time is its primary's, and both say so where their clocks are wrong`() async throws {
        try await withPair { folders in
            let first = try await PairMember.primary(folders.first)
            let second = try await PairMember.standby(of: first, folders.second)
            first.clock.step(milliseconds: -Self.day)
            second.clock.step(milliseconds: -Self.day)
            first.advance(milliseconds: 3_600_000)
            let answer = await first.engine.execute([folders.hospital.booking(0)])[0]
            try await second.caughtUp(with: answer.position)
            #expect(second.engine.now >= first.engine.now)
            #expect(try await client(second).status().clock.ahead < .seconds(-86_400))
            _ = try await second.engine.promote()
            #expect(second.engine.now >= first.engine.now)
            await second.stop()
            await first.stop()
        }
    }
}
