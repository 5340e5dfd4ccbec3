import Scheduling
import Testing

@Suite struct `Events as bytes` {
    @Test(arguments: Dice.kinds)
    func `every kind of event comes back as it was`(kind: Int) throws {
        for seed in 1...200 as ClosedRange<UInt64> {
            var dice = Dice(seed: seed)
            let event = dice.event(kind)
            #expect(try Event(decoding: event.bytes) == event, "seed \(seed)")
        }
    }

    @Test(arguments: Dice.kinds)
    func `an event cut off at any byte is no event`(kind: Int) {
        for seed in 1...5 as ClosedRange<UInt64> {
            var dice = Dice(seed: seed)
            let bytes = dice.event(kind).bytes
            for length in bytes.indices {
                #expect(throws: CodingError.self, "seed \(seed), \(length) bytes of \(bytes.count)") {
                    try Event(decoding: Array(bytes[..<length]))
                }
            }
        }
    }

    @Test(arguments: Dice.kinds)
    func `an event with bytes behind it is no event`(kind: Int) {
        var dice = Dice(seed: 1)
        let bytes = dice.event(kind).bytes
        for extra in [0, 1, 0x80, 0xFF] as [UInt8] {
            #expect(throws: CodingError.self) { try Event(decoding: bytes + [extra]) }
        }
    }

    /// What is read from damaged bytes is written and read again as the same: nothing was half understood. It is also
    /// applied, since that is what recovery does with it.
    @Test(arguments: Dice.kinds)
    func `damaged bytes are named or mean one thing, and never end the process`(kind: Int) throws {
        var read = 0
        for seed in 1...400 as ClosedRange<UInt64> {
            var dice = Dice(seed: seed)
            var bytes = dice.event(kind).bytes
            for _ in 0...Int.random(in: 0...2, using: &dice) {
                let place = Int.random(in: 0..<min(bytes.count, 96), using: &dice)
                bytes[place] =
                    dice.once(in: 2)
                    ? bytes[place] ^ (1 << UInt8.random(in: 0...7, using: &dice))
                    : UInt8(truncatingIfNeeded: dice.next())
            }
            guard let event = try? Event(decoding: bytes) else { continue }
            read += 1
            #expect(event.bytes.count <= bytes.count, "seed \(seed): it says more than the bytes do")
            #expect(try Event(decoding: event.bytes) == event, "seed \(seed)")
        }
        #expect(read > 0, "some flips fall into a text or a number and cannot be seen here")
    }

    @Test func `bytes at random are no events, or mean one thing`() throws {
        var dice = Dice(seed: 7)
        for _ in 0..<20_000 {
            var bytes = (0..<Int.random(in: 0...60, using: &dice)).map { _ in UInt8(truncatingIfNeeded: dice.next()) }
            if !bytes.isEmpty { bytes[0] = UInt8.random(in: 1...9, using: &dice) | (bytes[0] & 0x80) }
            guard let event = try? Event(decoding: bytes) else { continue }
            #expect(try Event(decoding: event.bytes) == event)
        }
    }

    @Test(
        arguments: [
            (480, 10, 4, 1, nil), (480, 0, 4, 1, "0 minutes"), (480, 1_440, 3, 1, "1440 minutes"),
            (480, 10, 0, 1, "0 slots"),
            (480, 2, 513, 1, "513 slots"), (1 << 25, 10, 4, 1, "after its day"), (480, 10, 4, 1 << 44, "no pool"),
        ] as [(UInt32, UInt16, UInt16, UInt64, String?)])
    func `a session that cannot be is not read`(
        start: UInt32, minutes: UInt16, slots: UInt16, id: UInt64, problem: String?
    ) throws {
        let day: UInt32 = 20_270
        let bytes = encoded { writer in
            writer.varint(id)
            writer.varint(day)
            writer.varint(day * 1_440 + start)
            writer.varint(minutes)
            writer.varint(UInt32(0))
            writer.varint(slots)
            for _ in 0..<slots { writer.varint(UInt16(1)) }
        }
        do throws(CodingError) {
            let definition = try decoded(bytes) { reader throws(CodingError) in
                try SessionDefinition(from: &reader)
            }
            #expect(problem == nil && definition.times.end > definition.times.start)
        } catch {
            let problem = try #require(problem)
            #expect(error.description.contains(problem))
        }
    }

    @Test func `a hold that never expires is not read`() {
        var dice = Dice(seed: 1)
        var taken = dice.taken()
        taken.state = .held
        taken.holdUntil = nil
        let event = Event(at: Instant(rawValue: 1), by: .system, fact: .booked(taken))
        #expect(throws: CodingError("a hold that never expires")) { try Event(decoding: event.bytes) }
    }

    @Test func `a journal's damage that decodes is told when it is applied, not suffered`() throws {
        var world = World()
        let session = world.open(slots: 4, capacity: 1)
        let id = try world.book(1, session)
        func taken(_ number: UInt32, slot: UInt16, span: UInt8 = 1, units: UInt16 = 1) -> Taken {
            Taken(
                appointment: AppointmentID(session: session, number: number), patient: PatientID(rawValue: 2),
                slot: slot, span: span, units: units, service: ServiceID(rawValue: 1), state: .booked, holdUntil: nil)
        }
        func change(_ version: UInt32, _ state: AppointmentState, _ number: UInt32 = 1) -> Change {
            Change(
                appointment: AppointmentID(session: session, number: number), patient: PatientID(rawValue: 1),
                state: state, version: version, reason: "")
        }
        let before = world.state
        let other = SessionID(pool: session.pool, index: 5)
        var elsewhere = taken(2, slot: 1)
        elsewhere.appointment = AppointmentID(session: other, number: 1)
        let facts: [Fact] = [
            .booked(taken(2, slot: 0)), .booked(taken(2, slot: 3, span: 2)), .booked(taken(2, slot: 500)),
            .booked(taken(2, slot: 1, units: 2)), .booked(elsewhere), .changed(change(3, .arrived)),
            .changed(change(2, .arrived, 7)), .bookedTogether([taken(2, slot: 0), elsewhere]),
            .moved(from: change(9, .moved), to: taken(2, slot: 1)),
        ]
        for fact in facts {
            let event = Event(at: world.now, by: .system, fact: fact)
            #expect(world.pools.evolve(event) == false, "\(fact)")
        }
        #expect(world.state == before)
        try world.change(id, .cancel)
        let late = Event(at: world.now, by: .system, fact: .changed(change(3, .booked)))
        #expect(world.pools.evolve(late) == false, "what has ended does not change")
        #expect(world.violations.isEmpty)
    }
}

@Suite struct `Numbers and texts as bytes` {
    @Test(arguments: (0..<64).flatMap { [1 << $0, 1 << $0 - 1, 0x5A5A_5A5A_5A5A_5A5A >> $0] } + [.max] as [UInt64])
    func `a number takes as few bytes as it needs`(value: UInt64) throws {
        let bytes = encoded { $0.varint(value) }
        #expect(bytes.count == max(1, (64 - value.leadingZeroBitCount + 6) / 7))
        #expect(try decoded(bytes) { reader throws(CodingError) in try reader.varint() } == value)
        // Whatever stands behind it.
        for rest in [0x00, 0x7F, 0x80, 0xFF] as [UInt8] {
            let longer = bytes + [UInt8](repeating: rest, count: 9)
            let read = try decoded(longer) { reader throws(CodingError) in
                let number = try reader.varint()
                for _ in 0..<9 {
                    let next = try reader.byte()
                    #expect(next == rest)
                }
                return number
            }
            #expect(read == value)
        }
    }

    @Test(
        arguments: [
            [0x80], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02],
            [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
            [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x81], [],
        ] as [[UInt8]])
    func `a number that does not end or fit is none`(bytes: [UInt8]) {
        #expect(throws: CodingError.self) { try decoded(bytes) { reader throws(CodingError) in try reader.varint() } }
    }

    @Test func `a number too large for its field is none`() {
        let bytes = encoded { $0.varint(UInt64(65_536)) }
        #expect(throws: CodingError.self) {
            try decoded(bytes) { reader throws(CodingError) in try reader.number(UInt16.self) }
        }
    }

    @Test(
        arguments: [
            [2, 0xC3, 0x28], [1, 0xFF], [8, 0x61, 0x61, 0x61, 0x61, 0x61, 0x61, 0x61, 0x80], [3, 0xED, 0xA0, 0x80],
            [2, 0x61], [0xFF, 0xFF, 0xFF, 0xFF, 0x0F],
        ]
            as [[UInt8]])
    func `a text that is not UTF-8 or not there is none`(bytes: [UInt8]) {
        #expect(throws: CodingError.self) { try decoded(bytes) { reader throws(CodingError) in try reader.string() } }
    }

    @Test(arguments: [0, 1, 32, 33, 100])
    func `a session's pages bring its appointments back`(count: Int) throws {
        var world = World()
        let session = world.open(capacity: 100)
        for patient in 1...100 as ClosedRange<UInt64> where patient <= count {
            let id = try patient.isMultiple(of: 3) ? world.hold(patient, session) : world.book(patient, session)
            if patient.isMultiple(of: 5) { try world.change(id, .cancel) }
        }
        let kept = try #require(world.pools.session(session))
        #expect(kept.pageCount == (count + 31) / 32)
        var found: [AppointmentID: AppointmentRecord] = [:]
        for page in 0..<kept.pageCount {
            let bytes = encoded { kept.encodePage(page, into: &$0) }
            #expect(bytes.count <= 2_000, "a page stays within one value of the journal's tables")
            try bytes.withRaw { raw throws(CodingError) in
                try Session.decodePage(raw) { id, record throws(CodingError) in found[id] = record }
            }
        }
        #expect(found.count == count)
        #expect(found.allSatisfy { world.pools.record($0.key) == $0.value })
    }
}
