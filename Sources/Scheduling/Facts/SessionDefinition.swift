/// A session as it was opened.
package struct SessionDefinition: Hashable, Sendable {
    package var id: SessionID
    package var times: SessionTimes
    package var template: TemplateID?
    /// Units of each slot; as many as `times.slots`.
    package var capacities: [UInt16]
    /// What clocks on the wall were to show at its start; nil where it was opened before that was kept. By it a clock
    /// change that has become another is told from hours that have.
    package var wallStart: WallTime?
    /// When it was opened, to the second. A fact does not say it again, for its event does; tables do. Nil where it was
    /// opened before that was kept.
    package var opened: Instant?

    package init(
        id: SessionID, times: SessionTimes, template: TemplateID?, capacities: [UInt16], wallStart: WallTime? = nil
    ) {
        precondition(capacities.count == Int(times.slots), "every slot has a capacity")
        self.id = id
        self.times = times
        self.template = template
        self.capacities = capacities
        self.wallStart = wallStart
    }

    /// The same as a fact of this moment opens it.
    package func opened(at: Instant) -> SessionDefinition {
        var opened = self
        // What is written of it stands behind the wall time.
        if wallStart != nil { opened.opened = Instant(rawValue: max(0, at.rawValue) / 1_000 * 1_000) }
        return opened
    }

    /// The same with the days of its slots, which are those of the zone where it was opened before they were kept.
    package func resolved(in zone: TimeZoneRules) -> SessionDefinition {
        var resolved = self
        resolved.times = times.resolved(in: zone)
        return resolved
    }
}
