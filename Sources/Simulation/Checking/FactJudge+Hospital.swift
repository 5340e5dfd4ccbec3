import Engine
import Oracle
import Scheduling

// Facts that answer no key: whether anybody asked for them. Whether they may follow, the oracle says.
extension FactJudge {
    func checkAsked() {
        switch event.fact {
        case .sessionOpened(let definition):
            expect(commands.contains { asks($0, for: definition) }, "nobody asked for it")
        case .sessionWithdrawn(let id):
            expect(commands.contains { asksToWithdraw($0, id) }, "nobody generated its day")
        case .sessionArchived(let id):
            let end = model.sittings[id].map { $0.start($0.capacities.count) } ?? .max
            expect(end < event.at.rawValue - chronicle.plan.archiveAfterMilliseconds, "it is not over for long enough")
        case .patientRegistered(let patient, let added):
            expect(commands.contains { asks($0, for: patient, added) }, "nobody asked for it")
        case .catalogueChanged(let entity):
            expect(commands.contains { asks($0, for: entity) }, "nobody asked for it")
        case .epochBegan(let number): expect(chronicle.mayBegin(number), "nobody was promoted")
        // Everything else answers a key, or the oracle says who may do it.
        default: break
        }
    }

    /// What nobody asks for and the engine does by itself: days up to so many after the one it is.
    var roll: [Command] {
        guard event.isOfRoll(chronicle.plan), let roll = chronicle.plan.roll else { return [] }
        let today = (model.hospital.last?.zone ?? .utc).wall(at: event.at).date
        return [
            .generateSessions(
                from: LocalDate(rawValue: 0), to: today.advanced(days: Int32(roll.days)), templates: [])
        ]
    }

    /// A put of a catalogue stands in the journal in one piece, or not at all.
    func checkWhole() {
        if let before = chronicle.events.last ?? nil, before.isContinued {
            var isRest = event.at == before.at && event.by == before.by
            if case .catalogueChanged = event.fact {} else { isRest = false }
            expect(isRest, "of the put before it the rest is missing")
        }
        guard case .catalogueChanged = event.fact, !event.isContinued else { return }
        var after = model
        after.apply(event, at: position)
        expect(commands.contains { isDone($0, in: after) }, "it ends a put of which something is missing")
    }

    private func isDone(_ command: Command, in model: NaiveModel) -> Bool {
        guard case .putCatalogue(let draft, _) = command else { return false }
        func has<Entity>(_ all: [NaiveModel.Versions<Entity>], _ isIt: (Entity) -> Bool) -> Bool {
            all.contains { $0.last.map(isIt) ?? false }
        }
        return draft.departments.allSatisfy { new in has(model.departments) { $0.code == new.code } }
            && draft.services.allSatisfy { new in
                has(model.services) {
                    $0.code == new.code && $0.slots == new.slots && $0.units == new.units
                        && $0.preparation == new.preparation
                }
            }
            && draft.pools.allSatisfy { new in
                has(model.pools) { $0.code == new.code && $0.services.count == new.services.count }
            }
            && draft.templates.allSatisfy { new in
                has(model.templates) { $0.code == new.code && $0.start == new.start && $0.slots == new.slots }
            }
    }

    private func asksToWithdraw(_ command: Command, _ id: SessionID) -> Bool {
        guard case .generateSessions(let from, let to, let codes) = command, let sitting = model.sittings[id],
            let template = sitting.template.flatMap({ NaiveModel.versions($0.rawValue, of: model.templates)?.last })
        else { return false }
        return from <= sitting.date(0) && sitting.date(0) <= to && (codes.isEmpty || codes.contains(template.code))
    }

    private func asks(_ command: Command, for definition: SessionDefinition) -> Bool {
        let pool = NaiveModel.versions(definition.id.pool.rawValue, of: model.pools)?.last
        let zone = model.hospital.last?.zone ?? .utc
        switch command {
        case .openSessions(let drafts):
            return drafts.contains { draft in
                draft.pool == pool?.code && definition.template == nil
                    && draft.capacities == definition.capacities.map(UInt32.init)
                    && draft.slotMinutes == UInt32(definition.times.slotMinutes)
                    && draft.date == definition.times.date
                    && zone.instant(of: draft.date, draft.start) == definition.times.start
            }
        case .generateSessions(let from, let to, let codes):
            let versions = definition.template.flatMap { NaiveModel.versions($0.rawValue, of: model.templates)?.all }
            let date = definition.times.date
            return from <= date && date <= to && definition.times.end > event.at
                && (versions ?? []).contains { _, template in
                    (codes.isEmpty || codes.contains(template.code))
                        && model.says(template, on: date).contains { day in
                            NaiveModel.isSaid(
                                day, of: template, definition.times, definition.capacities.map(Int.init),
                                in: definition.id.pool, zone)
                        }
                }
        default: return false
        }
    }

    private func asks(_ command: Command, for patient: PatientID, _ added: [Identifier]) -> Bool {
        guard case .registerPatients(let patients) = command else { return false }
        let isNew = patient.rawValue == UInt64(model.patients.count) + 1
        return patients.contains { identifiers in
            let known = identifiers.filter { model.identifiers[$0] != nil }
            return added.allSatisfy(identifiers.contains) && isNew == known.isEmpty
                && known.allSatisfy { model.identifiers[$0]?.patient == patient }
        }
    }

    private func asks(_ command: Command, for entity: CatalogueEntity) -> Bool {
        guard case .putCatalogue(let draft, let named) = command else { return false }
        return switch entity {
        case .hospital(let hospital): hospital.zone.name == named?.zone
        case .department(let new): draft.departments.contains { $0.code == new.code && $0.name == new.name }
        case .resource(let new): draft.resources.contains { $0.code == new.code && $0.name == new.name }
        case .service(let new):
            draft.services.contains { $0.code == new.code && $0.slots == new.slots && $0.units == new.units }
        case .pool(let new): draft.pools.contains { $0.code == new.code && $0.services.count == new.services.count }
        case .template(let new):
            draft.templates.contains {
                $0.code == new.code && $0.capacity == new.capacity && $0.exceptions.count == new.exceptions.count
                    && $0.calendar.isEmpty == (new.calendar == nil)
            }
        case .calendar(let new): draft.calendars.contains { $0.code == new.code && $0.days.count == new.days.count }
        case .leave(let new):
            draft.leaves.contains {
                $0.code == new.code && $0.from == new.from && $0.until == new.until
                    && $0.isCancelled == new.isCancelled
            }
        case .policy(let new):
            draft.policies.contains {
                $0.perDay == new.perDay && $0.perDayDepartment == new.perDayDepartment
                    && $0.holdSeconds == new.holdSeconds && $0.department.isEmpty == (new.department == nil)
                    && $0.terms.count == new.terms.count
            }
        }
    }
}
