import NIOCore
import Scheduling
import SwiftProtobuf
import Testing

@testable import Wire

@Suite struct `Counts of days, read and written by hand` {
    @Test(arguments: 1...50 as ClosedRange<UInt64>)
    func `requests and replies are those of swift-protobuf`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        func number(_ random: inout SeededGenerator) -> UInt64 {
            UInt64.random(in: 0 ... .max, using: &random) >> UInt64.random(in: 0...63, using: &random)
        }
        for _ in 0..<20 {
            var request = PBDayCountsRequest()
            request.departments = (0..<Int.random(in: 0...5, using: &random)).map { _ in
                UInt32(truncatingIfNeeded: number(&random))
            }
            request.pools = (0..<Int.random(in: 0...5, using: &random)).map { _ in
                UInt32(truncatingIfNeeded: number(&random))
            }
            request.service = UInt32(truncatingIfNeeded: number(&random))
            request.from = Bool.random(using: &random) ? "2026-12-01" : ""
            request.to = Bool.random(using: &random) ? "2026-12-31" : ""
            request.channel = Bool.random(using: &random) ? .window : .unspecified
            request.patient = number(&random)
            request.patientClass = Bool.random(using: &random) ? .inpatient : .unspecified
            let bytes: [UInt8] = try request.serializedBytes()
            #expect(try PBDayCountsRequest(fastPayload: ByteBuffer(bytes: bytes)) == request, "seed \(seed)")

            let days = (0..<Int.random(in: 0...62, using: &random)).map { _ in
                DayCount(
                    free: number(&random), capacity: number(&random), sold: number(&random),
                    sessions: UInt32(truncatingIfNeeded: number(&random)))
            }
            let rules: [Rule] = Bool.random(using: &random) ? [.perDay, .channelClosed] : []
            var reply = PBDayCountsReply()
            reply.from = "2026-12-01"
            reply.days = days.map { day in
                var wire = PBDayCount()
                (wire.free, wire.capacity, wire.sold, wire.sessions) = (day.free, day.capacity, day.sold, day.sessions)
                return wire
            }
            reply.position = number(&random)
            reply.notJudged = rules.map { PBRule($0) }
            var written = ByteBuffer()
            let from = try #require(LocalDate("2026-12-01"))
            written.writeDayCounts(days, from: from, position: reply.position, notJudged: rules)
            #expect(Array(written.readableBytesView) == (try reply.serializedBytes() as [UInt8]), "seed \(seed)")
        }
    }

    @Test func `a list that is too long is kept up to one more than the limit, packed or not`() throws {
        var request = PBDayCountsRequest()
        request.pools = (0..<10_000).map { $0 }
        let packed = ByteBuffer(bytes: try request.serializedBytes() as [UInt8])
        #expect(try PBDayCountsRequest(fastPayload: packed).pools.count == Limits.placesPerCounting + 1)
        let single = ByteBuffer(repeating: 0x10, count: 20_000)
        #expect(try PBDayCountsRequest(fastPayload: single).pools.count == Limits.placesPerCounting + 1)
    }
}
