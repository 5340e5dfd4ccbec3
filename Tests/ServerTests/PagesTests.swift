import Engine
import NIOCore
import Scheduling
import SwiftProtobuf
import TestHospitals
import Testing

@testable import Server
@testable import Wire

@Suite struct `Readings in pages` {
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
}
