import Engine
import Oracle
import Scheduling

// Pages of free slots: each is one that was asked for and was free at a moment between question and answer, and every
// slot up to the page's end that was asked for and free all the time is there.
extension AnswerJudge {
    func page(_ page: SlotPage, of query: SlotQuery) { PageJudge(self, query).check(page) }

    /// Rules that judge, of a search that does not name all they need, what concerns everybody.
    static let judgedInPart: Set<Rule> = [.notReleased, .bookingClosed, .blocked, .perPeriod]

    /// Between which moments a reading was judged: a standby may not know yet of the moment that its primary has told.
    var clock: ClosedRange<Instant> {
        let earliest = execution.isOfPrimary ? execution.notBefore : Instant(rawValue: 0)
        return earliest...max(earliest, Instant(rawValue: chronicle.latestMoment))
    }
}

/// One page beside what was asked for.
private struct PageJudge {
    let judge: AnswerJudge
    let query: SlotQuery
    /// What the reading may reflect: from what was applied everywhere when it began, to what is on disk now.
    private(set) var situation: Situation

    init(_ judge: AnswerJudge, _ query: SlotQuery) {
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

    /// A slot's place in the order of pages.
    private typealias Place = (start: Int64, slot: UInt64)

    func check(_ page: SlotPage) {
        for slot in page.slots { check(slot, page.unjudged.filter { !AnswerJudge.judgedInPart.contains($0) }) }
        let unjudged = Situation.unjudged(
            channel: query.origin != nil, patient: query.patient != nil, patientClass: query.patientClass != nil,
            service: query.service != nil)
        expect(Set(page.unjudged) == unjudged, "it says that it has not judged \(page.unjudged)")
        let order = page.slots.map { Place($0.start.rawValue, $0.slot.rawValue) }
        expect(zip(order, order.dropFirst()).allSatisfy { $0 < $1 }, "it is out of order")
        expect(
            page.more ? page.slots.count == query.limit : page.slots.count <= query.limit,
            "it offers \(page.slots.count) slots where \(query.limit) were asked for\(page.more ? ", and says more" : "")"
        )
        let shown = Set(page.slots.map(\.slot))
        for sitting in model.sittingsInOrder where sitting.opened <= judge.low && sitting.archived == nil {
            // Of a rule that needs a service it has judged what concerns every service, where it knows the channel.
            let leftOut = page.unjudged.filter {
                ($0 != .channelClosed || query.origin == nil) && !AnswerJudge.judgedInPart.contains($0)
            }
            missing(sitting, shown, leftOut, upTo: page.more ? order.last : nil)
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

    /// What the search's service takes, if that never changed meanwhile.
    private var demand: Wish.Demand? {
        guard let service = query.service else { return Wish.Demand(slots: 1, units: 1) }
        let demands = Set(situation.demands(of: service))
        return demands.count == 1 ? demands.first : nil
    }

    private func isOfDepartment(_ sitting: NaiveModel.Sitting) -> Bool {
        query.department.map { $0 == model.department(of: sitting.id.pool) } ?? true
    }

    // MARK: What is there

    /// A booking of the slot, as the search asks for it.
    private func wish(_ slot: SlotID, _ demand: Wish.Demand) -> Wish {
        .take(
            [Wish.Place(slot: slot, service: query.service, demand: demand, patientClass: query.patientClass)],
            for: query.patient, isHold: false, by: query.origin ?? .system)
    }

    private func check(_ offer: FreeSlot, _ unjudged: [Rule]) {
        guard let sitting = model.sittings[offer.slot.session] else {
            return judge.chronicle.fail("it offers a slot of \(offer.slot.session), which is not on disk")
        }
        let first = Int(offer.slot.index)
        let which = "slot \(first) of \(sitting.id)"
        expect(days?.contains(sitting.date(first)) ?? true, "it offers \(which), of a day that was not asked for")
        expect(isAfter(Place(offer.start.rawValue, offer.slot.rawValue)), "it offers \(which) once more")
        expect(isOfDepartment(sitting), "it offers \(which), of another department")
        expect(
            query.service.map { service in
                situation.pools(sitting.id.pool).contains { $0.services.contains(service) }
            } ?? true, "it offers \(which), where there is no such service")
        guard let demand else { return }
        guard first + demand.slots <= sitting.capacities.count else {
            return judge.chronicle.fail("it offers a slot beyond")
        }
        expect(
            offer.start.rawValue == sitting.start(first) && offer.end.rawValue == sitting.start(first + demand.slots),
            "it offers \(which) at another time")
        // A standby may not know yet of the moment that its primary has told.
        expect(
            !judge.execution.isOfPrimary || offer.start > judge.execution.notBefore,
            "it offers \(which), which had begun")
        expect(Int(offer.free) >= demand.units, "it offers \(which), where \(demand.units) units are asked for")
        let slots = first..<first + demand.slots
        // Between what surely was taken (at every moment) and what may have been, claims included, lies what it says.
        let free = slots.map { situation.free(sitting, $0) }
        let least = free.map(\.lowerBound).min() ?? 0
        let most = free.map(\.upperBound).min() ?? 0
        expect(
            (least...most).contains(Int(offer.free)),
            "it offers \(offer.free) units at \(which), where \(least) to \(most) were free")
        // What the clock says was looked at above.
        let rule = situation.surelyRefuses(wish(offer.slot, demand), leavingOut: unjudged + [.slotPast, .slotFull])
        expect(rule == nil, "it offers \(which), which \(rule?.name ?? "") refuses")
        expect(Int(offer.capacity) == slots.map { sitting.capacities[$0] }.min(), "it tells another capacity")
    }

    // MARK: What is not

    private func missing(
        _ sitting: NaiveModel.Sitting, _ shown: Set<SlotID>, _ unjudged: [Rule], upTo end: Place?
    ) {
        let pools = situation.pools(sitting.id.pool)
        guard let demand, let days, !pools.isEmpty, isOfDepartment(sitting),
            query.service.map({ service in pools.allSatisfy { $0.services.contains(service) } }) ?? true
        else { return }
        for first in sitting.capacities.indices.dropLast(demand.slots - 1) {
            guard days.contains(sitting.date(first)) else { continue }
            let slot = SlotID(session: sitting.id, index: UInt16(first))
            let place = Place(sitting.start(first), slot.rawValue)
            // Slots that begin about now may have begun for the engine.
            guard sitting.start(first) > judge.chronicle.latestMoment, isAfter(place), end.map({ place < $0 }) ?? true
            else { continue }
            let slots = first..<first + demand.slots
            let isFree =
                slots.allSatisfy { situation.free(sitting, $0).lowerBound >= demand.units }
                && !situation.mayRefuse(wish(slot, demand), leavingOut: unjudged)
            expect(!isFree || shown.contains(slot), "it does not offer slot \(first) of \(sitting.id), which is free")
        }
    }
}
