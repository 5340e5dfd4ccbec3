import Testing

import struct Engine.StandbyPolicy
import struct Journal.ShippedChunks

@testable import HaoyuanClient
@testable import Server
@testable import Wire

@Suite(.serialized) struct `A client of two servers` {
    private func configuration(_ ports: Int...) -> ClientConfiguration {
        var configuration = ClientConfiguration(
            addresses: ports.map { .init(host: "127.0.0.1", port: $0) }, channel: .app)
        configuration.connections = 1
        return configuration
    }

    private func book(_ client: HaoyuanClient, _ hospital: PairFolders.KnownPair, _ index: Int) async throws -> Receipt
    {
        let outcome = try await client.book(
            patient: PatientID(rawValue: hospital.patients[index]), slot: SlotID(rawValue: hospital.slots[index]),
            service: ServiceID(rawValue: hospital.service), key: .random())
        return try #require(outcome.receipt)
    }

    @Test func `who has another server to ask neither connects nor waits for long`() {
        let alone = configuration(7_440)
        #expect(alone.attemptTimeout == alone.connectTimeout && alone.searchBackoff == alone.backoff)
        #expect(alone.patience == nil)
        var both = configuration(7_440, 7_441)
        #expect(both.patience == .seconds(2) && both.attemptTimeout == .seconds(1))
        #expect(both.searchBackoff == .init(first: both.backoff.first, longest: .milliseconds(500)))
        both.connectTimeout = .milliseconds(200)
        both.backoff = .init(first: .milliseconds(5), longest: .milliseconds(50))
        #expect(both.attemptTimeout == .milliseconds(200) && both.searchBackoff == both.backoff)
        both.silence = nil
        both.connectTimeout = .seconds(5)
        #expect(both.attemptTimeout == .seconds(5))
    }

    @Test(.timeLimit(.minutes(5)))
    func `a read that may come from anyone is answered by the standby, and its position says how late it is`()
        async throws
    {
        try await withPair { folders in
            let first = try await PairMember.primary(folders.first)
            let wire = try await Breaker.to(port: first.port)
            let second = try await PairMember.standby(of: first, folders.second, through: wire.port)
            var either = configuration(first.port, second.port)
            either.readsFrom = .anyone
            let (anyone, decided) = (
                HaoyuanClient(either), HaoyuanClient(configuration(first.port, second.port))
            )
            let early = try await book(anyone, folders.hospital, 0)
            try await second.caughtUp(with: first.engine.diskPosition)

            // The standby hears no more of its primary; writes go on there, and the standby goes on answering.
            await wire.close()
            while first.engine.replication.standby != nil { await Task.yield() }
            let late = try await book(anyone, folders.hospital, 1)
            #expect(late.position > early.position)
            let query = SlotQuery(
                service: ServiceID(rawValue: folders.hospital.service), from: LocalDate(ServedHospital.today))
            let (there, here) = (try await anyone.searchSlots(query), try await decided.searchSlots(query))
            #expect(there.position.rawValue == second.engine.settledPosition.rawValue)
            #expect(there.position >= early.position && there.position < late.position)
            #expect(here.position >= late.position)
            let free = there.slots.map(\.free)
            #expect(free.count == here.slots.count && free.reduce(0, +) == here.slots.map(\.free).reduce(1, +))
            #expect(try await anyone.appointments([early.appointment]).count == 1)
            #expect(try await anyone.appointments([late.appointment]) == [])
            #expect(try await decided.appointments([late.appointment]).count == 1)

            // Without a standby the primary answers what anyone may.
            await second.stop()
            #expect(try await anyone.searchSlots(query).position >= late.position)
            for client in [anyone, decided] { client.close() }
            await first.stop()
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a server that is slow and alive is asked for a sign of life, and stayed with`() async throws {
        try await withHospital { served in
            let wire = try await Breaker.to(port: served.port)
            var slow = configuration(wire.port, try await closedPort())
            // Half of it must do for an answer while hundreds of tests are after the same two processors.
            slow.silence = .seconds(10)
            slow.requestTimeout = nil
            let client = HaoyuanClient(slow)
            served.disk.shut()
            let booking = Task {
                try await client.book(
                    patient: PatientID(rawValue: served.patientNumbers[0]),
                    slot: SlotID(rawValue: served.slotNumber(0)),
                    service: ServiceID(rawValue: served.clinicNumber), key: .random())
            }
            // It is asked after each half of that: by the third time it would have been left, had it not answered.
            let reader = HaoyuanClient(configuration(served.port))
            while await served.server.counters().totals[.status].outcomes.reduce(0, +) < 3 {
                _ = try await reader.catalogue()
            }
            reader.close()
            served.disk.open()
            #expect(try await booking.value.receipt?.isRepetition == false)
            #expect(wire.connections == 1)
            client.close()
            await wire.close()
        }
    }
}
