/// 申诉: a patient says that a strike should not count, and another person decides.
package struct Appeal: Hashable, Sendable {
    package var patient: PatientID
    package var appointment: AppointmentID
    package var filed: Instant
    package var by: Origin
    package var reason: String
    /// Nil while it is open.
    package var decision: Decision?

    /// What was decided, and by whom.
    package struct Decision: Hashable, Sendable {
        package var granted: Bool
        package var at: Instant
        package var by: Origin
        package var reason: String

        package init(granted: Bool, at: Instant, by: Origin, reason: String) {
            self.granted = granted
            self.at = at
            self.by = by
            self.reason = reason
        }
    }

    package init(
        patient: PatientID, appointment: AppointmentID, filed: Instant, by: Origin, reason: String,
        decision: Decision? = nil
    ) {
        self.patient = patient
        self.appointment = appointment
        self.filed = filed
        self.by = by
        self.reason = reason
        self.decision = decision
    }

    /// For a table; patient and appointment stand in its key.
    package func encode(into writer: inout ByteWriter) {
        writer.instant(filed)
        writer.byte(by.channel.rawValue)
        writer.string(by.operatorName)
        writer.string(reason)
        writer.byte(decision.map { $0.granted ? 2 : 1 } ?? 0)
        guard let decision else { return }
        writer.instant(decision.at)
        writer.byte(decision.by.channel.rawValue)
        writer.string(decision.by.operatorName)
        writer.string(decision.reason)
    }

    package init(_ patient: PatientID, _ appointment: AppointmentID, from reader: inout ByteReader) throws(CodingError)
    {
        let filed = try reader.instant() ?? Instant(rawValue: 0)
        let by = try Self.origin(&reader)
        self.init(patient: patient, appointment: appointment, filed: filed, by: by, reason: try reader.string())
        let tag = try reader.byte()
        guard tag > 0 else { return }
        let at = try reader.instant() ?? Instant(rawValue: 0)
        let decider = try Self.origin(&reader)
        decision = Decision(granted: tag == 2, at: at, by: decider, reason: try reader.string())
    }

    private static func origin(_ reader: inout ByteReader) throws(CodingError) -> Origin {
        guard let channel = Channel(rawValue: try reader.byte()) else { throw CodingError("unknown channel") }
        return Origin(channel: channel, operatorName: try reader.string())
    }
}

/// What a fact of an appeal says: which strike, why, and of a decision which way.
package struct AppealStep: Hashable, Sendable {
    package var patient: PatientID
    package var appointment: AppointmentID
    package var reason: String
    /// Of a decision; of a filing false.
    package var granted: Bool

    package init(patient: PatientID, appointment: AppointmentID, reason: String, granted: Bool = false) {
        self.patient = patient
        self.appointment = appointment
        self.reason = reason
        self.granted = granted
    }

    func encode(into writer: inout ByteWriter) {
        writer.varint(patient.rawValue)
        writer.varint(appointment.rawValue)
        writer.string(reason)
        writer.byte(granted ? 1 : 0)
    }

    init(from reader: inout ByteReader) throws(CodingError) {
        self.init(
            patient: PatientID(rawValue: try reader.varint()),
            appointment: AppointmentID(rawValue: try reader.varint()),
            reason: try reader.string(), granted: try reader.byte() != 0)
    }
}

/// What becomes of a write about an appeal.
package enum AppealVerdict: Sendable {
    case fact(Fact)
    case refused(Refusal)
    /// The sentence says what is not there.
    case notFound(String)
    /// The sentence says what is wrong with who asks.
    case invalid(String)
}

extension PatientBook {
    /// What becomes of a write about an appeal of a patient of this book.
    package func decide(_ command: Command, by origin: Origin) -> AppealVerdict {
        switch command {
        case .fileAppeal(let step):
            if appeal(step.patient, step.appointment) != nil { return .refused(Refusal(.state)) }
            guard strikes(of: step.patient).contains(where: { $0.appointment == step.appointment }) else {
                return .notFound(
                    "appointment \(step.appointment.rawValue) is no no-show or late cancellation of patient \(step.patient.rawValue)"
                )
            }
            return .fact(.appealFiled(step))
        case .decideAppeal(let step):
            guard let appeal = appeal(step.patient, step.appointment) else {
                return .notFound(
                    "there is no appeal of patient \(step.patient.rawValue) about appointment \(step.appointment.rawValue)"
                )
            }
            guard appeal.decision == nil else { return .refused(Refusal(.state)) }
            guard origin.operatorName != appeal.by.operatorName else {
                return .invalid("operator: \(origin.operatorName) filed the appeal; let another person decide it")
            }
            return .fact(.appealDecided(step))
        default: preconditionFailure("no patient decides on this")
        }
    }

    /// Applies a fact of an appeal; one that is reflected already changes nothing. False where it cannot follow on what
    /// is here.
    package mutating func evolve(_ fact: Fact, by origin: Origin, at: Instant) -> Bool {
        switch fact {
        case .appealFiled(let step):
            guard appeal(step.patient, step.appointment) == nil else { return true }
            put(
                Appeal(
                    patient: step.patient, appointment: step.appointment, filed: at, by: origin, reason: step.reason),
                isSaved: false)
            return true
        case .appealDecided(let step):
            guard var appeal = appeal(step.patient, step.appointment) else { return false }
            guard appeal.decision == nil else { return true }
            appeal.decision = Appeal.Decision(granted: step.granted, at: at, by: origin, reason: step.reason)
            put(appeal, isSaved: false)
            return true
        default: return true
        }
    }
}
