import Engine
import Scheduling

/// Judges a page of free slots: each is one that was asked for and was free at a moment between question and answer,
/// and every slot up to the page's end that was asked for and free all the time is there.
struct SearchChecker {
    let chronicle: Chronicle
    let execution: Execution
    /// What is on disk now.
    let high: UInt64
    let query: SlotQuery

    private var model: NaiveModel { chronicle.model }
    /// What the reading may reflect: from what was applied everywhere when it began, to `high`.
    private var low: UInt64 { execution.settled }
    private func expect(_ holds: Bool, _ sentence: @autoclosure () -> String) { chronicle.expect(holds, sentence()) }

    /// A slot's place in the order of pages.
    private typealias Place = (start: Int64, slot: UInt64)

    func check(_ page: SlotPage) {
        for slot in page.slots { check(slot) }
        let order = page.slots.map { Place($0.start.rawValue, $0.slot.rawValue) }
        expect(zip(order, order.dropFirst()).allSatisfy { $0 < $1 }, "it is out of order")
        expect(
            page.more ? page.slots.count == query.limit : page.slots.count <= query.limit,
            "it offers \(page.slots.count) slots where \(query.limit) were asked for\(page.more ? ", and says more" : "")"
        )
        let shown = Set(page.slots.map(\.slot))
        for sitting in model.sittingsInOrder where sitting.opened <= low && sitting.archived == nil {
            missing(sitting, shown, upTo: page.more ? order.last : nil)
        }
    }

    // MARK: What was asked for

    /// The days asked for; nil where that depends on what day it is.
    private var days: ClosedRange<LocalDate>? {
        query.from.map { $0...(query.to ?? (query.nextFree ? LocalDate.range.upperBound : $0)) }
    }

    private func isAfter(_ place: Place) -> Bool {
        query.after.map { place > Place($0.start.rawValue, $0.slot.rawValue) } ?? true
    }

    /// The pools as they were between question and answer.
    private func versions(_ pool: PoolID) -> [Pool] {
        pool.rawValue <= model.pools.count ? model.pools[Int(pool.rawValue) - 1].inForce(low, high) : []
    }

    /// The units of the slots a search's service takes, if that never changed meanwhile.
    private var demand: (slots: Int, units: Int)? {
        guard let service = query.service else { return (1, 1) }
        guard Int(service.rawValue) <= model.services.count else { return nil }
        let versions = model.services[Int(service.rawValue) - 1].inForce(low, high)
        guard let first = versions.first,
            versions.allSatisfy({ $0.slots == first.slots && $0.units == first.units })
        else { return nil }
        return (Int(first.slots), Int(first.units))
    }

    // MARK: What is there

    private func check(_ free: FreeSlot) {
        guard let sitting = model.sittings[free.slot.session] else {
            return chronicle.fail("it offers a slot of \(free.slot.session), which is not on disk")
        }
        let first = Int(free.slot.index)
        let which = "slot \(first) of \(sitting.id)"
        expect(days?.contains(sitting.times.date) ?? true, "it offers \(which), of a day that was not asked for")
        expect(isAfter(Place(free.start.rawValue, free.slot.rawValue)), "it offers \(which) once more")
        expect(
            query.department.map { $0 == model.department(of: sitting.id.pool) } ?? true,
            "it offers \(which), of another department")
        expect(
            query.service.map { service in
                versions(sitting.id.pool).contains { $0.services.contains(service) }
            } ?? true, "it offers \(which), where there is no such service")
        guard let demand else { return }
        guard first + demand.slots <= sitting.capacities.count else { return chronicle.fail("it offers a slot beyond") }
        expect(
            free.start.rawValue == sitting.start(first) && free.end.rawValue == sitting.start(first + demand.slots),
            "it offers \(which) at another time")
        // A standby may not know yet of the moment that its primary has told.
        expect(!execution.isOfPrimary || free.start > execution.notBefore, "it offers \(which), which had begun")
        expect(Int(free.free) >= demand.units, "it offers \(which), where \(demand.units) units are asked for")
        let slots = first..<first + demand.slots
        // Between what surely was taken (at every moment) and what may have been, claims included, lies what it says.
        let least = slots.map { sitting.capacities[$0] - mostTaken(sitting, $0) }.min() ?? 0
        let most = slots.map { sitting.capacities[$0] - leastTaken(sitting, $0) }.min() ?? 0
        expect(
            (least...max(least, most)).contains(Int(free.free)),
            "it offers \(free.free) units at \(which), where \(least) to \(most) were free")
        expect(Int(free.capacity) == slots.map { sitting.capacities[$0] }.min(), "it tells another capacity")
    }

    // MARK: What is not

    private func missing(_ sitting: NaiveModel.Sitting, _ shown: Set<SlotID>, upTo end: Place?) {
        let pools = versions(sitting.id.pool)
        guard let demand, let days, days.contains(sitting.times.date), !pools.isEmpty,
            query.department.map({ $0 == model.department(of: sitting.id.pool) }) ?? true,
            query.service.map({ service in pools.allSatisfy { $0.services.contains(service) } }) ?? true
        else { return }
        for first in sitting.capacities.indices.dropLast(demand.slots - 1) {
            let slot = SlotID(session: sitting.id, index: UInt16(first))
            let place = Place(sitting.start(first), slot.rawValue)
            // Slots that begin about now may have begun for the engine.
            guard sitting.start(first) > chronicle.wallClockBound, isAfter(place), end.map({ place < $0 }) ?? true
            else { continue }
            let slots = first..<first + demand.slots
            let isFree = slots.allSatisfy { sitting.capacities[$0] - mostTaken(sitting, $0) >= demand.units }
            expect(!isFree || shown.contains(slot), "it does not offer slot \(first) of \(sitting.id), which is free")
        }
    }

    private func mostTaken(_ sitting: NaiveModel.Sitting, _ slot: Int) -> Int {
        let check = RefusalCheck(
            model: model, low: low, high: high, at: execution.notBefore, beside: chronicle.beside([execution]))
        return model.mostTaken(sitting.id, slot: slot, from: low, to: high) + check.claimed(sitting.id, slot)
    }

    private func leastTaken(_ sitting: NaiveModel.Sitting, _ slot: Int) -> Int {
        sitting.visits.reduce(0) { sum, id in
            guard let visit = model.visits[id], visit.slots.contains(slot), visit.made <= low,
                let first = visit.version(at: low),
                visit.versions[first...].allSatisfy({ $0.position > high || NaiveModel.occupies($0.state) })
            else { return sum }
            return sum + visit.units
        }
    }
}
