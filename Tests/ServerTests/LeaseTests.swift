import HaoyuanClient
import Testing

import struct Engine.StandbyPolicy

@testable import Server
@testable import Wire

@Suite(.serialized) struct `A primary that acknowledges alone, and its lease` {
    private static let lease: Int64 = 5_000
    private static let policy = StandbyPolicy(acknowledgement: .local(leaseMilliseconds: lease))

    private func client(_ members: PairMember...) -> HaoyuanClient {
        var configuration = ClientConfiguration(addresses: members.map(\.address), channel: .app)
        configuration.connections = 1
        return HaoyuanClient(configuration)
    }

    /// What it is told, by the thread that has the time to tell it: on a crowded machine a try may end with nothing.
    private func book(
        _ client: HaoyuanClient, _ hospital: PairFolders.KnownPair, _ index: Int, key: IdempotencyKey = .random()
    ) async -> Result<Outcome, HaoyuanError> {
        while true {
            do throws(HaoyuanError) {
                return .success(
                    try await client.book(
                        patient: PatientID(rawValue: hospital.patients[index]),
                        slot: SlotID(rawValue: hospital.slots[index]),
                        service: ServiceID(rawValue: hospital.service), key: key,
                        options: RequestOptions(timeout: .milliseconds(150))))
            } catch {
                guard error.code == .deadlineExceeded else { return .failure(error) }
            }
        }
    }

    /// Tries until it is told yes: a lease begins when the standby has answered a sign of life.
    private func booked(_ client: HaoyuanClient, _ hospital: PairFolders.KnownPair, _ index: Int) async throws {
        let key = IdempotencyKey.random()
        while true {
            switch await book(client, hospital, index, key: key) {
            case .success(let outcome):
                #expect(outcome.receipt != nil)
                return
            case .failure(let error): try #require(error.code == .standbyAway)
            }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `no yes after the lease without a word of the standby, unless told to go on alone, and again when it is back`()
        async throws
    {
        try await withPair { folders in
            let first = try await PairMember.primary(folders.first, Self.policy)
            let writer = client(first)
            // Just started: its former standby may be primary by now.
            guard case .failure(let early) = await book(writer, folders.hospital, 0) else {
                Issue.record("a yes before anything was heard of the standby")
                return
            }
            #expect(early.code == .standbyAway)
            let wire = try await Breaker.to(port: first.port)
            let second = try await PairMember.standby(of: first, folders.second, through: wire.port)
            try await booked(writer, folders.hospital, 0)

            // The cable is cut. Within the lease yes goes on meaning this disk.
            await wire.close()
            while first.engine.replication.standby != nil { await Task.yield() }
            guard case .success = await book(writer, folders.hospital, 1) else {
                Issue.record("no yes within the lease")
                return
            }
            first.advance(milliseconds: Self.lease + 1)
            let key = IdempotencyKey.random()
            guard case .failure(let late) = await book(writer, folders.hospital, 2, key: key) else {
                Issue.record("a yes after the lease")
                return
            }
            #expect(late.code == .standbyAway)
            let status = try await writer.status()
            #expect(!status.isAcceptingWrites && status.trouble.contains("haoyuan alone"))
            #expect(status.replication.acknowledgement == .none && !status.replication.isAlone)

            try await writer.goOnAlone()
            let alone = try await writer.status()
            #expect(alone.isAcceptingWrites && alone.replication.isAlone)
            guard case .success(let outcome) = await book(writer, folders.hospital, 2, key: key) else {
                Issue.record("no yes though it goes on alone")
                return
            }
            #expect(outcome.receipt != nil)

            // Its standby is back and has everything: the lease counts again.
            await second.stop()
            let back = try await PairMember.standby(of: first, folders.second)
            try await back.caughtUp(with: first.engine.diskPosition)
            while first.engine.replication.isAlone { await Task.yield() }
            try await booked(writer, folders.hospital, 3)
            writer.close()
            await back.stop()
            await first.stop()
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a write that is on the disk only after the lease is told to nobody, not to its repetition either`()
        async throws
    {
        try await withPair { folders in
            let disk = try GatedStorage(PairMember.options(folders.first))
            let first = try await PairMember.primary(folders.first, Self.policy, disk: disk)
            guard
                case .stream(let feeder) = try first.engine.follow(
                    first.engine.followRequest(name: "by hand", asker: 1))
            else {
                Issue.record("it streams")
                return
            }
            feeder.confirm(first.engine.diskPosition, beat: feeder.beat)
            let booking = folders.hospital.booking(0)
            let engine = first.engine
            // What the start itself had to write.
            while engine.hasPending { await Task.yield() }
            disk.shut()
            // Both at one time: the second finds the first under way.
            let answers = Task { await engine.execute([booking, booking]) }
            while !engine.hasPending { await Task.yield() }
            first.advance(milliseconds: Self.lease + 1)
            disk.open()
            for answer in await answers.value {
                guard case .failed(let error) = answer.outcome else {
                    Issue.record("\(answer) after the lease")
                    continue
                }
                #expect(error.code == .standbyAway && error.maybeApplied)
            }
            // The standby is heard again: it is the primary still, and the key has its answer.
            feeder.confirm(engine.diskPosition, beat: feeder.beat)
            let again = await engine.execute([booking])
            if case .done = again[0].outcome {} else { Issue.record("\(again)") }
            feeder.end()
            await first.stop()
        }
    }
}
