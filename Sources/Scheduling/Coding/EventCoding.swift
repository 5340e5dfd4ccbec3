// The durable form of events: docs/internals/journal-records.md. A record is
//   kind (1) | at (varint ms) | channel (1) | operator | key high, low, fingerprint (8 each, unless all absent) | the
// fact and never changes its meaning: a new field is a new kind. The wire's messages may change without touching this.

extension Event {
    /// What happened, as the first byte of a record says it.
    package enum Kind: UInt8, Sendable {
        case booked = 1
        case bookedTogether, changed, moved, refused, sessionOpened, sessionArchived, patientRegistered,
            catalogueChanged, epochBegan

        /// The kind of the event of this record.
        package init(of bytes: UnsafeRawBufferPointer) throws(CodingError) {
            var reader = ByteReader(bytes)
            let first = try reader.byte()
            guard let kind = Self(rawValue: first & ~answersKey) else {
                throw CodingError("unknown kind of event \(first)")
            }
            self = kind
        }
    }
}

/// Set in the kind byte when the event answers a keyed write.
private let answersKey: UInt8 = 0x80

extension Event {
    package func encode(into writer: inout ByteWriter) {
        writer.byte(kind.rawValue | (answer == nil ? 0 : answersKey))
        writer.instant(at)
        writer.byte(by.channel.rawValue)
        writer.string(by.operatorName)
        if let answer {
            writer.fixed(answer.key.high)
            writer.fixed(answer.key.low)
            writer.fixed(answer.fingerprint)
        }
        encodeFact(into: &writer)
    }

    package init(decoding bytes: UnsafeRawBufferPointer) throws(CodingError) {
        var reader = ByteReader(bytes)
        let first = try reader.byte()
        guard let kind = Kind(rawValue: first & ~answersKey) else {
            throw CodingError("unknown kind of event \(first)")
        }
        at = try reader.instant() ?? Instant(rawValue: 0)
        by = Origin(channel: try reader.channel(), operatorName: try reader.string())
        if first & answersKey != 0 {
            let key = IdempotencyKey(high: try reader.fixed(), low: try reader.fixed())
            answer = Answered(key: key, fingerprint: try reader.fixed())
        }
        fact = try Fact(kind, from: &reader)
        try reader.finish()
    }

    private var kind: Kind {
        switch fact {
        case .booked: .booked
        case .bookedTogether: .bookedTogether
        case .changed: .changed
        case .moved: .moved
        case .refused: .refused
        case .sessionOpened: .sessionOpened
        case .sessionArchived: .sessionArchived
        case .patientRegistered: .patientRegistered
        case .catalogueChanged: .catalogueChanged
        case .epochBegan: .epochBegan
        }
    }

    private func encodeFact(into writer: inout ByteWriter) {
        switch fact {
        case .booked(let taken): taken.encode(into: &writer)
        case .bookedTogether(let all):
            writer.varint(UInt64(all.count))
            for taken in all { taken.encode(into: &writer) }
        case .changed(let change): change.encode(into: &writer)
        case .moved(let from, let to):
            from.encode(into: &writer)
            to.encode(into: &writer)
        case .refused(let refusal, let item):
            refusal.encode(into: &writer)
            writer.byte(item)
        case .sessionOpened(let definition): definition.encode(into: &writer)
        case .sessionArchived(let id): writer.varint(id.rawValue)
        case .patientRegistered(let id, let identifiers):
            writer.varint(id.rawValue)
            writer.varint(UInt64(identifiers.count))
            for identifier in identifiers {
                writer.string(identifier.system)
                writer.string(identifier.value)
            }
        case .catalogueChanged(let entity): entity.encode(into: &writer)
        case .epochBegan(let number): writer.varint(number)
        }
    }
}

extension Fact {
    fileprivate init(_ kind: Event.Kind, from reader: inout ByteReader) throws(CodingError) {
        switch kind {
        case .booked: self = .booked(try Taken(from: &reader))
        case .bookedTogether:
            let count = try reader.varint()
            guard count <= UInt64(Limits.itemsTogether) else { throw CodingError("\(count) appointments together") }
            var all: [Taken] = []
            for _ in 0..<count { all.append(try Taken(from: &reader)) }
            self = .bookedTogether(all)
        case .changed: self = .changed(try Change(from: &reader))
        case .moved: self = .moved(from: try Change(from: &reader), to: try Taken(from: &reader))
        case .refused: self = .refused(try Refusal(from: &reader), item: try reader.byte())
        case .sessionOpened: self = .sessionOpened(try SessionDefinition(from: &reader))
        case .sessionArchived: self = .sessionArchived(try reader.sessionID())
        case .patientRegistered:
            let id = PatientID(rawValue: try reader.varint())
            let count = try reader.varint()
            guard count <= UInt64(Limits.identifiersPerPatient) else { throw CodingError("\(count) identifiers") }
            var identifiers: [Identifier] = []
            for _ in 0..<count {
                identifiers.append(Identifier(system: try reader.string(), value: try reader.string()))
            }
            self = .patientRegistered(id, identifiers)
        case .catalogueChanged: self = .catalogueChanged(try CatalogueEntity(from: &reader))
        case .epochBegan:
            let number: UInt32 = try reader.number()
            guard number <= Limits.epoch else { throw CodingError("epoch \(number), at most \(Limits.epoch)") }
            self = .epochBegan(number)
        }
    }
}

extension Taken {
    package func encode(into writer: inout ByteWriter) {
        writer.varint(appointment.rawValue)
        writer.varint(patient.rawValue)
        writer.varint(slot)
        writer.byte(span)
        writer.varint(units)
        writer.varint(service.rawValue)
        writer.byte(state.rawValue)
        writer.instant(holdUntil)
        writer.varint(itinerary?.rawValue ?? 0)
        writer.varint(movedFrom?.rawValue ?? 0)
    }

    package init(from reader: inout ByteReader) throws(CodingError) {
        appointment = AppointmentID(rawValue: try reader.varint())
        patient = PatientID(rawValue: try reader.varint())
        slot = try reader.number()
        span = try reader.byte()
        units = try reader.number()
        service = ServiceID(rawValue: try reader.number())
        state = try reader.state()
        holdUntil = try reader.instant()
        let itinerary = try reader.varint()
        let movedFrom = try reader.varint()
        self.itinerary = itinerary == 0 ? nil : AppointmentID(rawValue: itinerary)
        self.movedFrom = movedFrom == 0 ? nil : AppointmentID(rawValue: movedFrom)
        guard appointment.number >= 1, span >= 1 else { throw CodingError("an appointment without number or slots") }
        guard state != .held || holdUntil != nil else { throw CodingError("a hold that never expires") }
    }
}

extension Change {
    fileprivate func encode(into writer: inout ByteWriter) {
        writer.varint(appointment.rawValue)
        writer.varint(patient.rawValue)
        writer.byte(state.rawValue)
        writer.varint(version)
        writer.string(reason)
    }

    fileprivate init(from reader: inout ByteReader) throws(CodingError) {
        self.init(
            appointment: AppointmentID(rawValue: try reader.varint()),
            patient: PatientID(rawValue: try reader.varint()), state: try reader.state(),
            version: try reader.number(), reason: try reader.string())
    }
}

extension Refusal {
    package func encode(into writer: inout ByteWriter) {
        writer.byte(rule.rawValue)
        writer.varint(policyVersion)
        writer.byte(authority.rawValue)
        writer.varint(limit)
    }

    package init(from reader: inout ByteReader) throws(CodingError) {
        guard let rule = Rule(rawValue: try reader.byte()) else { throw CodingError("unknown rule") }
        let version: UInt32 = try reader.number()
        guard let authority = Authority(rawValue: try reader.byte()) else { throw CodingError("unknown authority") }
        self.init(rule, policyVersion: version, authority: authority, limit: try reader.number())
    }
}

extension ByteReader {
    package mutating func channel() throws(CodingError) -> Channel {
        guard let channel = Channel(rawValue: try byte()) else { throw CodingError("unknown channel") }
        return channel
    }

    /// A pool's 24 bits and a session's 20.
    package mutating func sessionID() throws(CodingError) -> SessionID {
        let value = try varint()
        guard value < 1 << 44 else { throw CodingError("a session of no pool") }
        return SessionID(rawValue: value)
    }

    package mutating func state() throws(CodingError) -> AppointmentState {
        guard let state = AppointmentState(rawValue: try byte()) else { throw CodingError("unknown state") }
        return state
    }
}
