/// A field of a fact. The raw value is its name for people and programs.
package enum FactField: String, Hashable, Sendable, CaseIterable {
    case appointment, patient, slot, slots, units, service, state, version, itinerary, session, rule, limit, item
    case reason, entity, epoch, identifiers, shape, report, through
    case movedFrom = "moved-from"
    case holdUntil = "hold-until"
    case policyVersion = "policy-version"
    case patientClass = "patient-class"
    case payment, amount, refund, cause
}

/// Whom a field tells something about.
package enum Privacy: Hashable, Sendable {
    /// It names a person, or leads to one.
    case personal
    /// It tells of a person's health, once the person is known.
    case clinical
    case neither
}

/// What a value of a field is, for programs.
package enum FactValue: Hashable, Sendable {
    /// An engine's id, or a place within one.
    case id(UInt64)
    case count(UInt64)
    case text(String)
    case moment(Instant)
}

/// One line of what a fact tells: what the change feed shows, and what words are made of. A joint booking is several
/// lines, every other fact is one.
package struct FactLine: Hashable, Sendable {
    package var kind: FactKind
    package var appointment: AppointmentID?
    package var session: SessionID?
    package var patient: PatientID?
    package var slot: SlotID?
    /// Neighbouring slots, and units in each; 0 where that is not the matter.
    package var slots: UInt32 = 0
    package var units: UInt32 = 0
    package var service: ServiceID?
    package var state: AppointmentState?
    package var version: UInt32 = 0
    package var movedFrom: AppointmentID?
    package var itinerary: AppointmentID?
    package var holdUntil: Instant?
    package var patientClass: PatientClass?
    package var rule: Rule?
    package var policyVersion: UInt32 = 0
    package var limit: UInt32 = 0
    package var item: UInt32 = 0
    package var reason = ""
    package var entity = ""
    package var epoch: UInt32 = 0
    package var identifiers = 0
    package var shape = ""
    package var report = ""
    /// A position in the journal.
    package var through: UInt64 = 0
    /// The reference of a payment, and how many fen it was.
    package var payment = ""
    package var amount: UInt32 = 0
    package var refund: RefundID?
    package var cause: RefundCause?

    package init(_ kind: FactKind) { self.kind = kind }

    init(_ kind: FactKind, _ taken: Taken) {
        self.init(kind)
        appointment = taken.appointment
        session = taken.appointment.session
        patient = taken.patient
        slot = SlotID(session: taken.appointment.session, index: taken.slot)
        slots = UInt32(taken.span)
        units = UInt32(taken.units)
        service = taken.service
        state = taken.state
        version = 1
        movedFrom = taken.movedFrom
        itinerary = taken.itinerary
        holdUntil = taken.holdUntil
        patientClass = taken.patientClass
        payment = taken.payment?.reference ?? ""
        amount = taken.payment?.amountFen ?? 0
    }

    init(_ kind: FactKind, session: SessionID) {
        self.init(kind)
        self.session = session
    }
}

extension FactLine {
    init(_ refund: Refund) {
        self.init(.refund, session: refund.id.session)
        self.refund = refund.id
        appointment = refund.appointment
        patient = refund.patient
        payment = refund.payment.reference
        amount = refund.payment.amountFen
        cause = refund.cause
        rule = refund.rule
        reason = refund.closedBy ?? ""
    }

    /// Of a stop: the session, in the first of its facts; then a line for each appointment that the fact ends.
    static func lines(of stop: SessionStop, in session: SessionID) -> [FactLine] {
        let ended = stop.appointments.map { appointment in
            var line = FactLine(.sessionStopped, session: session)
            line.appointment = AppointmentID(session: session, number: appointment.number)
            line.patient = appointment.patient
            line.state = .stopped
            line.version = appointment.version
            return line
        }
        guard stop.isFirst else { return ended }
        var whole = FactLine(.sessionStopped, session: session)
        whole.slot = SlotID(session: session, index: stop.from)
        whole.reason = stop.reason
        return [whole] + ended
    }
}

extension Report {
    var words: String {
        switch self {
        case .catalogue(let counts):
            "\(counts.added) entities added, \(counts.changed) changed, \(counts.unchanged) unchanged"
        case .patients(let outcomes):
            "\(outcomes.count) patients, \(outcomes.count { $0.created }) new, \(outcomes.count { $0.patient == nil }) failed"
        case .sessions(let sessions):
            "\(sessions.opened) sessions opened, \(sessions.unchanged) unchanged, "
                + (sessions.withdrawn > 0 ? "\(sessions.withdrawn) withdrawn, " : "")
                + "\(sessions.conflicts.count) conflicts"
        case .payment(let standing):
            "reported before, \(standing.state.name) \(standing.appointment.place)"
                + (standing.refund.map { ", refund \($0.place)" } ?? "")
        case .noneFits(let refusals): "none of \(refusals.count): \(refusals.map(\.rule.name).joined(separator: ", "))"
        }
    }
}

extension CatalogueEntity {
    /// Its kind and code, as people and the feed name it.
    package var title: String {
        switch self {
        case .hospital: "hospital"
        case .department(let department): "department \(department.code)"
        case .resource(let resource): "resource \(resource.code)"
        case .service(let service): "service \(service.code)"
        case .pool(let pool): "pool \(pool.code)"
        case .policy(let policy): policy.department.map { "policy of department \($0.rawValue)" } ?? "policy"
        case .template(let template): "template \(template.code)"
        case .calendar(let calendar): "calendar \(calendar.code)"
        case .leave(let leave): "leave \(leave.code)"
        }
    }
}
