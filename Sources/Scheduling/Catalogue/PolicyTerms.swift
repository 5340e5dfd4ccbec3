/// 条款: one rule's terms within a policy, whom it concerns and what it allows. Which of them a rule reads, and what they
/// mean to it, stands with the rule.
package struct PolicyTerm: Hashable, Sendable {
    package var rule: Rule
    /// In the order of their ids; empty for every service.
    package var services: [ServiceID]
    /// In the order of their ids; empty for every pool that the policy judges.
    package var pools: [PoolID]
    /// In the order of their numbers.
    package var channels: [Channel]
    /// In the order of their numbers; empty for every class.
    package var classes: [PatientClass]
    package var limit: UInt32
    /// Of wall clocks: this time, so many days before the day of the slot.
    package var days: UInt16
    package var at: WallTime?
    /// Of elapsed time: so many minutes before the slot starts.
    package var minutes: UInt32
    /// How many days a block lasts.
    package var blockDays: UInt16
    /// What a late cancellation counts, in percent of a no-show.
    package var weight: UInt16

    /// Lists are taken as sets, so that terms which say the same are equal.
    package init(
        rule: Rule, services: [ServiceID] = [], pools: [PoolID] = [], channels: [Channel] = [],
        classes: [PatientClass] = [], limit: UInt32 = 0, days: UInt16 = 0, at: WallTime? = nil, minutes: UInt32 = 0,
        blockDays: UInt16 = 0, weight: UInt16 = 0
    ) {
        self.rule = rule
        self.services = Set(services).sorted { $0.rawValue < $1.rawValue }
        self.pools = Set(pools).sorted { $0.rawValue < $1.rawValue }
        self.channels = Set(channels).sorted { $0.rawValue < $1.rawValue }
        self.classes = Set(classes).sorted { $0.rawValue < $1.rawValue }
        self.limit = limit
        self.days = days
        self.at = at
        self.minutes = minutes
        self.blockDays = blockDays
        self.weight = weight
    }

    /// Whether both are of one rule, and concern the same.
    package func isOfScope(of other: borrowing PolicyTerm) -> Bool {
        rule == other.rule && services == other.services && pools == other.pools && channels == other.channels
            && classes == other.classes
    }

    /// Whether both are of one rule and one scope and say something else, so that only one of them can be meant.
    package func contradicts(_ other: PolicyTerm) -> Bool {
        guard isOfScope(of: other), self != other else { return false }
        let fields = rule.about.terms ?? []
        if fields.contains(.ladder) { return days == other.days && limit == other.limit }
        return fields.isDisjoint(with: [.staged, .period]) || (days == other.days && at == other.at)
    }

    /// Whether both are stages of one scope, of which the later has no larger limit.
    package func isUndone(by other: PolicyTerm) -> Bool {
        guard isOfScope(of: other), self != other, let at, let otherAt = other.at else { return false }
        // Days before the slot's: more of them are earlier.
        let isEarlier = (other.days, at.rawValue) < (days, otherAt.rawValue)
        return isEarlier ? limit >= other.limit : other.limit >= limit
    }

    /// Whether what is asked for is within its scope, channels and classes included. Terms that name services, channels
    /// or classes do not concern what names none.
    @inline(__always)
    func concerns(_ asking: borrowing Asking) -> Bool {
        let channel = asking.origin?.channel
        let patientClass = asking.patientClass
        return concerns(service: asking.service, pool: asking.slot.session.pool)
            && (channels.isEmpty || channel.map(channels.contains) ?? false)
            && (classes.isEmpty || patientClass.map(classes.contains) ?? false)
    }

    /// Whether its time has come, or no more than its minutes are left, for what starts then on this day.
    @inline(__always)
    func isOver(for day: LocalDate, _ start: Instant, at now: Instant, on wall: WallMoment) -> Bool {
        hasCome(for: day, on: wall)
            || minutes > 0 && now >= start.advanced(milliseconds: -Int64(minutes) * 60_000)
    }

    /// Whether its time has come on the wall clock for what is on this day; false where it has none.
    ///
    /// A time that a clock change skips has come with the change. One that comes twice has come at the first, and has
    /// not again from the change to the second.
    @inline(__always)
    func hasCome(for day: LocalDate, on wall: WallMoment) -> Bool {
        at.map { wall >= WallMoment(date: day.advanced(days: -Int32(days)), time: $0) } ?? false
    }

    /// Whether a booking of this service in this pool is within its scope; where no service is named, whether one of
    /// any service is. The pool is one that the policy judges.
    package func concerns(service: ServiceID?, pool: PoolID) -> Bool {
        (services.isEmpty || service.map(services.contains) ?? false) && (pools.isEmpty || pools.contains(pool))
    }
}

extension PolicyTerm {
    /// What is wrong with a term over a longer period; nil where nothing is, or it is none.
    static func periodFault(_ draft: CatalogueDraft.PolicyTerm, _ fields: TermFields) -> String? {
        if fields.contains(.period) {
            guard draft.limit > 0 else { return "limit: 0; say how many appointments, 1 or more" }
            guard [7, 31, 92].contains(draft.days) else {
                return "days: \(draft.days); say 7, 31 for a month or 92 for a quarter"
            }
        }
        guard fields.contains(.ladder) else { return nil }
        guard draft.limit > 0 else { return "limit: 0; say how many no-shows block, 1 or more" }
        guard draft.limit <= 1_000 else { return "limit: \(draft.limit); say 1 to 1000 no-shows" }
        guard draft.days > 0 else { return "days: 0; say within how many days, 1 to \(Limits.daysOfTerm)" }
        guard (1...Limits.daysOfTerm).contains(draft.blockDays) else {
            return "block_days: \(draft.blockDays); say how many days a block lasts, 1 to \(Limits.daysOfTerm)"
        }
        guard draft.minutes <= Limits.minutesOfConduct else {
            return "minutes: \(draft.minutes); a late cancellation is at most \(Limits.minutesOfConduct) minutes early"
        }
        guard draft.minutes == 0 || (1...100).contains(draft.weight) else {
            return "weight: \(draft.weight); say what a late cancellation counts, 1 to 100 percent of a no-show"
        }
        guard draft.minutes > 0 || draft.weight == 0 else {
            return "weight without minutes; say how many minutes before the start a cancellation is late"
        }
        return nil
    }
}
