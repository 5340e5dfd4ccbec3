package import HaoyuanClient
package import Terminal

/// What a load asks for, and how.
package enum BenchScenario: String, CaseIterable, Sendable {
    case steady, unpipelined, pipelined, batch, storm, seats, search, days, held, together, mixed

    /// How a load is sent when nothing else is said.
    package struct Shape: Equatable, Sendable {
        package var connections: Int
        /// Requests unanswered on each connection, at most.
        package var depth: Int
        /// Bookings of one frame.
        package var perFrame = 1
        /// Operations of a pass.
        package var count = 200_000
        /// Passes that are measured.
        package var passes = 3
        /// Operations meant to be sent in a second; nil for a closed loop.
        package var rate: Double?
        /// Event loops of the load.
        var loops = 1
    }

    package var shape: Shape {
        switch self {
        case .steady: Shape(connections: 50, depth: 256, count: 30_000, passes: 1, rate: 1_000)
        case .unpipelined: Shape(connections: 200, depth: 1, count: 100_000)
        case .pipelined: Shape(connections: 50, depth: 16, count: 400_000)
        case .batch: Shape(connections: 4, depth: 1, perFrame: 8_192, count: 400_000)
        case .storm: Shape(connections: 10_000, depth: 256, count: 100_000, passes: 1, rate: 100_000, loops: 2)
        case .seats, .mixed: Shape(connections: 50, depth: 16)
        case .search, .days: Shape(connections: 50, depth: 16)
        case .held, .together: Shape(connections: 50, depth: 16, count: 100_000)
        }
    }

    /// What is asked for, as people read it.
    package var sentence: String {
        switch self {
        case .steady: "bookings at a rate that does not depend on the server"
        case .unpipelined: "bookings, one under way on each connection"
        case .pipelined: "bookings, several under way on each connection, each acknowledged by itself"
        case .batch: "bookings in batch frames, each with its own outcome"
        case .storm: "the release minute: many people want few numbers at once"
        case .seats: "10 % cancel, 10 % find, 35 % look for free slots, 20 % book, 25 % move"
        case .search: "free slots of a department's week"
        case .days: "the calendar of a department's month: free, sold and capacity of each day"
        case .held: "hold, then confirm four of five; the fifth is left to expire"
        case .together: "three slots at once, all or none"
        case .mixed: "95 % reading (free slots, a patient's appointments), 5 % booking"
        }
    }

    /// Shares of the kinds of operations, where a load is made of several.
    var weights: [BenchKind: Int] {
        switch self {
        case .steady, .unpipelined, .pipelined, .batch, .storm: [.book: 1]
        case .seats: [.cancel: 10, .find: 10, .search: 35, .book: 20, .move: 25]
        case .search: [.search: 1]
        case .days: [.days: 1]
        case .held: [.hold: 1]
        case .together: [.together: 1]
        case .mixed: [.search: 85, .find: 10, .book: 5]
        }
    }

    /// Whether nothing but bookings is asked for, one after the other from a list.
    package var isBookingsOnly: Bool { weights == [.book: 1] }
}

/// What one operation does. The numbers are the kinds of a load.
enum BenchKind: Int, CaseIterable, Sendable {
    case book, hold, confirm, cancel, move, together, find, search, days

    var word: String {
        switch self {
        case .together: "book together"
        case .find: "find a patient's appointments"
        case .search: "look for free slots"
        case .days: "look at a month's calendar"
        default: "\(self)"
        }
    }
}

/// Everything that decides a measurement.
package struct BenchPlan: Sendable {
    package var scenario: BenchScenario
    package var shape: BenchScenario.Shape
    package var arrivals = Arrivals.poisson
    /// Operations before the first pass that are sent and not measured; none in a storm.
    package var warmUp: Int
    package var clientLoops: Int
    /// Event loops and shards of the server that is started; nil for its defaults.
    package var serverLoops: Int?
    package var syncDelay: SpanArgument?
    /// Numbers that there are in a storm.
    package var numbers = 3_000
    /// Most slots of one search's answer.
    package var slotsPerSearch = 10
    package var seed: UInt64 = 1
    /// Appointments that the started server has before, two for each patient.
    package var resident = 0
    /// A server that runs already; nil to start one.
    package var address: ClientConfiguration.Address?
    package var credential = ""
    package var goals = BenchGoals()
    var executable = BenchServer.ownExecutable

    package init(_ scenario: BenchScenario) {
        self.scenario = scenario
        shape = scenario.shape
        warmUp = scenario == .storm ? 0 : shape.count / 4
        clientLoops = shape.loops
    }

    /// People that there are: each books once in a pass; where they cancel again, fewer do.
    var patients: Int {
        switch scenario {
        case .search, .days: 1
        case .seats: min(shape.count, 20_000)
        case .mixed: max(1_000, max(shape.count, warmUp) / 12)
        default: max(shape.count, warmUp)
        }
    }

    /// Days with sessions: one for each pass and one for the warm-up, so that nobody need be in two places; a week to
    /// search, a month for its calendar.
    var days: Int {
        switch scenario {
        case .storm: 1
        case .days: 31
        default: max(7, shape.passes + 1)
        }
    }

    /// Units of each slot.
    var places: UInt32 {
        let slots = BenchSite.pools * BenchSite.slotsPerSession
        switch scenario {
        case .seats, .search, .days: return 1
        case .together: return UInt32(3 * (patients / slots + 1))
        default: return UInt32(patients / slots + 1)
        }
    }
}
