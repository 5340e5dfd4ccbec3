import Engine
import Oracle
import Scheduling

// Counts of days: each number lies between what was so at every moment between question and answer, and what may have
// been so at one.
extension AnswerJudge {
    func days(_ page: DayPage, of query: DayQuery) { DayJudge(self, query).check(page) }
}

/// One calendar beside what was asked for.
private struct DayJudge {
    let judge: AnswerJudge
    let query: DayQuery
    /// What the reading may reflect.
    private(set) var situation: Situation

    /// At least, and at most.
    private struct Bounds {
        var least = 0
        var most = 0

        mutating func add(_ units: ClosedRange<Int>, isSure: Bool) {
            if isSure { least += max(0, units.lowerBound) }
            most += max(0, units.upperBound)
        }

        func contains(_ value: UInt64) -> Bool { UInt64(least)...UInt64(max(least, most)) ~= value }
    }

    private struct Day {
        var (free, capacity, sold, sessions) = (Bounds(), Bounds(), Bounds(), Bounds())
    }

    init(_ judge: AnswerJudge, _ query: DayQuery) {
        self.judge = judge
        self.query = query
        let beside = judge.chronicle.beside([judge.execution]).flatMap(\.operation.writes)
        situation = Situation(
            judge.model, from: judge.low, to: judge.high, now: judge.execution.notBefore,
            beside: beside.map { Wish($0) })
        situation.clock = judge.clock
    }

    private var model: NaiveModel { judge.model }
    private func expect(_ holds: Bool, _ sentence: @autoclosure () -> String) { judge.expect(holds, sentence()) }

    func check(_ page: DayPage) {
        guard let from = query.from, let to = query.to else { return judge.chronicle.fail("its days were drawn") }
        expect(page.from == from, "its first day is \(page.from), and \(from) was asked for")
        guard page.days.count == Int(to.rawValue - from.rawValue) + 1 else {
            return judge.chronicle.fail("it tells \(page.days.count) days of \(from) to \(to)")
        }
        let unjudged = Situation.unjudged(
            channel: query.origin != nil, patient: query.patient != nil, patientClass: query.patientClass != nil,
            service: query.service != nil)
        expect(Set(page.unjudged) == unjudged, "it says that it has not judged \(page.unjudged)")
        var days = [Day](repeating: Day(), count: page.days.count)
        for sitting in model.sittingsInOrder { add(sitting, page.unjudged, from: from, to: &days) }
        for (index, (shown, bounds)) in zip(page.days, days).enumerated() {
            let date = from.advanced(days: Int32(index))
            func judge(_ value: UInt64, _ bounds: Bounds, _ what: String) {
                expect(
                    bounds.contains(value),
                    "it counts \(value) \(what) on \(date), where \(bounds.least) to \(bounds.most) were")
            }
            judge(shown.free, bounds.free, "free units")
            judge(shown.capacity, bounds.capacity, "units of capacity")
            judge(shown.sold, bounds.sold, "sold units")
            judge(UInt64(shown.sessions), bounds.sessions, "sessions")
        }
    }

    /// What a session may add to each day, and what it surely does.
    private func add(_ sitting: NaiveModel.Sitting, _ unjudged: [Rule], from: LocalDate, to days: inout [Day]) {
        guard sitting.opened <= judge.high, sitting.archived.map({ $0 > judge.low }) ?? true, mayBeWanted(sitting)
        else { return }
        // One in which all has ended may go to the history table before the journal tells of it.
        let isSure =
            sitting.opened <= judge.low && sitting.archived == nil && isSurelyWanted(sitting)
            && !(model.mayBeArchived(sitting.id)
                && sitting.start(sitting.capacities.count) <= judge.chronicle.latestMoment)
        var seen = Set<Int>()
        for slot in sitting.capacities.indices {
            let day = Int(sitting.date(slot).rawValue - from.rawValue)
            guard days.indices.contains(day) else { continue }
            if seen.insert(day).inserted { days[day].sessions.add(1...1, isSure: isSure) }
            let capacity = sitting.capacities[slot]
            days[day].capacity.add(capacity...capacity, isSure: isSure)
            days[day].sold.add(situation.taken(sitting, slot), isSure: isSure)
            add(free: slot, of: sitting, unjudged, isSure: isSure, to: &days[day].free)
        }
    }

    /// The units that a search may list for a slot.
    private func add(
        free first: Int, of sitting: NaiveModel.Sitting, _ unjudged: [Rule], isSure: Bool, to bounds: inout Bounds
    ) {
        let unjudged = unjudged.filter { !AnswerJudge.judgedInPart.contains($0) }
        let demands = query.service.map { situation.demands(of: $0) } ?? [Wish.Demand(slots: 1, units: 1)]
        var (least, most) = (Int?.none, 0)
        for demand in demands {
            guard first + demand.slots <= sitting.capacities.count else {
                least = 0
                continue
            }
            let slots = (first..<first + demand.slots).map { situation.free(sitting, $0) }
            let wish = Wish.take(
                [
                    Wish.Place(
                        slot: SlotID(session: sitting.id, index: UInt16(first)), service: query.service, demand: demand,
                        patientClass: query.patientClass)
                ], for: query.patient, isHold: false, by: query.origin ?? .system)
            // What the clock says is asked for itself: slots that begin about now may have begun for the engine, and a
            // standby may not know yet of the moment that its primary has told.
            let (surelyAhead, mayBeAhead) = (
                sitting.start(first) > judge.chronicle.latestMoment,
                !judge.execution.isOfPrimary || sitting.start(first) > judge.execution.notBefore.rawValue
            )
            let upper = slots.map(\.upperBound).min() ?? 0
            let mayBeListed =
                mayBeAhead && upper >= demand.units
                && situation.surelyRefuses(wish, leavingOut: unjudged + [.slotPast, .slotFull]) == nil
            most = max(most, mayBeListed ? upper : 0)
            let lower = slots.map(\.lowerBound).min() ?? 0
            // Of a rule that needs a service it has judged what concerns every service, where it knows the channel.
            let leftOut = unjudged.filter { $0 != .channelClosed || query.origin == nil }
            let isListed =
                surelyAhead && lower >= demand.units && !situation.mayRefuse(wish, leavingOut: leftOut)
            least = min(least ?? .max, isListed ? lower : 0)
        }
        bounds.add((least ?? 0)...max(least ?? 0, most), isSure: isSure)
    }

    // MARK: Which sessions

    private func isNamed(_ sitting: NaiveModel.Sitting) -> Bool {
        if query.departments.isEmpty, query.pools.isEmpty { return true }
        return query.pools.contains(sitting.id.pool)
            || model.department(of: sitting.id.pool).map(query.departments.contains) ?? false
    }

    private func mayBeWanted(_ sitting: NaiveModel.Sitting) -> Bool {
        let pools = situation.pools(sitting.id.pool)
        return isNamed(sitting) && !pools.isEmpty
            && (query.service.map { service in pools.contains { $0.services.contains(service) } } ?? true)
    }

    private func isSurelyWanted(_ sitting: NaiveModel.Sitting) -> Bool {
        let pools = situation.pools(sitting.id.pool)
        return isNamed(sitting)
            && (query.service.map { service in pools.allSatisfy { $0.services.contains(service) } } ?? true)
    }
}
