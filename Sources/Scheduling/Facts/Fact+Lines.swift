extension Fact {
    /// What the fact tells, line by line.
    package var lines: [FactLine] {
        var line = FactLine(kind)
        switch self {
        case .booked(let taken), .takenAgain(let taken), .chosen(let taken, _): return [FactLine(kind, taken)]
        case .bookedTogether(let all): return all.map { FactLine(kind, $0) }
        case .changed(let change):
            line.appointment = change.appointment
            line.session = change.appointment.session
            line.patient = change.patient
            line.state = change.state
            line.version = change.version
            line.reason = change.reason
            line.payment = change.payment?.reference ?? ""
            line.amount = change.payment?.amountFen ?? 0
        case .moved(let from, let to):
            line = FactLine(kind, to)
            line.reason = from.reason
            line.movedFrom = from.appointment
        case .refused(let refusal, let item, let patient):
            line.patient = patient
            line.rule = refusal.rule
            line.policyVersion = refusal.policyVersion
            line.limit = refusal.limit
            line.item = UInt32(item)
        case .sessionOpened(let definition):
            line = FactLine(kind, session: definition.id)
            let units = definition.capacities.reduce(0) { $0 + Int($1) }
            line.shape =
                "\(definition.times.date), \(definition.times.slots) slots of \(definition.times.slotMinutes) min, \(units) units"
        case .sessionArchived(let id), .sessionWithdrawn(let id): line = FactLine(kind, session: id)
        case .patientRegistered(let patient, let identifiers):
            line.patient = patient
            line.identifiers = identifiers.count
        case .catalogueChanged(let entity): line.entity = entity.title
        case .epochBegan(let number): line.epoch = number
        case .answered(let report): line.report = report.words
        case .slotsLocked(let session, let lock), .slotsUnlocked(let session, let lock):
            line = FactLine(kind, session: session)
            line.slot = SlotID(session: session, index: lock.first)
            line.slots = UInt32(lock.slots)
            line.units = UInt32(lock.units)
            line.holdUntil = lock.until
            line.reason = lock.reason
            line.entity = "lock \(lock.number)\(lock.owner.isEmpty ? "" : " of \(lock.owner)")"
        case .sessionStopped(let session, let stop): return FactLine.lines(of: stop, in: session)
        case .sessionResumed(let session, _): line = FactLine(kind, session: session)
        case .appealFiled(let step), .appealDecided(let step):
            line.appointment = step.appointment
            line.session = step.appointment.session
            line.patient = step.patient
            line.reason = step.reason
            if case .appealDecided = self { line.entity = step.granted ? "granted" : "denied" }
        case .readerMarked(let mark):
            line.entity = "reader \(mark.name)"
            line.through = mark.through
        case .readerDropped(let name): line.entity = "reader \(name)"
        case .refund(let refund): line = FactLine(refund)
        }
        return [line]
    }
}
