import Foundation
import Journal
import Scheduling
import Testing

@testable import Engine

/// Named readers of the change feed, on real files.
@Suite(.serialized) struct FeedReaderTests {
    /// Segments so small that a checkpoint lets go of something.
    private func hospital(_ change: (inout EngineConfiguration) -> Void = { _ in }) async throws -> Hospital {
        try await Hospital {
            $0.journal.segmentBytes = 4 << 10
            change(&$0)
        }
    }

    /// A primary that expects a standby, and goes on without one until one has caught up. Its hospital was put before:
    /// one that waits for its standby takes none.
    private func primary(_ policy: StandbyPolicy = StandbyPolicy()) async throws -> Hospital {
        let hospital = try await hospital()
        try await hospital.restart {
            $0.journal.segmentBytes = 4 << 10
            $0.standby = policy
        }
        try hospital.engine.goOnAlone()
        return hospital
    }

    /// Makes the log grow over several segments.
    private func work(_ hospital: Hospital, _ rounds: Int = 40) async throws {
        for round in 0..<rounds {
            _ = try await hospital.engine.registerPatients(
                [[Identifier(system: "urn:work", value: UUID().uuidString + String(repeating: "x", count: 80))]],
                by: Hospital.doctor)
            if round % 10 == 0 { await hospital.engine.checkpoint() }
        }
        await hospital.engine.checkpoint()
        // What a trim let go of goes with a later commit.
        _ = try await hospital.engine.registerPatients(
            [[Identifier(system: "urn:work", value: UUID().uuidString)]], by: Hospital.doctor)
    }

    /// Everything that the feed tells a reader who resumes, by position, up to where the journal is.
    private func resume(_ engine: Engine, _ name: String) async throws -> (from: Position, positions: [Position]) {
        let start = try await engine.subscribe(FeedStart(.latest, name: name, resumes: true))
        var (cursor, positions) = (start, [Position]())
        let end = engine.settledPosition
        while cursor.through < end {
            let (events, through) = try await engine.events(after: cursor.through, limit: 100)
            positions += events.map(\.position)
            cursor.through = through
        }
        return (start.through, positions)
    }

    @Test func `the log is kept for a reader that is away, and goes when it has confirmed`() async throws {
        let hospital = try await hospital()
        let begin = try await hospital.engine.subscribe(FeedStart(.latest, name: "sms"))
        try await work(hospital)
        #expect(hospital.engine.journal.oldestPosition <= begin.through.next)
        let (from, positions) = try await resume(hospital.engine, "sms")
        #expect(from == begin.through && positions.first == from.next)
        #expect(zip(positions, positions.dropFirst()).allSatisfy { $0.next == $1 })

        try hospital.engine.confirmEvents(through: positions[positions.count - 1], of: "sms")
        hospital.engine.recordConfirmations()
        try await work(hospital)
        #expect(hospital.engine.journal.oldestPosition > begin.through.next)
        await hospital.engine.stop()
    }

    @Test func `without a reader the log goes with the checkpoint`() async throws {
        let hospital = try await hospital()
        let before = hospital.engine.settledPosition
        try await work(hospital)
        #expect(hospital.engine.journal.oldestPosition > before)
        await hospital.engine.stop()
    }

    @Test func `a restart knows the readers and what they confirmed, with and without a checkpoint`() async throws {
        let hospital = try await hospital()
        _ = try await hospital.engine.subscribe(FeedStart(.latest, name: "sms"))
        _ = try await hospital.engine.subscribe(FeedStart(.latest, name: "sql"))
        try await work(hospital)
        let position = hospital.engine.settledPosition
        try hospital.engine.confirmEvents(through: position, of: "sql")
        try await hospital.restart()
        #expect(hospital.engine.feedReaders.map(\.name) == ["sms", "sql"])
        #expect(hospital.engine.feedReaders[1].confirmed == position)
        #expect(try await resume(hospital.engine, "sql").from == position)
        try await hospital.engine.dropReader("sms")
        try await hospital.restart()
        #expect(hospital.engine.feedReaders.map(\.name) == ["sql"])
        await hospital.engine.stop()
    }

    @Test func `a reader that was away for too long is told so, and begins anew without a gap`() async throws {
        let hospital = try await hospital { $0.feedKeep.bytes = 8 << 10 }
        let engine = hospital.engine
        _ = try await engine.subscribe(FeedStart(.latest, name: "sms"))
        try await work(hospital)
        await #expect { try await resume(engine, "sms") } throws: { ($0 as? EngineError)?.code == .positionTrimmed }
        let reader = try #require(engine.feedReaders.first)
        #expect(reader.isTrimmed && reader.behindRecords > 0)

        // Subscribe, read, apply what comes after.
        let anew = try await engine.subscribe(FeedStart(.latest, name: "sms"))
        let read = try await engine.catalogue().position
        #expect(read <= anew.through)
        try engine.confirmEvents(through: anew.through, of: "sms")
        #expect(try await resume(engine, "sms").from == anew.through)
        #expect(engine.feedReaders.first?.isTrimmed == false)
        await engine.stop()
    }

    @Test func `records that are older than the setting are not kept for a reader`() async throws {
        let hospital = try await hospital { $0.feedKeep.milliseconds = 86_400_000 }
        let begin = try await hospital.engine.subscribe(FeedStart(.latest, name: "sms"))
        try await work(hospital)
        #expect(hospital.engine.journal.oldestPosition <= begin.through.next)
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 3 * 86_400_000))
        try await work(hospital)
        #expect(hospital.engine.journal.oldestPosition > begin.through.next)
        await hospital.engine.stop()
    }

    @Test func `where nothing is to be kept for readers, the log goes with the checkpoint`() async throws {
        let hospital = try await hospital { $0.feedKeep.bytes = 0 }
        let begin = try await hospital.engine.subscribe(FeedStart(.latest, name: "sms"))
        try await work(hospital)
        #expect(hospital.engine.journal.oldestPosition > begin.through.next)
        #expect(hospital.engine.feedReaders.map(\.isTrimmed) == [true])
        await hospital.engine.stop()
    }

    @Test func `no log is kept for a reader that was dropped, and its name is a new one then`() async throws {
        let hospital = try await hospital()
        let engine = hospital.engine
        let begin = try await engine.subscribe(FeedStart(.latest, name: "sms"))
        try await work(hospital)
        #expect(engine.journal.oldestPosition <= begin.through.next)
        try await engine.dropReader("sms")
        #expect(engine.feedReaders.isEmpty)
        try await work(hospital)
        #expect(engine.journal.oldestPosition > begin.through.next)
        let anew = try await engine.subscribe(FeedStart(.latest, name: "sms", resumes: true))
        #expect(begin.isOfNewName && anew.through > begin.through && anew.isOfNewName)
        #expect(try await !engine.subscribe(FeedStart(.latest, name: "sms", resumes: true)).isOfNewName)
        #expect(try await !engine.subscribe(FeedStart(.latest, name: "sms")).isOfNewName)
        await engine.stop()
    }

    @Test func `a subscription outlives the drop of its name, and counts for the next reader of that name`()
        async throws
    {
        let hospital = try await hospital()
        let engine = hospital.engine
        func counts() -> [Int] { engine.feedReaders.map(\.subscriptions) }
        _ = try await engine.subscribe(FeedStart(.latest, name: "sms"))
        engine.subscriptionsChanged(of: "sms", by: 1)
        #expect(counts() == [1])
        try await engine.dropReader("sms")
        _ = try await engine.subscribe(FeedStart(.latest, name: "sms"))
        engine.subscriptionsChanged(of: "sms", by: 1)
        #expect(counts() == [2])
        engine.subscriptionsChanged(of: "sms", by: -1)
        #expect(counts() == [1])
        engine.subscriptionsChanged(of: "sms", by: -1)
        #expect(counts() == [0])
        await engine.stop()
    }

    @Test func `status says how far behind a reader is, and no mark makes another`() async throws {
        let hospital = try await hospital()
        let engine = hospital.engine
        _ = try await engine.subscribe(FeedStart(.latest, name: "sms"))
        #expect(engine.feedReaders.first?.behindRecords == 0)
        _ = try await engine.registerPatients([[Identifier(system: "a", value: "1")]], by: Hospital.doctor)
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 90_000))
        try await engine.journal.whenDurable(engine.lastPosition)
        let behind = try #require(engine.feedReaders.first)
        #expect(behind.behindRecords > 0 && behind.behindMilliseconds == 90_000)
        try engine.confirmEvents(through: engine.settledPosition, of: "sms")
        engine.recordConfirmations()
        try await engine.journal.whenDurable(engine.lastPosition)
        let level = try #require(engine.feedReaders.first)
        #expect(level.behindRecords == 0 && level.behindMilliseconds == 0)
        // It is told of the mark that its confirmation made, and confirms that: no further mark comes of it.
        let last = engine.lastPosition
        try engine.confirmEvents(through: last, of: "sms")
        engine.recordConfirmations()
        #expect(engine.lastPosition == last)
        await engine.stop()
    }

    @Test func `names are plain, known before they are confirmed, and not more than there may be`() async throws {
        let hospital = try await hospital()
        let engine = hospital.engine
        for name in ["", "a b", "名", String(repeating: "n", count: 65)] {
            await #expect {
                try await engine.subscribe(FeedStart(.latest, name: name))
            } throws: {
                ($0 as? EngineError)?.code == .invalidArgument
            }
        }
        #expect { try engine.confirmEvents(through: .first, of: "sms") } throws: {
            ($0 as? EngineError)?.code == .notFound
        }
        await #expect { try await engine.dropReader("sms") } throws: { ($0 as? EngineError)?.code == .notFound }
        for number in 0..<Limits.readers { _ = try await engine.subscribe(FeedStart(.latest, name: "r\(number)")) }
        await #expect {
            try await engine.subscribe(FeedStart(.latest, name: "one-more"))
        } throws: {
            ($0 as? EngineError)?.code == .invalidArgument
        }
        #expect { try engine.confirmEvents(through: engine.lastPosition.next, of: "r1") } throws: {
            ($0 as? EngineError)?.code == .invalidArgument
        }
        await engine.stop()
    }

    // MARK: A pair

    @Test func `a standby has the readers, keeps its log for them, and goes on with them when it is promoted`()
        async throws
    {
        let hospital = try await primary()
        let begin = try await hospital.engine.subscribe(FeedStart(.latest, name: "sms"))
        let standby = try await Standby(of: hospital) { $0.journal.segmentBytes = 4 << 10 }
        try await standby.catchUp()
        try hospital.engine.goOnAlone()
        try await work(hospital)
        try await standby.catchUp()
        await standby.engine.checkpoint()
        #expect(standby.engine.feedReaders.map(\.confirmed) == [begin.through])
        // So has one that takes a copy only now.
        let late = try await Standby(of: hospital, named: "late") { $0.journal.segmentBytes = 4 << 10 }
        #expect(late.engine.journal.checkpoint > begin.through.next)
        #expect(late.engine.journal.oldestPosition <= begin.through.next)
        await late.engine.stop()
        await #expect {
            try await standby.engine.subscribe(FeedStart(.latest, name: "sms"))
        } throws: {
            ($0 as? EngineError)?.code == .notPrimary
        }
        _ = try await standby.engine.promote()
        let (from, positions) = try await resume(standby.engine, "sms")
        #expect(from == begin.through && positions.first == from.next)
        await standby.engine.stop()
        await hospital.engine.stop()
    }

    @Test func `a primary that starts without its standby goes on with its readers, and takes no new one`()
        async throws
    {
        let hospital = try await primary()
        let begin = try await hospital.engine.subscribe(FeedStart(.latest, name: "sms"))
        let standby = try await Standby(of: hospital)
        try await standby.catchUp()
        try await hospital.restart { $0.standby = StandbyPolicy() }
        let engine = hospital.engine
        #expect(engine.feedReaders.map(\.confirmed) == [begin.through])
        #expect(
            try await engine.subscribe(FeedStart(.latest, name: "sms", resumes: true)).through == begin.through)
        await #expect {
            try await engine.subscribe(FeedStart(.latest, name: "sql"))
        } throws: {
            ($0 as? EngineError)?.code == .standbyAway
        }
        #expect(engine.feedReaders.map(\.name) == ["sms"])
        await standby.engine.stop()
        await engine.stop()
    }

    @Test func `what was told before a restart is confirmed when the standby is back, and is no fault meanwhile`()
        async throws
    {
        let hospital = try await primary()
        let standby = try await Standby(of: hospital)
        let first = try hospital.engine.feeder(for: standby.engine.followRequest(name: "b", asker: 1))
        try await standby.follow(first)
        // The standby's word for this comes, and a crash keeps from the disk that it did.
        let engine = hospital.engine
        let subscribing = Task { try await engine.subscribe(FeedStart(.latest, name: "sms")) }
        while engine.lastPosition == engine.settledPosition { await Task.yield() }
        let told = engine.lastPosition
        first.end()
        await #expect { try await subscribing.value } throws: {
            ($0 as? EngineError)?.code == .standbyAway && ($0 as? EngineError)?.maybeApplied == true
        }
        try await hospital.restart { $0.standby = StandbyPolicy() }
        let again = hospital.engine
        #expect(again.settledPosition < told && again.lastPosition >= told)
        #expect { try again.confirmEvents(through: told, of: "sms") } throws: {
            ($0 as? EngineError)?.code == .standbyAway && ($0 as? EngineError)?.retryAfterMilliseconds ?? 0 > 0
        }
        let feeder = try again.feeder(for: standby.engine.followRequest(name: "b", asker: 1))
        #expect { try again.confirmEvents(through: told, of: "sms") } throws: {
            ($0 as? EngineError)?.code == .overloaded && ($0 as? EngineError)?.retryAfterMilliseconds ?? 0 > 0
        }
        #expect { try again.confirmEvents(through: again.lastPosition.next, of: "sms") } throws: {
            ($0 as? EngineError)?.code == .invalidArgument
        }
        try await standby.follow(feeder)
        try again.confirmEvents(through: told, of: "sms")
        #expect(again.feedReaders.map(\.confirmed) == [told])
        feeder.end()
        await standby.engine.stop()
        await again.stop()
    }

    @Test func `a known name is answered once the fact that made it is on both disks, and not its newest`() async throws
    {
        let hospital = try await primary()
        let engine = hospital.engine
        let standby = try await Standby(of: hospital)
        let feeder = try engine.feeder(for: standby.engine.followRequest(name: "b", asker: 1))
        try await standby.follow(feeder)

        let last = engine.lastPosition
        let first = Task { try await engine.subscribe(FeedStart(.oldest, name: "sms")) }
        while engine.lastPosition == last { await Task.yield() }
        // Another subscription under the name, while the standby does not have it yet.
        let second = Stepped.Work { try await engine.subscribe(FeedStart(.latest, name: "sms", resumes: true)) }
        for _ in 0..<1_000 { await Task.yield() }
        #expect(engine.settledPosition == last && !second.isOver)
        feeder.confirm(try await standby.engine.receive(try await feeder.next()), beat: feeder.beat)
        let begin = try await first.value.through
        #expect(try await second.value.through == begin && engine.settledPosition > last)

        // A confirmation that the standby does not have keeps no subscription waiting.
        try engine.confirmEvents(through: last, of: "sms")
        engine.recordConfirmations()
        #expect(engine.lastPosition > engine.settledPosition)
        #expect(try await engine.subscribe(FeedStart(.latest, name: "sms", resumes: true)).through == last)
        #expect(try await engine.subscribe(FeedStart(.latest, name: "sms")).through == engine.settledPosition)
        feeder.end()
        await standby.engine.stop()
        await engine.stop()
    }

    @Test func `what was seen in an epoch and taken back by the next is refused by name`() async throws {
        let hospital = try await primary()
        _ = try await hospital.engine.subscribe(FeedStart(.latest, name: "sms"))
        let standby = try await Standby(of: hospital)
        try await standby.catchUp()
        try hospital.engine.goOnAlone()
        try await work(hospital, 3)
        let seen = hospital.engine.settledPosition
        _ = try await standby.engine.promote()
        for after in [seen, standby.engine.lastPosition] {
            await #expect {
                try await standby.engine.subscribe(FeedStart(.after(after, epoch: 1), name: "sms"))
            } throws: {
                ($0 as? EngineError)?.code == .invalidArgument
            }
            #expect { try standby.engine.confirmEvents(through: after, in: 1, of: "sms") } throws: {
                ($0 as? EngineError)?.code == .invalidArgument
            }
        }
        // Of an epoch that this log has not come to, nothing can have been told here.
        #expect { try standby.engine.confirmEvents(through: .first, in: 3, of: "sms") } throws: {
            ($0 as? EngineError)?.code == .invalidArgument && "\($0)".contains("epoch 2")
        }
        // A reader that resumes says what it has stored: what it confirmed is older, and still there.
        for after in [seen, standby.engine.lastPosition] {
            await #expect {
                try await standby.engine.subscribe(
                    FeedStart(.latest, name: "sms", resumes: true, stored: (after, 1)))
            } throws: {
                ($0 as? EngineError)?.code == .invalidArgument && "\($0)".contains("taken back")
            }
        }
        let parting = try #require(standby.engine.followRequest(name: "b", asker: 1).epochs.starts.last).begin.last
        _ = try await standby.engine.subscribe(
            FeedStart(.latest, name: "sms", resumes: true, stored: (parting, 1)))
        try standby.engine.confirmEvents(through: standby.engine.settledPosition, in: 2, of: "sms")
        await standby.engine.stop()
        await hospital.engine.stop()
    }

    @Test func `a backup has the readers, and what was seen after it is refused by name where it is restored`()
        async throws
    {
        let hospital = try await hospital()
        let begin = try await hospital.engine.subscribe(FeedStart(.latest, name: "sms"))
        try await work(hospital)
        #expect(hospital.engine.journal.checkpoint > begin.through.next)
        let folder = hospital.folder + "-restored"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let copy = try hospital.engine.journal.copy()
        var options = JournalOptions(directory: folder)
        options.segmentBytes = 4 << 10
        let restoration = try Restoration(copy.header, into: options, goal: .everything)
        while let part = try copy.next(maxBytes: 100_000) { try restoration.add(part) }
        copy.close()  // a stop waits for it
        try restoration.finishCopy()
        _ = try restoration.finish()
        try await work(hospital, 3)
        let seen = hospital.engine.settledPosition
        await hospital.engine.stop()

        let restored = try Engine.start(Standby.configuration(folder, hospital, nil, role: .primary))
        #expect(restored.feedReaders.map(\.confirmed) == [begin.through])
        let (from, positions) = try await resume(restored, "sms")
        #expect(from == begin.through && positions.first == from.next)
        await #expect {
            try await restored.subscribe(FeedStart(.after(seen, epoch: 1), name: "sms"))
        } throws: {
            ($0 as? EngineError)?.code == .invalidArgument && "\($0)".contains("restoration")
        }
        await restored.stop()
    }

    @Test func `a feed says what no failover takes back, and says so later where the standby is late`() async throws {
        let hospital = try await primary(StandbyPolicy(acknowledgement: .local(leaseMilliseconds: 60_000)))
        let engine = hospital.engine
        let standby = try await Standby(of: hospital)
        try await standby.catchUp()
        let start = try await engine.subscribe(FeedStart(.latest))
        try engine.goOnAlone()
        _ = try await engine.registerPatients([[Identifier(system: "a", value: "1")]], by: Hospital.doctor)
        let (events, told) = try await engine.feed(start, limit: 10)
        #expect(!events.isEmpty && told.settled < told.through)
        let later = Task { try await engine.feed(told, limit: 10) }
        try await standby.catchUp()
        let clock = hospital.clock
        let ticking = Task {
            while !Task.isCancelled {
                clock.advance(to: clock.now().advanced(milliseconds: 100))
                await Task.yield()
            }
        }
        let (none, safe) = try await later.value
        ticking.cancel()
        #expect(none.isEmpty && safe.through == told.through && safe.settled >= told.through)
        await standby.engine.stop()
        await engine.stop()
    }

    @Test func `on a lone server everything on its disk is settled`() async throws {
        let hospital = try await hospital()
        let start = try await hospital.engine.subscribe(FeedStart(.oldest))
        let (_, told) = try await hospital.engine.feed(start, limit: 10_000)
        #expect(told.settled >= told.through)
        await hospital.engine.stop()
    }

    // MARK: Refusals

    @Test func `a refusal knows its patient, whatever the write named`() async throws {
        let hospital = try await hospital()
        let engine = hospital.engine
        let session = try await hospital.open("li", capacities: [1, 1])
        let booked = await engine.execute([hospital.write(hospital.book(0, session, 0))])[0]
        let receipt = try #require(booked.receipt)
        let refused = await engine.execute([
            hospital.write(hospital.book(1, session, 0)),
            hospital.write(.change(receipt.appointment, .confirm, ifVersion: 0, reason: "")),
            hospital.write(.change(receipt.appointment, .cancel, ifVersion: 9, reason: "")),
            hospital.write(
                .move(
                    receipt.appointment, to: SlotID(session: session, index: 1), ifVersion: 9, reason: "")),
        ])
        try await engine.journal.whenDurable(engine.lastPosition)
        let patients = try refused.map { answer in
            let record = try #require(try engine.journal.read(from: answer.position, maxRecords: 1).first)
            guard case .refused(_, _, let patient) = try record.event().fact else { return PatientID?.none }
            return patient
        }
        #expect(patients == [hospital.patients[1]] + Array(repeating: hospital.patients[0], count: 3))
        await engine.stop()
    }
}
