import Scheduling

// What a report reads of policies, said once more: when a cancellation was late, and when a session began to be sold.
extension Situation {
    private var zone: TimeZoneRules { model.hospital.last?.zone ?? .utc }

    private func policies(of sitting: NaiveModel.Sitting) -> [Policy] {
        model.department(of: sitting.id.pool).map { model.policies(of: $0, in: catalogue) } ?? []
    }

    /// When a term's time comes for a day, in minutes since 1970 began on the wall; nil where it has none.
    private func comes(_ term: PolicyTerm, _ day: LocalDate) -> Int? {
        term.at.map { (Int(day.rawValue) - Int(term.days)) * 1_440 + Int($0.rawValue) }
    }

    /// Whether an appointment was cancelled after it was too late to, for some channel; nil where one policy says so
    /// and another does not.
    func isLate(_ visit: NaiveModel.Visit, _ sitting: NaiveModel.Sitting, at moment: Instant) -> Bool? {
        let first = visit.slots.lowerBound
        let wall = zone.wall(at: moment)
        let minute = Int(wall.date.rawValue) * 1_440 + Int(wall.time.rawValue)
        let said = policies(of: sitting).map { policy in
            policy.terms.contains { term in
                guard term.rule == .tooLate, term.services.isEmpty || term.services.contains(visit.service),
                    term.pools.isEmpty || term.pools.contains(sitting.id.pool)
                else { return false }
                let hasCome = comes(term, sitting.date(first)).map { $0 <= minute } ?? false
                let left = sitting.start(first) - moment.rawValue
                return hasCome || term.minutes > 0 && left <= Int64(term.minutes) * 60_000
            }
        }
        return Set(said).count == 1 ? said[0] : nil
    }

    /// From when on a session was sold, in milliseconds since 1970: its opening, to the second, or the first stage of a
    /// release, whichever is later. One for each policy that says another.
    func saleBegins(_ sitting: NaiveModel.Sitting) -> [Int64] {
        let opened = sitting.openedAt.rawValue / 1_000 * 1_000
        return Array(
            Set(
                policies(of: sitting).map { policy in
                    let stages = policy.terms.filter { term in
                        term.rule == .notReleased && (term.pools.isEmpty || term.pools.contains(sitting.id.pool))
                    }
                    let begins = stages.compactMap { stage in
                        stage.at.map {
                            zone.instant(of: sitting.date(0).advanced(days: -Int32(stage.days)), $0).rawValue
                        }
                    }
                    return max(opened, begins.min() ?? opened)
                })
        ).sorted()
    }
}
