import Wire

extension HaoyuanClient {
    /// What a stop of a session would end, and what else there is for each patient. Nothing is changed.
    ///
    /// ```swift
    /// let plan = try await client.planStop(session: session, substitute: other)
    /// for row in plan.rows where row.substitute == nil && row.next == nil { print("call \(row.patient)") }
    /// ```
    ///
    /// - Parameters:
    ///   - fromSlot: The index of the first slot that would not take place; 0 for the whole session.
    ///   - substitute: 替诊: a session that takes over what fits into its free slots.
    /// - Throws: `notFound` for what does not exist, `invalidArgument` where a session is over.
    public func planStop(
        session: SessionID, fromSlot: Int = 0, substitute: SessionID? = nil, options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> StopPlan {
        var request = PBPlanStopRequest()
        request.session = session.rawValue
        request.fromSlot = UInt32(clamping: fromSlot)
        request.substitute = substitute?.rawValue ?? 0
        request.limit = Self.pageLimit
        var rows: [StopPlan.Row] = []
        while true {
            let reply: PBPlanStopReply = try await read(.planStop, request, options)
            rows += reply.rows.map(StopPlan.Row.init)
            guard reply.more else { return StopPlan(rows: rows) }
            request.after = reply.next
        }
    }

    /// 停诊: the session does not take place, from a slot on. Nothing there is sold any more, and its appointments there
    /// that are held, booked or arrived end as ``AppointmentState/stopped``, in one step; who was called is seen. It is
    /// on disk when it is answered, and where more than 400 appointments end, the rest follows within a second, also
    /// over a crash.
    ///
    /// ```swift
    /// let outcome = try await client.stopSession(session: session, reason: "医生病假", key: key)
    /// if case .done(let stop, _) = outcome { print("\(stop.appointments) end, \(stop.confirmed) paid perhaps") }
    /// ```
    ///
    /// - Parameters:
    ///   - fromSlot: The index of the first slot that does not take place; 0 for the whole session.
    ///   - reason: Why, 1 to 256 bytes.
    ///   - key: Chosen and stored before the call. A repetition gets the first answer.
    /// - Returns: What was stopped, or the rule that refused: ``Rule/slotPast`` where the session is over,
    ///   ``Rule/sessionStopped`` where these slots are stopped already, ``Rule/inProgress`` where something in the
    ///   session is under way: ask again with a new key.
    public func stopSession(
        session: SessionID, fromSlot: Int = 0, reason: String, key: IdempotencyKey, options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> StopOutcome {
        guard fromSlot >= 0 else {
            throw HaoyuanError(ProtocolError.invalid("from_slot", "\(fromSlot) is no slot; 0 is the first"))
        }
        var request = PBStopSessionRequest()
        request.keyHigh = key.high
        request.keyLow = key.low
        request.session = session.rawValue
        request.fromSlot = UInt32(clamping: fromSlot)
        request.reason = reason
        return StopOutcome(try await write(.stopSession, request, key, options))
    }

    /// Sells what was stopped again. Appointments that ended with the stop stay ended; book them anew.
    ///
    /// ```swift
    /// let outcome = try await client.resumeSession(session: session, key: key)
    /// ```
    ///
    /// - Parameter key: Chosen and stored before the call.
    /// - Returns: The number of the stop that is over, or the rule that refused: ``Rule/state`` where the session is
    ///   not stopped, ``Rule/slotPast`` where it is over, ``Rule/inProgress`` while a large stop is still carried out.
    public func resumeSession(
        session: SessionID, key: IdempotencyKey, options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> StopOutcome {
        var request = PBResumeSessionRequest()
        request.keyHigh = key.high
        request.keyLow = key.low
        request.session = session.rawValue
        return StopOutcome(try await write(.resumeSession, request, key, options))
    }
}

/// What became of a stop, or of its end.
public enum StopOutcome: Hashable, Sendable {
    /// What was done, and whether this key was answered before.
    case done(Stop, again: Bool)
    /// The rule that refused.
    case refused(Rule)

    /// A stop as it was carried out.
    public struct Stop: Hashable, Sendable {
        /// Its number in the session, from 1.
        public var number: UInt32
        /// The index of the first slot that does not take place; 0 of a stop that is over.
        public var fromSlot: Int
        /// How many appointments end with it; 0 of a stop that is over.
        public var appointments: Int
        /// How many of them were booked or had arrived: a refund is due where one was paid for.
        public var confirmed: Int
        /// Where it stands in the journal.
        public var position: Position
    }

    init(_ wire: PBStopReply) {
        guard wire.result == .done else {
            self = .refused(Rule(wire.rule))
            return
        }
        let stop = Stop(
            number: wire.stop, fromSlot: Int(wire.fromSlot), appointments: Int(wire.appointments),
            confirmed: Int(wire.confirmed), position: Position(rawValue: wire.position))
        self = .done(stop, again: wire.again)
    }
}

/// What a stop of a session would end, and what else there is.
public struct StopPlan: Hashable, Sendable {
    /// By number.
    public var rows: [Row]

    /// One appointment that would end. No two of a plan are given the same units. The slots are judged by the rules of
    /// a search that names service and channel; those about the patient are judged when it is booked.
    public struct Row: Hashable, Sendable {
        /// Its id.
        public var appointment: AppointmentID
        /// Whose it is.
        public var patient: PatientID
        /// Held, booked or arrived.
        public var state: AppointmentState
        /// The first of its slots.
        public var slot: SlotID
        /// When that starts.
        public var start: Instant
        /// What it is for.
        public var service: ServiceID
        /// A free slot of the substitute session; nil where there is none.
        public var substitute: Place?
        /// Without one: the next free slot of the service in the department; nil where there is none.
        public var next: Place?

        /// Whether money may be owed for it: it was booked or had arrived.
        public var isConfirmed: Bool { state != .held }

        init(_ wire: PBStopPlanRow) {
            appointment = AppointmentID(rawValue: wire.appointment)
            patient = PatientID(rawValue: wire.patient)
            state = AppointmentState(wire.state)
            slot = SlotID(rawValue: wire.slot)
            start = Instant(milliseconds: wire.startMs)
            service = ServiceID(rawValue: wire.service)
            substitute = Place(wire.substituteSlot, wire.substituteStartMs)
            next = Place(wire.nextSlot, wire.nextStartMs)
        }
    }

    /// A free slot.
    public struct Place: Hashable, Sendable {
        /// The first that the service takes.
        public var slot: SlotID
        /// When that starts.
        public var start: Instant

        init?(_ slot: UInt64, _ startMilliseconds: Int64) {
            guard slot != 0 else { return nil }
            self.slot = SlotID(rawValue: slot)
            start = Instant(milliseconds: startMilliseconds)
        }
    }
}

extension ChangeKind {
    /// A session was stopped (停诊): an event of the session with `slot` and `reason`, and one of each appointment that
    /// ends with it.
    public static let sessionStopped = ChangeKind(number: 13)
    /// What was stopped is sold again.
    public static let sessionResumed = ChangeKind(number: 14)
}
