// One method for each transition, all of them `change`. Which states each may begin in stands in
// docs/reference/states.md.

extension HaoyuanClient {
    /// Held to booked: paid, or otherwise meant in earnest.
    ///
    /// - Parameter payment: What was paid, kept with the appointment: when that is cancelled or stopped, a refund is
    ///   due. Nil: not said. A hold that has run out is refused whatever was paid; report such a payment with
    ///   ``reportPayment(_:for:key:options:)``.
    public func confirm(
        _ appointment: AppointmentID, payment: Payment? = nil, ifVersion: UInt32? = nil, reason: String = "",
        key: IdempotencyKey, options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> Outcome {
        let request = ChangeRequest(
            key: key, appointment: appointment, transition: .confirm, ifVersion: ifVersion, reason: reason,
            payment: payment, channel: options.channel, operatorName: options.operatorName)
        return try await change(request, options)
    }

    /// Gives the appointment up; its units are free again.
    public func cancel(
        _ appointment: AppointmentID, ifVersion: UInt32? = nil, reason: String = "", key: IdempotencyKey,
        options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> Outcome {
        try await change(appointment, .cancel, ifVersion: ifVersion, reason: reason, key: key, options: options)
    }

    /// The patient has come.
    public func arrive(
        _ appointment: AppointmentID, ifVersion: UInt32? = nil, reason: String = "", key: IdempotencyKey,
        options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> Outcome {
        try await change(appointment, .arrive, ifVersion: ifVersion, reason: reason, key: key, options: options)
    }

    /// The patient is called in.
    public func call(
        _ appointment: AppointmentID, ifVersion: UInt32? = nil, reason: String = "", key: IdempotencyKey,
        options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> Outcome {
        try await change(appointment, .call, ifVersion: ifVersion, reason: reason, key: key, options: options)
    }

    /// The visit or exam begins.
    public func start(
        _ appointment: AppointmentID, ifVersion: UInt32? = nil, reason: String = "", key: IdempotencyKey,
        options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> Outcome {
        try await change(appointment, .start, ifVersion: ifVersion, reason: reason, key: key, options: options)
    }

    /// The visit or exam is done.
    public func complete(
        _ appointment: AppointmentID, ifVersion: UInt32? = nil, reason: String = "", key: IdempotencyKey,
        options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> Outcome {
        try await change(appointment, .complete, ifVersion: ifVersion, reason: reason, key: key, options: options)
    }

    /// The patient did not come; the units stay spent.
    public func noShow(
        _ appointment: AppointmentID, ifVersion: UInt32? = nil, reason: String = "", key: IdempotencyKey,
        options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> Outcome {
        try await change(appointment, .noShow, ifVersion: ifVersion, reason: reason, key: key, options: options)
    }

    /// 停诊: the hospital withdraws the appointment; its units are free again.
    public func stop(
        _ appointment: AppointmentID, ifVersion: UInt32? = nil, reason: String = "", key: IdempotencyKey,
        options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> Outcome {
        try await change(appointment, .stop, ifVersion: ifVersion, reason: reason, key: key, options: options)
    }
}
