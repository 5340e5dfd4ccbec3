import NIOCore
import Scheduling
import SwiftProtobuf
import Testing

@testable import Server
@testable import Wire

@Suite struct `A connection begins with a handshake` {
    @Test func `the welcome says what the server is and takes`() async throws {
        try await withHospital { hospital in
            let connection = try await RawConnection.open(port: hospital.port)
            var hello = PBHello.lawful
            hello.features = 0xff
            try await connection.send(.hello, 1, hello)
            let frame = try #require(await connection.next())
            let welcome = try PBWelcome(payload: frame.payload)
            #expect(welcome.version == 1 && welcome.features == 3 && welcome.cluster.count == 16 && welcome.epoch >= 1)
            #expect(welcome.role == .primary && welcome.server == "haoyuan-test")
            #expect(welcome.frameLimit == 4_194_304 && welcome.batchLimit == 8_192 && welcome.inFlightLimit == 16_384)
            #expect(welcome.keyWindowMs == 86_400_000 && welcome.nowMs == ServedHospital.morning.rawValue)
            #expect(frame.header.epoch == welcome.epoch && frame.header.requestID == 1)
        }
    }

    struct Bad: CustomTestStringConvertible {
        var testDescription: String
        var code: PBErrorCode
        var change: @Sendable (inout PBHello) -> Void
    }

    @Test(arguments: [
        Bad(testDescription: "wrong magic", code: .handshakeRequired) { $0.magic += 1 },
        Bad(testDescription: "only later versions", code: .unsupportedVersion) {
            ($0.versionMin, $0.versionMax) = (2, 9)
        },
        Bad(testDescription: "only earlier versions", code: .unsupportedVersion) {
            ($0.versionMin, $0.versionMax) = (0, 0)
        },
        Bad(testDescription: "wrong credential", code: .unauthenticated) { $0.credential = "sesamf" },
        Bad(testDescription: "no credential", code: .unauthenticated) { $0.credential = "" },
        Bad(testDescription: "the engine's own channel", code: .invalidArgument) { $0.channel = .system },
        Bad(testDescription: "a long operator", code: .invalidArgument) {
            $0.operator = String(repeating: "x", count: 65)
        },
        Bad(testDescription: "a long client name", code: .invalidArgument) {
            $0.client = String(repeating: "x", count: 257)
        },
        Bad(testDescription: "a tiny frame limit", code: .invalidArgument) { $0.frameLimit = 65_535 },
    ])
    func `a Hello that cannot be taken is answered and the connection ends`(bad: Bad) async throws {
        try await withHospital({ $0.credential = "sesame" }) { hospital in
            let connection = try await RawConnection.open(port: hospital.port)
            var hello = PBHello.lawful
            hello.credential = "sesame"
            bad.change(&hello)
            try await connection.send(.hello, 1, hello)
            #expect(try await connection.failure().code == bad.code)
            #expect(await connection.next() == nil)
            // With everything right, the same server takes the next one.
            _ = try await RawConnection.greeted(port: hospital.port) { $0.credential = "sesame" }
        }
    }

    @Test(arguments: [Features(), .checksum])
    func `a request that comes with the Hello is not carried out`(features: Features) async throws {
        try await withHospital { hospital in
            let connection = try await RawConnection.open(port: hospital.port)
            var hello = PBHello.lawful
            hello.features = features.rawValue
            var bytes = try connection.frame(.hello, 1, hello)
            bytes.writeImmutableBuffer(try connection.frame(.book, 2, hospital.booking(1)))
            try await connection.send(bytes: bytes)
            #expect(try #require(await connection.next()).header.flags == .reply)
            let last = try #require(await connection.next())
            #expect(last.header.requestID == 2)
            #expect(try PBFailure(payload: last.payload).code == .handshakeRequired)
            #expect(await connection.next() == nil)
            // Nothing was booked: the key is new.
            let other = try await RawConnection.greeted(port: hospital.port)
            try await other.send(.book, 2, hospital.booking(1))
            let outcome = try PBOutcome(payload: try #require(await other.next()).payload)
            #expect(outcome.result == .done && !outcome.again)
        }
    }

    @Test func `a request before the handshake ends the connection`() async throws {
        try await withHospital { hospital in
            let connection = try await RawConnection.open(port: hospital.port)
            try await connection.send(.status, 2, PBStatusRequest())
            #expect(try await connection.failure().code == .handshakeRequired)
            #expect(await connection.next() == nil)
        }
    }

    @Test(
        arguments: [(1, [0x09, 1, 2], PBErrorCode.malformedMessage), (2, [], .handshakeRequired)]
            as [(UInt32, [UInt8], PBErrorCode)])
    func `a HELLO that cannot be read, or under another id, ends the connection`(
        id: UInt32, payload: [UInt8], code: PBErrorCode
    ) async throws {
        try await withHospital { hospital in
            let connection = try await RawConnection.open(port: hospital.port)
            var bytes = ByteBuffer()
            try FrameEncoder().write(FrameHeader(.hello, requestID: id), into: &bytes) { $0.writeBytes(payload) }
            try await connection.send(bytes: bytes)
            #expect(try await connection.failure().code == code)
            #expect(await connection.next() == nil)
        }
    }

    @Test func `who says nothing is told so and let go`() async throws {
        try await withHospital({ $0.limits.handshakeMilliseconds = 1 }) { hospital in
            let connection = try await RawConnection.open(port: hospital.port)
            let frame = try #require(await connection.next())
            let failure = try PBFailure(payload: frame.payload)
            #expect(failure.code == .handshakeRequired && !failure.maybeApplied)
            #expect(frame.header.requestID == 0 && frame.header.method == 0)
            #expect(await connection.next() == nil)
        }
    }

    @Test func `one connection above the limit is told so, and taken when another has gone`() async throws {
        try await withHospital({ $0.limits.connections = 2 }) { hospital in
            let first = try await RawConnection.greeted(port: hospital.port)
            let second = try await RawConnection.greeted(port: hospital.port)
            let third = try await RawConnection.open(port: hospital.port)
            try await third.send(.hello, 1, PBHello.lawful)
            let failure = try await third.failure()
            #expect(failure.code == .tooManyConnections && failure.retryable && failure.retryAfterMs > 0)
            #expect(await third.next() == nil)
            await first.close()
            // The server notices in its own time: ask until it has.
            var isTaken = false
            for _ in 0..<1_000 where !isTaken {
                let next = try await RawConnection.open(port: hospital.port)
                try await next.send(.hello, 1, PBHello.lawful)
                isTaken = await next.next()?.header.flags == .reply
            }
            #expect(isTaken)
            await second.close()
        }
    }

    @Test(arguments: [Features.checksum, .snappy, [.checksum, .snappy]])
    func `features that both sides want are on`(features: Features) async throws {
        try await withHospital { hospital in
            let connection = try await RawConnection.greeted(port: hospital.port) { $0.features = features.rawValue }
            var batch = PBBatchRequest()
            batch.bookings = (0..<500).map {
                hospital.booking(UInt64($0) + 1, patient: $0 % 200, slot: UInt16($0 % 100))
            }
            try await connection.send(.batch, 2, batch, features: features)
            let frame = try #require(await connection.next())
            #expect(frame.header.flags.contains(.checksum) == features.contains(.checksum))
            #expect(frame.header.flags.contains(.snappy) == features.contains(.snappy))
            #expect(try PBBatchReply(payload: frame.payload).bookings.count == 500)
        }
    }
}
