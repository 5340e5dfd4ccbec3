import Journal
import Scheduling
import Testing

@testable import Engine

@Suite struct IdempotencyTests {
    @Test("a repetition gets the first answer, also after a restart, and leaves the journal as it was")
    func repetition() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [1])
        let write = hospital.write(hospital.book(0, session, 0, hold: true))
        let first = await hospital.engine.execute([write])[0]
        let again = await hospital.engine.execute([write])[0]
        #expect(again.receipt == first.receipt)
        #expect(again.position == first.position)
        #expect(!first.again && again.again)
        let position = hospital.engine.durablePosition
        try await hospital.restart()
        let later = await hospital.engine.execute([write])[0]
        #expect(later.receipt == first.receipt && later.again)
        #expect(hospital.engine.durablePosition == position)
        await hospital.expectSound()
    }

    @Test("a refusal is an answer too: its repetition is refused alike although the place has become free")
    func repeatedRefusal() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [1])
        let holder = try #require(await hospital.run(hospital.book(0, session, 0)).receipt)
        let write = hospital.write(hospital.book(1, session, 0))
        let refused = await hospital.engine.execute([write])[0]
        #expect(refused.refusal?.rule == .slotFull)
        #expect(await hospital.change(holder.appointment, .cancel).receipt != nil)
        try await hospital.restart()
        let again = await hospital.engine.execute([write])[0]
        #expect(again.refusal == refused.refusal && again.again)
        #expect(await hospital.run(hospital.book(1, session, 0)).receipt != nil)
    }

    @Test("the same key with other content is refused, whatever the other content is")
    func reusedKey() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [5, 5])
        let key = hospital.key()
        let first = try #require(await hospital.run(hospital.book(0, session, 0), key: key).receipt)
        let others: [Command] = [
            hospital.book(1, session, 0), hospital.book(0, session, 1), hospital.book(0, session, 0, hold: true),
            .change(first.appointment, .cancel, ifVersion: 0, reason: ""),
            .move(first.appointment, to: SlotID(session: session, index: 1), ifVersion: 0, reason: ""),
        ]
        for other in others { #expect(await hospital.run(other, key: key).error?.code == .keyReused) }
        try await hospital.restart()
        for other in others { #expect(await hospital.run(other, key: key).error?.code == .keyReused) }
        #expect(try await hospital.state(first.appointment) == .booked)
    }

    @Test("the same key many times in one batch and from many tasks books once")
    func repetitionsAtOnce() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [50])
        let write = hospital.write(hospital.book(0, session, 0))
        let engine = hospital.engine
        let answers = await withTaskGroup(of: [Answer].self) { group in
            for _ in 0..<20 { group.addTask { await engine.execute([write, write, write]) } }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(answers.compactMap { $0.receipt?.appointment }).count == 1)
        #expect(answers.count { $0.receipt != nil && !$0.again } == 1)
        #expect(answers.allSatisfy { $0.receipt != nil })
        #expect(await engine.status().counts.appointments == 1)
    }

    @Test("a failed write leaves its key free")
    func failureFreesTheKey() async throws {
        let hospital = try await Hospital()
        let key = hospital.key()
        let nowhere = SessionID(pool: PoolID(rawValue: 1), index: 0)
        #expect(await hospital.run(hospital.book(0, nowhere, 0), key: key).error?.code == .notFound)
        let session = try await hospital.open("li", capacities: [1])
        #expect(session == nowhere)
        #expect(await hospital.run(hospital.book(0, session, 0), key: key).receipt != nil)
    }

    @Test("keys outlive checkpoints and trimming, joint bookings with all their appointments")
    func keysInCheckpoints() async throws {
        let hospital = try await Hospital(patients: 300)
        let li = try await hospital.open("li", capacities: [200])
        let ct = try await hospital.open("ct", at: "11:00", capacities: [200])
        let writes = (0..<200).map { hospital.write(hospital.book($0, li, 0)) }
        let first = await hospital.engine.execute(writes)
        let joint = hospital.write(
            .bookTogether(
                patient: hospital.patients[250],
                items: [li, ct].map { .init(slot: SlotID(session: $0, index: 0), service: hospital.clinic) },
                hold: false))
        let jointFirst = await hospital.engine.execute([joint])[0]
        await hospital.engine.checkpoint()
        try await hospital.restart()
        let again = await hospital.engine.execute(writes + [joint])
        #expect(again.allSatisfy { $0.again })
        #expect(again.dropLast().map(\.outcome.appointment) == first.map(\.outcome.appointment))
        #expect(again.last?.receipt == jointFirst.receipt)
        await hospital.expectSound()
    }

    @Test("a key is forgotten after its window, not before")
    func window() async throws {
        let hospital = try await Hospital { $0.keyWindowMilliseconds = 60_000 }
        let day = try await hospital.open("li", day: 1, capacities: [5])
        let key = hospital.key()
        let first = try #require(await hospital.run(hospital.book(0, day, 0), key: key).receipt)
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 60_000))
        #expect(await hospital.run(hospital.book(0, day, 0), key: key).again)
        #expect(await hospital.change(first.appointment, .cancel).receipt != nil)
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 60_001))
        let fresh = await hospital.run(hospital.book(0, day, 0), key: key)
        #expect(!fresh.again)
        #expect(fresh.receipt != nil)
    }
}

extension Answer.Outcome {
    var appointment: AppointmentID? { if case .done(let receipt) = self { receipt.appointment } else { nil } }
}

@Suite struct KeyStripeTests {
    /// A stripe against the plainest model there is: a dictionary and a list.
    @Test("a stripe of keys agrees with a dictionary", arguments: [1, 2, 3, 4, 5] as [UInt64])
    func agreesWithADictionary(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var stripe = KeyStripe(seed: seed)
        var model: [IdempotencyKey: (fingerprint: UInt64, answer: StoredAnswer?, at: Int64)] = [:]
        var open: [(ticket: UInt64, key: IdempotencyKey)] = []
        var now: Int64 = 1_000
        let window: Int64 = 500
        for step in 0..<20_000 {
            now += Int64.random(in: 0...2, using: &random)
            let key = IdempotencyKey(high: 1, low: UInt64.random(in: 1...400, using: &random))
            let fingerprint = UInt64.random(in: 1...3, using: &random)
            let begin = stripe.begin(
                key, fingerprint, journalAt: Position(UInt64(step)), now: Instant(rawValue: now), window: window)
            let known = model[key]
            switch begin {
            case .fresh(let ticket):
                // Lawful when the key is unknown, or so old that it may have been forgotten.
                #expect(known == nil || (known!.answer != nil && known!.at < now - window), "seed \(seed) step \(step)")
                model[key] = (fingerprint, nil, now)
                open.append((ticket, key))
            case .underWay:
                #expect(known?.fingerprint == fingerprint && known?.answer == nil, "seed \(seed) step \(step)")
            case .answered(let answer): #expect(known?.answer == answer, "seed \(seed) step \(step)")
            case .reused: #expect(known != nil && known?.fingerprint != fingerprint, "seed \(seed) step \(step)")
            }
            guard !open.isEmpty, Bool.random(using: &random) else { continue }
            let (ticket, closing) = open.remove(at: Int.random(in: open.indices, using: &random))
            if Int.random(in: 0..<4, using: &random) == 0 {
                _ = stripe.abandon(ticket)
                model[closing] = nil
            } else {
                let answer = StoredAnswer(
                    outcome: .done(AppointmentID(rawValue: ticket + 1), .booked, version: 1, holdUntil: nil),
                    position: Position(UInt64(step)))
                _ = stripe.finish(ticket, answer)
                model[closing]?.answer = answer
            }
        }
    }

    @Test("what a checkpoint takes and what it leaves open are all the answers there are")
    func unwritten() {
        var stripe = KeyStripe(seed: 1)
        let now = Instant(rawValue: 5)
        func begin(_ low: UInt64, at position: UInt64) -> UInt64? {
            let begin = stripe.begin(
                IdempotencyKey(high: 9, low: low), 1, journalAt: Position(position), now: now, window: 100)
            if case .fresh(let ticket) = begin { return ticket }
            return nil
        }
        func answer(_ id: UInt64) -> StoredAnswer {
            StoredAnswer(
                outcome: .done(AppointmentID(rawValue: id), .booked, version: 1, holdUntil: nil), position: Position(id)
            )
        }
        guard let a = begin(1, at: 10), let b = begin(2, at: 11), let c = begin(3, at: 12) else {
            Issue.record("three new keys are fresh")
            return
        }
        _ = stripe.finish(a, answer(1))
        _ = stripe.finish(c, answer(3))
        var part = stripe.takeUnwritten()
        #expect(part.answers.map(\.key.low) == [1])
        #expect(part.openSince == Position(11))
        _ = stripe.finish(b, answer(2))
        part = stripe.takeUnwritten()
        #expect(part.answers.map(\.key.low) == [2, 3])
        #expect(part.openSince == nil)
        #expect(stripe.takeUnwritten().answers.isEmpty)
    }
}

/// A small generator whose whole run follows from its seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
