import Engine
import Journal
import Oracle
import Scheduling

/// Judges what a record may say, in the light of all facts before it and of what was asked: nothing invented, nothing
/// oversold, every rule kept at the position where the fact stands, every refusal right.
struct FactJudge {
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
        low =
            event.isOfRoll(chronicle.plan)
            ? chronicle.began : underWay.map(\.settled).min() ?? chronicle.settled
    }

    var model: NaiveModel { chronicle.model }
    /// What the requests asked that may have led to it.
    var commands: [Command] { underWay.flatMap(\.operation.writes).map(\.command) + roll }
    func expect(_ holds: Bool, _ sentence: @autoclosure () -> String) { chronicle.expect(holds, sentence()) }

    func check() {
        expect(event.at >= chronicle.latestBefore, "time went back over a restart")
        expect(event.at.rawValue <= chronicle.latestMoment, "it tells of a moment that has not come")
        if event.by != .system {
            guard !underWay.isEmpty else { return chronicle.fail("nobody who was waiting had asked for it") }
            let notBefore = underWay.map(\.notBefore).min() ?? event.at
            expect(event.at >= notBefore, "it tells of a moment before one that was told when its request came")
        }
        if let answer = event.answer { checkKey(answer.key) }
        let wishes = (event.answer.map { chronicle.writesByKey[$0.key] ?? [] } ?? []).map { Wish($0) }
        if let objection = situation.objection(to: event, askedBy: wishes) { chronicle.fail(objection) }
        if let objection = somewhere.objection(toRefusalsIn: event, askedBy: wishes) { chronicle.fail(objection) }
        checkAsked()
        checkWhole()
        if case .refused(let refusal, _, _) = event.fact { chronicle.coverage.note("refused: \(refusal.rule)") }
    }

    /// A refusal by a pool is true at its place, beside what others claimed; one by catalogue or patient was decided
    /// somewhere before it. Any other fact stands in the order in which it was decided.
    private var situation: Situation {
        guard case .refused(let refusal, _, _) = event.fact else {
            return Situation(model, factAt: position, decidedFrom: low, now: event.at)
        }
        let isOfPool = [
            .slotFull, .numbersExhausted, .version, .state, .holdExpired, .tooEarly, .tooLate, .sessionStopped, .quota,
        ].contains(refusal.rule)
        return Situation(
            model, from: low, to: position - 1, now: event.at, beside: beside, isInPlace: isOfPool)
    }

    /// As things were anywhere between the question and the fact.
    private var somewhere: Situation {
        Situation(model, from: low, to: position - 1, now: event.at, beside: beside)
    }

    private var beside: [Wish] {
        chronicle.beside(underWay).flatMap(\.operation.writes).filter { $0.key != event.answer?.key }.map { Wish($0) }
    }

    private func checkKey(_ key: IdempotencyKey) {
        expect(event.by != .system, "the engine answered a key of its own")
        guard let last = chronicle.recordsByKey[key]?.last, let before = chronicle.events[Int(last) - 1] else { return }
        let age = event.at.rawValue - before.at.rawValue
        expect(age > chronicle.plan.keyWindowMilliseconds, "record \(last) had answered its key \(age) ms before")
    }
}

extension Event {
    /// Whether the engine may have opened or withdrawn this session by itself: what it decided that on is how things
    /// stood at some moment of its process.
    func isOfRoll(_ plan: Plan) -> Bool {
        guard plan.roll != nil, by == .system else { return false }
        return switch fact {
        case .sessionOpened, .sessionWithdrawn: true
        default: false
        }
    }
}

extension Wish {
    /// What a write asks for.
    init(_ write: Write) {
        switch write.command {
        case .book(let patient, let item, let hold):
            self = .take([Place(item)], for: patient, isHold: hold, by: write.by)
        case .bookTogether(let patient, let items, let hold):
            self = .take(items.map { Place($0) }, for: patient, isHold: hold, by: write.by)
        case .change(let id, let transition, let ifVersion, let reason):
            self = .change(id, transition, ifVersion: ifVersion, reason: reason, by: write.by)
        case .confirmPaid(let id, let payment, let ifVersion, let reason):
            self = .change(id, .confirm, ifVersion: ifVersion, reason: reason, payment: payment, by: write.by)
        case .reportPayment(let id, let payment): self = .pay(id, payment, by: write.by)
        case .bookAny(let patient, let items, let hold):
            self = .choose(items.map { Place($0) }, for: patient, isHold: hold, by: write.by)
        case .move(let id, let slot, let ifVersion, let reason):
            self = .move(id, to: slot, ifVersion: ifVersion, reason: reason, by: write.by)
        default: self = .other(write.command, by: write.by)
        }
    }
}

extension Wish.Place {
    fileprivate init(_ item: Command.Item) {
        self.init(slot: item.slot, service: item.service, patientClass: item.patientClass)
    }
}
