import Engine
import Journal
import Scheduling
import Testing

@testable import Server
@testable import Wire

@Suite struct `What a server counts` {
    /// Every request that has ended has been timed once, whatever its end.
    private func checkDurations(_ counters: ServerCounters) {
        for method in Wire.Method.allCases {
            let requests = counters.totals[method]
            #expect(requests.durations.count == requests.outcomes.reduce(0, +), "\(method)")
        }
    }

    private func outcome(_ counters: ServerCounters, _ method: Wire.Method, _ outcome: RequestOutcome) -> UInt64 {
        counters.totals[method].outcomes[outcome.rawValue]
    }

    @Test func `requests by method and outcome, writes, refusals by rule and errors by code`() async throws {
        try await withHospital { hospital in
            let connection = try await RawConnection.greeted(port: hospital.port)
            // Done, repeated, refused (the same patient at the same time), without a key, and with a key of another
            // write.
            var bookings = [1, 1, 2, 0, 1].map { hospital.booking($0) }
            bookings[3].keyHigh = 0
            bookings[4].patient = hospital.patients[1].rawValue
            for (id, booking) in bookings.enumerated() {
                try await connection.send(.book, UInt32(id + 2), booking)
                _ = try #require(await connection.next())
            }
            try await connection.send(.status, 10, PBStatusRequest())
            _ = try #require(await connection.next())
            var unknown = PBSessionAppointmentsRequest()
            unknown.session = 77
            try await connection.send(.sessionAppointments, 11, unknown)
            _ = try #require(await connection.next())
            let counters = await hospital.server.counters()
            #expect(outcome(counters, .hello, .done) == 1)
            #expect(RequestOutcome.allCases.map { outcome(counters, .book, $0) } == [2, 1, 2, 0])
            #expect(outcome(counters, .status, .done) == 1)
            #expect(outcome(counters, .sessionAppointments, .failed) == 1)
            let writes = counters.totals.writes
            #expect(writes.done == 2 && writes.refused == 1 && writes.failed == 2 && writes.repeated == 1)
            #expect(writes[.overlap] == 1 && Rule.allCases.reduce(0) { $0 + writes[$1] } == 1)
            #expect(counters.totals[.invalidArgument] == 1 && counters.totals[.keyReused] == 1)
            #expect(counters.totals[.notFound] == 1)
            #expect(counters.connections == 1 && counters.inFlight == 0 && counters.subscriptions == 0)
            #expect(counters.totals.receivedBytes > 0 && counters.totals.sentBytes > 0)
            checkDurations(counters)
        }
    }

    @Test func `a batch is one request, and each of its writes counts`() async throws {
        try await withHospital { hospital in
            let connection = try await RawConnection.greeted(port: hospital.port)
            var batch = PBBatchRequest()
            batch.bookings = [
                hospital.booking(1, patient: 1), hospital.booking(2, patient: 2), hospital.booking(3, patient: 2),
                hospital.booking(4, patient: 3),
            ]
            // The last is not lawful.
            batch.bookings[3].slot = 0
            batch.bookings[3].keyHigh = 0
            batch.bookings[3].keyLow = 0
            try await connection.send(.batch, 2, batch)
            let reply = try PBBatchReply(payload: try #require(await connection.next()).payload)
            #expect(reply.bookings.map(\.result) == [.done, .done, .refused, .failed])
            let counters = await hospital.server.counters()
            #expect(RequestOutcome.allCases.map { outcome(counters, .batch, $0) } == [1, 0, 0, 0])
            let writes = counters.totals.writes
            #expect(writes.done == 2 && writes.refused == 1 && writes.failed == 1 && writes.repeated == 0)
            #expect(ErrorCode.allCases.reduce(0) { $0 + counters.totals[$1] } == 1)
            checkDurations(counters)
        }
    }

    @Test func `what is no request is an error by its code`() async throws {
        try await withHospital { hospital in
            let connection = try await RawConnection.open(port: hospital.port)
            try await connection.send(.status, 1, PBStatusRequest())
            _ = try await connection.failure()
            let counters = await hospital.server.counters()
            #expect(counters.totals[.handshakeRequired] == 1)
            #expect(counters.connections == 0)
            checkDurations(counters)
        }
    }

    @Test func `an answer after its deadline found nobody`() async throws {
        try await withHospital { hospital in
            let connection = try await RawConnection.greeted(port: hospital.port)
            hospital.disk.shut()
            try await connection.send(.book, 2, hospital.booking(1), deadline: 30)
            let failure = try await connection.failure()
            #expect(failure.code == .deadlineExceeded)
            var counters = await hospital.server.counters()
            #expect(counters.totals[.deadlineExceeded] == 1 && counters.inFlight == 0)
            #expect(RequestOutcome.allCases.map { outcome(counters, .book, $0) } == [0, 0, 0, 0])
            hospital.disk.open()
            // A second booking goes through the same loop and the same journal, behind the first.
            try await connection.send(.book, 3, hospital.booking(2, patient: 1))
            _ = try #require(await connection.next())
            counters = await hospital.server.counters()
            #expect(RequestOutcome.allCases.map { outcome(counters, .book, $0) } == [1, 0, 0, 1])
            #expect(counters.totals.writes.done == 2)
            checkDurations(counters)
        }
    }

    @Test func `requests under way are in flight, a batch with all it holds`() async throws {
        try await withHospital { hospital in
            let connection = try await RawConnection.greeted(port: hospital.port)
            hospital.disk.shut()
            var batch = PBBatchRequest()
            batch.bookings = (0..<5).map { hospital.booking(UInt64($0 + 1), patient: $0) }
            try await connection.send(.batch, 2, batch)
            // The status comes back on the same connection once the batch before it has been taken.
            try await connection.send(.status, 3, PBStatusRequest())
            _ = try #require(await connection.next())
            #expect(await hospital.server.counters().inFlight == 5)
            hospital.disk.open()
            _ = try #require(await connection.next())
            #expect(await hospital.server.counters().inFlight == 0)
        }
    }

    @Test func `the slowest subscription is where it has been handed everything, and nobody's when it ends`()
        async throws
    {
        try await withHospital { hospital in
            let reader = try await RawConnection.greeted(port: hospital.port)
            #expect(await hospital.server.counters().slowestFeed == nil)
            var request = PBSubscribeRequest()
            request.after = 0
            try await reader.send(.subscribe, 9, request)
            let durable = hospital.engine.settledPosition
            var through: UInt64 = 0
            while through < durable.rawValue {
                let frame = try #require(await reader.next())
                if frame.header.flags == .push { through = try PBFeedPush(payload: frame.payload).through }
            }
            var counters = await hospital.server.counters()
            #expect(counters.slowestFeed == durable && counters.subscriptions == 1)
            #expect(outcome(counters, .subscribe, .done) == 1)
            var end = PBUnsubscribeRequest()
            end.subscription = 9
            try await reader.send(.unsubscribe, 10, end)
            _ = try #require(await reader.next())
            counters = await hospital.server.counters()
            #expect(counters.slowestFeed == nil && counters.subscriptions == 0)
            #expect(outcome(counters, .unsubscribe, .done) == 1)
            checkDurations(counters)
        }
    }
}
