import Engine
import Journal
import NIOCore
import Scheduling
import SwiftProtobuf
import Testing

@testable import Server
@testable import Wire

@Suite struct `The change feed over the wire` {
    private func subscribe(
        _ connection: RawConnection, _ id: UInt32, after: UInt64 = 0, latest: Bool = false
    ) async throws -> UInt64 {
        var request = PBSubscribeRequest()
        request.after = after
        request.latest = latest
        try await connection.send(.subscribe, id, request)
        let frame = try #require(await connection.next())
        #expect(frame.header.flags == .reply && frame.header.requestID == id)
        return try PBSubscribeReply(payload: frame.payload).after
    }

    /// Reads pushes until the feed has come to a position.
    private func read(_ connection: RawConnection, _ id: UInt32, through end: UInt64) async throws -> [PBEvent] {
        var events: [PBEvent] = []
        var through: UInt64 = 0
        while through < end {
            let frame = try #require(await connection.next())
            #expect(
                frame.header.flags == .push && frame.header.requestID == id && frame.header.knownMethod == .subscribe)
            let push = try PBFeedPush(payload: frame.payload)
            #expect(push.events.count <= WireLimits.eventsPerPush && push.through >= through)
            #expect(push.events.allSatisfy { $0.position > through && $0.position <= push.through })
            through = push.through
            events += push.events
        }
        return events
    }

    @Test func `everything still kept comes in order, without gaps, and goes on with what happens next`() async throws {
        try await withHospital { hospital in
            let connection = try await RawConnection.greeted(port: hospital.port)
            #expect(try await subscribe(connection, 9) == 0)
            let before = try await read(connection, 9, through: hospital.engine.settledPosition.rawValue)
            #expect(before.map(\.position) == before.map(\.position).sorted())
            #expect(before.filter { $0.kind == .patientRegistered }.count == 200)
            #expect(before.filter { $0.kind == .catalogueChanged }.map(\.entity).contains("pool li"))
            #expect(before.filter { $0.kind == .sessionOpened }.map(\.session) == [hospital.session.rawValue])
            let other = try await RawConnection.greeted(port: hospital.port)
            try await other.send(.book, 2, hospital.booking(1))
            let outcome = try PBOutcome(payload: try #require(await other.next()).payload)
            let event = try #require(try await read(connection, 9, through: outcome.position).first)
            #expect(
                event.kind == .booked && event.appointment == outcome.appointment && event.position == outcome.position)
            #expect(
                event.channel == .kiosk && event.operator == "raw" && event.patient == hospital.patients[0].rawValue)
            // The connection is still good for requests.
            try await connection.send(.status, 10, PBStatusRequest())
            let status = try PBStatusReply(payload: try #require(await connection.next()).payload)
            #expect(status.subscriptions == 1 && status.connections == 2 && status.server == "haoyuan-test")
        }
    }

    @Test func `latest begins now, and a feed resumes behind the last through`() async throws {
        try await withHospital { hospital in
            let connection = try await RawConnection.greeted(port: hospital.port)
            let now = try await subscribe(connection, 9, latest: true)
            #expect(now == hospital.engine.settledPosition.rawValue)
            try await connection.send(.book, 2, hospital.booking(1))
            var seen: [Frame] = [try #require(await connection.next()), try #require(await connection.next())]
            seen.sort { $0.header.requestID < $1.header.requestID }
            let through = try PBFeedPush(payload: seen[1].payload).through
            await connection.close()
            let next = try await RawConnection.greeted(port: hospital.port)
            try await next.send(.book, 2, hospital.booking(2, patient: 1))
            let outcome = try PBOutcome(payload: try #require(await next.next()).payload)
            #expect(try await subscribe(next, 5, after: through) == through)
            let events = try await read(next, 5, through: outcome.position)
            #expect(events.map(\.position) == [outcome.position])
        }
    }

    @Test func `after unsubscribing nothing more comes`() async throws {
        try await withHospital { hospital in
            let connection = try await RawConnection.greeted(port: hospital.port)
            _ = try await subscribe(connection, 9, latest: true)
            var request = PBUnsubscribeRequest()
            request.subscription = 9
            try await connection.send(.unsubscribe, 10, request)
            #expect(try #require(await connection.next()).header.requestID == 10)
            try await connection.send(.book, 9, hospital.booking(1))
            #expect(try #require(await connection.next()).header.knownMethod == .book)
            try await connection.send(.unsubscribe, 11, request)
            #expect(try await connection.failure().code == .notFound)
            try await connection.send(.status, 12, PBStatusRequest())
            #expect(try PBStatusReply(payload: try #require(await connection.next()).payload).subscriptions == 0)
        }
    }

    @Test func `as many subscriptions as the limit, and one more is told so`() async throws {
        try await withHospital { hospital in
            let connection = try await RawConnection.greeted(port: hospital.port)
            for id in 2..<18 as Range<UInt32> { _ = try await subscribe(connection, id, latest: true) }
            try await connection.send(.subscribe, 18, PBSubscribeRequest())
            #expect(try await connection.failure().code == .tooManySubscriptions)
            let other = try await RawConnection.greeted(port: hospital.port)
            _ = try await subscribe(other, 2, latest: true)
        }
    }

    @Test func `a consumer that does not read slows nobody and misses nothing`() async throws {
        try await withHospital({ $0.limits.outboundBytes = 4_096 }) { hospital in
            let slow = try await RawConnection.greeted(port: hospital.port)
            let start = try await subscribe(slow, 9, latest: true)
            try await slow.setReading(false)
            let writer = try await RawConnection.greeted(port: hospital.port)
            var last: UInt64 = 0
            var booked = 0
            // Some megabytes of events: more than the sockets' own buffers hold.
            for round in 0..<5 as Range<UInt64> {
                var batch = PBBatchRequest()
                batch.bookings = (0..<8_000).map { index in
                    var booking = hospital.booking(
                        round * 8_000 + UInt64(index) + 1, patient: index % 200, slot: UInt16(index / 200))
                    booking.operator = String(repeating: "o", count: 64)
                    return booking
                }
                try await writer.send(.batch, UInt32(round) + 2, batch)
                let reply = try PBBatchReply(payload: try #require(await writer.next()).payload)
                booked += reply.bookings.filter { $0.result == .done }.count
                last = max(last, reply.bookings.map(\.position).max() ?? 0)
            }
            try await slow.setReading(true)
            let events = try await read(slow, 9, through: last)
            #expect(events.first?.position ?? 0 > start)
            #expect(events.filter { $0.kind == .booked }.count == booked)
            #expect(events.count == Int(last - start))
        }
    }

    @Test func `pages never end between events of one position and keep to both limits`() {
        let by = Origin(channel: .ward, operatorName: String(repeating: "o", count: 64))
        let session = SessionID(pool: PoolID(rawValue: 1), index: 0)
        let events = (1...700 as ClosedRange<UInt64>).map { position in
            let taken = (0..<3 as Range<UInt32>).map { number in
                Taken(
                    appointment: AppointmentID(session: session, number: UInt32(position) * 3 + number),
                    patient: PatientID(rawValue: 1),
                    slot: 0, span: 1, units: 1, service: ServiceID(rawValue: 1), state: .booked, holdUntil: nil)
            }
            return PositionedEvent(
                position: Position(position),
                event: Event(at: Instant(rawValue: 5), by: by, fact: .bookedTogether(taken)))
        }
        for mostBytes in [WireLimits.pushBytes, 70_000] {
            var pages = FeedPages(events, through: Position(703), mostBytes: mostBytes)
            var all: [PBFeedPush] = []
            while let page = pages.next() { all.append(page) }
            #expect(all.flatMap(\.events).count == 2_100)
            #expect(all.allSatisfy { $0.events.count <= 1_000 && $0.events.count % 3 == 0 })
            #expect(all.allSatisfy { ((try? $0.serializedBytes() as [UInt8]) ?? []).count <= mostBytes })
            #expect(all.last?.through == 703)
            #expect(
                zip(all, all.dropFirst()).allSatisfy {
                    $0.events.last?.position == $0.through && $1.events[0].position == $0.through + 1
                })
        }
        var empty = FeedPages([], through: Position(9), mostBytes: 1_000)
        #expect(empty.next()?.through == 9)
        #expect(empty.next() == nil)
    }
}
