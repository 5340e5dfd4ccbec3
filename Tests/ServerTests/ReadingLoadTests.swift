import NIOCore
import NIOPosix
import Scheduling
import SwiftProtobuf
import Testing

@testable import Server
@testable import Wire

@Suite struct `Readers that ask for much and take little` {
    @Test func `a client that does not read its answers slows nobody, and gets every one when it does`() async throws {
        try await withHospital({ $0.limits.outboundBytes = 4_096 }) { hospital in
            let slow = try await RawConnection.greeted(port: hospital.port)
            try await book(2_000, on: slow, hospital)
            try await slow.setReading(false)
            // About ten megabytes of answers: more than the sockets' own buffers hold.
            let count = 60 as UInt32
            let request = PBSessionAppointmentsRequest.with { $0.session = hospital.session.rawValue }
            for id in 2..<count + 2 { try await slow.send(.sessionAppointments, id, request) }
            let other = try await RawConnection.greeted(port: hospital.port)
            for id in 2..<50 as Range<UInt32> {
                try await other.send(.book, id, hospital.booking(99_000 + UInt64(id), patient: Int(id), slot: 90))
                #expect(try PBOutcome(payload: try #require(await other.next()).payload).result == .done)
            }
            try await slow.setReading(true)
            var ids: Set<UInt32> = []
            for _ in 0..<count {
                let frame = try #require(await slow.next())
                #expect(ids.insert(frame.header.requestID).inserted)
                #expect(try PBAppointmentsReply(payload: frame.payload).appointments.count >= 2_000)
            }
            #expect(ids.count == Int(count))
        }
    }

    /// Fills slot after slot, a hundred patients each.
    private func book(_ count: Int, on connection: RawConnection, _ hospital: ServedHospital) async throws {
        for start in stride(from: 0, to: count, by: 500) {
            var batch = PBBatchRequest()
            batch.bookings = (start..<start + 500).map {
                hospital.booking(UInt64($0) + 1, patient: $0 % 100, slot: UInt16($0 / 100))
            }
            try await connection.send(.batch, 2, batch)
            let reply = try PBBatchReply(payload: try #require(await connection.next()).payload)
            #expect(reply.bookings.allSatisfy { $0.result == .done })
        }
    }

    @Test func `an answer larger than the client takes says so, and the connection stays`() async throws {
        try await withHospital { hospital in
            let connection = try await RawConnection.greeted(port: hospital.port) { $0.frameLimit = 65_536 }
            try await book(2_000, on: connection, hospital)
            let request = PBSessionAppointmentsRequest.with { $0.session = hospital.session.rawValue }
            try await connection.send(.sessionAppointments, 3, request)
            let failure = try await connection.failure()
            #expect(failure.code == .frameTooLarge && !failure.maybeApplied)
            try await connection.send(.status, 4, PBStatusRequest())
            #expect(try #require(await connection.next()).header.flags == .reply)
        }
    }

    @Test func `a client that takes small frames is given small batches`() async throws {
        try await withHospital { hospital in
            let connection = try await RawConnection.open(port: hospital.port)
            var hello = PBHello.lawful
            hello.frameLimit = 65_536
            try await connection.send(.hello, 1, hello)
            let limit = Int(try PBWelcome(payload: try #require(await connection.next()).payload).batchLimit)
            #expect((500..<8_192).contains(limit))
            var batch = PBBatchRequest()
            batch.bookings = (0..<limit).map {
                hospital.booking(UInt64($0) + 1, patient: $0 % 200, slot: UInt16($0 / 200))
            }
            try await connection.send(.batch, 2, batch)
            #expect(try PBBatchReply(payload: try #require(await connection.next()).payload).bookings.count == limit)
            batch.bookings.append(hospital.booking(9_999))
            try await connection.send(.batch, 3, batch)
            #expect(try await connection.failure().code == .batchTooLong)
        }
    }
}

@Suite struct `Who is there` {
    @Test func `connections are greeted up to a limit, heard a little beyond, and then closed unheard`() {
        let census = Census(connections: 2, turnedAway: 1)
        #expect(
            [census.accepted(), census.accepted(), census.accepted(), census.accepted()] == [true, true, true, false])
        #expect([census.greet(), census.greet(), census.greet()] == [true, true, false])
        census.left(wasGreeted: false)
        census.left(wasGreeted: true)
        #expect(census.greeted == 1)
        #expect(census.accepted() && census.greet())
        #expect(census.greeted == 2)
    }
}
