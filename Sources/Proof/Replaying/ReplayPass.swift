import HaoyuanClient
import Hosting
import Terminal

/// One run through a trace: every booking in the order people booked, every check-in and no-show at its time, over the
/// wire.
///
/// The order is kept by the quarter-hour. No slot begins inside one, so whatever a booking may be told is the same at
/// each of its moments; the bookings of a quarter, in their order, and the changes of visits that fall into it travel
/// as one batch. A visit takes three quarters: arrived and called, started, completed one after the other; a no-show is
/// noted at the start.
struct ReplayPass {
    /// What the engine said to one booking of the trace.
    struct Answer: Equatable {
        /// The appointment it gave, and in which slot of the session.
        var taken: (appointment: AppointmentID, slot: Int)?
        /// Every refusal, in the order of the attempts.
        var refusals: [(rule: Rule, slot: Int)] = []

        static func == (a: Answer, b: Answer) -> Bool {
            a.taken?.appointment == b.taken?.appointment && a.refusals.map(\.rule) == b.refusals.map(\.rule)
        }
    }

    struct Tally: Equatable {
        /// Keyed writes sent.
        var writes = 0
        /// Of them, bookings (each attempt is one).
        var bookings = 0
        /// Answers that were given before.
        var repeated = 0
        var batches = 0
        /// Changes of state that were refused: none may be.
        var refusedChanges: [String] = []
    }

    private let plan: TracePlan
    private let hospital: ReplayHospital
    private let client: HaoyuanClient
    private let connections: Int
    private let moveClock: (Int64) -> Void
    private(set) var answers: [Answer]
    private(set) var tally = Tally()
    /// What is to happen to which booking in a quarter.
    private var visits: [Int64: [(booking: Int, change: Transition)]] = [:]

    private static let quarter: Int64 = 900_000
    private static let mostAttempts = 8

    /// - Parameter moveClock: moves the server's clock to this moment, milliseconds since 1970; never back.
    init(_ plan: TracePlan, _ hospital: ReplayHospital, _ client: HaoyuanClient, moveClock: @escaping (Int64) -> Void) {
        self.plan = plan
        self.hospital = hospital
        self.client = client
        connections = client.configuration.connections
        self.moveClock = moveClock
        answers = Array(repeating: Answer(), count: plan.bookings.count)
    }

    /// - Parameter progress: told how many bookings have been answered.
    mutating func run(progress: (Int) -> Void) async throws {
        guard let first = plan.bookings.first, let last = plan.bookings.last else { return }
        var next = 0
        var quarter = first.booked / Self.quarter
        while next < plan.bookings.count || !visits.isEmpty {
            var bookings: [Int] = []
            while next < plan.bookings.count, plan.bookings[next].booked / Self.quarter == quarter {
                bookings.append(next)
                next += 1
            }
            try await carryOut(bookings, visits.removeValue(forKey: quarter) ?? [], quarter)
            if !bookings.isEmpty { progress(next) }
            quarter += 1
            // Nights and winters pass at once.
            if visits.isEmpty, next < plan.bookings.count { quarter = plan.bookings[next].booked / Self.quarter }
        }
        moveClock(max(last.booked, (quarter + 1) * Self.quarter))
    }

    private mutating func carryOut(
        _ bookings: [Int], _ visits: [(booking: Int, change: Transition)], _ quarter: Int64
    ) async throws {
        guard !bookings.isEmpty || !visits.isEmpty else { return }
        let begins = quarter * Self.quarter
        moveClock(visits.isEmpty ? plan.bookings[bookings[0]].booked : begins)
        var waiting = bookings.map { (booking: $0, slot: plan.bookings[$0].slot) }
        var changes = visits
        var attempt = 0
        repeat {
            let outcomes = try await send(waiting, attempt: attempt, changes)
            note(outcomes.changes, of: changes, quarter)
            let refused = note(outcomes.bookings, of: waiting)
            attempt += 1
            changes = []
            waiting = attempt < Self.mostAttempts ? refused.compactMap { alternative(to: $0, attempt: attempt) } : []
        } while !waiting.isEmpty
    }

    // MARK: Answers

    /// Keeps the answers, and gives back the bookings whose patient had another visit at that time, or that came too
    /// late for the slot they went to instead: there may be another slot for them.
    private mutating func note(_ outcomes: [Outcome], of asked: [(booking: Int, slot: Int)]) -> [Int] {
        var again: [Int] = []
        for (outcome, (booking, slot)) in zip(outcomes, asked) {
            switch outcome {
            case .done(let receipt):
                answers[booking].taken = (receipt.appointment, slot)
                let start = plan.sessions[plan.bookings[booking].session].start(ofSlot: slot)
                schedule(booking, plan.bookings[booking].cameNot ? .noShow : .arrive, start / Self.quarter)
            case .refused(let refusal):
                answers[booking].refusals.append((refusal.rule, slot))
                let isRetry = answers[booking].refusals.count > 1
                if refusal.rule == .overlap || (isRetry && refusal.rule == .slotFull) { again.append(booking) }
            }
        }
        return again
    }

    private mutating func note(
        _ outcomes: [Outcome], of asked: [(booking: Int, change: Transition)], _ quarter: Int64
    ) {
        for (outcome, (booking, change)) in zip(outcomes, asked) {
            if let refusal = outcome.refusal {
                tally.refusedChanges.append(
                    "line \(plan.bookings[booking].line): \(change.word) was refused by \(refusal.rule.name)")
            } else if let next = change.nextInVisit {
                schedule(booking, next, quarter + 1)
            }
        }
    }

    private mutating func schedule(_ booking: Int, _ change: Transition, _ quarter: Int64) {
        visits[quarter, default: []].append((booking, change))
    }

    /// The slot to try next: those behind the planned one, then those before it, as far as they have capacity and lie
    /// ahead.
    private func alternative(to booking: Int, attempt: Int) -> (booking: Int, slot: Int)? {
        let planned = plan.bookings[booking]
        let session = plan.sessions[planned.session]
        let slots = (1..<TracePlan.slots).map { (planned.slot + $0) % TracePlan.slots }
            .filter { session.capacities[$0] > 0 && session.start(ofSlot: $0) > planned.booked }
        return attempt <= slots.count ? (booking, slots[attempt - 1]) : nil
    }

    // MARK: Sending

    private mutating func send(
        _ bookings: [(booking: Int, slot: Int)], attempt: Int, _ changes: [(booking: Int, change: Transition)]
    ) async throws -> (bookings: [Outcome], changes: [Outcome]) {
        let parts = parts(
            bookings.map { (clinic(of: $0.booking), request($0.booking, slot: $0.slot, attempt: attempt)) },
            changes.compactMap { change in
                request(change.booking, change.change).map { (clinic(of: change.booking), $0) }
            })
        let client = client
        let answered = try await withThrowingTaskGroup(of: (Int, ReplayBatch.Outcomes).self) { group in
            for (index, part) in parts.enumerated() where !part.isEmpty {
                group.addTask { (index, try await part.send(client)) }
            }
            return try await group.reduce(into: [Int: ReplayBatch.Outcomes]()) { $0[$1.0] = $1.1 }
        }
        var outcomes: (bookings: [Outcome?], changes: [Outcome?]) = (
            Array(repeating: nil, count: bookings.count), Array(repeating: nil, count: changes.count)
        )
        for (index, part) in parts.enumerated() {
            guard let answered = answered[index] else { continue }
            tally.batches += part.frames
            for (place, outcome) in zip(part.bookingPlaces, answered.bookings) { outcomes.bookings[place] = outcome }
            for (place, outcome) in zip(part.changePlaces, answered.changes) { outcomes.changes[place] = outcome }
        }
        let all = (bookings: outcomes.bookings.compactMap { $0 }, changes: outcomes.changes.compactMap { $0 })
        precondition(
            all.bookings.count == bookings.count && all.changes.count == changes.count, "every write has its answer")
        tally.bookings += bookings.count
        tally.writes += bookings.count + changes.count
        tally.repeated += (all.bookings + all.changes).count { $0.isRepetition }
        return all
    }

    /// A clinic's writes always go the same way, so that their order is kept.
    private func parts(
        _ bookings: [(clinic: Int, request: BookingRequest)], _ changes: [(clinic: Int, request: ChangeRequest)]
    ) -> [ReplayBatch] {
        var parts = Array(repeating: ReplayBatch(), count: connections)
        for (place, (clinic, request)) in bookings.enumerated() {
            parts[clinic % connections].add(request, place: place)
        }
        for (place, (clinic, request)) in changes.enumerated() {
            parts[clinic % connections].add(request, place: place)
        }
        return parts
    }

    private func clinic(of booking: Int) -> Int { plan.sessions[plan.bookings[booking].session].clinic }

    private func request(_ index: Int, slot: Int, attempt: Int) -> BookingRequest {
        let booking = plan.bookings[index]
        let session = hospital.sessions[booking.session]
        return BookingRequest(
            key: ReplayKeys.key(.book, booking.appointment, attempt: attempt),
            patient: hospital.patients[booking.patient],
            slot: SlotID(rawValue: session.rawValue << 20 | UInt64(slot)), service: hospital.service)
    }

    private func request(_ index: Int, _ change: Transition) -> ChangeRequest? {
        guard let taken = answers[index].taken else { return nil }
        return ChangeRequest(
            key: ReplayKeys.key(change.replayWrite, plan.bookings[index].appointment), appointment: taken.appointment,
            transition: change)
    }
}

extension Outcome {
    /// The key was answered before.
    var isRepetition: Bool {
        switch self {
        case .done(let receipt): receipt.isRepetition
        case .refused(let refusal): refusal.isRepetition
        }
    }
}

extension Transition {
    /// What follows in a visit that takes place.
    fileprivate var nextInVisit: Transition? {
        switch self {
        case .arrive: .call
        case .call: .start
        case .start: .complete
        default: nil
        }
    }

    fileprivate var replayWrite: ReplayKeys.Write {
        switch self {
        case .arrive: .arrive
        case .call: .call
        case .start: .start
        case .complete: .complete
        case .noShow: .noShow
        default: preconditionFailure("a replay makes no other change: \(self)")
        }
    }
}
