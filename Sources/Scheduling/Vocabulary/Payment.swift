/// What was paid for an appointment: the reference of the payment, and how much it was.
///
/// An object, so that an appointment without one, which most are while they are judged, carries eight bytes for it.
package final class Payment: Hashable, Sendable {
    /// As the payment front end knows it; it tells one payment of an appointment from another.
    package let reference: String
    /// 分; 0 where a confirmation did not say.
    package let amountFen: UInt32

    package init(reference: String, amountFen: UInt32) {
        self.reference = reference
        self.amountFen = amountFen
    }

    package static func == (a: Payment, b: Payment) -> Bool {
        a.amountFen == b.amountFen && a.reference.utf8.elementsEqual(b.reference.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(amountFen)
        for byte in reference.utf8 { hasher.combine(byte) }
    }

    /// Whether the two are one payment, whatever was said of the amount.
    package func isSame(as other: Payment) -> Bool { reference.utf8.elementsEqual(other.reference.utf8) }

    /// What is wrong with a reference; nil where nothing is.
    static func fault(of reference: String, _ field: String) -> String? {
        reference.allSatisfy(\.isWhitespace)
            ? "\(field): empty; give the number under which the payment front end knows it"
            : Command.tooLong(reference, field, Limits.paymentReferenceBytes)
    }

    func encode(into writer: inout ByteWriter) {
        writer.string(reference)
        writer.varint(amountFen)
    }

    init(from reader: inout ByteReader) throws(CodingError) {
        reference = try reader.string()
        amountFen = try reader.number()
    }
}

/// 退款: `session << 20 | number`, as an appointment's. The number counts the session's refunds from 1.
package struct RefundID: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package init(session: SessionID, number: UInt32) {
        precondition(number >= 1 && number <= Limits.numbersPerSession, "a number must fit 20 bits")
        rawValue = session.rawValue << 20 | UInt64(number)
    }

    package var session: SessionID { SessionID(rawValue: rawValue >> 20) }
    package var number: UInt32 { UInt32(truncatingIfNeeded: rawValue) & 0xF_FFFF }
}

/// Why money is to go back. The numbers are those of the wire and of the journal.
package enum RefundCause: UInt8, Hashable, Sendable, CaseIterable {
    /// It came after the hold had run out, and a rule stood in the way of the number.
    case late = 1
    /// The appointment had ended otherwise before it came.
    case ended
    /// The appointment was paid for already.
    case paidTwice
    /// The appointment was cancelled after it.
    case cancelled
    /// The appointment was stopped after it, with its session or alone.
    case stopped

    /// Lower case, with hyphens.
    package var name: String { self == .paidTwice ? "paid-twice" : "\(self)" }
}

/// A refund that is due, or was made.
package struct Refund: Hashable, Sendable {
    package var id: RefundID
    package var appointment: AppointmentID
    package var patient: PatientID
    package var payment: Payment
    package var cause: RefundCause
    /// Of a late payment: the rule that stood in the way.
    package var rule: Rule?
    /// When it came to be due.
    package var due: Instant
    /// What the payment front end paid it back under; nil while it is due.
    package var closedBy: String?

    package init(
        id: RefundID, appointment: AppointmentID, patient: PatientID, payment: Payment, cause: RefundCause,
        rule: Rule? = nil, due: Instant, closedBy: String? = nil
    ) {
        self.id = id
        self.appointment = appointment
        self.patient = patient
        self.payment = payment
        self.cause = cause
        self.rule = rule
        self.due = due
        self.closedBy = closedBy
    }

    func encode(into writer: inout ByteWriter) {
        writer.varint(id.rawValue)
        writer.varint(appointment.number)
        writer.varint(patient.rawValue)
        payment.encode(into: &writer)
        writer.byte(cause.rawValue)
        writer.byte(rule?.rawValue ?? 0)
        writer.instant(due)
        writer.string(closedBy ?? "")
    }

    init(from reader: inout ByteReader) throws(CodingError) {
        let id = RefundID(rawValue: try reader.varint())
        let number: UInt32 = try reader.number()
        guard id.number >= 1, (1...Limits.numbersPerSession).contains(number) else {
            throw CodingError("a refund of no appointment")
        }
        let patient = PatientID(rawValue: try reader.varint())
        let payment = try Payment(from: &reader)
        guard let cause = RefundCause(rawValue: try reader.byte()) else {
            throw CodingError("unknown cause of a refund")
        }
        let judged = try reader.byte()
        let rule = Rule(rawValue: judged)
        guard judged == 0 || rule != nil else { throw CodingError("unknown rule") }
        let due = try reader.instant() ?? Instant(rawValue: 0)
        let closedBy = try reader.string()
        self.init(
            id: id, appointment: AppointmentID(session: id.session, number: number), patient: patient,
            payment: payment, cause: cause, rule: rule, due: due, closedBy: closedBy.isEmpty ? nil : closedBy)
    }
}

/// What became of a payment that was reported before: the answer once more.
package struct PaymentStanding: Hashable, Sendable {
    /// The appointment that it stands for, or stood for.
    package var appointment: AppointmentID
    package var state: AppointmentState
    package var version: UInt32
    /// Where it goes back, or went back.
    package var refund: RefundID?

    package init(appointment: AppointmentID, state: AppointmentState, version: UInt32, refund: RefundID?) {
        self.appointment = appointment
        self.state = state
        self.version = version
        self.refund = refund
    }
}
