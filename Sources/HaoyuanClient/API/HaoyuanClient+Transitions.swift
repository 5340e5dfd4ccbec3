// One method for each transition, all of them `change`. Which states each may begin in stands in
// docs/reference/states.md.

extension HaoyuanClient {
    /// Held to booked: paid, or otherwise meant in earnest.
    public func confirm(
        _ appointment: AppointmentID, ifVersion: UInt32? = nil, reason: String = "", key: IdempotencyKey,
        options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> Outcome {
        try await change(appointment, .confirm, ifVersion: ifVersion, reason: reason, key: key, options: options)
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
