package import Scheduling

/// What a connection said in its `Hello`: where its writes come from unless they say otherwise.
package struct ConnectionOrigin: Hashable, Sendable {
    /// Nil when the `Hello` named none; then every write must.
    package var channel: Channel?
    package var operatorName: String

    package init(channel: Channel?, operatorName: String) {
        self.channel = channel
        self.operatorName = operatorName
    }

    package init(_ hello: PBHello) throws(ProtocolError) {
        channel = hello.channel == .unspecified ? nil : try Channel(front: hello.channel)
        operatorName = try checked(operator: hello.operator)
    }

    /// Who does a write that names this channel and this operator, or neither.
    @inline(__always)
    package func origin(_ channel: PBChannel, _ operatorName: String) throws(ProtocolError) -> Origin {
        let ownOperator = operatorName.isEmpty ? self.operatorName : try checked(operator: operatorName)
        if channel == .unspecified {
            guard let own = self.channel else {
                throw ProtocolError.invalid("channel", "name it in the request or in Hello")
            }
            return Origin(channel: own, operatorName: ownOperator)
        }
        return Origin(channel: try Channel(front: channel), operatorName: ownOperator)
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

extension IdempotencyKey {
    @inline(__always)
    fileprivate init(checked high: UInt64, _ low: UInt64) throws(ProtocolError) {
        self.init(high: high, low: low)
        if isZero { throw ProtocolError.invalid("key_high, key_low", "a write needs a key; all zero is none") }
    }
}

/// A booking as the wire gives it, checked as far as that is possible without the hospital's data.
package struct Booking: Hashable, Sendable {
    package var key: IdempotencyKey
    package var by: Origin
    package var patient: PatientID
    package var slot: SlotID
    package var service: ServiceID
    package var hold: Bool

    @inline(__always)
    package init(_ message: PBBookRequest, on connection: ConnectionOrigin) throws(ProtocolError) {
        key = try IdempotencyKey(checked: message.keyHigh, message.keyLow)
        by = try connection.origin(message.channel, message.operator)
        patient = PatientID(rawValue: message.patient)
        slot = SlotID(rawValue: message.slot)
        service = ServiceID(rawValue: message.service)
        hold = message.hold
    }
}

/// A change of state, likewise.
package struct StateChange: Hashable, Sendable {
    package var key: IdempotencyKey
    package var by: Origin
    package var appointment: AppointmentID
    package var transition: Transition
    package var ifVersion: UInt32
    package var reason: String

    package init(_ message: PBChangeRequest, on connection: ConnectionOrigin) throws(ProtocolError) {
        key = try IdempotencyKey(checked: message.keyHigh, message.keyLow)
        by = try connection.origin(message.channel, message.operator)
        appointment = AppointmentID(rawValue: message.appointment)
        guard let transition = message.transition.transition else {
            throw ProtocolError.invalid("transition", "\(message.transition.rawValue) is no transition of this version")
        }
        self.transition = transition
        ifVersion = message.ifVersion
        reason = try checked(reason: message.reason)
    }
}

/// A move, likewise.
package struct MoveWish: Hashable, Sendable {
    package var key: IdempotencyKey
    package var by: Origin
    package var appointment: AppointmentID
    package var slot: SlotID
    package var ifVersion: UInt32
    package var reason: String

    package init(_ message: PBMoveRequest, on connection: ConnectionOrigin) throws(ProtocolError) {
        key = try IdempotencyKey(checked: message.keyHigh, message.keyLow)
        by = try connection.origin(message.channel, message.operator)
        appointment = AppointmentID(rawValue: message.appointment)
        slot = SlotID(rawValue: message.slot)
        ifVersion = message.ifVersion
        reason = try checked(reason: message.reason)
    }
}

/// A joint booking, likewise.
package struct JointBooking: Hashable, Sendable {
    package var key: IdempotencyKey
    package var by: Origin
    package var patient: PatientID
    package var items: [(slot: SlotID, service: ServiceID)] {
        zip(slots, services).map { ($0, $1) }
    }
    package var hold: Bool
    private var slots: [SlotID]
    private var services: [ServiceID]

    package init(_ message: PBBookTogetherRequest, on connection: ConnectionOrigin) throws(ProtocolError) {
        key = try IdempotencyKey(checked: message.keyHigh, message.keyLow)
        by = try connection.origin(message.channel, message.operator)
        patient = PatientID(rawValue: message.patient)
        guard (2...Limits.itemsTogether).contains(message.items.count) else {
            throw ProtocolError.invalid(
                "items", "\(message.items.count) appointments; a joint booking takes 2 to \(Limits.itemsTogether)")
        }
        slots = message.items.map { SlotID(rawValue: $0.slot) }
        services = message.items.map { ServiceID(rawValue: $0.service) }
        hold = message.hold
    }
}

private func checked(operator name: String) throws(ProtocolError) -> String {
    guard name.utf8.count <= Limits.operatorBytes else {
        throw ProtocolError.invalid("operator", "\(name.utf8.count) bytes, at most \(Limits.operatorBytes)")
    }
    return name
}

private func checked(reason: String) throws(ProtocolError) -> String {
    guard reason.utf8.count <= Limits.reasonBytes else {
        throw ProtocolError.invalid("reason", "\(reason.utf8.count) bytes, at most \(Limits.reasonBytes)")
    }
    return reason
}
