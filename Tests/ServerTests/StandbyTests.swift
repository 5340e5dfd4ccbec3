import Foundation
import HaoyuanClient
import NIOConcurrencyHelpers
import NIOCore
import Testing

import struct Engine.StandbyPolicy
import class Journal.Journal
import struct Journal.ShippedChunks
import enum Scheduling.Limits
import struct Scheduling.Violation

@testable import Server
@testable import Wire

@Suite(.serialized) struct `A primary and its standby over real sockets` {
    private func client(_ members: PairMember...) -> HaoyuanClient {
        var configuration = ClientConfiguration(addresses: members.map(\.address), channel: .app)
        configuration.connections = 1
        return HaoyuanClient(configuration)
    }

    private func book(
        _ client: HaoyuanClient, _ hospital: PairFolders.KnownPair, _ index: Int, key: IdempotencyKey = .random()
    ) async throws -> Receipt {
        let outcome = try await client.book(
            patient: PatientID(rawValue: hospital.patients[index]), slot: SlotID(rawValue: hospital.slots[index]),
            service: ServiceID(rawValue: hospital.service), key: key)
        guard case .done(let receipt) = outcome else { throw HaoyuanError(.internal, "\(outcome)") }
        return receipt
    }

    @Test func `a copy is taken while the primary serves, then the log streams, and the standby answers reads`()
        async throws
    {
        try await withPair { folders in
            let first = try await PairMember.primary(folders.first)
            let writer = client(first)
            async let second = PairMember.standby(of: first, folders.second)
            for index in 0..<10 { _ = try await book(writer, folders.hospital, index) }
            let standby = try await second
            for index in 10..<20 { _ = try await book(writer, folders.hospital, index) }
            try await standby.caughtUp(with: first.engine.diskPosition)

            let reader = client(standby)
            for patient in folders.hospital.patients {
                let own = try await writer.appointments(of: .init(rawValue: patient))
                let copied = try await reader.appointments(of: .init(rawValue: patient))
                #expect(own.count == 1 && own == copied)
            }
            let status = try await reader.status()
            #expect(status.role == .standby && !status.isAcceptingWrites)
            #expect(status.replication.primary == "127.0.0.1:\(first.port)")
            let wire = try await RawConnection.greeted(port: standby.port)
            try await wire.send(.registerPatients, 2, PBRegisterPatientsRequest())
            #expect(try await wire.failure().code == .notPrimary)
            await wire.close()
            reader.close()
            writer.close()
            await standby.stop()
            await first.stop()
        }
    }

    @Test func `a yes waits for the standby's word, and going on alone releases it`() async throws {
        try await withPair { folders in
            let first = try await PairMember.primary(folders.first, StandbyPolicy())
            let writer = client(first)
            let wire = try await RawConnection.greeted(port: first.port)
            // Nobody follows: no yes, and it says why.
            try await wire.send(.registerPatients, 9, PBRegisterPatientsRequest())
            #expect(try await wire.failure().code == .standbyAway)
            try await wire.send(.follow, 2, PBFollowRequest(first.engine.followRequest(name: "by hand", asker: 1)))
            let reply = try PBFollowReply(payload: try #require(await wire.next()).payload)
            #expect(reply.answer == .stream)
            let isAnswered = NIOLockedValueBox(false)
            let booking = Task {
                let receipt = try await book(writer, folders.hospital, 0)
                isAnswered.withLockedValue { $0 = true }
                return receipt
            }
            let shipped = try await wire.chunks(2)
            #expect(!isAnswered.withLockedValue { $0 })
            var word = PBConfirmation()
            word.follow = 2
            word.position = shipped
            try await wire.send(.confirmation, 3, word)
            #expect(try await booking.value.position.rawValue == shipped)

            let second = Task { try await book(writer, folders.hospital, 1) }
            let later = try await wire.chunks(2)
            try await client(first).goOnAlone()
            #expect(try await second.value.position.rawValue == later)
            #expect(first.engine.replication.isAlone)
            await wire.close()
            writer.close()
            await first.stop()
        }
    }

    @Test func `readings go on without the standby, and one that would show what it has not confirmed is told so`()
        async throws
    {
        try await withPair { folders in
            let first = try await PairMember.primary(folders.first, StandbyPolicy())
            let (writer, hospital) = (client(first), folders.hospital)
            let standby = try await RawConnection.greeted(port: first.port)
            try await standby.send(.follow, 2, PBFollowRequest(first.engine.followRequest(name: "by hand", asker: 1)))
            _ = try #require(await standby.next())
            let confirmed = Task { try await book(writer, hospital, 0) }
            var word = PBConfirmation()
            word.follow = 2
            word.position = try await standby.chunks(2)
            try await standby.send(.confirmation, 3, word)
            #expect(try await confirmed.value.position.rawValue == word.position)
            let waiting = Task { try await book(writer, hospital, 1) }
            _ = try await standby.chunks(2)
            await standby.close()
            while first.engine.replication.standby != nil { await Task.yield() }

            let wire = try await RawConnection.greeted(port: first.port)
            func appointments(of index: Int) -> PBPatientAppointmentsRequest {
                var request = PBPatientAppointmentsRequest()
                request.patient = hospital.patients[index]
                return request
            }
            for (index, count) in [(0, 1), (2, 0)] {
                try await wire.send(.patientAppointments, 4, appointments(of: index))
                let reply = try PBAppointmentsReply(payload: try #require(await wire.next()).payload)
                #expect(reply.appointments.count == count && reply.position >= word.position)
            }
            try await wire.send(.getCatalogue, 5, PBGetCatalogueRequest())
            #expect(try PBGetCatalogueReply(payload: try #require(await wire.next()).payload).position >= word.position)
            try await wire.send(.patientAppointments, 6, appointments(of: 1))
            let failure = try await wire.failure()
            #expect(failure.code == .standbyAway && failure.retryable && !failure.maybeApplied)
            var search = PBSearchSlotsRequest()
            search.service = hospital.service
            search.nextFree = true
            for limit in [1, 100] as [UInt32] {
                search.limit = limit
                try await wire.send(.searchSlots, 7, search)
                #expect(try await wire.failure().code == .standbyAway)
            }
            try await client(first).goOnAlone()
            _ = try await waiting.value
            try await wire.send(.patientAppointments, 8, appointments(of: 1))
            #expect(try PBAppointmentsReply(payload: try #require(await wire.next()).payload).appointments.count == 1)
            await wire.close()
            writer.close()
            await first.stop()
        }
    }

    @Test func `after a promotion nothing acknowledged is missing, the old primary refuses, and the client moves on`()
        async throws
    {
        try await withPair { folders in
            let first = try await PairMember.primary(folders.first, StandbyPolicy())
            let second = try await PairMember.standby(of: first, folders.second)
            let both = client(second, first)
            let keys = (0..<10).map { _ in IdempotencyKey.random() }
            for index in 0..<10 { _ = try await book(both, folders.hospital, index, key: keys[index]) }
            let position = first.engine.diskPosition
            var feed = both.changePages(after: Position(rawValue: 0)).makeAsyncIterator()
            var seen = Position(rawValue: 0)
            while seen.rawValue < position.rawValue { seen = try #require(try await feed.next()).through }

            let operators = client(second)
            let (epoch, last) = try await operators.promote()
            #expect(epoch == 2 && last.rawValue == position.rawValue)
            if case .promoted = try await second.end() {} else { Issue.record("it follows still") }
            await Deposing(
                PeerAddress(host: "127.0.0.1", port: first.port), greeting: PairMember.greeting,
                cluster: await second.engine.status().cluster, logger: PairMember.silent
            ).tell(epoch: epoch, primary: "")
            #expect(first.engine.role == .deposed(by: 2))

            // The same client, the same keys: the first answers.
            for index in 0..<10 {
                let again = try await book(both, folders.hospital, index, key: keys[index])
                #expect(again.position <= last)
            }
            let new = try await book(both, folders.hospital, 10)
            #expect(new.position > last)
            // The feed goes on at the new primary where it was.
            while seen < new.position {
                let page = try #require(try await feed.next())
                for event in page.events { #expect(event.position > seen) }
                seen = page.through
            }
            // The deposed one answers about itself and nothing else.
            let old = client(first)
            #expect(try await old.status().role == .deposed)
            let wire = try await RawConnection.greeted(port: first.port)
            try await wire.send(.getCatalogue, 2, PBGetCatalogueRequest())
            #expect(try await wire.failure().code == .notPrimary)
            await wire.close()
            for client in [both, operators, old] { client.close() }
            await first.stop()
            await second.stop()
        }
    }

    @Test func `a deposed primary goes back to where both logs are the same, and follows`() async throws {
        try await withPair { folders in
            let first = try await PairMember.primary(folders.first)
            let second = try await PairMember.standby(of: first, folders.second)
            let (old, new) = (client(first), client(second))
            _ = try await book(old, folders.hospital, 0)
            let common = first.engine.diskPosition
            try await second.caughtUp(with: common)
            let (epoch, _) = try await new.promote()
            _ = try await second.end()
            // What the old primary says yes to now, nobody else has.
            _ = try await book(old, folders.hospital, 1)
            first.engine.depose(by: epoch)
            await first.stop()
            let receipt = try await book(new, folders.hospital, 2)

            let back = try await PairMember.standby(of: second, folders.first)
            guard case .cutBack(let tip) = try await back.end() else {
                Issue.record("not told to cut back")
                return
            }
            #expect(tip.last == common)
            await back.stop(writingCheckpoint: false)
            #expect(try Journal.cutBack(PairMember.options(folders.first), to: tip))
            let again = try await PairMember.standby(of: second, folders.first)
            try await again.caughtUp(with: .init(receipt.position.rawValue))
            #expect(await again.engine.status().counts.appointments == 2)
            #expect(again.engine.epoch == 2)
            for client in [old, new] { client.close() }
            await again.stop()
            await second.stop()
        }
    }

    @Test func `a request that has seen a later epoch is sent away, and deposes nobody`() async throws {
        try await withHospital { served in
            let wire = try await RawConnection.greeted(port: served.port)
            var bytes = try wire.frame(.getCatalogue, 2, PBGetCatalogueRequest())
            bytes.setInteger(UInt32(7), at: bytes.readerIndex + 16)
            try await wire.send(bytes: bytes)
            #expect(try await wire.failure().code == .notPrimary)
            try await wire.send(.getCatalogue, 3, PBGetCatalogueRequest())
            #expect(try #require(await wire.next()).header.flags == .reply)
            #expect(served.engine.role == .primary)
            await wire.close()
        }
    }

    @Test func `an epoch above the limit is refused, and deposes nobody`() async throws {
        try await withHospital { served in
            let wire = try await RawConnection.greeted(port: served.port)
            for number in [Limits.epoch + 1, .max] {
                var deposing = PBDeposeRequest()
                deposing.epoch = number
                try await wire.send(.depose, 2, deposing)
                #expect(try await wire.failure().code == .invalidArgument)
                var following = PBFollowRequest(served.engine.followRequest(name: "b", asker: 1))
                var start = PBEpochStart()
                (start.number, start.begin) = (number, following.end)
                following.epochs = [start]
                try await wire.send(.follow, 3, following)
                #expect(try await wire.failure().code == .invalidArgument)
                #expect(throws: ProtocolError.self) { try checkedEpoch(number, field: "epoch") }
            }
            #expect(served.engine.role == .primary)
            await wire.close()
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `an epoch that was heard is on disk before the primary hears anything, and the next one is higher`()
        async throws
    {
        try await withPair { folders in
            let first = try await PairMember.primary(folders.first, nil)
            let standby = try await PairMember.standby(of: first, folders.second)
            try await standby.caughtUp(with: first.engine.diskPosition)
            await standby.stop()
            await first.stop()

            let disk = try GatedStorage(PairMember.options(folders.second))
            let resumed = try await PairMember.resumed(folders.second, disk: disk)
            let engine = resumed.engine
            while engine.hasPending { await Task.yield() }
            disk.shut()
            let isHeard = NIOLockedValueBox(false)
            func hearing() -> Task<Void, any Error> {
                Task {
                    try await engine.heard(epoch: 7)
                    isHeard.withLockedValue { $0 = true }
                }
            }
            // The one that tells it, and one that tells the same meanwhile.
            let hearings = [hearing(), hearing()]
            while !engine.hasPending { await Task.yield() }
            for _ in 0..<1_000 { await Task.yield() }
            #expect(!isHeard.withLockedValue { $0 })
            disk.open()
            for hearing in hearings { try await hearing.value }
            await resumed.stop()

            let again = try await PairMember.resumed(folders.second)
            #expect(try await again.engine.promote().epoch == 8)
            await again.stop()
        }
    }

    @Test func `a standby that says nothing is hung up on`() async throws {
        try await withHospital { served in
            let wire = try await RawConnection.greeted(port: served.port)
            try await wire.send(.follow, 2, PBFollowRequest(served.engine.followRequest(name: "mute", asker: 1)))
            #expect(try PBFollowReply(payload: try #require(await wire.next()).payload).answer == .stream)
            #expect(served.engine.replication.standby == "mute")
            while let frame = await wire.next() { #expect(frame.header.flags == .push) }
            // The other side of the end may be seen a little later.
            while served.engine.replication.standby != nil { await Task.yield() }
        }
    }
}

extension RawConnection {
    /// Reads pushes until one has chunks; gives the last position in them.
    fileprivate func chunks(_ id: UInt32) async throws -> UInt64 {
        while true {
            let frame = try #require(await next())
            let push = try PBFollowPush(payload: frame.payload)
            #expect(frame.header.requestID == id && frame.header.flags == .push)
            if !push.chunks.isEmpty { return try ShippedChunks(bytes: [UInt8](push.chunks)).last.rawValue }
        }
    }
}
