import Foundation
import Glibc
import HaoyuanClient
import NIOCore
import Scheduling
import SwiftProtobuf
import Testing

@testable import Server
@testable import Wire

@Suite struct `Signs of life` {
    /// Sends a booking that the disk does not take, then readings that wait for it, more than run at once.
    private func wait(
        _ count: Int, on connection: RawConnection, _ hospital: ServedHospital, deadline: UInt32
    ) async throws {
        hospital.disk.shut()
        try await connection.send(.book, 2, hospital.booking(1))
        let request = PBSessionAppointmentsRequest.with { $0.session = hospital.session.rawValue }
        for id in 0..<UInt32(count) {
            try await connection.send(.sessionAppointments, 100 + id, request, deadline: deadline)
        }
    }

    @Test func `the status is told, however many readings wait on the connection`() async throws {
        try await withHospital { hospital in
            let connection = try await RawConnection.greeted(port: hospital.port)
            try await wait(500, on: connection, hospital, deadline: 0)
            for id in 3..<10 as Range<UInt32> {
                try await connection.send(.status, id, PBStatusRequest())
                #expect(try #require(await connection.next()).header.requestID == id)
            }
            hospital.disk.open()
            var ids: Set<UInt32> = []
            for _ in 0..<501 { ids.insert(try #require(await connection.next()).header.requestID) }
            #expect(ids == Set(100..<600).union([2]))
        }
    }

    @Test func `a deadline that has passed gives its place to the next`() async throws {
        try await withHospital { hospital in
            let connection = try await RawConnection.greeted(port: hospital.port)
            try await wait(40, on: connection, hospital, deadline: 50)
            for _ in 0..<40 { #expect(try await connection.failure().code == .deadlineExceeded) }
            // Those that ran still wait for the disk; a reading of another kind that needs none is answered.
            try await connection.send(.findPatients, 3, PBFindPatientsRequest())
            #expect(try #require(await connection.next()).header.requestID == 3)
            hospital.disk.open()
            #expect(try #require(await connection.next()).header.requestID == 2)
        }
    }

    @Test func `writes that wait for the disk keep no reading waiting`() async throws {
        try await withHospital { hospital in
            let connection = try await RawConnection.greeted(port: hospital.port)
            hospital.disk.shut()
            let count = UInt32(WireLimits.writesAtOnce * 2)
            for id in 0..<count {
                let request = PBRegisterPatientsRequest.with { request in
                    request.patients = [
                        .with { $0.identifiers = [.with { ($0.system, $0.value) = ("urn:waiting", "w\(id)") }] }
                    ]
                }
                try await connection.send(.registerPatients, 100 + id, request)
            }
            try await connection.send(.findPatients, 3, PBFindPatientsRequest())
            #expect(try #require(await connection.next()).header.requestID == 3)
            hospital.disk.open()
            var ids: Set<UInt32> = []
            for _ in 0..<count { ids.insert(try #require(await connection.next()).header.requestID) }
            #expect(ids == Set(100..<100 + count))
        }
    }

    @Test func `readings that wait hold so much and no more`() throws {
        func waiting(_ serial: UInt64, _ bytes: Int, _ method: Wire.Method = .listSessions) -> RequestQueue.Waiting {
            RequestQueue.Waiting(
                header: FrameHeader(method, requestID: UInt32(serial)), method: method, serial: serial, deadline: nil,
                readAt: 0, bytes: bytes
            ) { _, _ in PBStatusReply() }
        }
        var queue = RequestQueue()
        for serial in 0..<4 as Range<UInt64> { queue.append(waiting(serial, 1 << 20)) }
        #expect(throws: ProtocolError.self) { try queue.checkRoom(for: .listSessions) }
        try queue.checkRoom(for: .status)
        try queue.checkRoom(for: .getCatalogue)
        // One begins, another is given up.
        let begun = queue.start()?.serial
        #expect(begun == 0)
        try queue.checkRoom(for: .listSessions)
        queue.append(waiting(4, 1 << 20))
        #expect(throws: ProtocolError.self) { try queue.checkRoom(for: .listSessions) }
        queue.abandon([3])
        try queue.checkRoom(for: .listSessions)
    }

    @Test func `so many run at once, and one that is given up makes room`() {
        func waiting(_ serial: UInt64) -> RequestQueue.Waiting {
            RequestQueue.Waiting(
                header: FrameHeader(.listSessions, requestID: UInt32(serial)), method: .listSessions, serial: serial,
                deadline: nil, readAt: 0, bytes: 0
            ) { _, _ in PBStatusReply() }
        }
        var queue = RequestQueue()
        for serial in 0..<400 { queue.append(waiting(UInt64(serial))) }
        var begun: [RequestQueue.Waiting] = []
        while let next = queue.start() { begun.append(next) }
        #expect(begun.map(\.serial) == Array(0..<UInt64(WireLimits.requestsAtOnce)))
        queue.abandon([0, 1])
        let next = [queue.start()?.serial, queue.start()?.serial, queue.start()?.serial]
        #expect(next == [16, 17, nil])
        // What was given up comes back in the end, and is no second place.
        queue.finished(begun[0])
        let none = queue.start()?.serial
        #expect(none == nil)
        queue.finished(begun[2])
        let last = queue.start()?.serial
        #expect(last == 18)
    }

    @Test func `the kernel watches both ends of a connection`() async throws {
        try await withClient { client, hospital in
            _ = try await client.status()
            let ends = try descriptors(ofConnectionsWith: hospital.port)
            #expect(ends.count == 2)
            for end in ends {
                #expect(option(SOL_SOCKET, SO_KEEPALIVE, of: end) == 1)
                #expect(option(Int32(IPPROTO_TCP), TCP_KEEPIDLE, of: end) == WireLimits.keepaliveIdleSeconds)
                #expect(option(Int32(IPPROTO_TCP), TCP_KEEPINTVL, of: end) == WireLimits.keepaliveIntervalSeconds)
                #expect(option(Int32(IPPROTO_TCP), TCP_KEEPCNT, of: end) == WireLimits.keepaliveProbes)
            }
        }
    }

    @Test(arguments: [
        (29_999, 9, 0, false), (30_000, 9, 0, true), (30_000, 0, 9, true), (600_000, 0, 0, false),
        (600_000, 1, 1, false),
    ])
    func `a side that owes its word for long has vanished, one that is silent or slow has not`(
        silent: UInt32, retransmits: UInt8, probes: UInt8, hasVanished: Bool
    ) {
        var info = tcp_info()
        info.tcpi_last_ack_recv = silent
        info.tcpi_retransmits = retransmits
        info.tcpi_probes = probes
        #expect(info.hasVanished == hasVanished)
    }
}

/// This process's ends of TCP connections that have this port at one side.
private func descriptors(ofConnectionsWith port: Int) throws -> [Int32] {
    func end(of descriptor: Int32, _ name: (Int32, UnsafeMutablePointer<sockaddr>, inout socklen_t) -> Int32) -> Int? {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { name(descriptor, $0, &length) }
        }
        guard status == 0, address.sin_family == sa_family_t(AF_INET) else { return nil }
        return Int(UInt16(bigEndian: address.sin_port))
    }
    return try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { Int32($0) }.filter {
        guard let peer = end(of: $0, { getpeername($0, $1, &$2) }) else { return false }
        return peer == port || end(of: $0, { getsockname($0, $1, &$2) }) == port
    }
}

/// The value of a socket's option; nil where it has none.
private func option(_ level: Int32, _ name: Int32, of descriptor: Int32) -> Int? {
    var value: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    return getsockopt(descriptor, level, name, &value, &length) == 0 ? Int(value) : nil
}
