import Engine
import Journal
import Oracle
import Scheduling

// Readings: each thing as it was at a moment between question and answer, nothing that was not on disk yet, nothing
// left out that was there all the time.
extension AnswerJudge {
    func reading(_ response: Response) {
        switch (execution.operation.request, response) {
        case (.byID(let ids), .appointments(let reading)):
            judge(reading.position)
            byID(ids, reading.value)
        case (.ofPatient(let patient, let history), .appointments(let reading)):
            judge(reading.position)
            ofPatient(patient, history, reading.value)
        case (.inSession(let session), .appointments(let reading)):
            judge(reading.position)
            inSession(session, reading.value)
        case (.search(let query), .slots(let reading)):
            judge(reading.position)
            page(reading.value, of: query)
        case (.days(let query), .days(let reading)):
            judge(reading.position)
            days(reading.value, of: query)
        case (.counts(let query), .counts(let reading)):
            judge(reading.position)
            counts(reading.value, of: query)
        case (.explain(let question), .explanation(let reading)):
            judge(reading.position)
            explanation(reading.value, of: question)
        case (.find(let identifiers), .found(let found)): find(identifiers, found)
        case (.findEntities(let text, let kinds, let limit), .entities(let reading)):
            judge(reading.position)
            entities(reading, by: text, kinds, limit: limit)
        case (.preview(let from, let to), .preview(let reading)):
            judge(reading.position)
            preview(reading.value, from: from, to: to)
        case (.catalogue, .catalogue(let reading)):
            judge(reading.position)
            catalogue(reading)
        default: chronicle.fail("the engine answered another question")
        }
    }

    /// Up to where a reading says that it has everything: no further than is on disk, and no less than was told before.
    private func judge(_ position: Position) {
        durable(position)
        expect(
            position.rawValue >= execution.told, "its position is \(position), and \(execution.told) was told before it"
        )
    }

    // MARK: Appointments

    private func check(_ found: FoundAppointment) {
        let id = found.appointment.id
        let record = found.appointment.record
        guard let visit = model.visits[id] else { return chronicle.fail("it shows \(id), which is not on disk") }
        let index = Int(record.version) - 1
        guard visit.versions.indices.contains(index), visit.versions[index].position <= high else {
            return chronicle.fail("it shows version \(record.version) of \(id), which is not on disk")
        }
        if visit.versions.indices.contains(index + 1) {
            let next = visit.versions[index + 1].position
            expect(
                next > low, "it shows version \(record.version) of \(id), which ended at \(next), before it was asked")
        }
        let difference = visit.difference(record, version: index)
        expect(difference == nil, "it shows \(id) wrongly: \(difference ?? "")")
        if let sitting = model.sittings[id.session] {
            expect(
                found.appointment.start.rawValue == sitting.start(visit.slots.lowerBound)
                    && found.appointment.end.rawValue == sitting.start(visit.slots.upperBound),
                "it shows \(id) at another time")
            if found.isArchived { expect(sitting.archived != nil, "it shows \(id) as archived") }
        }
    }

    /// Whether a visit was there all the time.
    private func isThere(_ id: AppointmentID) -> Bool { (model.visits[id]?.made ?? .max) <= low }

    private func byID(_ ids: [AppointmentID], _ found: [FoundAppointment]) {
        found.forEach(check)
        let shown = found.map(\.appointment.id)
        for id in ids where isThere(id) { expect(shown.contains(id), "it leaves out \(id)") }
        expect(shown == ids.filter(shown.contains), "it shows what was not asked, or in another order")
    }

    private func ofPatient(_ patient: PatientID, _ history: Bool, _ found: [FoundAppointment]) {
        found.forEach(check)
        let shown = Set(found.map(\.appointment.id))
        expect(shown.count == found.count, "it shows an appointment twice")
        expect(history || !found.contains(where: \.isArchived), "it shows history that was not asked for")
        expect(found.allSatisfy { $0.appointment.record.patient == patient }, "it shows another patient's appointment")
        for id in model.visitsOfPatient[patient] ?? [] where isThere(id) && !shown.contains(id) {
            let isArchived = model.sittings[id.session]?.archived != nil || model.mayBeArchived(id.session)
            expect(!history && isArchived, "it leaves out \(id) of patient \(patient.rawValue)")
        }
        let starts = found.map { ($0.appointment.start.rawValue, $0.appointment.id.rawValue) }
        expect(zip(starts, starts.dropFirst()).allSatisfy { $0 < $1 }, "it is out of order")
    }

    /// One shard has all of a session, so there is one moment at which all of it was as shown.
    private func inSession(_ session: SessionID, _ found: [FoundAppointment]) {
        found.forEach(check)
        let shown = Dictionary(found.map { ($0.appointment.id, $0) }, uniquingKeysWith: { first, _ in first })
        expect(shown.count == found.count, "it shows a number twice")
        var first = low
        // What is applied and not on disk yet may be shown here only if it concerns other sessions.
        var last = max(low, high)
        for id in model.sittings[session]?.visits ?? [] {
            guard let visit = model.visits[id] else { continue }
            guard let one = shown[id] else {
                expect(!isThere(id), "it leaves out \(id)")
                if !visit.versions[0].isJoint { last = min(last, visit.made - 1) }
                continue
            }
            let index = Int(one.appointment.record.version) - 1
            guard visit.versions.indices.contains(index) else { continue }
            first = max(first, visit.versions[index].position)
            if visit.versions.indices.contains(index + 1), !visit.versions[index + 1].isJoint {
                last = min(last, visit.versions[index + 1].position - 1)
            }
        }
        expect(first <= last, "there was no moment at which \(session) was as it shows")
    }

    // MARK: Patients and catalogue

    private func find(_ identifiers: [Identifier], _ found: [PatientID?]) {
        expect(found.count == identifiers.count, "not every identifier has an answer")
        for (identifier, patient) in zip(identifiers, found) {
            let known = model.identifiers[identifier]
            if let patient {
                expect(known?.patient == patient, "it says \(identifier.value) is patient \(patient.rawValue)")
            } else {
                expect((known?.position ?? .max) > low, "it does not know \(identifier.value)")
            }
        }
    }

    private func catalogue(_ reading: Reading<Catalogue>) {
        let at = reading.position.rawValue
        func agrees<Entity: Equatable>(_ shown: [Entity], _ all: [NaiveModel.Versions<Entity>]) -> Bool {
            shown == all.compactMap { $0.value(at: at) }
        }
        let shown = reading.value
        expect(agrees(shown.departments.all, model.departments), "departments as they never were at \(at)")
        expect(agrees(shown.services.all, model.services), "services as they never were at \(at)")
        expect(agrees(shown.pools.all, model.pools), "pools as they never were at \(at)")
        expect(agrees(shown.templates.all, model.templates), "templates as they never were at \(at)")
        expect(agrees(shown.calendars.all, model.calendars), "calendars as they never were at \(at)")
        expect(agrees(shown.leaves.all, model.leaves), "leaves as they never were at \(at)")
        expect(shown.policy == model.policies[0]?.value(at: at) ?? .initial, "a policy as it never was at \(at)")
    }
}
