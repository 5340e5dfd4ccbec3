package import Scheduling

/// What a connection said in its `Hello`: where its writes come from unless they say otherwise.
package struct ConnectionOrigin: Hashable, Sendable {
    /// Nil when the `Hello` named none; then every write must.
    package var channel: Channel?
    package var operatorName: String
    /// Payload bytes of the frames that its client takes.
    package var replyBytes = WireLimits.frameBytes

    package init(channel: Channel?, operatorName: String) {
        self.channel = channel
        self.operatorName = operatorName
    }

    package init(_ hello: PBHello) throws(ProtocolError) {
        channel = hello.channel == .unspecified ? nil : try Channel(front: hello.channel)
        operatorName = hello.operator
        if let fault = Command.tooLong(operatorName, "operator", Limits.operatorBytes) {
            throw ProtocolError(.invalidArgument, fault)
        }
    }

    /// Who does a write that names this channel and this operator, or neither.
    @inline(__always)
    package func origin(_ channel: PBChannel, _ operatorName: String) throws(ProtocolError) -> Origin {
        let ownOperator = operatorName.isEmpty ? self.operatorName : operatorName
        if channel == .unspecified {
            guard let own = self.channel else {
                throw ProtocolError.invalid("channel", "name it in the request or in Hello")
            }
            return Origin(channel: own, operatorName: ownOperator)
        }
        return Origin(channel: try Channel(front: channel), operatorName: ownOperator)
    }

    /// Who asks, where that need not be known: nil where neither the request nor the `Hello` names a channel.
    package func asking(_ channel: PBChannel) throws(ProtocolError) -> Origin? {
        channel == .unspecified && self.channel == nil ? nil : try origin(channel, "")
    }

    /// Who does a write whose message has no channel of its own.
    package func origin() throws(ProtocolError) -> Origin { try origin(.unspecified, "") }
}

extension Channel {
    /// A channel that a front end may act through: every known one but the engine's own.
    fileprivate init(front channel: PBChannel) throws(ProtocolError) {
        guard let known = channel.channel else {
            throw ProtocolError.invalid("channel", "\(channel.rawValue) is no channel of this version")
        }
        guard known != .system else { throw ProtocolError.invalid("channel", "SYSTEM is the engine's own") }
        self = known
    }
}

extension PatientClass {
    /// Nil where a request does not say; a class that this version does not know is refused by name.
    /// - Parameter part: where the field stands within the message, with a dot behind it.
    @inline(__always)
    package init?(optional wire: PBPatientClass, of part: @autoclosure () -> String = "") throws(ProtocolError) {
        guard wire != .unspecified else { return nil }
        guard let known = wire.patientClass else {
            throw ProtocolError.invalid("\(part())patient_class", "\(wire.rawValue) is no class of this version")
        }
        self = known
    }
}

// Writes as the wire gives them. What is checked here is what the domain could not even say, a channel or a transition
// that this version does not know; texts, counts and keys are checked once, by `Write.fault`.

extension Write {
    /// - Parameter deadline: nanoseconds of the monotonic clock after which the caller does not wait; nil: for ever.
    @inline(__always)
    package init(
        _ message: PBBookRequest, on connection: ConnectionOrigin, deadline: UInt64?
    ) throws(ProtocolError) {
        self.init(
            key: IdempotencyKey(high: message.keyHigh, low: message.keyLow),
            by: try connection.origin(message.channel, message.operator), deadline: deadline,
            command: .book(
                patient: PatientID(rawValue: message.patient),
                item: Command.Item(
                    slot: SlotID(rawValue: message.slot), service: ServiceID(rawValue: message.service),
                    patientClass: try PatientClass(optional: message.patientClass)),
                hold: message.hold))
    }

    package init(
        _ message: PBChangeRequest, on connection: ConnectionOrigin, deadline: UInt64?
    ) throws(ProtocolError) {
        guard let transition = message.transition.transition else {
            throw ProtocolError.invalid("transition", "\(message.transition.rawValue) is no transition of this version")
        }
        self.init(
            key: IdempotencyKey(high: message.keyHigh, low: message.keyLow),
            by: try connection.origin(message.channel, message.operator), deadline: deadline,
            command: try Command(message, transition))
    }

    /// Any of these.
    package init(
        _ message: PBBookAnyRequest, on connection: ConnectionOrigin, deadline: UInt64?
    ) throws(ProtocolError) {
        self.init(
            key: IdempotencyKey(high: message.keyHigh, low: message.keyLow),
            by: try connection.origin(message.channel, message.operator), deadline: deadline,
            command: .bookAny(
                patient: PatientID(rawValue: message.patient), items: try Command.Item.items(message.items),
                hold: message.hold))
    }

    package init(
        _ message: PBReportPaymentRequest, on connection: ConnectionOrigin, deadline: UInt64?
    ) throws(ProtocolError) {
        self.init(
            key: IdempotencyKey(high: message.keyHigh, low: message.keyLow),
            by: try connection.origin(message.channel, message.operator), deadline: deadline,
            command: .reportPayment(
                AppointmentID(rawValue: message.appointment),
                Payment(reference: message.paymentReference, amountFen: message.amountFen)))
    }

    package init(
        _ message: PBMoveRequest, on connection: ConnectionOrigin, deadline: UInt64?
    ) throws(ProtocolError) {
        self.init(
            key: IdempotencyKey(high: message.keyHigh, low: message.keyLow),
            by: try connection.origin(message.channel, message.operator), deadline: deadline,
            command: .move(
                AppointmentID(rawValue: message.appointment), to: SlotID(rawValue: message.slot),
                ifVersion: message.ifVersion, reason: message.reason))
    }

    package init(
        _ message: PBBookTogetherRequest, on connection: ConnectionOrigin, deadline: UInt64?
    ) throws(ProtocolError) {
        self.init(
            key: IdempotencyKey(high: message.keyHigh, low: message.keyLow),
            by: try connection.origin(message.channel, message.operator), deadline: deadline,
            command: .bookTogether(
                patient: PatientID(rawValue: message.patient), items: try Command.Item.items(message.items),
                hold: message.hold))
    }
}

extension Command {
    /// A change; with a payment, the confirmation that it comes with.
    fileprivate init(_ message: PBChangeRequest, _ transition: Transition) throws(ProtocolError) {
        let appointment = AppointmentID(rawValue: message.appointment)
        guard !message.paymentReference.isEmpty || message.amountFen > 0 else {
            self = .change(appointment, transition, ifVersion: message.ifVersion, reason: message.reason)
            return
        }
        guard transition == .confirm else {
            throw ProtocolError.invalid(
                "payment_reference, amount_fen", "only CONFIRM takes them; report other payments with REPORT_PAYMENT")
        }
        self = .confirmPaid(
            appointment, Payment(reference: message.paymentReference, amountFen: message.amountFen),
            ifVersion: message.ifVersion, reason: message.reason)
    }
}

extension Command.Item {
    fileprivate static func items(_ wire: [PBTogetherItem]) throws(ProtocolError) -> [Command.Item] {
        var items: [Command.Item] = []
        items.reserveCapacity(wire.count)
        for (index, item) in wire.enumerated() {
            items.append(
                Command.Item(
                    slot: SlotID(rawValue: item.slot), service: ServiceID(rawValue: item.service),
                    patientClass: try PatientClass(optional: item.patientClass, of: "items[\(index)].")))
        }
        return items
    }
}
