import Wire

/// Why a slot is, or is not, for sale: what every rule of a booking says of it.
public struct SlotExplanation: Hashable, Sendable {
    /// In the order in which a booking asks the rules, each once.
    public var verdicts: [RuleVerdict]
    /// Everything up to here is in the answer.
    public var position: Position

    /// What a booking of just this would be refused by now; nil where no rule refuses that was judged.
    public var refusal: RuleVerdict? { verdicts.first { $0.judgement == .refuses } }

    /// The rules that may still refuse a booking: the question does not name what they judge.
    public var notJudged: [RuleVerdict] { verdicts.filter { $0.judgement == .notJudged } }

    init(_ reply: PBExplainSlotReply) {
        verdicts = reply.verdicts.map(RuleVerdict.init)
        position = Position(rawValue: reply.position)
    }
}

/// What one rule says of a slot.
public struct RuleVerdict: Hashable, Sendable {
    /// Passes, refuses, or not judged.
    public enum Judgement: Hashable, Sendable {
        /// A booking goes on to the next rule.
        case passes
        /// A booking is refused, by the first rule that says so.
        case refuses
        /// ``RuleVerdict/needs`` says what the question must name.
        case notJudged
        /// A number this version does not know.
        case unknown(Int)
    }

    /// What a question may leave out, and a rule may need.
    public enum Naming: Hashable, Sendable {
        /// The channel, in the client's configuration or the request's options.
        case channel
        /// The patient.
        case patient
        /// How the patient is in the hospital.
        case patientClass
        /// The service.
        case service
        /// A number this version does not know.
        case unknown(Int)
    }

    /// The rule that speaks.
    public var rule: Rule
    /// What it says.
    public var judgement: Judgement
    /// Of a rule that refuses: version of the policy that judged; 0 where no policy is involved.
    public var policyVersion: UInt32
    /// Of a rule that refuses: who may set it aside; nil for any other.
    public var authority: Authority?
    /// Of a rule that refuses: the count that it allows; nil where it has none.
    public var limit: UInt32?
    /// When what refuses is over: of ``Rule/blocked`` the block's end; nil where no time ends it.
    public var until: Instant?
    /// Of a rule that is not judged: what the question must name. Empty where the slot's session is gone.
    public var needs: [Naming]

    init(_ wire: PBRuleVerdict) {
        rule = Rule(wire.rule)
        judgement = Judgement(wire.judgement)
        policyVersion = wire.policyVersion
        authority = judgement == .refuses ? Authority(wire.authority) : nil
        let isBlock = rule == .blocked
        limit = wire.limit == 0 || isBlock ? nil : wire.limit
        until = isBlock && wire.limit != 0 ? Instant(milliseconds: Int64(wire.limit) * 60_000) : nil
        needs = wire.needs.map(Naming.init)
    }
}

extension RuleVerdict.Judgement {
    init(_ wire: PBJudgement) {
        switch wire {
        case .passes: self = .passes
        case .refuses: self = .refuses
        case .notJudged: self = .notJudged
        case .unspecified, .UNRECOGNIZED: self = .unknown(wire.rawValue)
        }
    }
}

extension RuleVerdict.Naming {
    init(_ wire: PBNaming) {
        switch wire {
        case .channel: self = .channel
        case .patient: self = .patient
        case .patientClass: self = .patientClass
        case .service: self = .service
        case .unspecified, .UNRECOGNIZED: self = .unknown(wire.rawValue)
        }
    }
}
