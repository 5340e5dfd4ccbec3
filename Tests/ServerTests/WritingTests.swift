import NIOCore
import Scheduling
import SwiftProtobuf
import Testing

@testable import Server
@testable import Wire

@Suite struct `Writes over the wire` {
    private func outcome(_ frame: Frame?) throws -> PBOutcome {
        let frame = try #require(frame)
        #expect(!frame.header.flags.contains(.error))
        return try PBOutcome(payload: frame.payload)
    }

    @Test func `thousands in one burst are each answered once`() async throws {
        try await withHospital { hospital in
            let connection = try await RawConnection.greeted(port: hospital.port)
            var burst = ByteBuffer()
            for index in 0..<5_000 as Range<UInt32> {
                let patient = Int(index) % 200
                burst.writeImmutableBuffer(
                    try connection.frame(
                        .book, index + 2,
                        hospital.booking(UInt64(index) + 1, patient: patient, slot: UInt16(index / 200 * 4 % 100))))
            }
            try await connection.send(bytes: burst)
            var results: [UInt32: PBOutcome] = [:]
            for _ in 0..<5_000 {
                let frame = try #require(await connection.next())
                let outcome = try outcome(frame)
                #expect(results.updateValue(outcome, forKey: frame.header.requestID) == nil)
            }
            #expect(results.count == 5_000)
            // Each patient is in one place at a time: 25 slots were asked for, each by all 200, and 100 have room in
            // each.
            let done = results.values.filter { $0.result == .done }
            #expect(Set(done.map(\.appointment)).count == done.count)
            #expect(done.count == 2_500)
            #expect(results.values.filter { $0.result == .refused }.allSatisfy { $0.rule == .slotFull })
        }
    }

    @Test func `a batch at the limit is answered in its order, and one request more is refused before it is decoded`()
        async throws
    {
        try await withHospital { hospital in
            let connection = try await RawConnection.greeted(port: hospital.port)
            var batch = PBBatchRequest()
            batch.bookings = (0..<8_192).map {
                hospital.booking(UInt64($0) + 1, patient: $0 % 200, slot: UInt16($0 / 200 % 100))
            }
            try await connection.send(.batch, 2, batch)
            let reply = try PBBatchReply(payload: try #require(await connection.next()).payload)
            #expect(reply.bookings.count == 8_192 && reply.changes.isEmpty)
            for (index, outcome) in reply.bookings.enumerated() {
                #expect(outcome.result == .done || outcome.rule == .slotFull)
                // Slot by slot: the first hundred who ask for one get it.
                if outcome.result == .done, index % 200 >= 100 {
                    Issue.record("slot \(index / 200) went to a latecomer")
                }
            }
            batch.bookings.append(hospital.booking(9_999))
            try await connection.send(.batch, 3, batch)
            let failure = try await connection.failure()
            #expect(failure.code == .batchTooLong && !failure.retryable && !failure.maybeApplied)
            batch.bookings.removeLast(2)
            batch.changes = [PBChangeRequest(), PBChangeRequest()]
            try await connection.send(.batch, 4, batch)
            #expect(try await connection.failure().code == .batchTooLong)
        }
    }

    @Test func `what is wrong with one request of a batch stops no other`() async throws {
        try await withHospital { hospital in
            let connection = try await RawConnection.greeted(port: hospital.port) { $0.channel = .unspecified }
            var batch = PBBatchRequest()
            batch.bookings = (0..<6).map { hospital.booking(UInt64($0) + 1, patient: $0) }
            batch.bookings[0].keyHigh = 0
            batch.bookings[0].keyLow = 0
            batch.bookings[2].channel = .unspecified
            batch.bookings[5].patient = 1 << 50
            var change = PBChangeRequest()
            change.keyLow = 77
            change.channel = .ward
            change.transition = .UNRECOGNIZED(50)
            batch.changes = [change]
            change.transition = .cancel
            change.appointment = 12
            batch.changes.append(change)
            try await connection.send(.batch, 2, batch)
            let reply = try PBBatchReply(payload: try #require(await connection.next()).payload)
            #expect(reply.bookings.map(\.result) == [.failed, .done, .failed, .done, .done, .failed])
            #expect(
                reply.bookings.map(\.error) == [
                    .invalidArgument, .unspecified, .invalidArgument, .unspecified, .unspecified, .notFound,
                ])
            #expect(reply.changes.map(\.error) == [.invalidArgument, .notFound])
        }
    }

    @Test func `an empty batch has an empty answer`() async throws {
        try await withHospital { hospital in
            let connection = try await RawConnection.greeted(port: hospital.port)
            try await connection.send(.batch, 2, PBBatchRequest())
            let frame = try #require(await connection.next())
            #expect(frame.header.flags == .reply && frame.payload.readableBytes == 0)
        }
    }

    @Test func `the same key gets the first answer, on any connection`() async throws {
        try await withHospital { hospital in
            let first = try await RawConnection.greeted(port: hospital.port)
            try await first.send(.book, 2, hospital.booking(5))
            let told = try outcome(await first.next())
            #expect(
                told.result == .done && !told.again && told.number == 1 && told.state == .booked && told.position > 0)
            let second = try await RawConnection.greeted(port: hospital.port) { $0.operator = "somebody else" }
            var repetition = hospital.booking(5)
            repetition.channel = .ward
            try await second.send(.book, 2, repetition)
            var again = try outcome(await second.next())
            #expect(again.again)
            again.again = false
            #expect(again == told)
            try await second.send(.book, 3, hospital.booking(5, patient: 1))
            let failure = try await second.failure()
            #expect(failure.code == .keyReused && !failure.retryable)
        }
    }

    @Test func `as many requests as the limit are taken at once, and one more is overloaded`() async throws {
        try await withHospital({ ($0.limits.inFlight, $0.limits.batchLength) = (10, 10) }) { hospital in
            let connection = try await RawConnection.greeted(port: hospital.port)
            hospital.disk.shut()
            var batch = PBBatchRequest()
            batch.bookings = (0..<9).map { hospital.booking(UInt64($0) + 1, patient: $0) }
            try await connection.send(.batch, 2, batch)
            try await connection.send(.book, 3, hospital.booking(10, patient: 10))
            try await connection.send(.book, 4, hospital.booking(11, patient: 11))
            let refused = try #require(await connection.next())
            #expect(refused.header.requestID == 4)
            let failure = try PBFailure(payload: refused.payload)
            #expect(
                failure.code == .overloaded && failure.retryable && !failure.maybeApplied && failure.retryAfterMs > 0)
            // Another connection has limits of its own.
            let other = try await RawConnection.greeted(port: hospital.port)
            try await other.send(.book, 2, hospital.booking(12, patient: 12))
            hospital.disk.open()
            #expect(try outcome(await other.next()).result == .done)
            let ids = [
                try #require(await connection.next()).header.requestID,
                try #require(await connection.next()).header.requestID,
            ]
            #expect(Set(ids) == [2, 3])
            try await connection.send(.book, 5, hospital.booking(11, patient: 11))
            #expect(try outcome(await connection.next()).result == .done)
        }
    }

    @Test func `a joint booking names its appointments, or the item that was refused`() async throws {
        try await withHospital { hospital in
            let connection = try await RawConnection.greeted(port: hospital.port)
            var request = PBBookTogetherRequest()
            request.keyLow = 1
            request.patient = hospital.patients[3].rawValue
            request.items = [0, 10, 20].map { index in
                var item = PBTogetherItem()
                item.slot = hospital.slot(UInt16(index)).rawValue
                item.service = hospital.clinic.rawValue
                return item
            }
            try await connection.send(.bookTogether, 2, request)
            let reply = try PBTogetherReply(payload: try #require(await connection.next()).payload)
            #expect(reply.outcome.result == .done && reply.appointments.count == 3)
            #expect(reply.appointments.first == reply.outcome.appointment)
            request.keyLow = 2
            request.items[0].slot = hospital.slot(30).rawValue
            try await connection.send(.bookTogether, 3, request)
            let refused = try PBTogetherReply(payload: try #require(await connection.next()).payload)
            #expect(refused.outcome.result == .refused && refused.outcome.rule == .overlap)
            #expect(refused.refusedItem == 1 && refused.appointments.isEmpty)
        }
    }
}

@Suite struct `Deadlines` {
    @Test func `a write that has begun when its deadline passes may have been applied, and its key tells`() async throws
    {
        try await withHospital { hospital in
            let connection = try await RawConnection.greeted(port: hospital.port)
            hospital.disk.shut()
            try await connection.send(.book, 2, hospital.booking(1), deadline: 5)
            let frame = try #require(await connection.next())
            #expect(frame.header.requestID == 2)
            let failure = try PBFailure(payload: frame.payload)
            #expect(failure.code == .deadlineExceeded && failure.maybeApplied && failure.retryable)
            hospital.disk.open()
            // The id is free again at once, and the late answer goes to nobody.
            try await connection.send(.book, 2, hospital.booking(1))
            let answer = try #require(await connection.next())
            let outcome = try PBOutcome(payload: answer.payload)
            #expect(outcome.result == .done && outcome.again)
        }
    }

    @Test func `a reading that takes too long was never applied`() async throws {
        try await withHospital { hospital in
            let connection = try await RawConnection.greeted(port: hospital.port)
            hospital.disk.shut()
            // A patient's registration is not durable yet, so a reading that sees it waits for the disk.
            var request = PBRegisterPatientsRequest()
            var patient = PBPatient()
            var identifier = PBIdentifier()
            (identifier.system, identifier.value) = ("urn:test", "new")
            patient.identifiers = [identifier]
            request.patients = [patient]
            try await connection.send(.registerPatients, 2, request, deadline: 1_000)
            #expect(try await connection.failure().maybeApplied)
            var find = PBFindPatientsRequest()
            find.identifiers = [identifier]
            try await connection.send(.findPatients, 3, find, deadline: 5)
            let failure = try await connection.failure()
            #expect(failure.code == .deadlineExceeded && !failure.maybeApplied)
            hospital.disk.open()
        }
    }

    @Test func `requests without a deadline wait as long as it takes`() async throws {
        try await withHospital { hospital in
            let connection = try await RawConnection.greeted(port: hospital.port)
            hospital.disk.shut()
            try await connection.send(.book, 2, hospital.booking(1))
            try await connection.send(.book, 3, hospital.booking(2, patient: 1), deadline: 5)
            #expect(try #require(await connection.next()).header.requestID == 3)
            hospital.disk.open()
            #expect(try #require(await connection.next()).header.requestID == 2)
        }
    }
}
