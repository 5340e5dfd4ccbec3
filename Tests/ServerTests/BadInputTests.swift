import NIOCore
import Scheduling
import SwiftProtobuf
import Testing

@testable import Server
@testable import Wire

@Suite struct `What one connection does wrong, no other notices` {
    /// Breaks one connection with `bytes` and checks that it is told why, and that another goes on.
    private func expect(
        _ code: PBErrorCode, endsConnection: Bool, features: Features = [], id: UInt32? = 7,
        bytes: @escaping @Sendable (ServedHospital) throws -> ByteBuffer
    ) async throws {
        try await withHospital { hospital in
            let other = try await RawConnection.greeted(port: hospital.port)
            let connection = try await RawConnection.greeted(port: hospital.port) { $0.features = features.rawValue }
            try await connection.send(bytes: try bytes(hospital))
            let frame = try #require(await connection.next())
            #expect(frame.header.flags.isSuperset(of: [.reply, .error]))
            if let id { #expect(frame.header.requestID == id) }
            let failure = try PBFailure(payload: frame.payload)
            #expect(failure.code == code, "\(failure.message)")
            #expect(
                failure.retryable == failure.code.code?.isRetryable && !failure.maybeApplied && !failure.message.isEmpty
            )
            if endsConnection {
                #expect(await connection.next() == nil)
            } else {
                try await connection.send(.book, 8, hospital.booking(8, patient: 8), features: features)
                let answer = try #require(await connection.next())
                #expect(try PBOutcome(payload: answer.payload).result == .done)
            }
            try await other.send(.book, 2, hospital.booking(2))
            let answer = try #require(await other.next())
            #expect(try PBOutcome(payload: answer.payload).result == .done)
        }
    }

    private static func frame(
        _ method: UInt8 = Method.book.rawValue, _ id: UInt32 = 7, flags: FrameFlags = [], version: UInt8 = 1,
        payload: ByteBuffer = ByteBuffer(), length: UInt32? = nil
    ) -> ByteBuffer {
        var out = ByteBuffer()
        out.writeMultipleIntegers(
            length ?? UInt32(16 + payload.readableBytes), version, method, flags.rawValue, id, UInt32(0), UInt32(0))
        out.writeImmutableBuffer(payload)
        return out
    }

    @Test func `a length too small`() async throws {
        try await expect(.malformedFrame, endsConnection: true, id: 0) { _ in Self.frame(length: 15) }
    }

    @Test func `a length too large`() async throws {
        try await expect(.frameTooLarge, endsConnection: true) { _ in Self.frame(length: 16 + 4_194_305) }
    }

    @Test func `a length of 4 GiB`() async throws {
        try await expect(.frameTooLarge, endsConnection: true) { _ in Self.frame(length: .max) }
    }

    @Test func `HTTP`() async throws {
        try await expect(.frameTooLarge, endsConnection: true, id: 0) { _ in
            ByteBuffer(string: "GET / HTTP/1.1\r\nHost: hospital\r\n\r\n")
        }
    }

    @Test func `another version`() async throws {
        try await expect(.unsupportedVersion, endsConnection: true) { _ in Self.frame(version: 2) }
    }

    @Test func `unknown flags`() async throws {
        try await expect(.malformedFrame, endsConnection: true) { _ in Self.frame(flags: FrameFlags(rawValue: 64)) }
    }

    @Test(arguments: [FrameFlags.reply, .push])
    func `a reply or a push from a client`(flags: FrameFlags) async throws {
        try await expect(.malformedFrame, endsConnection: true) { _ in Self.frame(flags: flags) }
    }

    @Test func `request id 0`() async throws {
        try await expect(.malformedFrame, endsConnection: true, id: 0) { _ in Self.frame(Method.book.rawValue, 0) }
    }

    @Test func `a request id in use`() async throws {
        try await withHospital { hospital in
            let connection = try await RawConnection.greeted(port: hospital.port)
            hospital.disk.shut()
            try await connection.send(.book, 7, hospital.booking(1))
            try await connection.send(.book, 7, hospital.booking(2, patient: 1))
            hospital.disk.open()
            // The first has its answer, and the fault has no id, for it would be the first one's.
            let first = try #require(await connection.next())
            #expect(first.header.requestID == 7 && first.header.flags == .reply)
            #expect(try PBOutcome(payload: first.payload).result == .done)
            let last = try #require(await connection.next())
            #expect(last.header.requestID == 0 && last.header.flags.isSuperset(of: .failure))
            #expect(try PBFailure(payload: last.payload).code == .malformedFrame)
            #expect(await connection.next() == nil)
            // And it was carried out once.
            let other = try await RawConnection.greeted(port: hospital.port)
            try await other.send(.book, 2, hospital.booking(1))
            let answer = try #require(await other.next())
            let outcome = try PBOutcome(payload: answer.payload)
            #expect(outcome.result == .done && outcome.again)
        }
    }

    @Test func `a second Hello`() async throws {
        try await expect(.handshakeRequired, endsConnection: true) { _ in
            Self.frame(Method.hello.rawValue, 7, payload: try bytes(PBHello.lawful))
        }
    }

    @Test(arguments: [0, 60, 200] as [UInt8])
    func `an unknown method`(method: UInt8) async throws {
        try await expect(.unknownMethod, endsConnection: false) { _ in Self.frame(method) }
    }

    @Test(arguments: Method.allCases.filter { $0.isRequest && $0 != .hello })
    func `a payload that is no message`(method: Wire.Method) async throws {
        try await expect(.malformedMessage, endsConnection: false) { _ in
            Self.frame(method.rawValue, payload: ByteBuffer(bytes: [0x0a, 0xff, 0xff, 0xff]))
        }
    }

    @Test func `a string that is no UTF-8`() async throws {
        try await expect(.malformedMessage, endsConnection: false) { hospital in
            var payload = try bytes(hospital.booking(1))
            payload.writeBytes([0x42, 2, 0xc3, 0x28])
            return Self.frame(payload: payload)
        }
    }

    @Test func `a code as long as a frame`() async throws {
        try await expect(.notFound, endsConnection: false) { _ in
            var request = PBGenerateSessionsRequest()
            (request.from, request.to) = ("2026-03-02", "2026-03-03")
            request.templates = [String(repeating: "x", count: 4_194_304 - 64)]
            return Self.frame(Method.generateSessions.rawValue, payload: try bytes(request))
        }
    }

    @Test(arguments: [("", 1), ("a b", 1), ("x", 4_194_304 - 64)])
    func `the name of a reader that cannot be one`(repeated: String, count: Int) async throws {
        let name = String(repeating: repeated, count: count)
        try await expect(.invalidArgument, endsConnection: false) { _ in
            var request = PBConfirmEventsRequest()
            (request.name, request.through) = (name, 1)
            return Self.frame(Method.confirmEvents.rawValue, payload: try bytes(request))
        }
        try await expect(.invalidArgument, endsConnection: false) { _ in
            var request = PBDropReaderRequest()
            request.name = name
            return Self.frame(Method.dropReader.rawValue, payload: try bytes(request))
        }
    }

    @Test func `compression that was not agreed on`() async throws {
        try await expect(.decompressionFailed, endsConnection: true) { _ in Self.frame(flags: .snappy) }
    }

    @Test func `compressed bytes that are none`() async throws {
        try await expect(.decompressionFailed, endsConnection: true, features: .snappy) { _ in
            Self.frame(flags: .snappy, payload: ByteBuffer(string: "no snappy at all"))
        }
    }

    @Test func `a snappy bomb`() async throws {
        try await expect(.decompressionFailed, endsConnection: true, features: .snappy) { _ in
            let zeros = ByteBuffer(repeating: 0, count: 64 << 20)
            return Self.frame(flags: .snappy, payload: try #require(Compression.compress(zeros.readableBytesView)))
        }
    }

    @Test func `a wrong checksum`() async throws {
        try await expect(.checksumMismatch, endsConnection: true, features: .checksum, id: 0) { hospital in
            var payload = try bytes(hospital.booking(1))
            payload.writeInteger(UInt32(0xdead_beef))
            return Self.frame(flags: .checksum, payload: payload)
        }
    }

    @Test func `a missing checksum`() async throws {
        try await expect(.checksumMismatch, endsConnection: true, features: .checksum, id: 0) { hospital in
            Self.frame(payload: try bytes(hospital.booking(1)))
        }
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `garbage`(seed: UInt64) async throws {
        try await withHospital { hospital in
            let other = try await RawConnection.greeted(port: hospital.port)
            var state = seed
            for _ in 0..<5 {
                let connection = try await RawConnection.greeted(port: hospital.port)
                var garbage = ByteBuffer()
                // A length in front that is taken, so that the garbage is read as a header and a message.
                garbage.writeInteger(UInt32(16 + 40))
                garbage.writeInteger(UInt8(1))
                garbage.writeInteger(Method.allCases[Int(seed) % Method.allCases.count].rawValue)
                garbage.writeInteger(UInt16(0))
                for _ in 0..<52 {
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    garbage.writeInteger(UInt8(truncatingIfNeeded: state >> 56))
                }
                try await connection.send(bytes: garbage)
                #expect(await connection.next() != nil, "seed \(seed)")
                await connection.close()
            }
            try await other.send(.book, 2, hospital.booking(2))
            let answer = try #require(await other.next())
            #expect(try PBOutcome(payload: answer.payload).result == .done, "seed \(seed)")
        }
    }

    @Test func `a frame that never ends keeps nobody else waiting`() async throws {
        try await withHospital { hospital in
            let half = try await RawConnection.greeted(port: hospital.port)
            try await half.send(bytes: Self.frame(length: 4_000_000))
            let other = try await RawConnection.greeted(port: hospital.port)
            try await other.send(.book, 2, hospital.booking(2))
            let answer = try #require(await other.next())
            #expect(try PBOutcome(payload: answer.payload).result == .done)
            await half.close()
        }
    }
}

@Suite struct `Values that cannot be are named by their field` {
    struct Bad: CustomTestStringConvertible {
        var testDescription: String
        var method: Wire.Method
        var message: any Message & Sendable

        init(_ field: String, _ method: Wire.Method, _ message: any Message & Sendable) {
            testDescription = field
            self.method = method
            self.message = message
        }

        static func make<M: Message>(_ type: M.Type, _ change: (inout M) -> Void) -> M {
            var message = M()
            change(&message)
            return message
        }
    }

    static let bad: [Bad] = [
        Bad("key_high, key_low", .book, Bad.make(PBBookRequest.self) { $0.patient = 1 }),
        Bad("key_high, key_low", .move, PBMoveRequest()),
        Bad("transition", .change, Bad.make(PBChangeRequest.self) { $0.keyLow = 1 }),
        Bad("items", .bookTogether, Bad.make(PBBookTogetherRequest.self) { $0.keyLow = 1 }),
        Bad("department, service, resource", .searchSlots, PBSearchSlotsRequest()),
        Bad(
            "to", .countReport,
            Bad.make(PBCountReportRequest.self) { ($0.from, $0.to) = ("2026-03-02", "2026-03-01") }),
        Bad(
            "from, to", .countReport,
            Bad.make(PBCountReportRequest.self) { ($0.from, $0.to) = ("2026-03-02", "2027-05-01") }),
        Bad(
            "by", .countReport,
            Bad.make(PBCountReportRequest.self) {
                ($0.from, $0.to, $0.by) = ("2026-03-02", "2026-03-02", [.unspecified])
            }),
        Bad("departments, pools, service", .dayCounts, PBDayCountsRequest()),
        Bad(
            "to", .dayCounts,
            Bad.make(PBDayCountsRequest.self) { ($0.departments, $0.from, $0.to) = ([1], "2026-03-02", "2026-03-01") }),
        Bad(
            "from, to", .dayCounts,
            Bad.make(PBDayCountsRequest.self) { ($0.departments, $0.from, $0.to) = ([1], "2026-03-02", "2026-07-01") }),
        Bad("text", .findEntities, PBFindEntitiesRequest()),
        Bad("limit", .findEntities, Bad.make(PBFindEntitiesRequest.self) { ($0.text, $0.limit) = ("xnk", 201) }),
        Bad("from", .listSessions, PBListSessionsRequest()),
        Bad(
            "to", .listSessions,
            Bad.make(PBListSessionsRequest.self) { ($0.from, $0.to) = ("2026-03-02", "2026-03-01") }),
        Bad(
            "to", .listSessions,
            Bad.make(PBListSessionsRequest.self) { ($0.from, $0.to) = ("2026-03-02", "2028-03-01") }),
        Bad("from", .generateSessions, Bad.make(PBGenerateSessionsRequest.self) { $0.from = "2026-02-30" }),
        Bad("sessions[0].date", .openSessions, Bad.make(PBOpenSessionsRequest.self) { $0.sessions = [PBNewSession()] }),
        Bad(
            "patients[0].identifiers", .registerPatients,
            Bad.make(PBRegisterPatientsRequest.self) { $0.patients = [PBPatient()] }),
        Bad(
            "identifiers[0].system", .findPatients,
            Bad.make(PBFindPatientsRequest.self) { $0.identifiers = [PBIdentifier()] }),
        Bad(
            "resources[0].kind", .putCatalogue,
            Bad.make(PBPutCatalogueRequest.self) { $0.catalogue.resources = [PBResource()] }),
        Bad(
            "ids", .getAppointments,
            Bad.make(PBGetAppointmentsRequest.self) { $0.ids = Array(repeating: 1, count: 8_193) }),
        Bad(
            "identifiers", .findPatients,
            Bad.make(PBFindPatientsRequest.self) { $0.identifiers = Array(repeating: PBIdentifier(), count: 8_193) }),
        Bad(
            "patients", .registerPatients,
            Bad.make(PBRegisterPatientsRequest.self) { $0.patients = Array(repeating: PBPatient(), count: 8_193) }),
        Bad(
            "patients.identifiers", .registerPatients,
            Bad.make(PBRegisterPatientsRequest.self) {
                $0.patients = [.with { $0.identifiers = Array(repeating: PBIdentifier(), count: 17) }]
            }),
        Bad(
            "templates", .generateSessions,
            Bad.make(PBGenerateSessionsRequest.self) { $0.templates = Array(repeating: "", count: 8_193) }),
        Bad(
            "catalogue.departments", .putCatalogue,
            Bad.make(PBPutCatalogueRequest.self) {
                $0.catalogue.departments = Array(repeating: PBDepartment(), count: 100_001)
            }),
        Bad(
            "catalogue.templates", .putCatalogue,
            Bad.make(PBPutCatalogueRequest.self) {
                $0.catalogue.templates = Array(repeating: PBTemplate(), count: 100_001)
            }),
        Bad(
            "catalogue.pools.services", .putCatalogue,
            Bad.make(PBPutCatalogueRequest.self) {
                $0.catalogue.pools = [.with { $0.services = Array(repeating: "", count: 1_025) }]
            }),
        Bad("after", .subscribe, Bad.make(PBSubscribeRequest.self) { $0.after = 1 << 40 }),
    ]

    @Test func `each of them`() async throws {
        try await withHospital { hospital in
            let connection = try await RawConnection.greeted(port: hospital.port)
            for (index, bad) in Self.bad.enumerated() {
                var bytes = ByteBuffer()
                try FrameEncoder().write(FrameHeader(bad.method, requestID: UInt32(index) + 2), into: &bytes) {
                    $0.writeMessage(bad.message)
                }
                try await connection.send(bytes: bytes)
                let failure = try await connection.failure()
                #expect(failure.code == .invalidArgument, "\(bad.testDescription)")
                #expect(failure.message.hasPrefix(bad.testDescription + ":"), "\(failure.message)")
            }
        }
    }

    @Test func `a catalogue of two thousand long texts is read back whole`() async throws {
        try await withHospital { hospital in
            let connection = try await RawConnection.greeted(port: hospital.port)
            let text = String(repeating: "禁", count: 2_046 / 3)
            func services(_ range: Range<Int>) -> PBPutCatalogueRequest {
                .with {
                    $0.catalogue.services = range.map { number in
                        .with {
                            ($0.code, $0.name, $0.kind, $0.preparation) = ("s\(number)", "检查", .exam, text)
                        }
                    }
                }
            }
            try await connection.send(.putCatalogue, 2, services(0..<1_500))
            #expect(try #require(await connection.next()).header.flags == .reply)
            try await connection.send(.putCatalogue, 3, services(1_500..<2_000))
            #expect(try #require(await connection.next()).header.flags == .reply)
            try await connection.send(.getCatalogue, 4, PBGetCatalogueRequest())
            let reply = try PBGetCatalogueReply(payload: try #require(await connection.next()).payload)
            #expect(reply.catalogue.services.count == 2_001)
        }
    }

    @Test func `ids that do not exist are not found`() async throws {
        try await withHospital { hospital in
            let connection = try await RawConnection.greeted(port: hospital.port)
            // Pool 9: there is one.
            let unknown: UInt64 = 9 << 40
            try await connection.send(
                .patientAppointments, 2, PBPatientAppointmentsRequest.with { $0.patient = unknown })
            #expect(try await connection.failure().code == .notFound)
            try await connection.send(
                .sessionAppointments, 3, PBSessionAppointmentsRequest.with { $0.session = unknown })
            #expect(try await connection.failure().code == .notFound)
            var booking = hospital.booking(1)
            booking.slot = unknown
            try await connection.send(.book, 4, booking)
            #expect(try await connection.failure().code == .notFound)
            // A list simply has no such entry.
            try await connection.send(.getAppointments, 5, PBGetAppointmentsRequest.with { $0.ids = [unknown, .max] })
            let reply = try PBAppointmentsReply(payload: try #require(await connection.next()).payload)
            #expect(reply.appointments.isEmpty)
        }
    }
}

private func bytes(_ message: some Message) throws -> ByteBuffer {
    ByteBuffer(bytes: try message.serializedBytes() as [UInt8])
}
