import Wire

extension HaoyuanClient {
    /// What a patient did, and what follows from it now: no-shows and late cancellations, blocks, appeals.
    ///
    /// ```swift
    /// let standing = try await client.standing(of: patient)
    /// for block in standing.blocks { print("blocked until \(block.until)") }
    /// ```
    ///
    /// - Throws: `notFound` where there is no such patient.
    public func standing(
        of patient: PatientID, options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> PatientStanding {
        guard patient.rawValue != 0 else {
            throw HaoyuanError(ProtocolError.invalid("patient", "0 is no patient; name one"))
        }
        var request = PBPatientStandingRequest()
        request.patient = patient.rawValue
        let reply: PBPatientStandingReply = try await read(.patientStanding, request, options)
        return PatientStanding(reply)
    }

    /// The appeals of all patients that wait for their decision, the oldest first.
    ///
    /// ```swift
    /// for appeal in try await client.openAppeals() { print(appeal.reason) }
    /// ```
    public func openAppeals(options: RequestOptions = .init()) async throws(HaoyuanError) -> [Appeal] {
        let reply: PBPatientStandingReply = try await read(.patientStanding, PBPatientStandingRequest(), options)
        return reply.appeals.map(Appeal.init)
    }

    /// 申诉: says that a no-show or late cancellation should not count. One appeal for each, ever.
    ///
    /// ```swift
    /// let outcome = try await client.fileAppeal(of: patient, about: appointment, reason: "地铁停运", key: key)
    /// ```
    ///
    /// - Parameters:
    ///   - reason: 1 to 256 bytes.
    ///   - key: Chosen and stored before the call. A repetition gets the first answer.
    /// - Throws: `notFound` where the appointment is no no-show or late cancellation of the patient.
    public func fileAppeal(
        of patient: PatientID, about appointment: AppointmentID, reason: String, key: IdempotencyKey,
        options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> AppealOutcome {
        var request = PBFileAppealRequest()
        request.keyHigh = key.high
        request.keyLow = key.low
        request.patient = patient.rawValue
        request.appointment = appointment.rawValue
        request.reason = reason
        return AppealOutcome(try await write(.fileAppeal, request, key, options))
    }

    /// Decides on an appeal. The connection names an operator, who is kept with the decision and is never the one who
    /// filed the appeal. One that is granted strikes the no-show out, and with it the block that followed.
    ///
    /// ```swift
    /// let outcome = try await client.decideAppeal(
    ///     of: patient, about: appointment, granted: true, reason: "情况属实", key: key)
    /// ```
    ///
    /// - Parameter key: Chosen and stored before the call.
    /// - Throws: `notFound` where there is no such appeal, `invalidArgument` where the operator has no name or
    ///   filed it.
    public func decideAppeal(
        of patient: PatientID, about appointment: AppointmentID, granted: Bool, reason: String, key: IdempotencyKey,
        options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> AppealOutcome {
        var request = PBDecideAppealRequest()
        request.keyHigh = key.high
        request.keyLow = key.low
        request.patient = patient.rawValue
        request.appointment = appointment.rawValue
        request.granted = granted
        request.reason = reason
        return AppealOutcome(try await write(.decideAppeal, request, key, options))
    }
}

/// What became of a filing or of a decision.
public enum AppealOutcome: Hashable, Sendable {
    /// It is on disk; whether this key was answered before.
    case done(Position, again: Bool)
    /// The rule that refused: ``Rule/state`` where there was an appeal before, or it is decided.
    case refused(Rule)

    init(_ wire: PBAppealReply) {
        self =
            wire.result == .done
            ? .done(Position(rawValue: wire.position), again: wire.again) : .refused(Rule(wire.rule))
    }
}

/// What a patient did, and what follows from it now.
public struct PatientStanding: Hashable, Sendable {
    /// By the start of their slots.
    public var strikes: [Strike]
    /// Terms that refuse bookings of the patient now.
    public var blocks: [Block]
    /// In the order of their filings.
    public var appeals: [Appeal]

    /// A no-show or late cancellation.
    public struct Strike: Hashable, Sendable {
        /// The appointment's id.
        public var appointment: AppointmentID
        /// The department's id.
        public var department: DepartmentID
        /// When its first slot starts: the moment at which it counts.
        public var start: Instant
        /// Of a late cancellation: whole minutes that were left to the start; nil for a no-show.
        public var minutesLeft: UInt32?
        /// Whether an appeal that was granted struck it out.
        public var isStruckOut: Bool
    }

    /// A term that refuses bookings now.
    public struct Block: Hashable, Sendable {
        /// Code of the department whose policy it is; empty for the hospital's.
        public var department: String
        /// The version of that policy.
        public var policyVersion: UInt32
        /// Its channels, services and pools say what it refuses.
        public var term: Catalogue.PolicyTerm
        /// When it is over.
        public var until: Instant
    }

    init(_ wire: PBPatientStandingReply) {
        strikes = wire.strikes.map {
            Strike(
                appointment: AppointmentID(rawValue: $0.appointment),
                department: DepartmentID(rawValue: $0.department), start: Instant(milliseconds: $0.startMs),
                minutesLeft: $0.lateCancellation ? $0.minutesLeft : nil, isStruckOut: $0.struckOut)
        }
        blocks = wire.blocks.map {
            Block(
                department: $0.department, policyVersion: $0.policyVersion, term: Catalogue.PolicyTerm($0.term),
                until: Instant(milliseconds: $0.untilMs))
        }
        appeals = wire.appeals.map(Appeal.init)
    }
}

/// 申诉: what a patient said against a no-show, and what became of it.
public struct Appeal: Hashable, Sendable {
    /// Whose it is.
    public var patient: PatientID
    /// The no-show or late cancellation.
    public var appointment: AppointmentID
    /// When it was filed.
    public var filed: Instant
    /// By which operator; empty where the channel named none.
    public var filedBy: String
    /// Why it should not count.
    public var reason: String
    /// Nil while it is open.
    public var decision: Decision?

    /// What was decided.
    public struct Decision: Hashable, Sendable {
        /// Whether the strike is struck out.
        public var isGranted: Bool
        /// When it was decided.
        public var at: Instant
        /// Who decided.
        public var by: String
        /// Why.
        public var reason: String
    }

    init(_ wire: PBAppeal) {
        patient = PatientID(rawValue: wire.patient)
        appointment = AppointmentID(rawValue: wire.appointment)
        filed = Instant(milliseconds: wire.filedMs)
        filedBy = wire.filedBy
        reason = wire.reason
        guard wire.state == .granted || wire.state == .denied else { return }
        decision = Decision(
            isGranted: wire.state == .granted, at: Instant(milliseconds: wire.decidedMs), by: wire.decidedBy,
            reason: wire.decisionReason)
    }
}

extension ChangeKind {
    /// An appeal was filed: `appointment`, `patient`, `reason`.
    public static let appealFiled = ChangeKind(number: 15)
    /// An appeal was decided, as ``appealFiled``; `entity` is `granted` or `denied`.
    public static let appealDecided = ChangeKind(number: 16)
}
