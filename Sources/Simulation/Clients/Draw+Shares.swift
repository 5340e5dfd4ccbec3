import Oracle
import Scheduling

// Shares of sessions, and the classes of patients that they go by.
extension Draw {
    /// Often none: a request that does not say.
    mutating func patientClass() -> PatientClass? {
        random.chance(500) ? nil : random.pick(PatientClass.allCases)
    }

    /// One share or several, of channels, of classes, or of both. Sessions are small, so a unit or two is much.
    mutating func shares(_ department: Int?) -> [CatalogueDraft.PolicyTerm] {
        let pools = (0..<plan.pools).filter { pool in department.map { pool % plan.departments == $0 } ?? true }
        var terms: [CatalogueDraft.PolicyTerm] = []
        for _ in 0..<random.between(1...3) {
            var term = CatalogueDraft.PolicyTerm(
                rule: .quota, services: random.chance(200) ? ["s\(random.below(plan.services))"] : [],
                pools: pools.filter { _ in random.chance(300) }.map { "p\($0)" },
                channels: random.chance(700) ? [channel()] : [], limit: UInt32(random.between(1...3)))
            // One that names neither would be of everybody, and is refused.
            if term.channels.isEmpty || random.chance(300), let patientClass = random.pick(PatientClass.allCases) {
                term.classes = [patientClass]
            }
            giveBack(&term)
            // Two of one scope contradict each other.
            let hasScope = terms.contains {
                $0.services == term.services && $0.pools == term.pools && $0.channels == term.channels
                    && $0.classes == term.classes
            }
            if !hasScope { terms.append(term) }
        }
        return terms
    }

    private mutating func channel() -> Channel {
        random.pick(Array(Channel.allCases.filter { $0 != .system }.prefix(max(2, plan.clients)))) ?? .window
    }

    /// Says when the share is given back: never, or about now, so that it is while the world lasts.
    private mutating func giveBack(_ term: inout CatalogueDraft.PolicyTerm) {
        let way = random.below(4)
        if way == 1 || way == 3 {
            let zone = model.hospital.last?.zone ?? .utc
            let wall = zone.wall(at: now.advanced(milliseconds: Int64(random.below(4)) * 60_000))
            (term.days, term.at) = (UInt32(random.below(3)), wall.time)
        }
        if way >= 2, let session = session() {
            let ahead = (session.start(0) - now.rawValue) / 60_000 - Int64(random.below(3))
            term.minutes = UInt32(max(1, min(ahead, Int64(Limits.minutesOfTerm))))
        }
    }
}
