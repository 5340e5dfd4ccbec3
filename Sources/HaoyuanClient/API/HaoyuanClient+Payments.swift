import Wire

extension HaoyuanClient {
    /// Tells that money came for an appointment, whatever became of that meanwhile. A hold is confirmed by it; what
    /// stands, or has taken place, keeps it. After the end of a hold it gets the number again where it is still free
    /// and every rule of a booking allows it; else a refund is due, as it is for what ended otherwise or is paid for
    /// already. Either way it is on disk when it is answered.
    ///
    /// ```swift
    /// let payment = Payment(reference: "4200002101", amountFen: 2_500)
    /// switch try await client.reportPayment(payment, for: held, key: key) {
    /// case .stands(let standing): print("number \(standing.appointment)")
    /// case .refundDue(let due): print("paid back soon, as \(due.refund)")
    /// case .refused(let rule): print("\(rule): ask again with a new key")
    /// }
    /// ```
    ///
    /// The same payment of the same appointment may be reported any number of times, under any key: it is answered
    /// with what became of it, and no second refund is due. A cancellation or a stop of what is paid for makes a refund
    /// due within a second.
    ///
    /// - Parameters:
    ///   - payment: Its reference is not blank, its amount at least 1 fen.
    ///   - appointment: That it was paid for, in whatever state.
    ///   - key: Chosen and stored before the call.
    /// - Throws: `notFound` for what does not exist.
    public func reportPayment(
        _ payment: Payment, for appointment: AppointmentID, key: IdempotencyKey, options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> PaymentOutcome {
        var request = PBReportPaymentRequest()
        request.keyHigh = key.high
        request.keyLow = key.low
        request.appointment = appointment.rawValue
        request.paymentReference = payment.reference
        request.amountFen = payment.amountFen
        request.channel = options.channel?.wire ?? .unspecified
        request.operator = options.operatorName ?? ""
        return PaymentOutcome(try await write(.reportPayment, request, key, options))
    }

    /// Refunds that are due, by id: all of them, or those of a department.
    ///
    /// - Parameter closedToo: Closed ones of sessions that owe another, too.
    public func refunds(
        department: DepartmentID? = nil, closedToo: Bool = false, options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> [Refund] {
        var request = PBListRefundsRequest()
        request.department = department?.rawValue ?? 0
        request.closed = closedToo
        request.limit = Self.pageLimit
        var found: [Refund] = []
        while true {
            let reply: PBListRefundsReply = try await read(.listRefunds, request, options)
            found += reply.refunds.map(Refund.init)
            guard reply.more, let last = reply.refunds.last else { return found }
            request.after = last.id
        }
    }

    /// Tells that a refund went back, under a reference of the payment front end's. A refund is closed once.
    ///
    /// - Parameters:
    ///   - reference: 1 to 64 bytes.
    ///   - key: Chosen and stored before the call.
    /// - Returns: Where it stands, or ``Rule/state`` where it was closed before.
    public func closeRefund(
        _ refund: RefundID, reference: String, key: IdempotencyKey, options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> ClosingOutcome {
        var request = PBCloseRefundRequest()
        request.keyHigh = key.high
        request.keyLow = key.low
        request.refund = refund.rawValue
        request.refundReference = reference
        let reply: PBCloseRefundReply = try await write(.closeRefund, request, key, options)
        return reply.result == .done
            ? .done(Position(rawValue: reply.position), again: reply.again) : .refused(Rule(reply.rule))
    }

    /// Any of these: takes the first of 1 to 32 slots that every rule allows, as one step.
    ///
    /// - Parameters:
    ///   - items: In the order in which they are wanted.
    ///   - key: Chosen and stored before the call.
    /// - Returns: Which one was taken, and which rule stood in the way of each before it; or each one's rule.
    public func bookAny(
        patient: PatientID, items: [JointItem], hold: Bool = false, key: IdempotencyKey,
        options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> ChoiceOutcome {
        var request = PBBookAnyRequest()
        request.keyHigh = key.high
        request.keyLow = key.low
        request.patient = patient.rawValue
        request.items = items.map { item in
            var wire = PBTogetherItem()
            wire.slot = item.slot.rawValue
            wire.service = item.service.rawValue
            wire.patientClass = item.patientClass?.wire ?? .unspecified
            return wire
        }
        request.hold = hold
        request.channel = options.channel?.wire ?? .unspecified
        request.operator = options.operatorName ?? ""
        return try ChoiceOutcome(try await write(.bookAny, request, key, options))
    }
}
