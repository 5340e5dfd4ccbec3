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

    /// Lists are taken as sets, so that terms which say the same are equal.
    package init(
        rule: Rule, services: [ServiceID] = [], pools: [PoolID] = [], channels: [Channel] = [],
        classes: [PatientClass] = [], limit: UInt32 = 0, days: UInt16 = 0, at: WallTime? = nil, minutes: UInt32 = 0
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
    }

    private func isOfSameScope(as other: PolicyTerm) -> Bool {
        rule == other.rule && services == other.services && pools == other.pools && channels == other.channels
            && classes == other.classes
            && (rule.about.terms?.contains(.staged) != true || (days == other.days && at == other.at))
    }

    /// Whether both are of one rule and one scope and say something else, so that only one of them can be meant.
    package func contradicts(_ other: PolicyTerm) -> Bool {
        isOfSameScope(as: other) && self != other
    }

    /// Whether a booking of this service in this pool is within its scope; where no service is named, whether one of
    /// any service is. The pool is one that the policy judges.
    package func concerns(service: ServiceID?, pool: PoolID) -> Bool {
        (services.isEmpty || service.map(services.contains) ?? false) && (pools.isEmpty || pools.contains(pool))
    }
}
