/// What a write asks for. A new write begins with its case here: CONTRIBUTING, "How to add a write".
package enum Command: Sendable {
    /// Takes one appointment: held when `hold`, else booked at once.
    case book(patient: PatientID, item: Item, hold: Bool)
    /// Takes several appointments of one patient, all or none. 2 to `Limits.itemsTogether` items.
    case bookTogether(patient: PatientID, items: [Item], hold: Bool)
    /// Moves an appointment through its states. `ifVersion` 0 means whatever its version.
    case change(AppointmentID, Transition, ifVersion: UInt32, reason: String)
    /// Gives up one appointment and takes another slot, as one step.
    case move(AppointmentID, to: SlotID, ifVersion: UInt32, reason: String)
    /// Puts all entities of a draft, or none. `hospital` nil leaves name and zone as they are.
    indirect case putCatalogue(CatalogueDraft, hospital: HospitalName?)
    /// Gives each patient an id, the old one where an identifier is known.
    case registerPatients([[Identifier]])
    /// Opens what the templates (codes; empty for all) say for these days and is not open yet.
    indirect case generateSessions(from: LocalDate, to: LocalDate, templates: [String])
    /// Opens sessions that no template describes.
    case openSessions([SessionDraft])
    /// Withdraws units of a session's slots; the lock has no number yet.
    indirect case lockSlots(SessionID, SlotLock)
    /// Ends a lock, by its number.
    case unlockSlots(SessionID, UInt32)
    /// 停诊: the session does not take place from this slot on; its appointments there end.
    case stopSession(SessionID, from: UInt16, reason: String)
    /// A hold is confirmed, and was paid for.
    case confirmPaid(AppointmentID, Payment, ifVersion: UInt32, reason: String)
    /// Money came for an appointment, whatever became of it meanwhile.
    case reportPayment(AppointmentID, Payment)
    /// What was due went back, under a reference of the payment front end.
    case closeRefund(RefundID, reference: String)
    /// Takes the first of these that the rules allow. 1 to `Limits.itemsOfChoice` items, in the order in which they are
    /// wanted.
    case bookAny(patient: PatientID, items: [Item], hold: Bool)
    /// Sells what was stopped again; appointments that ended with the stop stay ended.
    case resumeSession(SessionID)
    /// 申诉: says that a strike should not count.
    case fileAppeal(AppealStep)
    /// Decides on it.
    case decideAppeal(AppealStep)

    /// A service in a slot (the first of those it takes).
    package struct Item: Hashable, Sendable {
        package var slot: SlotID
        package var service: ServiceID
        /// How the patient is in the hospital; nil where that is not said.
        package var patientClass: PatientClass?

        package init(slot: SlotID, service: ServiceID, patientClass: PatientClass? = nil) {
            self.slot = slot
            self.service = service
            self.patientClass = patientClass
        }
    }

    /// A hospital's name, and that of its zone as people write it: an IANA name such as Asia/Shanghai.
    package struct HospitalName: Hashable, Sendable {
        package var name: String
        package var zone: String
        /// Whether the zone's clock changes are looked up again although the hospital has that zone already.
        package var fromTables: Bool

        package init(name: String, zone: String, fromTables: Bool = false) {
            self.name = name
            self.zone = zone
            self.fromTables = fromTables
        }
    }
}

extension Command {
    /// Where a write goes: who is asked, and in which order.
    package enum Way: Hashable, Sendable {
        /// The patient is asked first, then the pool of the slot.
        case patientThenPool
        /// One pool alone decides.
        case pool(PoolID)
        /// By itself: several pools, all or none, or one after the other; one fact.
        case severalPools
        /// The directory decides on a catalogue or on patients.
        case directory
        /// Each pool opens its sessions by itself.
        case openings
        /// The patient alone decides.
        case patient(PatientID)
    }

    package var way: Way {
        switch self {
        case .book: .patientThenPool
        case .change(let id, _, _, _), .confirmPaid(let id, _, _, _): .pool(id.pool)
        case .closeRefund(let id, _): .pool(id.session.pool)
        case .lockSlots(let session, _), .unlockSlots(let session, _): .pool(session.pool)
        case .stopSession(let session, _, _), .resumeSession(let session): .pool(session.pool)
        case .bookTogether, .move, .bookAny, .reportPayment: .severalPools
        case .putCatalogue, .registerPatients: .directory
        case .generateSessions, .openSessions: .openings
        case .fileAppeal(let step), .decideAppeal(let step): .patient(step.patient)
        }
    }

    /// What a write is about that stands in a session already.
    package struct Subject: Sendable {
        /// As a sentence names it: "appointment 5".
        package let name: String
        package let session: SessionID
        /// The rule that refuses where the session went to the history table.
        package let refusedWhenArchived: Rule
    }

    /// Nil where the write makes something new.
    package var subject: Subject? {
        switch self {
        case .change(let id, _, _, _), .move(let id, _, _, _), .confirmPaid(let id, _, _, _),
            .reportPayment(let id, _):
            Subject(name: "appointment \(id.rawValue)", session: id.session, refusedWhenArchived: .state)
        case .closeRefund(let id, _):
            Subject(name: "refund \(id.rawValue)", session: id.session, refusedWhenArchived: .state)
        case .lockSlots(let session, _):
            Subject(
                name: "session \(session.rawValue) with such slots", session: session, refusedWhenArchived: .slotPast)
        case .unlockSlots(let session, let number):
            Subject(
                name: "lock \(number) of session \(session.rawValue)", session: session, refusedWhenArchived: .state)
        case .stopSession(let session, _, _):
            Subject(
                name: "session \(session.rawValue) with such a slot", session: session, refusedWhenArchived: .slotPast)
        case .resumeSession(let session):
            Subject(name: "session \(session.rawValue)", session: session, refusedWhenArchived: .slotPast)
        default: nil
        }
    }

    /// The patient that it names; nil where it names none, or an appointment.
    package var patient: PatientID? {
        switch self {
        case .book(let patient, _, _), .bookTogether(let patient, _, _), .bookAny(let patient, _, _): patient
        case .fileAppeal(let step), .decideAppeal(let step): step.patient
        default: nil
        }
    }

    /// Whether it may come without a key, because a repetition changes nothing: those that had none at first.
    package var mayGoWithoutKey: Bool {
        switch self {
        case .putCatalogue, .registerPatients, .generateSessions, .openSessions: true
        default: false
        }
    }

    /// What is wrong with the texts and counts of the write itself, whatever the state; nil where nothing is.
    package var fault: String? {
        switch self {
        case .book: nil
        case .change(_, _, _, let reason), .move(_, _, _, let reason):
            Self.tooLong(reason, "reason", Limits.reasonBytes)
        case .bookTogether(_, let items, _):
            (2...Limits.itemsTogether).contains(items.count)
                ? nil : "items: \(items.count) appointments; a joint booking takes 2 to \(Limits.itemsTogether)"
        case .bookAny(_, let items, _):
            (1...Limits.itemsOfChoice).contains(items.count)
                ? nil : "items: \(items.count) slots; a choice is of 1 to \(Limits.itemsOfChoice)"
        case .confirmPaid(_, let payment, _, let reason):
            Self.tooLong(reason, "reason", Limits.reasonBytes)
                ?? Payment.fault(of: payment.reference, "payment_reference")
        case .reportPayment(_, let payment):
            Payment.fault(of: payment.reference, "payment_reference")
                ?? (payment.amountFen == 0 ? "amount_fen: 0; say how many fen were paid, at least 1" : nil)
        case .closeRefund(_, let reference): Payment.fault(of: reference, "refund_reference")
        case .putCatalogue: nil
        case .registerPatients(let patients): Self.tooMany(patients.count, "patients")
        case .generateSessions(_, _, let templates): Self.tooMany(templates.count, "templates")
        case .openSessions(let sessions): Self.tooMany(sessions.count, "sessions")
        case .lockSlots(_, let lock):
            Self.tooLong(lock.owner, "owner", Limits.operatorBytes)
                ?? Self.tooLong(lock.reason, "reason", Limits.reasonBytes)
                ?? Self.tooLate(lock.until, "until_ms")
        case .unlockSlots, .resumeSession: nil
        case .fileAppeal(let step), .decideAppeal(let step):
            step.reason.isEmpty
                ? "reason: empty; say why" : Self.tooLong(step.reason, "reason", Limits.reasonBytes)
        case .stopSession(_, _, let reason):
            reason.isEmpty
                ? "reason: empty; say why, for patients ask" : Self.tooLong(reason, "reason", Limits.reasonBytes)
        }
    }

    /// A text that is longer than it may be, in one sentence.
    package static func tooLong(_ text: String, _ field: String, _ limit: Int) -> String? {
        text.utf8.count <= limit ? nil : "\(field): \(text.utf8.count) bytes, at most \(limit)"
    }

    /// A moment after the days that sessions can have: nothing is left to be said by then.
    private static func tooLate(_ moment: Instant?, _ field: String) -> String? {
        let end = Instant(minute: UInt32(SessionTimes.days.upperBound.rawValue + 2) * 1_440)
        guard let moment, moment > end else { return nil }
        return "\(field): \(moment.rawValue), at most \(end.rawValue), the end of \(SessionTimes.days.upperBound)"
    }

    private static func tooMany(_ count: Int, _ field: String) -> String? {
        count <= Limits.itemsPerRequest ? nil : "\(field): \(count) of them, at most \(Limits.itemsPerRequest)"
    }

    /// What tells this write from another of its kind. It is kept in the journal, so what is mixed in never changes;
    /// channel and operator are not part of it.
    package func mix(into fingerprint: inout Fingerprint) {
        switch self {
        case .book(let patient, let item, let hold):
            fingerprint.mix(1, patient.rawValue, item.slot.rawValue, UInt64(item.service.rawValue), hold ? 1 : 0)
            // What bookings could not say at first.
            if let patientClass = item.patientClass { fingerprint.mix(UInt64(patientClass.rawValue)) }
        case .bookTogether(let patient, let items, let hold):
            fingerprint.mix(2, patient.rawValue, hold ? 1 : 0, UInt64(items.count))
            for item in items { fingerprint.mix(item.slot.rawValue, UInt64(item.service.rawValue)) }
            for (place, item) in items.enumerated() {
                if let patientClass = item.patientClass {
                    fingerprint.mix(UInt64(place), UInt64(patientClass.rawValue))
                }
            }
        case .change(let id, let transition, let ifVersion, let reason):
            fingerprint.mix(3, id.rawValue, UInt64(transition.rawValue), UInt64(ifVersion))
            fingerprint.mix(reason)
        case .move(let id, let slot, let ifVersion, let reason):
            fingerprint.mix(4, id.rawValue, slot.rawValue, UInt64(ifVersion))
            fingerprint.mix(reason)
        case .putCatalogue(let draft, let hospital):
            fingerprint.mix(5)
            fingerprint.mix(texts: hospital.map { [$0.name, $0.zone] + ($0.fromTables ? ["tables"] : []) } ?? [])
            draft.mix(into: &fingerprint)
        case .registerPatients(let patients):
            fingerprint.mix(6, UInt64(patients.count))
            for identifiers in patients {
                fingerprint.mix(UInt64(identifiers.count))
                for identifier in identifiers { fingerprint.mix(texts: identifier.system, identifier.value) }
            }
        case .generateSessions(let from, let to, let templates):
            fingerprint.mix(7, UInt64(bitPattern: Int64(from.rawValue)), UInt64(bitPattern: Int64(to.rawValue)))
            fingerprint.mix(texts: templates)
        case .openSessions(let sessions):
            fingerprint.mix(8, UInt64(sessions.count))
            for session in sessions { session.mix(into: &fingerprint) }
        case .lockSlots(let session, let lock):
            fingerprint.mix(
                9, session.rawValue, UInt64(lock.first), UInt64(lock.slots), UInt64(lock.units),
                UInt64(lock.until?.rawValue ?? 0))
            fingerprint.mix(texts: lock.owner, lock.reason)
        case .unlockSlots(let session, let number): fingerprint.mix(10, session.rawValue, UInt64(number))
        case .stopSession(let session, let from, let reason):
            fingerprint.mix(11, session.rawValue, UInt64(from))
            fingerprint.mix(reason)
        case .resumeSession(let session): fingerprint.mix(12, session.rawValue)
        case .confirmPaid(let id, let payment, let ifVersion, let reason):
            fingerprint.mix(58, id.rawValue, UInt64(payment.amountFen), UInt64(ifVersion))
            fingerprint.mix(texts: payment.reference, reason)
        case .reportPayment(let id, let payment):
            fingerprint.mix(59, id.rawValue, UInt64(payment.amountFen))
            fingerprint.mix(payment.reference)
        case .closeRefund(let id, let reference):
            fingerprint.mix(60, id.rawValue)
            fingerprint.mix(reference)
        case .bookAny(let patient, let items, let hold):
            fingerprint.mix(61, patient.rawValue, hold ? 1 : 0, UInt64(items.count))
            for item in items {
                fingerprint.mix(
                    item.slot.rawValue, UInt64(item.service.rawValue), UInt64(item.patientClass?.rawValue ?? 0))
            }
        case .fileAppeal(let step):
            fingerprint.mix(13, step.patient.rawValue, step.appointment.rawValue)
            fingerprint.mix(step.reason)
        case .decideAppeal(let step):
            fingerprint.mix(14, step.patient.rawValue, step.appointment.rawValue, step.granted ? 1 : 0)
            fingerprint.mix(step.reason)
        }
    }
}

/// One write, as a front end asks for it.
package struct Write: Sendable {
    /// All zero is no key: only where `Command.mayGoWithoutKey`.
    package var key: IdempotencyKey
    package var by: Origin
    /// After this moment of the monotonic clock (nanoseconds) the caller does not wait any more; nil: for ever.
    package var deadline: UInt64?
    package var command: Command

    package init(key: IdempotencyKey, by: Origin, deadline: UInt64? = nil, command: Command) {
        self.key = key
        self.by = by
        self.deadline = deadline
        self.command = command
    }

    /// A hash of what the write asks for, to tell a repetition from a reused key.
    package var fingerprint: UInt64 {
        var fingerprint = Fingerprint()
        command.mix(into: &fingerprint)
        return fingerprint.value
    }

    /// What is wrong with the write itself, whatever the state: one sentence that begins with the field.
    package var fault: String? {
        if key.isZero, !command.mayGoWithoutKey {
            return "key_high, key_low: a write needs a key; all zero is none, choose 16 random bytes"
        }
        if case .decideAppeal = command, by.operatorName.isEmpty {
            return "operator: empty; a decision is kept with the name of the person who made it"
        }
        return Command.tooLong(by.operatorName, "operator", Limits.operatorBytes) ?? command.fault
    }
}
