import Oracle
import Scheduling

// What clients want of no-shows and of limits over longer periods.
extension Draw {
    /// A ladder of which the first rung is soon reached, perhaps a second, perhaps a limit over a period.
    mutating func longerPeriods() -> [CatalogueDraft.PolicyTerm] {
        var terms: [CatalogueDraft.PolicyTerm] = []
        if random.chance(400) {
            var rung = CatalogueDraft.PolicyTerm(rule: .blocked, limit: UInt32(random.between(1...2)))
            if random.chance(500) { rung.channels = [.app, .kiosk, .window].filter { _ in random.chance(600) } }
            if random.chance(200) { rung.services = ["s\(random.below(plan.services))"] }
            rung.days = UInt32([1, 7, 90][random.below(3)])
            rung.blockDays = UInt32([1, 2, 30][random.below(3)])
            if random.chance(600) {
                rung.minutes = UInt32([30, 240, 2_880][random.below(3)])
                rung.weight = UInt32([50, 100][random.below(2)])
            }
            terms.append(rung)
            if random.chance(400) {
                rung.limit += 1
                rung.blockDays = 90
                terms.append(rung)
            }
        }
        if random.chance(250) {
            let days = UInt32([7, 31, 92][random.below(3)])
            terms.append(.init(rule: .perPeriod, limit: UInt32(random.between(1...4)), days: days))
        }
        return terms
    }

    /// An appeal about what speaks against somebody, or the decision on one; now and then about something else.
    mutating func appeal() -> Command? {
        let open = model.appeals.filter { $0.value.decision == nil }.keys.sorted { $0.rawValue < $1.rawValue }
        if !open.isEmpty, random.chance(500), let pleading = model.appeals[open[random.below(open.count)]] {
            let id = open.first { model.appeals[$0]?.filed == pleading.filed } ?? open[0]
            let granted = random.chance(500)
            return .decideAppeal(
                AppealStep(patient: pleading.patient, appointment: id, reason: "已核实", granted: granted))
        }
        guard let visit = visit({ $0 == .noShow || $0 == .cancelled }) else { return nil }
        return .fileAppeal(AppealStep(patient: visit.patient, appointment: visit.id, reason: "地铁停运"))
    }
}
