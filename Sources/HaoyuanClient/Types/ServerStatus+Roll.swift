import Wire

extension ServerStatus {
    /// How far ahead a server opens sessions by itself, once a day.
    public struct Roll: Hashable, Sendable {
        /// Days beside today.
        public var days: UInt32
        /// When, on the hospital's clocks.
        public var at: WallTime
        /// The day on whose time the last was due; nil: none is known.
        public var day: LocalDate?
        /// The last day that it opened sessions for.
        public var through: LocalDate?
        /// Sessions that the last since the start opened.
        public var opened: UInt64
        /// Sessions that it withdrew.
        public var withdrawn: UInt64
        /// A sentence each for what it did not open, the first 100.
        public var conflicts: [String]
        /// How many of those there were in all.
        public var conflictCount: UInt64
        /// Why it did not come off and is tried again; empty when all is well.
        public var trouble: String

        init(_ wire: PBRollStatus) {
            days = wire.days
            at = WallTime(wire.at)
            day = wire.day.isEmpty ? nil : LocalDate(wire.day)
            through = wire.through.isEmpty ? nil : LocalDate(wire.through)
            opened = wire.opened
            withdrawn = wire.withdrawn
            conflicts = wire.conflicts
            conflictCount = wire.conflictCount
            trouble = wire.trouble
        }
    }
}
