/// What applies to one request and is not its content.
public struct RequestOptions: Sendable {
    /// How long the caller waits for the answer, all tries together; nil: as in the client's configuration.
    public var timeout: Duration?
    /// For a reservation (book, change, move, batch): the channel it comes through; nil, and everything else: as in the
    /// client's configuration.
    public var channel: Channel?
    /// Likewise who does it, at most 64 bytes.
    public var operatorName: String?

    /// Options; what is left out is as in the client's configuration.
    public init(timeout: Duration? = nil, channel: Channel? = nil, operatorName: String? = nil) {
        self.timeout = timeout
        self.channel = channel
        self.operatorName = operatorName
    }
}

/// One booking, as a batch carries it.
public struct BookingRequest: Hashable, Sendable {
    /// Chosen and stored before sending.
    public var key: IdempotencyKey
    /// For whom.
    public var patient: PatientID
    /// The first of the slots the service takes.
    public var slot: SlotID
    /// What is booked.
    public var service: ServiceID
    /// Held until confirmed, instead of booked at once.
    public var hold: Bool
    /// How the patient is in the hospital; nil: not said.
    public var patientClass: PatientClass?
    /// Nil: as in the client's configuration.
    public var channel: Channel?
    /// Nil: as in the client's configuration. At most 64 bytes.
    public var operatorName: String?

    /// A booking of one patient in one slot.
    public init(
        key: IdempotencyKey, patient: PatientID, slot: SlotID, service: ServiceID, hold: Bool = false,
        patientClass: PatientClass? = nil, channel: Channel? = nil, operatorName: String? = nil
    ) {
        self.key = key
        self.patient = patient
        self.slot = slot
        self.service = service
        self.hold = hold
        self.patientClass = patientClass
        self.channel = channel
        self.operatorName = operatorName
    }
}

/// One change of state, as a batch carries it.
public struct ChangeRequest: Hashable, Sendable {
    /// Chosen and stored before sending.
    public var key: IdempotencyKey
    /// Which appointment.
    public var appointment: AppointmentID
    /// What is asked of it.
    public var transition: Transition
    /// Refused by ``Rule/version`` unless the appointment has this version; nil: whatever the version.
    public var ifVersion: UInt32?
    /// Why, at most 256 bytes; kept with the event.
    public var reason: String
    /// What a hold is confirmed with; nil: not said. Only with ``Transition/confirm``.
    public var payment: Payment?
    /// Nil: as in the client's configuration.
    public var channel: Channel?
    /// Nil: as in the client's configuration. At most 64 bytes.
    public var operatorName: String?

    /// A change of one appointment.
    public init(
        key: IdempotencyKey, appointment: AppointmentID, transition: Transition, ifVersion: UInt32? = nil,
        reason: String = "", payment: Payment? = nil, channel: Channel? = nil, operatorName: String? = nil
    ) {
        self.payment = payment
        self.key = key
        self.appointment = appointment
        self.transition = transition
        self.ifVersion = ifVersion
        self.reason = reason
        self.channel = channel
        self.operatorName = operatorName
    }
}

/// One appointment of a joint booking.
public struct JointItem: Hashable, Sendable {
    /// The first of the slots the service takes.
    public var slot: SlotID
    /// What is booked.
    public var service: ServiceID
    /// How the patient is in the hospital; nil: not said.
    public var patientClass: PatientClass?

    /// A service in a slot.
    public init(slot: SlotID, service: ServiceID, patientClass: PatientClass? = nil) {
        self.slot = slot
        self.service = service
        self.patientClass = patientClass
    }
}
