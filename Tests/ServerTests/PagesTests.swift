import Engine
import NIOConcurrencyHelpers
import NIOCore
import Scheduling
import SwiftProtobuf
import TestHospitals
import Testing

@testable import Server
@testable import Wire

@Suite struct `Readings in pages and catalogues in parts` {
    /// Asks over a connection whose client takes the smallest frames, until no page follows.
    private func pages<Request: Message, Reply: Message>(
        _ wire: RawConnection, _ method: Wire.Method, _ first: Request, _ reply: Reply.Type,
        more: (Reply) -> Bool, next: (inout Request, Reply) -> Void
    ) async throws -> [Reply] {
        var (request, replies, id) = (first, [Reply](), UInt32(10))
        while true {
            try await wire.send(method, id, request)
            let frame = try #require(await wire.next())
            #expect(!frame.header.flags.contains(.error))
            #expect(frame.payload.readableBytes <= WireLimits.smallestFrameBytes)
            let page = try Reply(payload: frame.payload)
            replies.append(page)
            guard more(page) else { return replies }
            next(&request, page)
            id += 1
        }
    }

    @Test func `what the smallest frame does not hold whole comes in pages`() async throws {
        let hospital = try await ServedHospital.open(patients: 100)
        let origin = Origin(channel: .window, operatorName: "setup")
        var draft = CatalogueDraft()
        draft.services = (0..<100).map {
            .init(
                code: "s\($0)", name: "检查 \($0)", kind: .exam, slots: 1, units: 1, priceFen: 0,
                preparation: String(repeating: "空腹", count: 330))
        }
        _ = try await hospital.engine.putCatalogue(draft, hospital: nil, by: origin)
        let wire = try await RawConnection.greeted(port: hospital.port) {
            $0.frameLimit = UInt32(WireLimits.smallestFrameBytes)
        }
        try await wire.send(.getCatalogue, 2, PBGetCatalogueRequest())
        #expect(try await wire.failure().code == .frameTooLarge)

        var request = PBGetCatalogueRequest()
        request.limit = 5_000
        let replies = try await pages(wire, .getCatalogue, request, PBGetCatalogueReply.self, more: \.more) {
            $0.after = $1.next
        }
        #expect(replies.count > 2)
        let whole = PBCatalogue(try await hospital.engine.catalogue().value)
        #expect(replies.flatMap(\.catalogue.services) == whole.services)
        #expect(replies.flatMap(\.catalogue.pools) == whole.pools)
        #expect(replies.flatMap(\.catalogue.policies) == whole.policies)
        #expect(replies.allSatisfy { $0.catalogue.hospital == whole.hospital })
        await wire.close()
        await hospital.close()
    }

    @Test func `sessions of several shards come once each and in their order, page by page`() async throws {
        let hospital = try await ServedHospital.open(patients: 1)
        let origin = Origin(channel: .window, operatorName: "setup")
        let draft = CatalogueDraft(["CT": ["ct"], "LAB": ["lab"], "EYE": ["eye"]])
        _ = try await hospital.engine.putCatalogue(draft, hospital: nil, by: origin)
        let day = try #require(LocalDate(ServedHospital.today))
        let start = try #require(WallTime("09:00"))
        _ = try await hospital.engine.openSessions(
            ["ct", "lab", "eye"].flatMap { pool in
                (0..<4).map {
                    SessionDraft(
                        pool: pool, date: day.advanced(days: $0), start: start, slotMinutes: 5, capacities: [1])
                }
            }, by: origin)
        let end = day.advanced(days: 9)
        let whole = try await hospital.engine.sessions(department: nil, pool: nil, from: day, to: end).value.map(\.id)
        #expect(whole.count == 13)
        for limit in [1, 2, 5, 13] {
            var found: [SessionID] = []
            var after: (start: Instant, session: SessionID)?
            while true {
                let page = try await hospital.engine.sessions(
                    department: nil, pool: nil, from: day, to: end, after: after, limit: limit)
                found += page.value.map(\.id)
                guard page.more, let last = page.value.last else { break }
                after = (last.times.start, last.id)
            }
            #expect(found == whole)
        }
        await hospital.close()
    }

    // MARK: Parts

    private func part(_ number: UInt32, of count: UInt32, _ code: String, key: UInt64) -> PBPutCatalogueRequest {
        var (request, department) = (PBPutCatalogueRequest(), PBDepartment())
        (request.keyHigh, request.keyLow, request.part, request.parts) = (9, key, number, count)
        (department.code, department.name) = (code, code)
        request.catalogue.departments = [department]
        return request
    }

    @Test func `parts of a catalogue apply when the last is there, together or not at all`() async throws {
        let hospital = try await ServedHospital.open(patients: 1)
        let wire = try await RawConnection.greeted(port: hospital.port)
        func put(_ request: PBPutCatalogueRequest, _ id: UInt32) async throws -> PBPutCatalogueReply {
            try await wire.send(.putCatalogue, id, request)
            return try PBPutCatalogueReply(payload: try #require(await wire.next()).payload)
        }
        let departments = { try await hospital.engine.catalogue().value.departments.count }
        let before = try await departments()
        #expect(try await put(part(1, of: 3, "A", key: 1), 2).waiting)
        #expect(try await put(part(2, of: 3, "B", key: 1), 3).waiting)
        // Its answer was lost.
        #expect(try await put(part(2, of: 3, "B", key: 1), 4).waiting)
        #expect(try await departments() == before)
        let done = try await put(part(3, of: 3, "C", key: 1), 5)
        #expect(!done.waiting && done.added == 3 && done.position > 0)
        #expect(try await departments() == before + 3)

        // Sent anew, the same key has the same answer.
        for number in 1...2 {
            #expect(try await put(part(UInt32(number), of: 3, number == 1 ? "A" : "B", key: 1), 6).waiting)
        }
        let again = try await put(part(3, of: 3, "C", key: 1), 7)
        #expect(again.again && again.position == done.position)

        // One fault in one part, and nothing of the others is there.
        #expect(try await put(part(1, of: 2, "D", key: 2), 8).waiting)
        var faulty = part(2, of: 2, "E", key: 2)
        faulty.catalogue.departments[0].code = ""
        try await wire.send(.putCatalogue, 9, faulty)
        #expect(try await wire.failure().code == .invalidArgument)
        #expect(try await departments() == before + 3)

        let faults: [(PBPutCatalogueRequest, PBErrorCode)] = [
            (part(2, of: 2, "F", key: 3), .notFound), (part(3, of: 2, "F", key: 3), .invalidArgument),
            (part(1, of: 65, "F", key: 3), .invalidArgument), (part(0, of: 2, "F", key: 3), .invalidArgument),
        ]
        for (request, code) in faults {
            try await wire.send(.putCatalogue, 10, request)
            #expect(try await wire.failure().code == code)
        }
        await wire.close()
        await hospital.close()
    }

    @Test func `a standby takes no part of a catalogue, whatever its key was used for`() async throws {
        try await withPair { folders in
            let first = try await PairMember.primary(folders.first)
            let wire = try await RawConnection.greeted(port: first.port)
            for number in 1...2 as ClosedRange<UInt32> {
                try await wire.send(.putCatalogue, number + 1, part(number, of: 2, "P\(number)", key: 5))
                let frame = try #require(await wire.next())
                #expect(!frame.header.flags.contains(.error))
            }
            await wire.close()
            let second = try await PairMember.standby(of: first, folders.second)
            try await second.caughtUp(with: first.engine.diskPosition)
            let other = try await RawConnection.greeted(port: second.port)
            try await other.send(.putCatalogue, 2, part(1, of: 2, "P1", key: 5))
            #expect(try await other.failure().code == .notPrimary)
            await other.close()
            await second.stop()
            await first.stop()
        }
    }

    @Test func `parts are forgotten a while after the last of them, and few catalogues come at once`() throws {
        let now = NIOLockedValueBox(NIODeadline.uptimeNanoseconds(1))
        let parts = CatalogueParts { now.withLockedValue { $0 } }
        func key(_ number: UInt64) -> IdempotencyKey { IdempotencyKey(high: 1, low: number) }
        for number in 1...UInt64(WireLimits.catalogueUploads) {
            #expect(try parts.take(1, of: 2, PBCatalogue(), bytes: 1, key: key(number)) == nil)
        }
        #expect(throws: EngineError.self) { try parts.take(1, of: 2, PBCatalogue(), bytes: 1, key: key(99)) }
        now.withLockedValue { $0 = $0 + .milliseconds(WireLimits.catalogueUploadMilliseconds) }
        #expect(throws: EngineError.self) { try parts.take(2, of: 2, PBCatalogue(), bytes: 1, key: key(1)) }
        #expect(try parts.take(1, of: 2, PBCatalogue(), bytes: 1, key: key(99)) == nil)
        #expect(throws: EngineError.self) {
            try parts.take(2, of: 2, PBCatalogue(), bytes: WireLimits.catalogueUploadBytes, key: key(99))
        }
        // A new one takes the place of the one that has been idle longest, once that seems broken off.
        for number in 1...UInt64(WireLimits.catalogueUploads) {
            #expect(try parts.take(1, of: 3, PBCatalogue(), bytes: 1, key: key(number)) == nil)
            now.withLockedValue { $0 = $0 + .milliseconds(1) }
        }
        #expect(throws: EngineError.self) { try parts.take(1, of: 2, PBCatalogue(), bytes: 1, key: key(99)) }
        now.withLockedValue { $0 = $0 + .milliseconds(WireLimits.catalogueUploadIdleMilliseconds - 4) }
        #expect(try parts.take(1, of: 2, PBCatalogue(), bytes: 1, key: key(99)) == nil)
        #expect(try parts.take(2, of: 3, PBCatalogue(), bytes: 1, key: key(2)) == nil)
        #expect(throws: EngineError.self) { try parts.take(2, of: 3, PBCatalogue(), bytes: 1, key: key(1)) }
        // They hold no memory either, though no other part comes.
        now.withLockedValue { $0 = $0 + .milliseconds(WireLimits.catalogueUploadMilliseconds) }
        #expect(!parts.isEmpty)
        parts.forgetIdle()
        #expect(parts.isEmpty)
    }

    @Test func `parts say how many they are alike, and one that comes again counts once`() throws {
        let parts = CatalogueParts()
        let (key, half) = (IdempotencyKey(high: 1, low: 1), WireLimits.catalogueUploadBytes / 2)
        #expect(try parts.take(1, of: 3, PBCatalogue(), bytes: 1, key: key) == nil)
        let error = #expect(throws: EngineError.self) {
            try parts.take(2, of: 2, PBCatalogue(), bytes: 1, key: key)
        }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("begin again with part 1") == true)
        for _ in 0..<3 { #expect(try parts.take(2, of: 3, PBCatalogue(), bytes: half, key: key) == nil) }
        #expect(try parts.take(3, of: 3, PBCatalogue(), bytes: 1, key: key) != nil)
        // With the first part another number is a new beginning.
        #expect(try parts.take(1, of: 3, PBCatalogue(), bytes: 1, key: key) == nil)
        #expect(try parts.take(1, of: 2, PBCatalogue(), bytes: 1, key: key) == nil)
        #expect(try parts.take(2, of: 2, PBCatalogue(), bytes: 1, key: key) != nil)
    }
}
