import Engine
import Journal
import Scheduling
import Wire

extension MethodTable {
    /// Money for appointments, and the choice of a slot.
    static let paymentMethods = [
        MethodRow(
            .bookAny, PBBookAnyRequest.self, PBBookAnyReply.self, needs: .book,
            "Takes the first of several slots that every rule allows."
        ) { request, connection throws(ProtocolError) in
            try Write(request, on: connection, deadline: nil)
        } answer: {
            PBBookAnyReply($0)
        },
        MethodRow(
            .reportPayment, PBReportPaymentRequest.self, PBReportPaymentReply.self, needs: .book,
            "Tells that money came for an appointment: it is confirmed, or had again, or a refund is due."
        ) { request, connection throws(ProtocolError) in
            try Write(request, on: connection, deadline: nil)
        } answer: {
            PBReportPaymentReply($0)
        },
        MethodRow(
            .closeRefund, PBCloseRefundRequest.self, PBCloseRefundReply.self, needs: .book,
            "Tells that a refund went back."
        ) { request throws(ProtocolError) in
            .closeRefund(RefundID(rawValue: request.refund), reference: request.refundReference)
        } answer: {
            PBCloseRefundReply($0)
        },
        MethodRow(
            .listRefunds, PBListRefundsRequest.self, PBListRefundsReply.self, needs: .readAppointments,
            "Reads the refunds that are due, of the hospital or of a department."
        ) { request, connection in
            let page = Page(request.limit == 0 ? UInt32(EngineLimits.itemsPerPage) : request.limit, connection)
            let department = request.department == 0 ? nil : DepartmentID(rawValue: request.department)
            let after = request.after == 0 ? nil : RefundID(rawValue: request.after)
            let closedToo = request.closed
            return { engine, _ throws(EngineError) in
                PBListRefundsReply(
                    try await engine.refunds(
                        department: department, closedToo: closedToo, after: after,
                        limit: page.limit ?? EngineLimits.itemsPerPage), page)
            }
        },
    ]
}

extension PBBookAnyRequest: KeyedMessage {}
extension PBReportPaymentRequest: KeyedMessage {}
extension PBCloseRefundRequest: KeyedMessage {}

extension PBBookAnyReply {
    fileprivate init(_ answer: Answer) {
        self.init()
        switch answer.outcome {
        case .told(.chosen(let taken, let passed)):
            outcome = PBOutcome(Answer(.done(Receipt(taken)), position: answer.position, again: answer.again))
            item = UInt32(passed.count)
            refusals = passed.map { PBItemRefusal($0) }
        case .told(.answered(.noneFits(let refused))):
            guard let last = refused.last else { preconditionFailure("a choice is of one slot at least") }
            let outcome = Answer.Outcome.refused(last, item: UInt8(refused.count - 1))
            self.outcome = PBOutcome(Answer(outcome, position: answer.position, again: answer.again))
            refusals = refused.map { PBItemRefusal($0) }
        case .done, .refused, .told, .failed: preconditionFailure("a choice is answered with one")
        }
    }
}

extension PBItemRefusal {
    fileprivate init(_ refusal: Refusal) {
        self.init()
        rule = PBRule(refusal.rule)
        policyVersion = refusal.policyVersion
        authority = PBAuthority(refusal.authority)
        limit = refusal.limit
    }
}

extension PBReportPaymentReply {
    fileprivate init(_ answer: Answer) {
        self.init()
        position = answer.position.rawValue
        again = answer.again
        result = .done
        switch answer.outcome {
        case .done(let receipt):
            appointment = receipt.appointment.rawValue
            state = PBAppointmentState(receipt.state)
            version = receipt.version
        case .told(.refund(let refund)):
            appointment = refund.appointment.rawValue
            self.refund = refund.id.rawValue
            cause = PBRefundCause(refund.cause)
            rule = refund.rule.map { PBRule($0) } ?? .unspecified
        case .told(.answered(.payment(let standing))):
            known = true
            appointment = standing.appointment.rawValue
            state = PBAppointmentState(standing.state)
            version = standing.version
            refund = standing.refund?.rawValue ?? 0
        case .refused(let refusal, _):
            result = .refused
            rule = PBRule(refusal.rule)
            authority = PBAuthority(refusal.authority)
            limit = refusal.limit
        case .told, .failed: preconditionFailure("a payment is answered with what became of it")
        }
    }
}

extension PBCloseRefundReply {
    fileprivate init(_ answer: Answer) {
        self.init()
        position = answer.position.rawValue
        again = answer.again
        switch answer.outcome {
        case .told(.refund): result = .done
        case .refused(let refusal, _):
            result = .refused
            rule = PBRule(refusal.rule)
            authority = PBAuthority(refusal.authority)
        case .done, .told, .failed: preconditionFailure("a refund is answered with one")
        }
    }
}

extension PBListRefundsReply {
    fileprivate init(_ reading: Reading<[Refund]>, _ page: Page) {
        self.init()
        position = reading.position.rawValue
        refunds = reading.value.map { PBRefund($0) }
        more = page.cut(&refunds) || reading.more
    }
}

extension PBRefund {
    fileprivate init(_ refund: Refund) {
        self.init()
        id = refund.id.rawValue
        appointment = refund.appointment.rawValue
        patient = refund.patient.rawValue
        paymentReference = refund.payment.reference
        amountFen = refund.payment.amountFen
        cause = PBRefundCause(refund.cause)
        rule = refund.rule.map { PBRule($0) } ?? .unspecified
        dueMs = refund.due.rawValue
        refundReference = refund.closedBy ?? ""
    }
}
