import NIOCore
import Wire

// Every write here takes a key and has no default for it: the caller chooses the key and stores it **before** sending,
// so that the same write can be sent again after a crash on either side without booking twice. See `IdempotencyKey`.
//
// Within the deadline the client repeats a write by itself, with the same key, whenever it may help: the connection
// broke, the server is overloaded, draining, out of disk, or failed. An error that still comes out says whether the
// write may have been applied.

extension HaoyuanClient {
    /// Takes one appointment, at once and for good (booked), or with `hold` until it is confirmed or expires (held).
    ///
    /// - Parameters:
    ///   - slot: The first of the slots the service takes.
    ///   - patientClass: How the patient is in the hospital, kept with the appointment; a session's shares go by it.
    ///   - key: Chosen and stored before the call.
    /// - Returns: A receipt, or the rule that refused.
    public func book(
        patient: PatientID, slot: SlotID, service: ServiceID, hold: Bool = false,
        patientClass: PatientClass? = nil, key: IdempotencyKey, options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> Outcome {
        var request = PBBookRequest()
        request.keyHigh = key.high
        request.keyLow = key.low
        request.patient = patient.rawValue
        request.slot = slot.rawValue
        request.service = service.rawValue
        request.hold = hold
        request.channel = options.channel?.wire ?? .unspecified
        request.operator = options.operatorName ?? ""
        request.patientClass = patientClass?.wire ?? .unspecified
        let booking = request
        let payload = try await perform(.book, options, .repeatable) { $0.writeBooking(booking) }
        return try outcome(payload)
    }

    /// Takes one appointment that expires unless ``confirm(_:ifVersion:reason:key:options:)`` comes before the
    /// receipt's `holdUntil`.
    public func hold(
        patient: PatientID, slot: SlotID, service: ServiceID, patientClass: PatientClass? = nil, key: IdempotencyKey,
        options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> Outcome {
        try await book(
            patient: patient, slot: slot, service: service, hold: true, patientClass: patientClass, key: key,
            options: options)
    }

    /// Moves an appointment through its states.
    ///
    /// - Parameters:
    ///   - ifVersion: Refused by ``Rule/version`` unless the appointment has this version; nil: whatever the version.
    ///   - reason: Why, at most 256 bytes; kept with the event.
    ///   - key: Chosen and stored before the call.
    public func change(
        _ appointment: AppointmentID, _ transition: Transition, ifVersion: UInt32? = nil, reason: String = "",
        key: IdempotencyKey, options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> Outcome {
        let request = ChangeRequest(
            key: key, appointment: appointment, transition: transition, ifVersion: ifVersion, reason: reason,
            channel: options.channel, operatorName: options.operatorName)
        return try await change(request, options)
    }

    func change(_ request: ChangeRequest, _ options: RequestOptions) async throws(HaoyuanError) -> Outcome {
        let payload = try await perform(.change, options, .repeatable) { $0.writeMessage(request.wire) }
        return try outcome(payload)
    }

    /// Gives up an appointment and takes another slot for the same service, as one step: both or neither. The new
    /// appointment has its own id and number, and the state and the patient's class of the old one.
    public func move(
        _ appointment: AppointmentID, to slot: SlotID, ifVersion: UInt32? = nil, reason: String = "",
        key: IdempotencyKey, options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> Outcome {
        var request = PBMoveRequest()
        request.keyHigh = key.high
        request.keyLow = key.low
        request.appointment = appointment.rawValue
        request.slot = slot.rawValue
        request.ifVersion = ifVersion ?? 0
        request.reason = reason
        request.channel = options.channel?.wire ?? .unspecified
        request.operator = options.operatorName ?? ""
        let move = request
        let payload = try await perform(.move, options, .repeatable) { $0.writeMessage(move) }
        return try outcome(payload)
    }

    /// Takes 2 to 16 appointments of one patient together: all or none.
    public func bookTogether(
        patient: PatientID, items: [JointItem], hold: Bool = false, key: IdempotencyKey,
        options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> JointOutcome {
        var request = PBBookTogetherRequest()
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
        let together = request
        let payload = try await perform(.bookTogether, options, .repeatable) { $0.writeMessage(together) }
        return try JointOutcome(PBTogetherReply(reply: payload))
    }

    /// Independent requests in one frame, at most 8,192 in all; each has its own outcome, and one that fails stops no
    /// other.
    ///
    /// The frame as a whole is repeated where that is safe; a single request of it that failed is not.
    ///
    /// - Returns: The outcomes, in the order of the requests.
    public func batch(
        bookings: [BookingRequest] = [], changes: [ChangeRequest] = [], options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> (bookings: [BatchOutcome], changes: [BatchOutcome]) {
        var request = PBBatchRequest()
        request.bookings = bookings.map { $0.wire(options) }
        request.changes = changes.map { change in
            var wire = change.wire
            if change.channel == nil { wire.channel = options.channel?.wire ?? .unspecified }
            if change.operatorName == nil { wire.operator = options.operatorName ?? "" }
            return wire
        }
        let batch = request
        let weight = bookings.count + changes.count
        let payload = try await perform(.batch, options, .repeatable, weight: weight) { $0.writeMessage(batch) }
        let reply = try PBBatchReply(reply: payload)
        guard reply.bookings.count == bookings.count, reply.changes.count == changes.count else {
            throw HaoyuanError(
                .protocolViolation, "a batch of \(weight) got \(reply.bookings.count + reply.changes.count) outcomes",
                mayHaveBeenApplied: true)
        }
        var outcomes: (bookings: [BatchOutcome], changes: [BatchOutcome]) = ([], [])
        outcomes.bookings.reserveCapacity(bookings.count)
        for outcome in reply.bookings { outcomes.bookings.append(try BatchOutcome(outcome)) }
        for outcome in reply.changes { outcomes.changes.append(try BatchOutcome(outcome)) }
        return outcomes
    }

    private func outcome(_ payload: ByteBuffer) throws(HaoyuanError) -> Outcome {
        do {
            return try Outcome(PBOutcome(fastPayload: payload))
        } catch let error as ProtocolError {
            throw HaoyuanError(.protocolViolation, error.message, mayHaveBeenApplied: true)
        } catch let error as HaoyuanError {
            throw error
        } catch {
            preconditionFailure("decoding throws its own two errors only: \(error)")
        }
    }
}

extension BookingRequest {
    fileprivate func wire(_ options: RequestOptions) -> PBBookRequest {
        var wire = PBBookRequest()
        wire.keyHigh = key.high
        wire.keyLow = key.low
        wire.patient = patient.rawValue
        wire.slot = slot.rawValue
        wire.service = service.rawValue
        wire.hold = hold
        wire.channel = (channel ?? options.channel)?.wire ?? .unspecified
        wire.operator = operatorName ?? options.operatorName ?? ""
        wire.patientClass = patientClass?.wire ?? .unspecified
        return wire
    }
}

extension ChangeRequest {
    fileprivate var wire: PBChangeRequest {
        var wire = PBChangeRequest()
        wire.keyHigh = key.high
        wire.keyLow = key.low
        wire.appointment = appointment.rawValue
        wire.transition = transition.wire
        wire.ifVersion = ifVersion ?? 0
        wire.reason = reason
        wire.paymentReference = payment?.reference ?? ""
        wire.amountFen = payment?.amountFen ?? 0
        wire.channel = channel?.wire ?? .unspecified
        wire.operator = operatorName ?? ""
        return wire
    }
}
