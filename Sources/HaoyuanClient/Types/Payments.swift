import Scheduling
import Wire

/// What was paid for an appointment.
public struct Payment: Hashable, Sendable {
    /// Under which the payment front end knows it, 1 to 64 bytes. It tells one payment of an appointment from another.
    public var reference: String
    /// 分; 0 where a confirmation does not say.
    public var amountFen: UInt32

    /// A payment of so many fen.
    public init(reference: String, amountFen: UInt32) {
        self.reference = reference
        self.amountFen = amountFen
    }

    /// Nil where the wire names none.
    init?(_ reference: String, _ amountFen: UInt32) {
        guard !reference.isEmpty else { return nil }
        self.init(reference: reference, amountFen: amountFen)
    }
}

/// 退款单: one refund. The number is a session's and a count within it.
public struct RefundID: Hashable, Sendable, CustomStringConvertible {
    /// The number on the wire.
    public let rawValue: UInt64

    /// The refund of a number on the wire.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The number.
    public var description: String { String(rawValue) }
}

/// Why money goes back. A number that this version does not know is kept.
public struct RefundCause: Hashable, Sendable, CustomStringConvertible {
    /// The number on the wire.
    public let number: Int

    /// The cause of a number on the wire.
    public init(number: Int) { self.number = number }

    /// It came after the hold's end, and a rule stood in the way of the number.
    public static let late = RefundCause(number: 1)
    /// The appointment had ended otherwise before it came.
    public static let ended = RefundCause(number: 2)
    /// The appointment was paid for already.
    public static let paidTwice = RefundCause(number: 3)
    /// The appointment was cancelled after it.
    public static let cancelled = RefundCause(number: 4)
    /// The appointment was stopped after it.
    public static let stopped = RefundCause(number: 5)

    /// Lower case, with hyphens.
    public var description: String {
        UInt8(exactly: number).flatMap { Scheduling.RefundCause(rawValue: $0) }?.name ?? "cause \(number)"
    }
}

/// Money that is to go back, or went back.
public struct Refund: Hashable, Sendable {
    /// Its id.
    public var id: RefundID
    /// What was paid for.
    public var appointment: AppointmentID
    /// Whose that is, or was.
    public var patient: PatientID
    /// What goes back.
    public var payment: Payment
    /// Why.
    public var cause: RefundCause
    /// Of a late payment: the rule that stood in the way of the number.
    public var rule: Rule?
    /// Since when it is due.
    public var due: Instant
    /// Under which it was paid back; nil while it is due.
    public var closedBy: String?

    init(_ wire: PBRefund) {
        id = RefundID(rawValue: wire.id)
        appointment = AppointmentID(rawValue: wire.appointment)
        patient = PatientID(rawValue: wire.patient)
        payment = Payment(reference: wire.paymentReference, amountFen: wire.amountFen)
        cause = RefundCause(number: wire.cause.rawValue)
        rule = wire.rule == .unspecified ? nil : Rule(wire.rule)
        due = Instant(milliseconds: wire.dueMs)
        closedBy = wire.refundReference.isEmpty ? nil : wire.refundReference
    }
}

/// What became of a payment that was reported.
public enum PaymentOutcome: Hashable, Sendable {
    /// It stands for this appointment. Another than was named: its hold had run out, and the number was had again.
    case stands(Standing)
    /// It goes back, and nothing else was done.
    case refundDue(Due)
    /// The rule that refused; nothing is known of the payment.
    case refused(Rule)

    /// What it stands for.
    public struct Standing: Hashable, Sendable {
        /// The appointment.
        public var appointment: AppointmentID
        /// Its state.
        public var state: AppointmentState
        /// Its version, good for `ifVersion`.
        public var version: UInt32
        /// Where in the journal.
        public var position: Position
        /// This key, or this payment under another key, was answered before.
        public var isRepetition: Bool
    }

    /// Where it goes back.
    public struct Due: Hashable, Sendable {
        /// The refund.
        public var refund: RefundID
        /// Why; nil of a payment that was reported before.
        public var cause: RefundCause?
        /// Of a late payment: the rule that stood in the way of the number.
        public var rule: Rule?
        /// Where in the journal.
        public var position: Position
        /// This key, or this payment under another key, was answered before.
        public var isRepetition: Bool
    }

    init(_ wire: PBReportPaymentReply) {
        let position = Position(rawValue: wire.position)
        let isRepetition = wire.again || wire.known
        guard wire.result == .done else {
            self = .refused(Rule(wire.rule))
            return
        }
        guard wire.refund == 0 else {
            self = .refundDue(
                Due(
                    refund: RefundID(rawValue: wire.refund),
                    cause: wire.cause == .unspecified ? nil : RefundCause(number: wire.cause.rawValue),
                    rule: wire.rule == .unspecified ? nil : Rule(wire.rule), position: position,
                    isRepetition: isRepetition))
            return
        }
        self = .stands(
            Standing(
                appointment: AppointmentID(rawValue: wire.appointment), state: AppointmentState(wire.state),
                version: wire.version, position: position, isRepetition: isRepetition))
    }
}

/// What became of a refund that was closed.
public enum ClosingOutcome: Hashable, Sendable {
    /// It is closed, and whether this key was answered before.
    case done(Position, again: Bool)
    /// The rule that refused: it was closed before.
    case refused(Rule)
}

/// What became of a choice.
public enum ChoiceOutcome: Hashable, Sendable {
    /// The item of this index was taken; the rules stood in the way of those before it, in their order.
    case done(Receipt, item: Int, passed: [Rule])
    /// None was taken; the rules stood in their way, in their order.
    case refused([Rule], Refusal)

    init(_ reply: PBBookAnyReply) throws(HaoyuanError) {
        let rules = reply.refusals.map { Rule($0.rule) }
        switch try Outcome(reply.outcome) {
        case .done(let receipt): self = .done(receipt, item: Int(reply.item), passed: rules)
        case .refused(let last): self = .refused(rules, last)
        }
    }
}

extension ChangeKind {
    /// A payment came after the end of a hold, `movedFrom`, and got the number again.
    public static let takenAgain = ChangeKind(number: 21)
    /// Money is to go back; with `reason`, under which it went back.
    public static let refund = ChangeKind(number: 22)
}
