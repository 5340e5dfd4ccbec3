import NIOCore
import SwiftProtobuf
import Testing

@testable import Wire

@Suite struct `Messages read and written by hand are those of swift-protobuf` {
    @Test(arguments: 1...50 as ClosedRange<UInt64>)
    func `bookings`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<40 {
            let booking = PBBookRequest.random(&random)
            let bytes: [UInt8] = try booking.serializedBytes()
            var written = ByteBuffer()
            written.writeBooking(booking)
            #expect(Array(written.readableBytesView) == bytes, "seed \(seed)")
            #expect(try PBBookRequest(fastPayload: ByteBuffer(bytes: bytes)) == booking, "seed \(seed)")
        }
    }

    @Test(arguments: 1...50 as ClosedRange<UInt64>)
    func `changes`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<40 {
            let change = PBChangeRequest.random(&random)
            #expect(
                try PBChangeRequest(fastPayload: ByteBuffer(bytes: change.serializedBytes() as [UInt8])) == change,
                "seed \(seed)")
        }
    }

    @Test(arguments: 1...50 as ClosedRange<UInt64>)
    func `outcomes, alone and in a batch`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var reply = PBBatchReply()
        var written = ByteBuffer()
        for _ in 0..<40 {
            let outcome = PBOutcome.random(&random)
            var alone = ByteBuffer()
            alone.writeOutcome(outcome)
            #expect(Array(alone.readableBytesView) == (try outcome.serializedBytes() as [UInt8]), "seed \(seed)")
            #expect(try PBOutcome(fastPayload: alone) == outcome, "seed \(seed)")
            reply.bookings.append(outcome)
            written.writeBatchOutcome(outcome, isChange: false)
        }
        for _ in 0..<3 {
            let outcome = PBOutcome.random(&random)
            reply.changes.append(outcome)
            written.writeBatchOutcome(outcome, isChange: true)
        }
        #expect(Array(written.readableBytesView) == (try reply.serializedBytes() as [UInt8]), "seed \(seed)")
        var seen: [PBOutcome] = []
        try PBBatchReply.forEachBooking(in: written) { seen.append($0) }
        #expect(seen == reply.bookings)
    }

    @Test func `the longest outcome fits the room kept for it`() throws {
        var outcome = PBOutcome()
        outcome.result = .UNRECOGNIZED(-1)
        outcome.appointment = .max
        outcome.number = .max
        outcome.state = .UNRECOGNIZED(-1)
        outcome.version = .max
        outcome.holdUntilMs = -1
        outcome.position = .max
        outcome.rule = .UNRECOGNIZED(-1)
        outcome.policyVersion = .max
        outcome.authority = .UNRECOGNIZED(-1)
        outcome.limit = .max
        outcome.error = .UNRECOGNIZED(-1)
        outcome.again = true
        outcome.maybeApplied = true
        outcome.retryAfterMs = .max
        let bytes: [UInt8] = try outcome.serializedBytes()
        #expect(bytes.count == PBOutcome.mostBytes)
        var written = ByteBuffer()
        written.writeOutcome(outcome)
        #expect(Array(written.readableBytesView) == bytes)
    }

    @Test(arguments: 1...50 as ClosedRange<UInt64>)
    func `batches, in the order of the bytes`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var batch = PBBatchRequest()
        var byHand = ByteBuffer()
        for _ in 0..<20 {
            var booking = PBBookRequest.random(&random)
            booking.operator = "nurse-7"
            batch.bookings.append(booking)
            byHand.writeBatchBooking(booking)
        }
        #expect(Array(byHand.readableBytesView) == (try batch.serializedBytes() as [UInt8]))
        batch.changes = (0..<20).map { _ in PBChangeRequest.random(&random) }
        let payload = ByteBuffer(bytes: try batch.serializedBytes() as [UInt8])
        #expect(try PBBatchRequest.count(in: payload) == 40)
        var seen = PBBatchRequest()
        try PBBatchRequest.forEach(in: payload) { element in
            switch element {
            case .booking(let booking): seen.bookings.append(booking)
            case .change(let change): seen.changes.append(change)
            }
        }
        #expect(seen == batch)
    }

    @Test(arguments: 1...100 as ClosedRange<UInt64>)
    func `damaged bytes are judged alike`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let good: [UInt8] = try PBBookRequest.random(&random).serializedBytes()
        for _ in 0..<200 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
            }
            if Bool.random(using: &random) {
                bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random)))
            }
            let payload = ByteBuffer(bytes: bytes)
            let library = try? PBBookRequest(payload: payload)
            let byHand = try? PBBookRequest(fastPayload: payload)
            // The one difference: groups, which proto3 does not have, are passed over there and refused here.
            if let byHand { #expect(byHand == library, "seed \(seed), bytes \(bytes)") }
            if library != nil, byHand == nil {
                #expect(bytes.contains { $0 & 7 == 3 || $0 & 7 == 4 }, "seed \(seed), bytes \(bytes)")
            }
        }
    }

    @Test func `fields of a later version are passed over`() throws {
        let later: [UInt8] = [
            0x78, 5, 0x82, 1, 2, 65, 66, 0x89, 1, 1, 2, 3, 4, 5, 6, 7, 8, 0x95, 1, 1, 2, 3, 4, 0x18, 42,
        ]
        #expect(try PBBookRequest(fastPayload: ByteBuffer(bytes: later)).patient == 42)
        #expect(try PBBookRequest(payload: ByteBuffer(bytes: later)).unknownFields.data.isEmpty)
    }

    @Test(arguments: [[0x42, 2, 0xc3, 0x28], [0x42, 1, 0xff], [0x42, 3, 0xed, 0xa0, 0x80]] as [[UInt8]])
    func `a string that is no UTF-8 is a malformed message`(bytes: [UInt8]) {
        let payload = ByteBuffer(bytes: bytes)
        #expect { try PBBookRequest(fastPayload: payload) } throws: {
            ($0 as? ProtocolError)?.code == .malformedMessage
        }
        #expect { try PBBookRequest(payload: payload) } throws: { ($0 as? ProtocolError)?.code == .malformedMessage }
    }

    @Test func `elements are counted without building them`() throws {
        var request = PBFindPatientsRequest()
        request.identifiers = Array(repeating: PBIdentifier(), count: 1_234)
        let payload = ByteBuffer(bytes: try request.serializedBytes() as [UInt8])
        #expect(try payload.countOfElements(inField: 1) == 1_234)
        #expect(try payload.countOfElements(inField: 2) == 0)
    }

    @Test func `the most elements at the end of a path are found, numbers packed or not`() throws {
        var request = PBPutCatalogueRequest()
        request.catalogue.policies = [1, 3, 2].map { (count: Int) in
            var policy = PBPolicy()
            policy.terms = (0..<count).map { _ in
                var term = PBPolicyTerm()
                term.services = Array(repeating: "", count: count)
                term.channels = Array(repeating: .UNRECOGNIZED(300), count: 2 * count)
                return term
            }
            return policy
        }
        let payload = ByteBuffer(bytes: try request.serializedBytes() as [UInt8])
        #expect(try payload.mostElements(at: [1, 6]) == 3)
        #expect(try payload.mostElements(at: [1, 6, 6]) == 3)
        #expect(try payload.mostElements(at: [1, 6, 6, 2]) == 3)
        #expect(try payload.mostElements(at: [1, 6, 6, 3]) == 0)
        #expect(try payload.mostElements(at: [1, 6, 6, 4], areNumbers: true) == 6)
        #expect(try payload.mostElements(at: [1, 5, 6]) == 0)
        // One by one, as any reader of proto3 must take them; and a number in pieces.
        let numbers = ByteBuffer(bytes: [0x20, 1, 0x20, 0x81, 0x01, 0x22, 3, 1, 0x81, 0x01, 0x10, 7])
        #expect(try numbers.mostElements(at: [4], areNumbers: true) == 4)
        #expect(throws: ProtocolError.self) { try ByteBuffer(bytes: [0x22, 3, 1]).mostElements(at: [4]) }
    }

    @Test func `an appointment is found in a reply without building any`() throws {
        var reply = PBAppointmentsReply()
        reply.appointments = ([7, 1 << 40, 9] as [UInt64]).map { id in
            var appointment = PBAppointment()
            appointment.id = id
            // Neither another field nor another message's is taken for the id.
            appointment.patient = 11
            appointment.slot = 12
            return appointment
        }
        reply.position = 13
        let payload = ByteBuffer(bytes: try reply.serializedBytes() as [UInt8])
        for id: UInt64 in [7, 1 << 40, 9] { #expect(try payload.hasAppointment(id)) }
        for id: UInt64 in [8, 11, 12, 13, 0] { #expect(try !payload.hasAppointment(id)) }
    }
}

extension RandomNumberGenerator {
    /// Zero, small, or anything: what makes encodings differ in length.
    fileprivate mutating func number() -> UInt64 {
        switch next() % 4 {
        case 0: 0
        case 1: next() % 200
        case 2: next() >> 40
        default: next()
        }
    }

    fileprivate mutating func text() -> String {
        ["", "nurse-7", "护士站三号", String(repeating: "x", count: 200)][Int(next() % 4)]
    }
}

extension PBBookRequest {
    fileprivate static func random(_ random: inout SeededGenerator) -> PBBookRequest {
        var booking = PBBookRequest()
        booking.keyHigh = random.number()
        booking.keyLow = random.number()
        booking.patient = random.number()
        booking.slot = random.number()
        booking.service = UInt32(truncatingIfNeeded: random.number())
        booking.hold = Bool.random(using: &random)
        booking.channel = PBChannel(rawValue: Int.random(in: 0...12, using: &random)) ?? .unspecified
        booking.operator = random.text()
        booking.patientClass = PBPatientClass(rawValue: Int.random(in: -1...6, using: &random)) ?? .unspecified
        return booking
    }
}

extension PBChangeRequest {
    fileprivate static func random(_ random: inout SeededGenerator) -> PBChangeRequest {
        var change = PBChangeRequest()
        change.keyHigh = random.number()
        change.keyLow = random.number()
        change.appointment = random.number()
        change.transition = PBTransition(rawValue: Int.random(in: 0...12, using: &random)) ?? .unspecified
        change.ifVersion = UInt32(truncatingIfNeeded: random.number())
        change.reason = random.text()
        change.channel = PBChannel(rawValue: Int.random(in: 0...12, using: &random)) ?? .unspecified
        change.operator = random.text()
        return change
    }
}

extension PBOutcome {
    fileprivate static func random(_ random: inout SeededGenerator) -> PBOutcome {
        var outcome = PBOutcome()
        outcome.result = PBResult(rawValue: Int.random(in: 0...4, using: &random)) ?? .unspecified
        outcome.appointment = random.number()
        outcome.number = UInt32(truncatingIfNeeded: random.number())
        outcome.state = PBAppointmentState(rawValue: Int.random(in: 0...14, using: &random)) ?? .unspecified
        outcome.version = UInt32(truncatingIfNeeded: random.number())
        outcome.holdUntilMs = Int64(bitPattern: random.number())
        outcome.position = random.number()
        outcome.rule = PBRule(rawValue: Int.random(in: 0...20, using: &random)) ?? .unspecified
        outcome.policyVersion = UInt32(truncatingIfNeeded: random.number())
        outcome.authority = PBAuthority(rawValue: Int.random(in: 0...4, using: &random)) ?? .unspecified
        outcome.limit = UInt32(truncatingIfNeeded: random.number())
        outcome.error = PBErrorCode(rawValue: Int.random(in: 0...22, using: &random)) ?? .unspecified
        outcome.again = Bool.random(using: &random)
        outcome.maybeApplied = Bool.random(using: &random)
        outcome.retryAfterMs = Bool.random(using: &random) ? 0 : UInt32.random(in: 1...2_000, using: &random)
        return outcome
    }
}
