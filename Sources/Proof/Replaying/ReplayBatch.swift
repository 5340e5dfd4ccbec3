import HaoyuanClient
import Hosting
import Terminal

/// Writes of a replay that travel together, each with its place among all that were asked at that moment.
struct ReplayBatch: Sendable {
    struct Outcomes: Sendable {
        var bookings: [Outcome] = []
        var changes: [Outcome] = []
    }

    private var bookings: [BookingRequest] = []
    private var changes: [ChangeRequest] = []
    private(set) var bookingPlaces: [Int] = []
    private(set) var changePlaces: [Int] = []

    private static let most = 8_192

    var isEmpty: Bool { bookings.isEmpty && changes.isEmpty }

    /// Batch frames it takes.
    var frames: Int { (bookings.count + changes.count + Self.most - 1) / Self.most }

    mutating func add(_ booking: BookingRequest, place: Int) {
        bookings.append(booking)
        bookingPlaces.append(place)
    }

    mutating func add(_ change: ChangeRequest, place: Int) {
        changes.append(change)
        changePlaces.append(place)
    }

    /// Sends it, and sends again, with its key, what the server could not answer at that moment.
    func send(_ client: HaoyuanClient) async throws -> Outcomes {
        var outcomes = Outcomes()
        var booking = 0
        var change = 0
        while booking < bookings.count || change < changes.count {
            let some = bookings[booking..<min(booking + Self.most, bookings.count)]
            let others = changes[change..<min(change + Self.most - some.count, changes.count)]
            booking += some.count
            change += others.count
            let answers = try await client.batch(bookings: Array(some), changes: Array(others))
            for (answer, request) in zip(answers.bookings, some) {
                outcomes.bookings.append(
                    try await Self.settled(answer) {
                        try await client.book(
                            patient: request.patient, slot: request.slot, service: request.service, key: request.key)
                    })
            }
            for (answer, request) in zip(answers.changes, others) {
                outcomes.changes.append(
                    try await Self.settled(answer) {
                        try await client.change(request.appointment, request.transition, key: request.key)
                    })
            }
        }
        return outcomes
    }

    private static func settled(_ outcome: BatchOutcome, again: () async throws -> Outcome) async throws -> Outcome {
        switch outcome {
        case .done(let receipt): return .done(receipt)
        case .refused(let refusal): return .refused(refusal)
        case .failed(let code):
            guard code.isRetryable else { throw CommandFailure(.internal, "a write of the trace failed: \(code)") }
            return try await again()
        }
    }
}
