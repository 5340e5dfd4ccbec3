import Wire

extension HaoyuanClient {
    /// 锁号: withdraws units of a session's slots. Appointments that stand there stay; what is withdrawn is not listed as
    /// free, not sold, and not sold again where an appointment is cancelled.
    ///
    /// - Parameters:
    ///   - slots: The indexes of the slots in the session, at least one; nil for all.
    ///   - units: Of each slot, at least one; nil for all.
    ///   - owner: Whom it is for, at most 64 bytes.
    ///   - reason: Why, at most 256 bytes.
    ///   - until: When it ends by itself; nil: not before ``unlockSlots(session:lock:key:options:)``.
    ///   - key: Chosen and stored before the call.
    /// - Returns: The lock's number, or the rule that refused: ``Rule/slotPast`` where the session, or `until`, has
    ///   passed.
    /// - Throws: `invalidArgument` for no slots or no units, without asking: on the wire 0 stands for all.
    public func lockSlots(
        session: SessionID, slots: Range<Int>? = nil, units: UInt32? = nil, owner: String = "", reason: String,
        until: Instant? = nil, key: IdempotencyKey, options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> LockOutcome {
        if let slots, slots.isEmpty || slots.lowerBound < 0 {
            throw HaoyuanError(ProtocolError.invalid("slots", "\(slots) names no slots; nil stands for all"))
        }
        if units == 0 { throw HaoyuanError(ProtocolError.invalid("units", "0 locks nothing; nil stands for all")) }
        var request = PBLockSlotsRequest()
        request.keyHigh = key.high
        request.keyLow = key.low
        request.session = session.rawValue
        request.first = UInt32(clamping: slots?.lowerBound ?? 0)
        request.slots = UInt32(clamping: slots?.count ?? 0)
        request.units = units ?? 0
        request.owner = owner
        request.reason = reason
        request.untilMs = until?.milliseconds ?? 0
        return LockOutcome(try await write(.lockSlots, request, key, options))
    }

    /// Ends a lock, so that what it withdrew can be sold again. One that has ended is refused by ``Rule/state``.
    ///
    /// - Parameter key: Chosen and stored before the call.
    public func unlockSlots(
        session: SessionID, lock: UInt32, key: IdempotencyKey, options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> LockOutcome {
        var request = PBUnlockSlotsRequest()
        request.keyHigh = key.high
        request.keyLow = key.low
        request.session = session.rawValue
        request.lock = lock
        return LockOutcome(try await write(.unlockSlots, request, key, options))
    }

    /// The locks in force in the sessions of these days, both inclusive, of a department or a pool or everywhere.
    public func locks(
        department: DepartmentID? = nil, pool: PoolID? = nil, from: LocalDate, to: LocalDate,
        options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> [SlotLock] {
        var request = PBListLocksRequest()
        request.department = department?.rawValue ?? 0
        request.pool = pool?.rawValue ?? 0
        request.from = from.description
        request.to = to.description
        request.limit = Self.pageLimit
        var found: [SlotLock] = []
        while true {
            let reply: PBListLocksReply = try await read(.listLocks, request, options)
            found += reply.locks.map(SlotLock.init)
            guard reply.more else { return found }
            (request.afterStartMs, request.after) = (reply.nextStartMs, reply.next)
        }
    }
}

/// What became of a write about a lock.
public enum LockOutcome: Hashable, Sendable {
    /// The lock's number in its session, and whether this key was answered before.
    case done(lock: UInt32, again: Bool)
    /// The rule that refused, and the count it allows where it has one.
    case refused(Rule, limit: UInt32)

    init(_ wire: PBLockReply) {
        self =
            wire.result == .done
            ? .done(lock: wire.lock, again: wire.again) : .refused(Rule(wire.rule), limit: wire.limit)
    }
}

/// 锁号 in force: units of neighbouring slots of a session that are not sold.
public struct SlotLock: Hashable, Sendable {
    /// The session.
    public var session: SessionID
    /// The lock's number in it.
    public var number: UInt32
    /// The indexes of its slots in the session.
    public var slots: Range<Int>
    /// Units of each slot, at most its capacity.
    public var units: UInt32
    /// Whom it is for.
    public var owner: String
    /// Why.
    public var reason: String
    /// When it ends by itself; nil: when it is unlocked.
    public var until: Instant?

    init(_ wire: PBLock) {
        session = SessionID(rawValue: wire.session)
        number = wire.lock
        slots = Int(wire.first)..<Int(wire.first) + Int(wire.slots)
        units = wire.units
        owner = wire.owner
        reason = wire.reason
        until = Instant(wire: wire.untilMs)
    }
}

extension ChangeKind {
    /// Units of slots were withdrawn; `slot`, `slots`, `units`, `reason`, `holdUntil` and `entity` say which and why.
    public static let slotsLocked = ChangeKind(number: 10)
    /// A lock has ended.
    public static let slotsUnlocked = ChangeKind(number: 11)
}
