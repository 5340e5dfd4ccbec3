package import Journal
import NIOCore

/// What a server has done since its start and has at hand now, over all its event loops.
package struct ServerCounters: Sendable {
    /// Summed over the loops.
    package internal(set) var totals = LoopCounters()
    /// Connections that have said hello.
    package var connections: Int
    /// Most of them that are taken.
    package var connectionLimit: Int
    /// Live subscriptions.
    package var subscriptions: Int
    /// Requests taken and not answered yet; a batch counts as the requests it holds.
    package internal(set) var inFlight = 0
    /// Up to where the slowest subscription has been given everything; nil without subscriptions.
    package internal(set) var slowestFeed: Position?

    mutating func add(_ loop: LoopReading) {
        totals.add(loop.counters)
        inFlight += loop.inFlight
        if let feed = loop.slowestFeed { slowestFeed = min(slowestFeed ?? feed, feed) }
    }
}

/// The same for one event loop.
struct LoopReading: Sendable {
    var counters: LoopCounters
    var inFlight: Int
    var slowestFeed: Position?
}

extension Server {
    /// Asks every event loop for what it has counted. A loop that has ended counts no more.
    package func counters() async -> ServerCounters {
        var sum = ServerCounters(
            connections: census.greeted, connectionLimit: configuration.limits.connections,
            subscriptions: census.subscriptions)
        guard !isStopping else { return sum }
        for loop in loops {
            if let reading = try? await loop.eventLoop.submit({ loop.value.reading }).get() { sum.add(reading) }
        }
        return sum
    }
}
