import Journal
package import Scheduling

/// Why is this slot for sale to me, or why not?
package struct SlotQuestion: Sendable {
    package var slot: SlotID
    package var service: ServiceID
    /// Who asks; nil where that is not known: rules about channels are not judged then.
    package var origin: Origin?
    /// For whom; nil for everybody: rules about the patient are not judged then.
    package var patient: PatientID?
    /// Nil where the question does not say.
    package var patientClass: PatientClass?

    package init(
        slot: SlotID, service: ServiceID, origin: Origin?, patient: PatientID? = nil, patientClass: PatientClass? = nil
    ) {
        self.slot = slot
        self.service = service
        self.origin = origin
        self.patient = patient
        self.patientClass = patientClass
    }

    /// What it names of what rules may need.
    fileprivate var naming: SearchNaming {
        var naming: SearchNaming = .service
        if origin != nil { naming.insert(.channel) }
        if patient != nil { naming.insert(.patient) }
        if patientClass != nil { naming.insert(.patientClass) }
        return naming
    }
}

extension Engine {
    /// What every rule of a booking says of one slot: the timetable and the catalogue, the patient and the pool are
    /// asked in turn, as a booking asks them. Like all readings it carries the position up to which it has everything,
    /// and returns once what it shows is settled.
    /// - Throws: `notFound` where there is no such slot, service or patient.
    package func explain(_ question: SlotQuestion) async throws(EngineError) -> Reading<Explanation> {
        let position = await included(question.patient == nil ? .anything : .patients)
        let snapshot = view.current
        let session = question.slot.session
        let asking = try snapshot.asking(question, now: time.now())
        guard let shard = shards.index(of: session.pool, in: snapshot) else {
            preconditionFailure("a pool with sessions has a shard")
        }
        // By the pool, whether or not it offers the service, and by the service itself.
        let scopes = [
            UnsettledChanges.Scope(
                department: snapshot.catalogue.department(of: session.pool), pool: session.pool, isJudged: true),
            UnsettledChanges.Scope(service: question.service, isJudged: false),
        ]
        let settled = journal.settledPosition
        var shown = scopes.map { snapshot.changes.last(after: settled, for: $0, in: snapshot.catalogue) }.max() ?? .zero
        var holdings: PatientHoldings?
        if let patient = question.patient {
            shown = max(shown, try registration(of: patient, in: snapshot))
            let (there, last) = await shards.patients[shards.index(of: patient)].holdings(of: patient)
            holdings = there
            shown = max(shown, last)
        }
        var explanation = Explanation(naming: question.naming)
        RuleList.explain(
            asking, isOffered: snapshot.catalogue.offers(question.service, in: session.pool),
            isElsewhere: asking.map { snapshot.clashing.hold(session, at: $0.now) } ?? false, in: &explanation)
        RuleList.explain(asking, holdings, in: &explanation)
        let (whole, last) = await shards.pools[shard].explain(asking, of: session, in: explanation)
        try await untilDurable(max(shown, last))
        return Reading(whole, at: position)
    }
}

extension EngineView.Snapshot {
    /// What is known of a question before a shard is asked, as `resolve` knows it of a booking. Nil where the slot's
    /// session is gone, so that no rule can be judged.
    fileprivate func asking(_ question: SlotQuestion, now: Instant) throws(EngineError) -> Asking? {
        let session = question.slot.session
        let unknown = EngineError(.notFound, "there is no slot \(question.slot.rawValue)")
        guard timetable.knows(session), let department = catalogue.department(of: session.pool) else { throw unknown }
        guard let demand = catalogue.demand(of: question.service) else {
            throw EngineError(.notFound, "there is no service \(question.service.rawValue)")
        }
        guard let times = timetable[session] else { return nil }
        guard question.slot.index < UInt32(times.slots) else { throw unknown }
        return Asking(
            origin: question.origin, patient: question.patient, patientClass: question.patientClass,
            service: question.service, slot: question.slot, span: demand.slots, units: demand.units, times: times,
            department: department, policy: catalogue.policy(of: session.pool), now: now,
            wall: catalogue.catalogue.hospital.zone.wall(at: now))
    }
}
