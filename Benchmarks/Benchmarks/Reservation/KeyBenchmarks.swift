import Benchmark
import Journal
import Scheduling

@testable import Engine

/// Keys: from the first look at a write to its answer, over a window that already holds a quarter of a million.
func keyBenchmarks() {
    let kept = 1 << 18
    func window() -> (keys: KeyWindow, iteration: Int) {
        let keys = KeyWindow(windowMilliseconds: EngineLimits.keyWindowMilliseconds, seed: 7)
        for index in 0..<kept {
            let key = IdempotencyKey(high: 1, low: UInt64(index) + 1)
            guard case .fresh(let ticket) = keys.begin(key, 1, journalAt: .zero, now: Bookings.now) else { continue }
            keys.finish(ticket, answer(index))
        }
        return (keys, 0)
    }
    stage("key begin") { _ in
        window()
    } run: { benchmark, state, _ in
        let writes = Bookings.range(state.iteration).map(Bookings.write)
        state.iteration += 1
        let tickets = benchmark.measure { begin(writes, state.keys) }
        check(tickets.count == writes.count, "\(writes.count - tickets.count) keys were not fresh")
    }
    stage("key finish") { _ in
        window()
    } run: { benchmark, state, _ in
        let writes = Bookings.range(state.iteration).map(Bookings.write)
        let tickets = begin(writes, state.keys)
        state.iteration += 1
        benchmark.measure { for (index, ticket) in tickets.enumerated() { state.keys.finish(ticket, answer(index)) } }
        check(state.keys.count == kept + state.iteration * writes.count, "a key was lost")
    }
    stage("key asked again") { _ in
        let state = window()
        for ticket in begin(Bookings.range(0).map(Bookings.write), state.keys) { state.keys.finish(ticket, answer(1)) }
        return state.keys
    } run: { benchmark, keys, _ in
        let writes = Bookings.range(0).map(Bookings.write)
        var answered = 0
        benchmark.measure {
            for write in writes {
                let fingerprint = Fingerprint(write.command).value
                if case .answered = keys.begin(write.key, fingerprint, journalAt: .zero, now: Bookings.now) {
                    answered += 1
                }
            }
        }
        check(answered == writes.count, "\(writes.count - answered) repetitions were not answered")
    }
}

private func begin(_ writes: [Write], _ keys: KeyWindow) -> [KeyWindow.Ticket] {
    var tickets: [KeyWindow.Ticket] = []
    tickets.reserveCapacity(writes.count)
    for write in writes {
        let fingerprint = Fingerprint(write.command).value
        if case .fresh(let ticket) = keys.begin(write.key, fingerprint, journalAt: .zero, now: Bookings.now) {
            tickets.append(ticket)
        }
    }
    return tickets
}

private func answer(_ index: Int) -> StoredAnswer {
    StoredAnswer(
        outcome: .done(Bookings.taken(index).appointment, .booked, version: 1, holdUntil: nil),
        position: Position(UInt64(index) + 1))
}
