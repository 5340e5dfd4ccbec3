import Engine
import Oracle
import Scheduling

extension NaiveModel.Visit {
    /// What an engine's record says otherwise than this version; nil when nothing.
    func difference(_ record: AppointmentRecord, version: Int) -> String? {
        let here = versions[version]
        var found: String?
        func compare<Value: Equatable>(_ what: String, _ shown: Value, _ wanted: Value) {
            if found == nil, shown != wanted { found = "\(what) is \(shown) and should be \(wanted)" }
        }
        compare("patient", record.patient, patient)
        compare("service", record.service, service)
        compare("slots", Int(record.slot)..<Int(record.slot) + Int(record.span), slots)
        compare("units", Int(record.units), units)
        compare("state", record.state, here.state)
        compare("version", Int(record.version), version + 1)
        compare("channel", record.channel, channel)
        compare("class of the patient", record.patientClass, patientClass)
        compare("end of hold", record.holdUntil, holdUntil)
        compare("made", record.made, versions[0].at)
        compare("changed", record.changed, here.at)
        compare("itinerary", record.itinerary, itinerary)
        compare("moved from", record.movedFrom, movedFrom)
        return found
    }
}

/// Compares everything an engine has in memory with the naive model of the same journal.
struct StateComparison {
    let model: NaiveModel
    let catalogue: Catalogue
    let registered: UInt64
    let pools: [PoolBook]
    let patients: [PatientBook]

    /// The first difference; nil when there is none.
    func difference() -> String? {
        catalogueDifference() ?? sessionDifference() ?? patientDifference()
            ?? Invariants.violations(catalogue: catalogue, pools: pools, patients: patients).first?.description
    }

    private func catalogueDifference() -> String? {
        func agrees<Entity: Equatable>(_ shown: [Entity], _ all: [NaiveModel.Versions<Entity>]) -> Bool {
            shown == all.compactMap(\.last)
        }
        let ownPolicies = model.policies.filter { $0.key != 0 }
        var same = agrees(catalogue.departments.all, model.departments)
        same = same && agrees(catalogue.resources.all, model.resources)
        same = same && agrees(catalogue.services.all, model.services)
        same = same && agrees(catalogue.pools.all, model.pools)
        same = same && agrees(catalogue.templates.all, model.templates)
        same = same && agrees(catalogue.calendars.all, model.calendars)
        same = same && agrees(catalogue.leaves.all, model.leaves)
        same = same && catalogue.policy == (model.policies[0]?.last ?? .initial)
        same = same && catalogue.departmentPolicies.count == ownPolicies.count
        same = same && catalogue.departmentPolicies.allSatisfy { ownPolicies[$0.rawValue]?.last == $1 }
        if let hospital = model.hospital.last { same = same && catalogue.hospital == hospital }
        return same ? nil : "the catalogue is not what the journal says"
    }

    private func sessionDifference() -> String? {
        let open = model.sittings.values.filter { $0.archived == nil }
        var seen = 0
        for book in pools {
            for session in book.allSessions {
                seen += 1
                guard let sitting = model.sittings[session.id], sitting.archived == nil else {
                    return "\(session.id) is open and should not be"
                }
                if let difference = difference(session, sitting) { return "\(session.id): \(difference)" }
            }
        }
        return seen == open.count ? nil : "\(seen) sessions are open, \(open.count) should be"
    }

    private func difference(_ session: Session, _ sitting: NaiveModel.Sitting) -> String? {
        if session.times != sitting.times || session.template != sitting.template { return "its times differ" }
        if session.slots.map({ Int($0.capacity) }) != sitting.capacities { return "its capacities differ" }
        let stop = sitting.stops.last.flatMap { $0.ended == nil ? $0 : nil }
        if session.openStop.map({ Int($0.from) }) != stop?.from || session.openStop?.reason != stop?.reason {
            return "what is stopped of it differs"
        }
        if !session.claims.isEmpty { return "a claim outlived its booking" }
        for (slot, there) in session.slots.enumerated() {
            let taken = model.taken(sitting, slot: slot)
            if taken != Int(there.taken) {
                return "slot \(slot) has \(there.taken) units taken and should have \(taken)"
            }
        }
        let here = session.appointments.count { $0 != nil }
        if here != sitting.visits.count { return "it has \(here) appointments and should have \(sitting.visits.count)" }
        for id in sitting.visits {
            guard let visit = model.visits[id] else { continue }
            guard let record = session[id.number] else { return "it does not have \(id)" }
            if let difference = visit.difference(record, version: visit.versions.count - 1) {
                return "\(id): \(difference)"
            }
            if session.payments[id.number] != visit.payment { return "\(id) was paid for otherwise" }
        }
        if session.refunds != sitting.refunds.map(\.refund) { return "its refunds differ" }
        return nil
    }

    private func patientDifference() -> String? {
        if registered != UInt64(model.patients.count) {
            return "\(registered) patients are registered, \(model.patients.count) should be"
        }
        for index in model.patients.indices {
            let patient = PatientID(rawValue: UInt64(index) + 1)
            let wanted = (model.visitsOfPatient[patient] ?? []).filter { model.sittings[$0.session]?.archived == nil }
            let shown = patients[Int(patient.rawValue % UInt64(patients.count))]
                .appointments(of: patient)
            if Set(shown) != Set(wanted) || shown.count != wanted.count {
                return "patient \(patient.rawValue) has \(shown.count) appointments and should have \(wanted.count)"
            }
            if let difference = conductDifference(of: patient) { return difference }
        }
        return nil
    }

    /// What speaks against a patient, and what was said against that.
    private func conductDifference(of patient: PatientID) -> String? {
        let book = patients[Int(patient.rawValue % UInt64(patients.count))]
        let strikes = book.strikes(of: patient)
        let wanted = model.strikes(of: patient)
        guard strikes.count == wanted.count else {
            return "patient \(patient.rawValue) has \(strikes.count) strikes and should have \(wanted.count)"
        }
        for strike in strikes where wanted[strike.appointment] != .some(strike.conduct.minutesLeft.map { Int64($0) }) {
            return "patient \(patient.rawValue): the strike of \(strike.appointment) is \(strike.conduct)"
        }
        let appeals = book.appeals[patient] ?? []
        let pleadings = model.appeals.filter { $0.value.patient == patient }
        let agree = appeals.allSatisfy { appeal in
            guard let pleading = pleadings[appeal.appointment] else { return false }
            return appeal.by.operatorName == pleading.filer && appeal.reason == pleading.reason
                && appeal.decision?.granted == pleading.decision?.granted
                && appeal.decision?.by.operatorName == pleading.decision?.by
        }
        return agree && appeals.count == pleadings.count
            ? nil : "patient \(patient.rawValue): the appeals are not what the journal says"
    }
}
