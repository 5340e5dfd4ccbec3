import Wire

/// The answer to one write.
public enum Outcome: Hashable, Sendable {
    /// It happened, and is on disk.
    case done(Receipt)
    /// 拒绝: a lawful no. It is remembered under the write's key; to try again after something has changed, use a new
    /// key.
    case refused(Refusal)

    /// What happened, when it did.
    public var receipt: Receipt? {
        if case .done(let receipt) = self { receipt } else { nil }
    }

    /// Why it did not happen, when it did not.
    public var refusal: Refusal? {
        if case .refused(let refusal) = self { refusal } else { nil }
    }
}

/// What a write led to.
public struct Receipt: Hashable, Sendable {
    /// The (new) appointment; of a joint booking the first.
    public var appointment: AppointmentID
    /// 序号: the patient's number within the session, from 1.
    public var number: UInt32
    /// The state this write led to.
    public var state: AppointmentState
    /// The appointment's version after this write, from 1; good for `ifVersion`.
    public var version: UInt32
    /// When a hold expires; nil for anything else.
    public var holdUntil: Instant?
    /// Where in the journal.
    public var position: Position
    /// The key was answered before, and this is that answer.
    public var isRepetition: Bool

    init(_ outcome: PBOutcome) {
        appointment = AppointmentID(rawValue: outcome.appointment)
        number = outcome.number
        state = AppointmentState(outcome.state)
        version = outcome.version
        holdUntil = Instant(wire: outcome.holdUntilMs)
        position = Position(rawValue: outcome.position)
        isRepetition = outcome.again
    }
}

/// 拒绝: which rule said no, who may override it, and what it allows.
public struct Refusal: Hashable, Sendable {
    /// The rule that said no.
    public var rule: Rule
    /// Version of the policy that judged; 0 where no policy is involved and the rule always holds.
    public var policyVersion: UInt32
    /// Who may set the rule aside.
    public var authority: Authority
    /// The count that the rule allows; nil where it has none.
    public var limit: UInt32?
    /// When what refuses is over: of ``Rule/blocked`` the block's end; nil where no time ends it.
    public var until: Instant?
    /// Where in the journal the refusal is remembered.
    public var position: Position
    /// The key was answered before, and this is that answer.
    public var isRepetition: Bool

    init(_ outcome: PBOutcome) {
        rule = Rule(outcome.rule)
        policyVersion = outcome.policyVersion
        authority = Authority(outcome.authority)
        let isBlock = rule == .blocked
        limit = outcome.limit == 0 || isBlock ? nil : outcome.limit
        until = isBlock ? Instant(milliseconds: Int64(outcome.limit) * 60_000) : nil
        position = Position(rawValue: outcome.position)
        isRepetition = outcome.again
    }
}

/// The answer to a joint booking: all or nothing.
public enum JointOutcome: Hashable, Sendable {
    /// All were taken. The appointments stand in the order of the items.
    case done(Receipt, appointments: [AppointmentID])
    /// None was taken; `item` is the index of the one that was refused.
    case refused(Refusal, item: Int)
}

/// The answer to one request of a batch.
public enum BatchOutcome: Hashable, Sendable {
    /// It happened, and is on disk.
    case done(Receipt)
    /// 拒绝: a lawful no.
    case refused(Refusal)
    /// It was not answered; send it again with the same key where the error is retryable.
    case failed(HaoyuanError)
}

extension Outcome {
    init(_ outcome: PBOutcome) throws(HaoyuanError) {
        switch outcome.result {
        case .done: self = .done(Receipt(outcome))
        case .refused: self = .refused(Refusal(outcome))
        case .failed, .unspecified, .UNRECOGNIZED: throw HaoyuanError.unreadable(outcome)
        }
    }
}

extension JointOutcome {
    init(_ reply: PBTogetherReply) throws(HaoyuanError) {
        switch try Outcome(reply.outcome) {
        case .done(let receipt):
            self = .done(receipt, appointments: reply.appointments.map(AppointmentID.init))
        case .refused(let refusal): self = .refused(refusal, item: Int(reply.refusedItem))
        }
    }
}

extension BatchOutcome {
    init(_ outcome: PBOutcome) throws(HaoyuanError) {
        switch outcome.result {
        case .done: self = .done(Receipt(outcome))
        case .refused: self = .refused(Refusal(outcome))
        case .failed:
            let code = outcome.error.code.map(HaoyuanError.Code.init) ?? .init(unknown: outcome.error.rawValue)
            self = .failed(
                HaoyuanError(
                    code, "this write of the batch failed", isRetryable: code.isRetryable,
                    mayHaveBeenApplied: outcome.maybeApplied,
                    retryAfter: outcome.retryAfterMs == 0 ? nil : .milliseconds(outcome.retryAfterMs)))
        case .unspecified, .UNRECOGNIZED: throw HaoyuanError.unreadable(outcome)
        }
    }
}

extension HaoyuanError {
    fileprivate static func unreadable(_ outcome: PBOutcome) -> HaoyuanError {
        HaoyuanError(
            .protocolViolation, "an outcome with the result \(outcome.result.rawValue)", mayHaveBeenApplied: true)
    }
}
