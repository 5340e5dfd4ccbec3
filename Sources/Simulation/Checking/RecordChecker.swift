import Engine
import Journal
import Scheduling

/// Judges one fact in the light of all facts before it and of what was asked: nothing invented, nothing oversold, every
/// rule kept at the position where the fact stands.
struct RecordChecker {
    let chronicle: Chronicle
    let event: Event
    let position: UInt64
    private let underWay: [Execution]
    /// What the engine decided on was how things stood somewhere from here to `position`.
    private let low: UInt64

    init(chronicle: Chronicle, event: Event, position: UInt64) {
        self.chronicle = chronicle
        self.event = event
        self.position = position
        underWay = event.by == .system ? [] : chronicle.underWay(for: event)
        low = underWay.map(\.settled).min() ?? chronicle.settled
    }

    private var model: NaiveModel { chronicle.model }
    private func expect(_ holds: Bool, _ sentence: @autoclosure () -> String) { chronicle.expect(holds, sentence()) }

    func check() {
        expect(event.at >= chronicle.latestBefore, "time went back over a restart")
        if event.by != .system {
            guard !underWay.isEmpty else { return chronicle.fail("nobody who was waiting had asked for it") }
            let notBefore = underWay.map(\.notBefore).min() ?? event.at
            expect(event.at >= notBefore, "it tells of a moment before one that was told when its request came")
        }
        if let answer = event.answer {
            expect(event.by != .system, "the engine answered a key of its own")
            if let last = chronicle.recordsByKey[answer.key]?.last, let before = chronicle.events[Int(last) - 1] {
                let age = event.at.rawValue - before.at.rawValue
                expect(
                    age > chronicle.plan.keyWindowMilliseconds, "record \(last) had answered its key \(age) ms before")
            }
        }
        checkFact()
    }

    private func checkFact() {
        switch event.fact {
        case .booked(let taken): booked(taken)
        case .bookedTogether(let all): bookedTogether(all)
        case .changed(let change): changed(change)
        case .moved(let from, let to): moved(from, to)
        case .refused(let refusal, let item):
            let writes = event.answer.map { chronicle.writesByKey[$0.key] ?? [] } ?? []
            let check = RefusalCheck(
                model: model, low: low, high: position - 1, at: event.at, beside: chronicle.beside(underWay))
            expect(
                writes.contains { check.isJustified(refusal, of: $0, item: Int(item)) },
                "nothing justifies it, as far as facts and claims go")
            chronicle.coverage.note("refused: \(refusal.rule)")
        case .sessionOpened, .sessionArchived, .patientRegistered, .catalogueChanged, .epochBegan:
            HospitalCheck(
                chronicle: chronicle, event: event, requests: underWay.map(\.operation.request)
            ).check()
        }
    }

    private func commands(_ matches: (Command) -> Bool) -> Bool {
        guard let key = event.answer?.key else { return false }
        return (chronicle.writesByKey[key] ?? []).contains { matches($0.command) }
    }

    // MARK: Bookings

    private func booked(_ taken: Taken) {
        let isAsked = commands {
            if case .book(let patient, let item, let hold) = $0 {
                patient == taken.patient && item == taken.item && hold == (taken.state == .held)
            } else {
                false
            }
        }
        expect(isAsked, "its write asked for something else")
        expect(taken.itinerary == nil && taken.movedFrom == nil, "a single booking belongs to nothing else")
        checkTaken(taken)
        checkNewHold(taken)
    }

    private func bookedTogether(_ all: [Taken]) {
        let isAsked = commands {
            if case .bookTogether(let patient, let items, let hold) = $0 {
                all.allSatisfy { $0.patient == patient && hold == ($0.state == .held) } && all.map(\.item) == items
            } else {
                false
            }
        }
        expect(isAsked, "its write asked for something else")
        var trial = model
        for taken in all {
            expect(taken.itinerary == all[0].appointment, "a joint booking is one itinerary")
            checkTaken(taken, in: trial)
            checkNewHold(taken)
            trial.apply(Event(at: event.at, by: event.by, fact: .booked(taken)), at: position)
        }
    }

    private func checkNewHold(_ taken: Taken) {
        guard taken.state == .held else {
            return expect(taken.state == .booked && taken.holdUntil == nil, "a booking is held or booked")
        }
        guard let department = model.department(of: taken.appointment.pool) else { return }
        let policies = model.policies(of: department, from: low, to: position)
        expect(
            policies.contains { taken.holdUntil == event.at.advanced(milliseconds: Int64($0.holdSeconds) * 1_000) },
            "no policy gives this hold its time")
    }

    private func checkTaken(_ taken: Taken, in model: NaiveModel? = nil) {
        let model = model ?? self.model
        let id = taken.appointment
        expect(model.visits[id] == nil, "its number was given before")
        expect(taken.patient.rawValue >= 1 && taken.patient.rawValue <= model.patients.count, "nobody is this patient")
        guard let sitting = model.sittings[id.session], sitting.archived == nil else {
            return chronicle.fail("its session is not open")
        }
        let slots = Int(taken.slot)..<Int(taken.slot) + Int(taken.span)
        guard taken.span >= 1, slots.upperBound <= sitting.capacities.count else {
            return chronicle.fail("its slots are not in the session")
        }
        expect(sitting.start(slots.lowerBound) > event.at.rawValue, "its slot had begun")
        checkOffered(taken, model)
        for slot in slots {
            let before = model.taken(id.session, slot: slot, at: position)
            expect(
                before + Int(taken.units) <= sitting.capacities[slot],
                "slot \(slot) is oversold: \(before) + \(taken.units) units of \(sitting.capacities[slot])")
        }
        checkPatient(taken, sitting, slots, model)
    }

    private func checkOffered(_ taken: Taken, _ model: NaiveModel) {
        let service = Int(taken.service.rawValue) - 1
        let pool = Int(taken.appointment.pool.rawValue) - 1
        guard model.services.indices.contains(service), model.pools.indices.contains(pool) else {
            return chronicle.fail("there is no such service or pool")
        }
        expect(
            model.services[service].inForce(low, position).contains {
                $0.slots == taken.span && $0.units == taken.units
            }, "its service never took that much")
        expect(
            model.pools[pool].inForce(low, position).contains { $0.services.contains(taken.service) },
            "its pool does not offer that")
    }

    private func checkPatient(_ taken: Taken, _ sitting: NaiveModel.Sitting, _ slots: Range<Int>, _ model: NaiveModel) {
        let time = sitting.time(slots)
        var onDay: UInt32 = 0
        var inDepartment: UInt32 = 0
        guard let department = model.department(of: sitting.id.pool) else { return }
        let policies = model.policies(of: department, from: low, to: position)
        for other in model.occupying(taken.patient, from: position, to: position) {
            guard let there = model.commitment(other) else { continue }
            expect(!there.time.overlaps(time), "its patient is at \(other.id) then")
            guard there.date == sitting.times.date else { continue }
            // What was judged beside it may have been judged after it, though its fact stands before: under the same
            // rule one of the two would have been refused, under another perhaps neither.
            let beside = other.made > low && other.versions[0].position != position
            if beside, policies.count > 1 || policies != model.policies(of: there.department, from: low, to: position) {
                continue
            }
            onDay += 1
            if there.department == department { inDepartment += 1 }
        }
        expect(
            policies.contains {
                ($0.perDay == 0 || onDay < $0.perDay)
                    && ($0.perDayDepartment == 0 || inDepartment < $0.perDayDepartment)
            }, "its patient has \(onDay) appointments that day, \(inDepartment) in the department")
    }

    // MARK: Changes

    private func changed(_ change: Change) {
        guard let visit = open(change) else { return }
        let old = visit.last.state
        guard event.answer != nil else {
            expect(event.by == .system, "a change without a key is the engine's own")
            expect(change.state == .expired && old == .held, "only holds expire, this is \(old)")
            return expect(visit.holdUntil.map { $0 <= event.at } ?? false, "the hold had time left")
        }
        let isAsked = commands {
            guard case .change(let id, let transition, let ifVersion, let reason) = $0 else { return false }
            return id == visit.id && NaiveModel.target(of: transition) == change.state && reason == change.reason
                && NaiveModel.mayBegin(transition, in: old)
                && (ifVersion == 0 || Int(ifVersion) == visit.versions.count)
                && isInTime(transition, visit)
        }
        expect(isAsked, "its write asked for something else, or it may not follow on \(old)")
    }

    private func isInTime(_ transition: Transition, _ visit: NaiveModel.Visit) -> Bool {
        guard let sitting = model.sittings[visit.id.session] else { return false }
        return switch transition {
        case .confirm: visit.holdUntil.map { $0 > event.at } ?? false
        case .arrive: model.date(at: event.at, position) >= sitting.times.date
        case .noShow: event.at.rawValue >= sitting.start(visit.slots.lowerBound)
        case .cancel, .call, .start, .complete, .stop: true
        }
    }

    private func open(_ change: Change) -> NaiveModel.Visit? {
        guard let visit = model.visits[change.appointment] else {
            chronicle.fail("there is no such appointment")
            return nil
        }
        expect(model.sittings[visit.id.session]?.archived == nil, "its session is archived")
        expect(change.patient == visit.patient, "it is another patient's")
        expect(Int(change.version) == visit.versions.count + 1, "it does not follow on version \(visit.versions.count)")
        return visit
    }

    private func moved(_ from: Change, _ to: Taken) {
        guard let visit = open(from) else { return }
        let old = visit.last.state
        let isAsked = commands {
            guard case .move(let id, let slot, let ifVersion, let reason) = $0 else { return false }
            return id == visit.id && slot == to.item.slot && reason == from.reason
                && (ifVersion == 0 || Int(ifVersion) == visit.versions.count)
        }
        expect(isAsked, "its write asked for something else")
        expect(from.state == .moved && (old == .held || old == .booked), "what is \(old) is not moved")
        expect(
            to.patient == visit.patient && to.service == visit.service && to.movedFrom == visit.id, "it became another")
        expect(to.state == old && to.holdUntil == (old == .held ? visit.holdUntil : nil), "it became another's hold")
        if old == .held { expect(visit.holdUntil.map { $0 > event.at } ?? false, "the hold had run out") }
        var trial = model
        trial.apply(Event(at: event.at, by: event.by, fact: .changed(from)), at: position)
        checkTaken(to, in: trial)
    }
}

extension Taken {
    /// What was asked for to get it.
    var item: Command.Item { .init(slot: SlotID(session: appointment.session, index: slot), service: service) }
}
