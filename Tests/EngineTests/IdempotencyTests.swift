import Journal
import Scheduling
import Testing

@testable import Engine

@Suite struct IdempotencyTests {
    @Test
    func `a repetition gets the first answer, also after a restart, and leaves the journal as it was`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [1])
        let write = hospital.write(hospital.book(0, session, 0, hold: true))
        let first = await hospital.engine.execute([write])[0]
        let again = await hospital.engine.execute([write])[0]
        #expect(again.receipt == first.receipt)
        #expect(again.position == first.position)
        #expect(!first.again && again.again)
        let position = hospital.engine.settledPosition
        try await hospital.restart()
        let later = await hospital.engine.execute([write])[0]
        #expect(later.receipt == first.receipt && later.again)
        #expect(hospital.engine.settledPosition == position)
        await hospital.expectSound()
    }

    @Test
    func `a refusal is an answer too: its repetition is refused alike although the place has become free`() async throws
    {
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

    @Test
    func `the same key with other content is refused, whatever the other content is`() async throws {
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

    @Test
    func `the same key many times in one batch and from many tasks books once`() async throws {
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

    @Test
    func `a key used again after its time has the later answer, in whatever order both are brought back`() {
        func kept(_ position: UInt64, at: Int64) -> KeptAnswer {
            let outcome = Outcome.refused(Refusal(.slotFull), item: 0)
            return KeptAnswer(
                key: IdempotencyKey(high: 1, low: 2), fingerprint: 3, at: Instant(rawValue: at),
                answer: StoredAnswer(outcome: outcome, position: Position(position)))
        }
        let old = kept(5, at: 1_000)
        let new = kept(9, at: 90_000)
        for order in [[old, new], [new, old]] {
            let keys = KeyWindow(windowMilliseconds: 60_000, seed: 1)
            for kept in order { keys.restore(kept) }
            let begin = keys.begin(
                [.init(key: old.key, fingerprint: 3, mayBegin: true)], journalAt: Position(9),
                now: Instant(rawValue: 100_000))
            guard case .answered(let answer) = begin[0] else {
                Issue.record("the key is \(begin)")
                continue
            }
            #expect(answer == new.answer)
        }
    }

    @Test
    func `a failed write leaves its key free`() async throws {
        let hospital = try await Hospital()
        let key = hospital.key()
        let nowhere = SessionID(pool: PoolID(rawValue: 1), index: 0)
        #expect(await hospital.run(hospital.book(0, nowhere, 0), key: key).error?.code == .notFound)
        let session = try await hospital.open("li", capacities: [1])
        #expect(session == nowhere)
        #expect(await hospital.run(hospital.book(0, session, 0), key: key).receipt != nil)
    }

    @Test
    func `keys outlive checkpoints and trimming, joint bookings with all their appointments`() async throws {
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

    @Test
    func `a key is forgotten after its window, not before`() async throws {
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
    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func `a stripe of keys agrees with a dictionary`(seed: UInt64) {
        // Of four writes so many come to nothing: from none to nearly all.
        let abandoned = Int(seed % 4)
        var random = SeededGenerator(seed: seed)
        var stripe = KeyStripe(seed: seed, fullAt: 128 + Int(seed * 16 - 16))
        var model: [IdempotencyKey: (fingerprint: UInt64, answer: StoredAnswer?, at: Int64)] = [:]
        var open: [(ticket: KeyStripe.Ticket, key: IdempotencyKey)] = []
        var taken: Set<IdempotencyKey> = []
        var now: Int64 = 1_000
        let window: Int64 = 500
        for step in 0..<20_000 {
            now += Int64.random(in: 0...2, using: &random)
            let key = IdempotencyKey(high: 1, low: UInt64.random(in: 1...400, using: &random))
            let fingerprint = UInt64.random(in: 1...3, using: &random)
            let mayBegin = Int.random(in: 0..<5, using: &random) > 0
            let begin = stripe.begin(
                .init(key: key, fingerprint: fingerprint, mayBegin: mayBegin), journalAt: Position(UInt64(step)),
                now: Instant(rawValue: now), window: window)
            let known = model[key]
            switch begin {
            case .fresh(let ticket):
                // Lawful when the key is unknown, or so old that it may have been forgotten.
                #expect(known == nil || (known!.answer != nil && known!.at < now - window), "seed \(seed) step \(step)")
                #expect(mayBegin)
                model[key] = (fingerprint, nil, now)
                taken.remove(key)
                open.append((ticket, key))
            case .notBegun:
                #expect(!mayBegin)
                #expect(known == nil || (known!.answer != nil && known!.at < now - window), "seed \(seed) step \(step)")
                model[key] = nil
            case .underWay:
                #expect(known?.fingerprint == fingerprint && known?.answer == nil, "seed \(seed) step \(step)")
            case .answered(let answer): #expect(known?.answer == answer, "seed \(seed) step \(step)")
            case .reused: #expect(known != nil && known?.fingerprint != fingerprint, "seed \(seed) step \(step)")
            }
            guard !open.isEmpty, Bool.random(using: &random) else { continue }
            let (ticket, closing) = open.remove(at: Int.random(in: open.indices, using: &random))
            if Int.random(in: 0..<4, using: &random) < abandoned {
                _ = stripe.abandon(ticket)
                model[closing] = nil
            } else {
                let answer = StoredAnswer(
                    outcome: .done(
                        .init(
                            appointment: AppointmentID(rawValue: UInt64(step) + 1), state: .booked, version: 1,
                            holdUntil: nil)),
                    position: Position(UInt64(step)))
                _ = stripe.finish(ticket, answer)
                model[closing]?.answer = answer
            }
            guard step % 500 == 0 else { continue }
            // A checkpoint takes what is answered, once, and names a position before every write under way.
            let openSince = stripe.beginCheckpoint()
            #expect((openSince == nil) == open.isEmpty, "seed \(seed) step \(step)")
            while let kept = stripe.takeUnwritten(most: 1).first {
                #expect(taken.insert(kept.key).inserted, "seed \(seed) step \(step)")
                #expect(model[kept.key]?.answer == kept.answer, "seed \(seed) step \(step)")
            }
        }
    }

    @Test
    func `a flood of writes that come to nothing leaves no more behind than the few that were answered`() {
        var stripe = KeyStripe(seed: 1)
        let answer = StoredAnswer(
            outcome: .done(.init(appointment: AppointmentID(rawValue: 1), state: .booked, version: 1, holdUntil: nil)),
            position: Position(1))
        var most = 0
        func begin(_ number: UInt64, mayBegin: Bool) -> KeyStripe.Begin {
            stripe.begin(
                .init(key: IdempotencyKey(high: 9, low: number), fingerprint: 1, mayBegin: mayBegin),
                journalAt: Position(1), now: Instant(rawValue: 5), window: 100)
        }
        for number in 0..<100_000 as Range<UInt64> {
            switch begin(number, mayBegin: number % 3 != 0) {
            case .fresh(let ticket) where number % 1_000 == 1: _ = stripe.finish(ticket, answer)
            case .fresh(let ticket): _ = stripe.abandon(ticket)
            case .notBegun: break
            default: Issue.record("every key is new")
            }
            most = max(most, stripe.places)
        }
        #expect(stripe.count == 67)
        #expect(most <= 256)
        for number in stride(from: 1, to: 100_000, by: 1_000) as StrideTo<UInt64> where number % 3 != 0 {
            if case .answered = begin(number, mayBegin: false) { continue }
            Issue.record("the answer under key \(number) is kept")
        }
    }

    @Test(arguments: [0, 1, 300, 511])
    func `a ring that grows while its oldest entry stands in the middle of a page keeps every answer`(forgotten: Int) {
        var stripe = KeyStripe(seed: 1)
        func answer(_ number: Int) -> StoredAnswer {
            StoredAnswer(
                outcome: .done(
                    .init(
                        appointment: AppointmentID(rawValue: UInt64(number) + 1), state: .booked, version: 1,
                        holdUntil: nil)),
                position: Position(UInt64(number) + 1))
        }
        func book(_ number: Int, at moment: Int64) {
            let begin = stripe.begin(
                .init(key: IdempotencyKey(high: 9, low: UInt64(number)), fingerprint: 1, mayBegin: true),
                journalAt: Position(1), now: Instant(rawValue: moment), window: 100)
            guard case .fresh(let ticket) = begin else {
                Issue.record("key \(number) is new")
                return
            }
            _ = stripe.finish(ticket, answer(number))
        }
        for number in 0..<700 { book(number, at: number < forgotten ? 1 : 1_000) }
        stripe.forget(before: 500, most: forgotten)
        for number in 700..<5_000 { book(number, at: 1_000) }
        #expect(stripe.count == 5_000 - forgotten)
        for number in 0..<5_000 {
            let found = stripe.answer(IdempotencyKey(high: 9, low: UInt64(number)))
            #expect(found == (number < forgotten ? nil : answer(number)), "key \(number)")
        }
    }

    @Test
    func `what a checkpoint takes and what it leaves open are all the answers there are`() {
        var stripe = KeyStripe(seed: 1)
        let now = Instant(rawValue: 5)
        func begin(_ low: UInt64, at position: UInt64) -> KeyStripe.Ticket? {
            let begin = stripe.begin(
                .init(key: IdempotencyKey(high: 9, low: low), fingerprint: 1, mayBegin: true),
                journalAt: Position(position), now: now, window: 100)
            if case .fresh(let ticket) = begin { return ticket }
            return nil
        }
        func answer(_ id: UInt64) -> StoredAnswer {
            StoredAnswer(
                outcome: .done(
                    .init(appointment: AppointmentID(rawValue: id), state: .booked, version: 1, holdUntil: nil)),
                position: Position(id)
            )
        }
        guard let a = begin(1, at: 10), let b = begin(2, at: 11), let c = begin(3, at: 12) else {
            Issue.record("three new keys are fresh")
            return
        }
        _ = stripe.finish(a, answer(1))
        _ = stripe.finish(c, answer(3))
        #expect(stripe.beginCheckpoint() == Position(11))
        #expect(stripe.takeUnwritten(most: 10).map(\.key.low) == [1])
        _ = stripe.finish(b, answer(2))
        // What was finished since is the next checkpoint's.
        #expect(stripe.takeUnwritten(most: 10).isEmpty)
        #expect(stripe.beginCheckpoint() == nil)
        #expect(stripe.takeUnwritten(most: 1).map(\.key.low) == [2])
        #expect(stripe.takeUnwritten(most: 1).map(\.key.low) == [3])
        #expect(stripe.takeUnwritten(most: 1).isEmpty)
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
