/// The answer to a write, as a key remembers it.
package enum Outcome: Hashable, Sendable {
    /// An appointment, or those of a joint booking.
    case done(Receipt)
    /// `item` is the index within a joint booking.
    case refused(Refusal, item: UInt8)
    /// Whatever else there is to say, by the fact that says it.
    indirect case told(Fact)
}

extension Receipt {
    package init(_ taken: Taken) {
        self.init(appointment: taken.appointment, state: taken.state, version: 1, holdUntil: taken.holdUntil)
    }

    package init(_ change: Change) {
        self.init(appointment: change.appointment, state: change.state, version: change.version, holdUntil: nil)
    }

    /// - Precondition: there is at least one.
    package init(together all: [Taken]) {
        self.init(all[0])
        together = all.map(\.appointment)
    }
}

// Reports as bytes: a tag, then counts and lists.

extension Report {
    func encode(into writer: inout ByteWriter) {
        switch self {
        case .catalogue(let counts):
            writer.byte(1)
            for count in [counts.added, counts.changed, counts.unchanged] { writer.varint(UInt64(count)) }
        case .patients(let outcomes):
            writer.byte(2)
            writer.varint(UInt64(outcomes.count))
            for outcome in outcomes {
                writer.varint(outcome.patient?.rawValue ?? 0)
                if outcome.patient == nil {
                    writer.string(outcome.problem)
                } else {
                    writer.byte(outcome.created ? 1 : 0)
                }
            }
        case .sessions(let sessions):
            // Answers of before withdrawals were counted say nothing of them.
            writer.byte(sessions.withdrawn == 0 ? 3 : 4)
            writer.varint(UInt64(sessions.opened))
            writer.varint(UInt64(sessions.unchanged))
            if sessions.withdrawn > 0 { writer.varint(UInt64(sessions.withdrawn)) }
            writer.varint(UInt64(sessions.conflicts.count))
            for conflict in sessions.conflicts { writer.string(conflict) }
        case .payment(let standing):
            writer.byte(5)
            writer.varint(standing.appointment.rawValue)
            writer.byte(standing.state.rawValue)
            writer.varint(standing.version)
            writer.varint(standing.refund?.rawValue ?? 0)
        case .noneFits(let refusals):
            writer.byte(6)
            writer.varint(UInt64(refusals.count))
            for refusal in refusals { refusal.encode(into: &writer) }
        }
    }

    init(from reader: inout ByteReader) throws(CodingError) {
        switch try reader.byte() {
        case 1:
            var counts = CatalogueCounts()
            counts.added = Int(try reader.number(UInt32.self))
            counts.changed = Int(try reader.number(UInt32.self))
            counts.unchanged = Int(try reader.number(UInt32.self))
            self = .catalogue(counts)
        case 2:
            var outcomes: [PatientOutcome] = []
            for _ in 0..<(try reader.count(most: Limits.itemsPerRequest, "patients")) {
                let patient = try reader.varint()
                outcomes.append(
                    patient == 0
                        ? PatientOutcome(patient: nil, created: false, problem: try reader.string())
                        : PatientOutcome(patient: PatientID(rawValue: patient), created: try reader.byte() != 0))
            }
            self = .patients(outcomes)
        case let tag where tag == 3 || tag == 4:
            var sessions = SessionsOpened()
            sessions.opened = Int(try reader.number(UInt32.self))
            sessions.unchanged = Int(try reader.number(UInt32.self))
            if tag == 4 { sessions.withdrawn = Int(try reader.number(UInt32.self)) }
            for _ in 0..<(try reader.count(most: Limits.conflictsRemembered, "conflicts")) {
                sessions.conflicts.append(try reader.string())
            }
            self = .sessions(sessions)
        case 5:
            let (appointment, state) = (AppointmentID(rawValue: try reader.varint()), try reader.state())
            let (version, refund) = (try reader.number(UInt32.self), try reader.varint())
            self = .payment(
                PaymentStanding(
                    appointment: appointment, state: state, version: version,
                    refund: refund == 0 ? nil : RefundID(rawValue: refund)))
        case 6: self = .noneFits(try reader.refusals())
        case let tag: throw CodingError("unknown report \(tag)")
        }
    }
}

/// A patient's registration as bytes.
enum Registration {
    static func encode(_ id: PatientID, _ identifiers: [Identifier], into writer: inout ByteWriter) {
        writer.varint(id.rawValue)
        writer.varint(UInt64(identifiers.count))
        for identifier in identifiers {
            writer.string(identifier.system)
            writer.string(identifier.value)
        }
    }

    static func decode(from reader: inout ByteReader) throws(CodingError) -> (PatientID, [Identifier]) {
        let id = PatientID(rawValue: try reader.varint())
        var identifiers: [Identifier] = []
        for _ in 0..<(try reader.count(most: Limits.identifiersPerPatient, "identifiers")) {
            identifiers.append(Identifier(system: try reader.string(), value: try reader.string()))
        }
        return (id, identifiers)
    }
}

extension ByteReader {
    /// Those of a choice, with their count before them.
    mutating func refusals() throws(CodingError) -> [Refusal] {
        var refusals: [Refusal] = []
        for _ in 0..<(try count(most: Limits.itemsOfChoice, "refusals")) { refusals.append(try Refusal(from: &self)) }
        return refusals
    }

    /// How many of something follow.
    fileprivate mutating func count(most: Int, _ what: String) throws(CodingError) -> Int {
        let count = try varint()
        guard count <= UInt64(most) else { throw CodingError("\(count) \(what)") }
        return Int(count)
    }
}
