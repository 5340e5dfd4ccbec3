import NIOCore
import Testing

@testable import Server
@testable import Wire

@Suite struct `A server that stops` {
    @Test func `says goodbye, answers what it took, takes nothing more, and closes`() async throws {
        try await withHospital { hospital in
            let connection = try await RawConnection.greeted(port: hospital.port)
            let idle = try await RawConnection.greeted(port: hospital.port)
            let silent = try await RawConnection.open(port: hospital.port)
            hospital.disk.shut()
            try await connection.send(.book, 41, hospital.booking(1))
            // A deadline that passes says that the request before it was taken.
            try await connection.send(.book, 42, hospital.booking(2, patient: 1), deadline: 5)
            let late = try #require(await connection.next()).header
            #expect(late.requestID == 42 && late.knownMethod == .book)
            let stopping = Task { await hospital.server.stop(reason: "upgrade") }
            let goodbye = try #require(await connection.next())
            #expect(
                goodbye.header.flags == .push && goodbye.header.knownMethod == .goodbye && goodbye.header.requestID == 0
            )
            let message = try PBGoodbye(payload: goodbye.payload)
            #expect(message.reason == "upgrade" && message.lastRequest == 42)
            try await connection.send(.book, 43, hospital.booking(3, patient: 2))
            let refused = try await connection.failure()
            #expect(refused.code == .draining && refused.retryable && !refused.maybeApplied)
            hospital.disk.open()
            let answer = try #require(await connection.next())
            #expect(answer.header.requestID == 41)
            #expect(try PBOutcome(payload: answer.payload).result == .done)
            #expect(await connection.next() == nil)
            let idleGoodbye = try PBGoodbye(payload: try #require(await idle.next()).payload)
            #expect(idleGoodbye.lastRequest == 0)
            #expect(await idle.next() == nil)
            // On a slow machine the time for its Hello is over by now, and it was told so.
            if let told = await silent.next() {
                #expect(try PBFailure(payload: told.payload).code == .handshakeRequired)
                #expect(await silent.next() == nil)
            }
            await stopping.value
            await #expect(throws: (any Error).self) { try await RawConnection.open(port: hospital.port) }
        }
    }

    @Test func `waits no longer than its drain may take`() async throws {
        try await withHospital({ $0.limits.drainMilliseconds = 20 }) { hospital in
            let connection = try await RawConnection.greeted(port: hospital.port)
            hospital.disk.shut()
            try await connection.send(.book, 2, hospital.booking(1))
            try await connection.send(.book, 3, hospital.booking(2, patient: 1), deadline: 1)
            #expect(try #require(await connection.next()).header.requestID == 3)
            await hospital.server.stop(reason: "power")
            #expect(try #require(await connection.next()).header.knownMethod == .goodbye)
            #expect(await connection.next() == nil)
        }
    }

    @Test func `stopping twice is stopping once`() async throws {
        try await withHospital { hospital in
            await hospital.server.stop(reason: "one")
            await hospital.server.stop(reason: "two")
        }
    }
}
