import Journal
import Scheduling

/// Keys and their answers in the order in which their writes began, with an index over them. A plain value under one
/// lock.
///
/// Entries stand in a ring of pages, so the oldest are forgotten from its front in constant time, and no entry is
/// copied where the ring grows: all stripes grow at about the same moment, and every caller waits for it. The index
/// over them holds 8 bytes for each of at most three quarters of its places: with half a key's hash beside its number,
/// a key that is not here is known not to be from the index alone, and one that is from a single look at the ring.
/// Either would else be a wait for memory for every place that is passed. An index grows from itself alone, without a
/// look at the ring.
struct KeyStripe {
    /// 64 bytes.
    struct Entry {
        let key: IdempotencyKey
        let fingerprint: UInt64
        let at: Int64
        var answer: PackedAnswer

        /// What stands in the ring where no ticket is out.
        static let blank = Entry(key: IdempotencyKey(high: 0, low: 0), fingerprint: 0, at: 0, answer: .abandoned)
    }

    enum Begin {
        /// Nobody has asked this before. Finish or abandon it under this ticket.
        case fresh(Ticket)
        /// Nobody has asked this before, and nothing may be begun: nothing was noted.
        case notBegun
        case answered(StoredAnswer)
        /// The same key with other content.
        case reused
        /// The write with this key is under way.
        case underWay
    }

    /// What stands for a write under way: its place, and how often places had been given anew when it got it. By the
    /// key it is found where they have been since.
    struct Ticket: Sendable {
        fileprivate let key: IdempotencyKey
        fileprivate let number: UInt64
        fileprivate let round: UInt64
    }

    private var ring = KeyRing(places: Self.fewest)
    /// The number of the oldest entry, and the one the next gets.
    private var first: UInt64 = 0
    private var next: UInt64 = 0
    /// Entries from `first` on whose write came to nothing. At most half of all, so that a flood of failures leaves no
    /// trace.
    private var abandoned = 0
    /// How often entries were given new numbers.
    private var round: UInt64 = 0
    /// Places hold 32 bits of the key's hash above the low 32 bits of its number; 0 is empty.
    private var index: ContiguousArray<UInt64>
    /// Answers that do not fit an entry.
    private var aside: [IdempotencyKey: Outcome] = [:]
    private var waiters: [IdempotencyKey: [CheckedContinuation<StoredAnswer?, Never>]] = [:]
    /// Tickets below this one are in a checkpoint.
    private var checkpointed: UInt64 = 0
    /// Up to here the checkpoint under way takes answers.
    private var checkpointEnd: UInt64 = 0
    /// What was only looked at; means nothing.
    private var glance: UInt64 = 0
    private let seed: UInt64
    /// Of 256 places of the index, how many may be taken before there are twice as many.
    private let fullAt: Int

    /// - Parameter fullAt: half to three quarters of 256, for each stripe something else: keys come to all alike, and
    ///   if all grew at about the same moment every caller would wait for it.
    init(seed: UInt64, fullAt: Int = 192) {
        precondition((128...192).contains(fullAt), "an index is half full at least, three quarters at most")
        self.seed = seed
        self.fullAt = fullAt
        index = ContiguousArray(repeating: 0, count: Self.fewest * 2)
    }

    /// Writes under way and answers kept.
    var count: Int { span - abandoned }

    /// Places of the ring in use, abandoned ones too.
    private var span: Int { Int(next - first) }

    /// Places there are: what bounds the memory.
    var places: Int { ring.count }

    // MARK: One write

    /// A write that asks whether it is to be carried out.
    struct Asked: Sendable {
        let key: IdempotencyKey
        let fingerprint: UInt64
        /// Whether a write that is not known yet may be carried out at this moment.
        let mayBegin: Bool
    }

    mutating func begin(_ asked: Asked, journalAt: Position, now: Instant, window: Int64) -> Begin {
        forget(before: now.rawValue - window, most: 2)
        if let ticket = find(asked.key) {
            guard ring[ticket].fingerprint == asked.fingerprint else { return .reused }
            return answer(ticket).map { .answered($0) } ?? .underWay
        }
        guard asked.mayBegin else { return .notBegun }
        let entry = Entry(
            key: asked.key, fingerprint: asked.fingerprint, at: now.rawValue, answer: .underWay(since: journalAt))
        return .fresh(Ticket(key: asked.key, number: insert(entry), round: round))
    }

    /// Looks at the places of keys that are about to begin, one after the other without waiting for what is there: so
    /// the waits for memory run side by side.
    mutating func lookAhead(_ key: IdempotencyKey) { glance ^= index[home(hash(key))] }

    /// The same for a write that is about to get its answer.
    mutating func lookAhead(_ ticket: Ticket) {
        if ticket.round == round { glance ^= ring[ticket.number].fingerprint }
    }

    /// The write has its answer. Returns who else waited for it.
    mutating func finish(
        _ ticket: Ticket, _ answer: StoredAnswer
    ) -> [CheckedContinuation<StoredAnswer?, Never>] {
        let number = numberUnderWay(ticket)
        let key = ticket.key
        var kept: Outcome?
        ring[number].answer = PackedAnswer(answer, aside: &kept)
        if let kept { aside[key] = kept }
        return waiters.isEmpty ? [] : waiters.removeValue(forKey: key) ?? []
    }

    /// The write came to nothing: the key is free again. Returns who else waited for its answer.
    mutating func abandon(_ ticket: Ticket) -> [CheckedContinuation<StoredAnswer?, Never>] {
        let number = numberUnderWay(ticket)
        removeFromIndex(number, ticket.key)
        ring[number].answer = .abandoned
        abandoned += 1
        if abandoned * 2 > span, span >= Self.fewest { closeRanks() }
        return waiters.removeValue(forKey: ticket.key) ?? []
    }

    /// Waits for the answer of a write under way. False when it is not under way any more: ask again.
    mutating func wait(_ key: IdempotencyKey, _ continuation: CheckedContinuation<StoredAnswer?, Never>) -> Bool {
        guard let ticket = find(key), ring[ticket].answer.isUnderWay else { return false }
        waiters[key, default: []].append(continuation)
        return true
    }

    /// The answer under this key, if there is one.
    func answer(_ key: IdempotencyKey) -> StoredAnswer? { find(key).flatMap { answer($0) } }

    private func answer(_ ticket: UInt64) -> StoredAnswer? {
        let entry = ring[ticket]
        return entry.answer.unpacked(aside: aside[entry.key])
    }

    // MARK: Recovery and checkpoints

    /// Puts back answers from a checkpoint, in their order, as `restore` does one.
    mutating func restore(_ answers: ArraySlice<KeptAnswer>) {
        for kept in answers { lookAhead(kept.key) }
        for kept in answers { restore(kept) }
    }

    /// Puts back an answer from a checkpoint or from the log. A key whose time had run out may have been used again:
    /// then the later answer is the one that counts, in whatever order they come.
    mutating func restore(_ kept: KeptAnswer) {
        if let old = find(kept.key) {
            guard let there = answer(old), there.position < kept.answer.position else { return }
            removeFromIndex(old, kept.key)
            ring[old].answer = .abandoned
            abandoned += 1
            aside[kept.key] = nil
        }
        var beside: Outcome?
        let packed = PackedAnswer(kept.answer, aside: &beside)
        if let beside { aside[kept.key] = beside }
        _ = insert(
            Entry(key: kept.key, fingerprint: kept.fingerprint, at: kept.at.rawValue, answer: packed))
    }

    /// Puts back what the events at these places say.
    mutating func restore(_ events: ArraySlice<PositionedEvent>, at places: ArraySlice<Int>) {
        makeRoom(for: places.count)
        for place in places {
            if let answered = events[place].event.answer { lookAhead(answered.key) }
        }
        for place in places {
            if let kept = KeptAnswer(events[place].event, position: events[place].position) { restore(kept) }
        }
    }

    /// Makes room ahead for so many answers that are about to be restored.
    mutating func reserve(_ count: Int) {
        precondition(span == 0, "room is made before there is anything")
        var places = Self.fewest
        while places < count { places *= 2 }
        ring = KeyRing(places: places)
        places *= 2
        while places * fullAt < count * 256 { places *= 2 }
        index = ContiguousArray(table: 0, count: places)
    }

    /// Everything that was restored stands in a checkpoint or in the log's tail; only the former need not be written
    /// again.
    mutating func markCheckpointed() { checkpointed = next }

    /// A checkpoint begins: it takes the answers that none has yet, up to the first write that is under way. Tells
    /// where the journal stood when that one began; nil when nothing is under way.
    mutating func beginCheckpoint() -> Position? {
        checkpointed = max(checkpointed, first)
        checkpointEnd = checkpointed
        while checkpointEnd < next {
            let answer = ring[checkpointEnd].answer
            if answer.isUnderWay { return Position(answer.position) }
            checkpointEnd += 1
        }
        return nil
    }

    /// At most so many answers of the checkpoint under way; none when all are taken.
    mutating func takeUnwritten(most: Int) -> [KeptAnswer] {
        var answers: [KeptAnswer] = []
        checkpointed = max(checkpointed, first)
        while checkpointed < checkpointEnd, answers.count < most {
            let entry = ring[checkpointed]
            if let answer = answer(checkpointed) {
                answers.append(
                    KeptAnswer(
                        key: entry.key, fingerprint: entry.fingerprint, at: Instant(rawValue: entry.at), answer: answer)
                )
            }
            checkpointed += 1
        }
        return answers
    }

    // MARK: The ring

    /// Places of an empty ring, and what is not worth closing.
    private static let fewest = 64

    private func numberUnderWay(_ ticket: Ticket) -> UInt64 {
        guard let number = ticket.round == round ? ticket.number : find(ticket.key) else {
            preconditionFailure("a write under way is never forgotten")
        }
        precondition(
            number >= first && number < next && ring[number].answer.isUnderWay, "a write under way is never forgotten")
        return number
    }

    /// Gives the entries that are not abandoned new numbers without gaps, in their order, and lets go of memory.
    private mutating func closeRanks() {
        let kept = (first..<next).filter { !ring[$0].answer.isAbandoned }
        // Nothing is taken after the end of a checkpoint, so both marks move to the first entry kept that lies behind
        // them.
        func moved(_ mark: UInt64) -> UInt64 { first + UInt64(kept.count { $0 < mark }) }
        let marks = (moved(max(checkpointed, first)), moved(max(checkpointEnd, first)))
        var places = Self.fewest
        while places <= kept.count { places *= 2 }
        var closed = KeyRing(places: places)
        for (offset, number) in kept.enumerated() { closed.put(ring[number], at: first + UInt64(offset)) }
        ring = closed
        next = first + UInt64(kept.count)
        (checkpointed, checkpointEnd) = marks
        abandoned = 0
        round += 1
        index = ContiguousArray(table: 0, count: places * 2)
        for number in first..<next { addToIndex(number, ring[number].key) }
    }

    private mutating func insert(_ entry: Entry) -> UInt64 {
        if span == ring.count { ring.grow(first..<next) }
        let ticket = next
        ring.put(entry, at: ticket)
        next += 1
        makeRoom(for: 1)
        addToIndex(ticket, entry.key)
        return ticket
    }

    /// Makes room in the index for so many more.
    private mutating func makeRoom(for entries: Int) {
        while (span + entries) * 256 > index.count * fullAt { growIndex() }
    }

    /// Lets go of at most so many at the front: outlived answers, and writes that came to nothing whenever that was.
    mutating func forget(before: Int64, most: Int) {
        var left = most
        while left > 0, first < next, ring[first].at < before || ring[first].answer.isAbandoned {
            let entry = ring[first]
            guard !entry.answer.isUnderWay else { return }
            if entry.answer.isAbandoned { abandoned -= 1 } else { removeFromIndex(first, entry.key) }
            if entry.answer.isAside { aside[entry.key] = nil }
            ring[first] = .blank
            first += 1
            left -= 1
        }
    }

    // MARK: The index: open addressing, linear probing, no tombstones

    /// 32 bits of the key's hash, never 0. Its low bits are the place where the search for the key begins.
    private func hash(_ key: IdempotencyKey) -> UInt64 {
        var hash = (key.high ^ seed) &* 0x9E37_79B9_7F4A_7C15
        hash = (hash ^ (hash >> 32) ^ key.low) &* 0xD6E8_FEB8_6659_FD93
        return hash >> 32 | 1 << 31
    }

    private func home(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash) & (index.count - 1) }

    /// The number in a place that is not empty.
    private func number(_ place: UInt64) -> UInt64 {
        // The ring is far shorter than 2^32 entries, so the low bits name exactly one number from `first` on.
        first + UInt64(UInt32(truncatingIfNeeded: place) &- UInt32(truncatingIfNeeded: first))
    }

    private func find(_ key: IdempotencyKey) -> UInt64? {
        let hash = hash(key)
        var place = home(hash)
        while index[place] != 0 {
            if index[place] >> 32 == hash {
                let number = number(index[place])
                if ring[number].key.low == key.low, ring[number].key.high == key.high { return number }
            }
            place = (place + 1) & (index.count - 1)
        }
        return nil
    }

    private mutating func addToIndex(_ ticket: UInt64, _ key: IdempotencyKey) {
        let hash = hash(key)
        var place = home(hash)
        while index[place] != 0 { place = (place + 1) & (index.count - 1) }
        index[place] = hash << 32 | UInt64(UInt32(truncatingIfNeeded: ticket))
    }

    private mutating func removeFromIndex(_ ticket: UInt64, _ key: IdempotencyKey) {
        let mask = index.count - 1
        let hash = hash(key)
        let entry = hash << 32 | UInt64(UInt32(truncatingIfNeeded: ticket))
        var hole = home(hash)
        while index[hole] != entry {
            guard index[hole] != 0 else { preconditionFailure("every key that is not abandoned is indexed") }
            hole = (hole + 1) & mask
        }
        var place = (hole + 1) & mask
        while index[place] != 0 {
            // An entry may fill the hole when its home does not lie behind it.
            if (place - home(index[place] >> 32)) & mask >= (place - hole) & mask {
                index[hole] = index[place]
                hole = place
            }
            place = (place + 1) & mask
        }
        index[hole] = 0
    }

    /// Twice the places. What stands in a place says where it goes.
    private mutating func growIndex() {
        var larger = ContiguousArray<UInt64>(table: 0, count: index.count * 2)
        for entry in index where entry != 0 {
            var place = Int(truncatingIfNeeded: entry >> 32) & (larger.count - 1)
            while larger[place] != 0 { place = (place + 1) & (larger.count - 1) }
            larger[place] = entry
        }
        index = larger
    }
}

/// An answer with its key, as a checkpoint keeps it.
struct KeptAnswer: Sendable, Hashable {
    var key: IdempotencyKey
    var fingerprint: UInt64
    var at: Instant
    var answer: StoredAnswer
}
