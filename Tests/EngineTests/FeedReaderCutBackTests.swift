import Foundation
import Journal
import Scheduling
import Testing

@testable import Engine

/// Named readers of whom a failover takes back what the log said last, on real files: what it said before holds again.
@Suite(.serialized) struct FeedReaderCutBackTests {
    /// A primary that waits for its standby, and the reader that both disks know: its log is over several segments.
    private struct Pair {
        let hospital: Hospital
        let standby: Standby
        let feeder: Feeder
        let begin: Position

        init() async throws {
            hospital = try await Hospital { $0.journal.segmentBytes = 4 << 10 }
            try await hospital.restart(Self.change)
            try hospital.engine.goOnAlone()
            begin = try await hospital.engine.subscribe(FeedStart(.latest, name: "mirror")).through
            for _ in 0..<40 {
                _ = try await hospital.engine.registerPatients(
                    [[Identifier(system: "urn:work", value: UUID().uuidString + String(repeating: "x", count: 80))]],
                    by: Hospital.doctor)
            }
            await hospital.engine.checkpoint()
            standby = try await Standby(of: hospital) { $0.journal.segmentBytes = 4 << 10 }
            feeder = try hospital.engine.feeder(for: standby.engine.followRequest(name: "b", asker: 1))
            try await standby.follow(feeder)
        }

        static func change(_ configuration: inout EngineConfiguration) {
            configuration.journal.segmentBytes = 4 << 10
            configuration.standby = StandbyPolicy()
        }

        /// The standby is promoted; the former primary takes back what the standby never had, and follows it.
        func failOver() async throws {
            _ = try await standby.engine.promote()
            hospital.engine.depose(by: standby.engine.epoch)
            let request = hospital.engine.followRequest(name: "a", asker: 1)
            await hospital.engine.stop()
            guard case .cutBack(let tip) = try standby.engine.follow(request) else {
                Issue.record("its tail is nobody else's")
                return
            }
            #expect(try Journal.cutBack(JournalOptions(directory: hospital.folder), to: tip))
            try hospital.start {
                $0.journal.segmentBytes = 4 << 10
                $0.role = .standby
            }
        }

        func expectKnown(_ location: SourceLocation = #_sourceLocation) async {
            for engine in [hospital.engine, standby.engine] {
                #expect(engine.feedReaders.map(\.name) == ["mirror"], sourceLocation: location)
                #expect(engine.feedReaders.map(\.confirmed) == [begin], sourceLocation: location)
                #expect(engine.feedReaders.map(\.isTrimmed) == [false], sourceLocation: location)
                await engine.stop()
            }
        }
    }

    @Test func `a drop that the standby never had forgets no reader, though a checkpoint came after it`() async throws {
        let pair = try await Pair()
        let engine = pair.hospital.engine
        let last = engine.lastPosition
        let dropping = Task { try await engine.dropReader("mirror") }
        while engine.lastPosition == last { await Task.yield() }
        #expect(engine.feedReaders.isEmpty)
        await engine.checkpoint()
        // Its name may be made anew meanwhile; the log is kept for what the standby knows.
        #expect(engine.journal.oldestPosition <= pair.begin.next)
        try await pair.failOver()
        await #expect(throws: EngineError.self) { try await dropping.value }
        await pair.expectKnown()
    }

    @Test
    func `a confirmation that the standby never had takes none before with it, over a restart and a checkpoint`()
        async throws
    {
        let pair = try await Pair()
        let (hospital, last) = (pair.hospital, pair.hospital.engine.lastPosition)
        try hospital.engine.confirmEvents(through: hospital.engine.settledPosition, of: "mirror")
        hospital.engine.recordConfirmations()
        #expect(hospital.engine.lastPosition == last.next)
        pair.feeder.end()
        try await hospital.restart(Pair.change)
        #expect(hospital.engine.feedReaders.map(\.confirmed) == [last])
        await hospital.engine.checkpoint()
        #expect(hospital.engine.journal.oldestPosition <= pair.begin.next)
        try await pair.failOver()
        await pair.expectKnown()
    }

    @Test func `a reader that was dropped and made anew is the new one, over a restart and a checkpoint`() async throws
    {
        let hospital = try await Hospital()
        let engine = hospital.engine
        let first = try await engine.subscribe(FeedStart(.oldest, name: "mirror"))
        try await engine.dropReader("mirror")
        let anew = try await engine.subscribe(FeedStart(.latest, name: "mirror", resumes: true))
        #expect(anew.through > first.through)
        try await hospital.restart()
        #expect(hospital.engine.feedReaders.map(\.confirmed) == [anew.through])
        await hospital.engine.checkpoint()
        try await hospital.restart()
        #expect(hospital.engine.feedReaders.map(\.confirmed) == [anew.through])
        await hospital.engine.stop()
    }

    @Test
    func `a primary that was followed remembers over a restart what its standby has, until a person says it is alone`()
        async throws
    {
        let hospital = try await Hospital()
        #expect(hospital.engine.irrevocablePosition == hospital.engine.settledPosition)
        let standby = try await Standby(of: hospital)
        let feeder = try hospital.engine.feeder(for: standby.engine.followRequest(name: "b", asker: 1))
        // It may be promoted, and has not said what it has.
        #expect(hospital.engine.irrevocablePosition == .zero)
        try await standby.follow(feeder)
        let safe = hospital.engine.irrevocablePosition
        #expect(safe == standby.engine.settledPosition)
        feeder.end()
        try await hospital.restart()
        let engine = hospital.engine
        _ = try await engine.registerPatients([[Identifier(system: "a", value: "1")]], by: Hospital.doctor)
        var told = try await engine.subscribe(FeedStart(.oldest))
        repeat { told = try await engine.feed(told, limit: 10_000).1 } while told.through < engine.lastPosition
        #expect(told.settled == safe && safe < told.through)

        try engine.goOnAlone()
        #expect(engine.irrevocablePosition == engine.settledPosition)
        try await hospital.restart()
        #expect(hospital.engine.irrevocablePosition == hospital.engine.settledPosition)
        await standby.engine.stop()
        await hospital.engine.stop()
    }
}
