import Engine
import Scheduling

/// Judges facts of sessions, patients and the catalogue.
struct HospitalCheck {
    let chronicle: Chronicle
    let event: Event
    /// What the requests asked that may have led to it.
    let requests: [Request]

    private var model: NaiveModel { chronicle.model }
    private func expect(_ holds: Bool, _ sentence: @autoclosure () -> String) { chronicle.expect(holds, sentence()) }

    func check() {
        expect(event.answer == nil, "it answers no key")
        switch event.fact {
        case .sessionOpened(let definition): opened(definition)
        case .sessionArchived(let id): archived(id)
        case .patientRegistered(let patient, let added): registered(patient, added)
        case .catalogueChanged(let entity): put(entity)
        case .epochBegan(let number):
            expect(event.by == .system, "an epoch is the engine's own")
            expect(chronicle.mayBegin(number), "nobody was promoted")
        case .booked, .bookedTogether, .changed, .moved, .refused: break
        }
    }

    private func opened(_ definition: SessionDefinition) {
        let others = model.sittingsOfPool[definition.id.pool] ?? []
        expect(Int(definition.id.index) == others.count, "its index was given before, or one is missing")
        let time = Int(definition.times.startMinute)..<Int(definition.times.endMinute)
        for other in others {
            guard let sitting = model.sittings[other], sitting.archived == nil else { continue }
            expect(!sitting.time(0..<sitting.capacities.count).overlaps(time), "it overlaps \(other)")
        }
        expect(requests.contains { asks($0, for: definition) }, "nobody asked for it")
    }

    private func asks(_ request: Request, for definition: SessionDefinition) -> Bool {
        let pool = model.pools[Int(definition.id.pool.rawValue) - 1].last
        let zone = model.hospital.last?.zone ?? .utc
        switch request {
        case .open(let drafts):
            return drafts.contains { draft in
                draft.pool == pool?.code && definition.template == nil
                    && draft.capacities == definition.capacities.map(UInt32.init)
                    && draft.slotMinutes == UInt32(definition.times.slotMinutes)
                    && draft.date == definition.times.date
                    && zone.instant(of: draft.date, draft.start) == definition.times.start
            }
        case .generate(let from, let to, let codes):
            guard let id = definition.template, Int(id.rawValue) <= model.templates.count else { return false }
            let date = definition.times.date
            return from <= date && date <= to
                && model.templates[Int(id.rawValue) - 1].all.contains { _, template in
                    (codes.isEmpty || codes.contains(template.code)) && template.covers(date)
                        && definition.capacities.allSatisfy { $0 == template.capacity }
                        && definition.capacities.count == Int(template.slots) && template.pool == definition.id.pool
                        && zone.instant(of: date, template.start) == definition.times.start
                }
        default: return false
        }
    }

    private func archived(_ id: SessionID) {
        guard let sitting = model.sittings[id], sitting.archived == nil else {
            return chronicle.fail("there is no such open session")
        }
        expect(event.by == .system, "only the engine archives")
        let end = sitting.start(sitting.capacities.count)
        expect(end < event.at.rawValue - chronicle.plan.archiveAfterMilliseconds, "it is not over for long enough")
        expect(
            sitting.visits.allSatisfy { model.visits[$0].map { NaiveModel.hasEnded($0.last.state) } ?? false },
            "an appointment in it has not ended")
    }

    private func registered(_ patient: PatientID, _ added: [Identifier]) {
        expect(added.allSatisfy { model.identifiers[$0] == nil }, "an identifier was known before")
        let isNew = patient.rawValue == UInt64(model.patients.count) + 1
        expect(isNew || (1...UInt64(max(1, model.patients.count))).contains(patient.rawValue), "a patient is left out")
        let isAsked = requests.contains { request in
            guard case .register(let patients) = request else { return false }
            return patients.contains { identifiers in
                let known = identifiers.filter { model.identifiers[$0] != nil }
                return added.allSatisfy(identifiers.contains) && isNew == known.isEmpty
                    && known.allSatisfy { model.identifiers[$0]?.patient == patient }
            }
        }
        expect(isAsked, "nobody asked for it")
    }

    private func put(_ entity: CatalogueEntity) {
        let isAsked = requests.contains { request in
            guard case .put(let draft, let zone) = request else { return false }
            return asks(draft, zone, for: entity)
        }
        expect(isAsked, "nobody asked for it")
    }

    private func asks(_ draft: CatalogueDraft, _ zone: String?, for entity: CatalogueEntity) -> Bool {
        func follows<Entity>(_ id: UInt32, _ all: [NaiveModel.Versions<Entity>], _ isSame: (Entity) -> Bool) -> Bool {
            id == all.count + 1 || (id >= 1 && id <= all.count && all[Int(id) - 1].last.map(isSame) == true)
        }
        switch entity {
        case .hospital(let hospital): return hospital.zone.name == zone
        case .department(let new):
            return draft.departments.contains { $0.code == new.code && $0.name == new.name }
                && follows(new.id.rawValue, model.departments) { $0.code == new.code }
        case .resource(let new):
            return draft.resources.contains { $0.code == new.code && $0.name == new.name }
                && follows(new.id.rawValue, model.resources) { $0.code == new.code }
        case .service(let new):
            return draft.services.contains { $0.code == new.code && $0.slots == new.slots && $0.units == new.units }
                && follows(new.id.rawValue, model.services) { $0.code == new.code }
        case .pool(let new):
            return draft.pools.contains { $0.code == new.code && $0.services.count == new.services.count }
                && follows(new.id.rawValue, model.pools) { $0.code == new.code && $0.department == new.department }
        case .template(let new):
            return draft.templates.contains { $0.code == new.code && $0.capacity == new.capacity }
                && follows(new.id.rawValue, model.templates) { $0.code == new.code }
        case .policy(let new):
            let last = model.policies[new.department?.rawValue ?? 0]?.last
            let version = new.department == nil ? (last ?? .initial).version + 1 : (last?.version ?? 0) + 1
            return new.version == version
                && draft.policies.contains {
                    $0.perDay == new.perDay && $0.perDayDepartment == new.perDayDepartment
                        && $0.holdSeconds == new.holdSeconds && $0.department.isEmpty == (new.department == nil)
                        && $0.terms.count == new.terms.count
                }
        }
    }
}
