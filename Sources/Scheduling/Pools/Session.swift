/// 时段: capacity and what is taken of it, in units. When it is follows from its session.
package struct Slot: Hashable, Sendable {
    package let capacity: UInt16
    package internal(set) var taken: UInt16 = 0

    package init(capacity: UInt16) { self.capacity = capacity }

    package var free: UInt16 { capacity - taken }
}

/// 班次: one pool, one date, one stretch of time; its slots, and the appointments that were ever made in it.
package struct Session: Hashable, Sendable {
    package let id: SessionID
    package let times: SessionTimes
    package let template: TemplateID?
    /// Units of all slots. It lies in the gap behind the template.
    package let capacity: UInt32
    /// Of its definition.
    package let wallStart: WallTime?
    /// Here, because it fills the gap behind the time: at the end it would take 8 bytes.
    package private(set) var isDefinitionDirty = true
    /// Seconds from 1970 to its opening; 0 where that is not known. It lies in the gap behind the wall time.
    private let openedSecond: UInt32
    package internal(set) var slots: ContiguousArray<Slot>
    /// By number, from 1; nil where a number was never given out for good.
    package private(set) var appointments = PagedArray<AppointmentRecord?>()
    /// Free units over all slots.
    package internal(set) var free: UInt32
    /// Appointments that have not ended.
    package internal(set) var live: UInt32 = 0
    /// Every lock there ever was, by number.
    private var locks: [Locked] = []

    /// Its last stop, in force or not. An array of at most one, because none takes 8 bytes.
    private var stops: [Stopped] = []

    private struct Stopped: Hashable, Sendable {
        var stop: SessionStop
        var isOpen = true
    }

    private struct Locked: Hashable, Sendable {
        let lock: SlotLock
        var isOpen = true
    }
    /// By the number of the appointment: what it was paid with. It stays when the money goes back, or with a move to
    /// the next appointment, so that a payment that is reported again is known.
    package internal(set) var payments: [UInt32: Payment] = [:]
    /// Every refund there ever was, by number.
    package internal(set) var refunds: [Refund] = []
    /// Numbers taken for a booking that is not a fact yet; see `claim`.
    package private(set) var claims: [UInt32: Claim] = [:]
    /// Pages of `appointments` that no checkpoint has yet, one bit each; the last bit stands for all pages from 63 on.
    package private(set) var dirtyPages: UInt64 = 0

    package init(_ definition: SessionDefinition) {
        id = definition.id
        times = definition.times
        template = definition.template
        wallStart = definition.wallStart
        openedSecond = UInt32(clamping: (definition.opened?.rawValue ?? 0) / 1_000)
        slots = ContiguousArray(definition.capacities.map { Slot(capacity: $0) })
        capacity = definition.capacities.reduce(0) { $0 + UInt32($1) }
        free = capacity
    }

    /// No session: what stands where there is none.
    static let blank = Session(
        SessionDefinition(
            id: SessionID(pool: PoolID(rawValue: 0), index: 0), times: .none, template: nil, capacities: []))

    package var definition: SessionDefinition {
        var definition = SessionDefinition(
            id: id, times: times, template: template, capacities: slots.map(\.capacity), wallStart: wallStart)
        definition.opened = opened
        return definition
    }

    /// When it was opened, to the second; nil where that is not known.
    package var opened: Instant? { openedSecond == 0 ? nil : Instant(rawValue: Int64(openedSecond) * 1_000) }

    package subscript(number: UInt32) -> AppointmentRecord? {
        number >= 1 && number <= appointments.count ? appointments[Int(number) - 1] : nil
    }

    /// The number the next appointment gets. It only grows, so no number is given twice.
    package var nextNumber: UInt32 { UInt32(appointments.count) + 1 }

    /// Its appointments that take their units, or have spent them.
    var occupied: Int { appointments.count { $0?.state.occupiesSlot ?? false } }

    /// Whether nothing is booked in it, or about to be: what was is cancelled, moved away or ran out.
    package var isEmpty: Bool { claims.isEmpty && occupied == 0 && !owesMoney }

    /// Whether these neighbouring slots lie in the session and each may be sold the units.
    @inline(__always)
    package func fits(slot: UInt16, span: UInt8, units: UInt16) -> Bool {
        let range = Int(slot)..<Int(slot) + Int(span)
        guard range.upperBound <= slots.count else { return false }
        // Nearly every service takes one slot.
        if span == 1 { return free(inSlot: range.lowerBound) >= units }
        return range.allSatisfy { free(inSlot: $0) >= units }
    }

    /// Units of a slot that may be sold: what neither appointments nor locks have.
    @inline(__always)
    package func free(inSlot index: Int) -> UInt16 {
        locks.isEmpty ? slots[index].free : freeBesideLocks(index)
    }

    /// Apart, so that what most sessions have not costs a search nothing.
    @inline(never)
    private func freeBesideLocks(_ index: Int) -> UInt16 {
        let locked = locks.reduce(0) { $0 + ($1.isOpen && $1.lock.range.contains(index) ? Int($1.lock.units) : 0) }
        return UInt16(max(0, Int(slots[index].free) - locked))
    }

    /// Whether these neighbouring slots lie in the session and each has room for the units, whether or not they may be
    /// sold: what a fact asks, which was decided when they might.
    private func hasRoom(slot: UInt16, span: UInt8, units: UInt16) -> Bool {
        let range = Int(slot)..<Int(slot) + Int(span)
        return range.upperBound <= slots.count && slots[range].allSatisfy { $0.free >= units }
    }

    // MARK: What concerns a session alone

    /// What becomes of a command about the session as a whole; nil where what it names is not here.
    func decide(_ command: Command, _ asking: borrowing Asking) throws(Refusal) -> Fact? {
        switch command {
        case .lockSlots(_, var lock):
            if lock.slots == 0 { lock.slots = UInt16(max(0, slots.count - Int(lock.first))) }
            guard lock.slots > 0, lock.range.upperBound <= slots.count else { return nil }
            try RuleList.judge(lock, of: self, asking)
            let capacity = slots[lock.range].reduce(0) { max($0, $1.capacity) }
            lock.units = lock.units == 0 ? capacity : min(lock.units, capacity)
            lock.number = UInt32(locks.count) + 1
            return .slotsLocked(id, lock)
        case .unlockSlots(_, let number):
            guard number >= 1, number <= locks.count else { return nil }
            try RuleList.judge(unlock: locks[Int(number) - 1].isOpen)
            return .slotsUnlocked(id, locks[Int(number) - 1].lock)
        case .closeRefund(let refund, let reference): return try decideClosing(refund, reference)
        case .resumeSession:
            try RuleList.judge(resume: self, asking)
            return lastStop.map { .sessionResumed(id, $0.number) }
        default: preconditionFailure("no session decides on this alone")
        }
    }

    /// What is due by now of what a timer was set for; nil where that is over.
    func decideDue(_ number: UInt32) -> Fact? {
        let locked = locks[Int(number) - 1]
        return locked.isOpen ? .slotsUnlocked(id, locked.lock) : nil
    }

    /// Applies a fact about the session as a whole; one that is reflected already changes nothing.
    /// - Returns: Whether it can follow on what is here, and the timer to set, by the number that `decideDue` is told.
    mutating func evolve(_ fact: Fact) -> (isSound: Bool, timer: (at: Instant, number: UInt32)?) {
        switch fact {
        case .slotsLocked(_, let lock) where Int(lock.number) == locks.count + 1:
            guard lock.range.upperBound <= slots.count else { return (false, nil) }
            locks.append(Locked(lock: lock))
            isDefinitionDirty = true
            return (true, lock.until.map { ($0, lock.number) })
        case .slotsUnlocked(_, let lock) where Int(lock.number) <= locks.count && lock.number > 0:
            locks[Int(lock.number) - 1].isOpen = false
            isDefinitionDirty = true
            return (true, nil)
        case .sessionResumed(_, let number):
            guard let last = lastStop, number <= last.number else { return (false, nil) }
            if number == last.number {
                stops[0].isOpen = false
                isDefinitionDirty = true
            }
            return (true, nil)
        case .refund(let refund): return (note(refund), nil)
        case .slotsLocked(_, let lock): return (lock.number > 0 && Int(lock.number) <= locks.count, nil)
        default: return (false, nil)
        }
    }

    /// How many locks it has had.
    var lockCount: Int { locks.count }

    /// The locks in force, by number.
    package var openLocks: [SlotLock] { locks.filter(\.isOpen).map(\.lock) }

    /// What the session has beside its appointments, as the facts that bring it back: a checkpoint keeps them beside
    /// the definition.
    package var standing: [Fact] {
        locks.flatMap { locked -> [Fact] in
            [.slotsLocked(id, locked.lock)] + (locked.isOpen ? [] : [.slotsUnlocked(id, locked.lock)])
        } + stopStanding + refunds.map { .refund($0) }
    }

    private var stopStanding: [Fact] {
        stops.flatMap { stopped -> [Fact] in
            [.sessionStopped(id, stopped.stop)] + (stopped.isOpen ? [] : [.sessionResumed(id, stopped.stop.number)])
        }
    }

    /// Whether it was ever stopped: what a booking looks at first.
    @inline(__always)
    var hasStops: Bool { !stops.isEmpty }

    /// Its last stop, in force or not.
    var lastStop: SessionStop? { stops.first?.stop }

    /// The stop in force; it names no appointments.
    package var openStop: SessionStop? { stops.first.flatMap { $0.isOpen ? $0.stop : nil } }

    /// Whether the stop in force has appointments left to end.
    var isStopping: Bool { openStop.map { $0.more && !stoppable(from: $0.from).isEmpty } ?? false }

    /// Takes note of a stop, or of a further fact of it. False where one before it is missing.
    mutating func note(_ stop: SessionStop) -> Bool {
        guard Int(stop.from) < slots.count, stop.number > 0, stop.number < .max else { return false }
        if let last = lastStop {
            guard stop.number - 1 <= last.number else { return false }
            if stop.number < last.number { return true }
            // A further fact of the last one, or its first fact over a checkpoint that reflects it.
            if stop.number == last.number {
                stops[0].stop.more = stop.more
                isDefinitionDirty = true
                return true
            }
        }
        stops = [Stopped(stop: stop.itself)]
        isDefinitionDirty = true
        return true
    }

    /// Records an appointment. One that is recorded already (replay over a checkpoint) is left as it is. False when its
    /// slots are not there or not free, or the number is another appointment's: only a damaged journal or checkpoint
    /// asks for that.
    package mutating func put(_ record: AppointmentRecord, number: UInt32) -> Bool {
        if let there = self[number] { return there.isSameAppointment(as: record) }
        let units = record.state.occupiesSlot ? record.units : 0
        guard hasRoom(slot: record.slot, span: record.span, units: units) else { return false }
        let index = Int(number) - 1
        if index < appointments.count {
            appointments[index] = record
        } else {
            while appointments.count < index { appointments.append(nil) }
            appointments.append(record)
        }
        if record.state.occupiesSlot { occupy(record.slot, record.span, record.units) }
        if !record.state.isEnded { live += 1 }
        markDirty(index)
        return true
    }

    /// Moves an appointment to its next state. False when the journal skipped a version or changes what has ended,
    /// which only a damaged one does.
    package mutating func apply(_ change: Change, at: Instant) -> Bool {
        let index = Int(change.appointment.number) - 1
        guard index < appointments.count, var record = appointments[index] else { return false }
        guard record.version < change.version else { return true }
        // What has ended stays as it is, but a visit may be paid for when it is over.
        let isPaidFor = change.payment != nil && change.state == record.state
        guard record.version + 1 == change.version, !record.state.isEnded || isPaidFor else { return false }
        if record.state.occupiesSlot && !change.state.occupiesSlot { vacate(record.slot, record.span, record.units) }
        if !record.state.isEnded && change.state.isEnded { live -= 1 }
        record.state = change.state
        record.version = change.version
        record.changed = at
        appointments[index] = record
        if let payment = change.payment { payments[change.appointment.number] = payment }
        markDirty(index)
        return true
    }

    /// Makes room ahead for the numbers up to this count.
    mutating func makeRoom(for count: Int) { appointments.reserveCapacity(count) }

    // MARK: Claims

    /// Units taken for a booking that spans pools, until it is a fact or given up. It lives in memory only.
    package struct Claim: Hashable, Sendable {
        package let slot: UInt16
        package let span: UInt8
        package let units: UInt16
        package let service: ServiceID?
        package let channel: Channel?
        package let patientClass: PatientClass?

        package init(_ asking: borrowing Asking) {
            slot = UInt16(asking.slot.index)
            span = asking.span
            units = asking.units
            service = asking.service
            channel = asking.origin?.channel
            patientClass = asking.patientClass
        }
    }

    /// Takes units and a number ahead of the fact. A number whose claim is released is skipped: it was never told to
    /// anyone.
    package mutating func claim(_ claim: Claim) -> UInt32 {
        precondition(
            fits(slot: claim.slot, span: claim.span, units: claim.units), "a claim never exceeds what is free")
        appointments.append(nil)
        let number = UInt32(appointments.count)
        claims[number] = claim
        occupy(claim.slot, claim.span, claim.units)
        return number
    }

    /// Gives up a claim, or makes room for the fact that replaces it.
    package mutating func release(claim number: UInt32) {
        guard let claim = claims.removeValue(forKey: number) else { return }
        vacate(claim.slot, claim.span, claim.units)
    }

    // MARK: Units

    private mutating func occupy(_ slot: UInt16, _ span: UInt8, _ units: UInt16) {
        for index in Int(slot)..<Int(slot) + Int(span) {
            precondition(slots[index].free >= units, "no slot is ever sold above its capacity")
            slots[index].taken += units
        }
        free -= UInt32(units) * UInt32(span)
    }

    private mutating func vacate(_ slot: UInt16, _ span: UInt8, _ units: UInt16) {
        for index in Int(slot)..<Int(slot) + Int(span) {
            precondition(slots[index].taken >= units, "what is given back was taken before")
            slots[index].taken -= units
        }
        free += UInt32(units) * UInt32(span)
    }

    // MARK: Checkpoints

    /// Appointments on one page of a checkpoint: about 1.4 kB, so that a page stays within one value of the journal's
    /// tables.
    package static let pageLength = 32

    mutating func markDefinitionDirty() { isDefinitionDirty = true }

    mutating func markDirty(_ index: Int) { dirtyPages |= 1 << UInt64(min(index / Self.pageLength, 63)) }

    package var isDirty: Bool { dirtyPages != 0 || isDefinitionDirty }

    package var pageCount: Int { (appointments.count + Self.pageLength - 1) / Self.pageLength }

    /// Pages that a checkpoint still has to write.
    package var dirtyPageIndexes: [Int] {
        (0..<pageCount).filter { dirtyPages & (1 << UInt64(min($0, 63))) != 0 }
    }

    package mutating func markClean() {
        dirtyPages = 0
        isDefinitionDirty = false
    }
}

/// 锁号: units of neighbouring slots of a session that are withdrawn, for whom, why and until when.
package struct SlotLock: Hashable, Sendable {
    /// From 1 within the session; 0 while it is asked for.
    package var number: UInt32 = 0
    package var first: UInt16
    /// Neighbouring slots; 0 while it is asked for: up to the session's end.
    package var slots: UInt16
    /// Of each slot; 0 while it is asked for: all.
    package var units: UInt16
    package var owner: String
    package var reason: String
    /// When it ends by itself.
    package var until: Instant?

    package init(first: UInt16, slots: UInt16, units: UInt16, owner: String, reason: String, until: Instant?) {
        self.first = first
        self.slots = slots
        self.units = units
        self.owner = owner
        self.reason = reason
        self.until = until
    }

    /// Indexes of its slots.
    package var range: Range<Int> { Int(first)..<Int(first) + Int(slots) }

    func encode(into writer: inout ByteWriter) {
        writer.varint(number)
        writer.varint(first)
        writer.varint(slots)
        writer.varint(units)
        writer.string(owner)
        writer.string(reason)
        writer.instant(until)
    }

    init(from reader: inout ByteReader) throws(CodingError) {
        let number: UInt32 = try reader.number()
        self.init(
            first: try reader.number(), slots: try reader.number(), units: try reader.number(),
            owner: try reader.string(), reason: try reader.string(), until: try reader.instant())
        self.number = number
    }
}
