import Benchmark
import Journal
import Scheduling

@testable import Engine

/// Keys: from the first look at a write to its answer, over a window that already holds a quarter of a million.
func keyBenchmarks() {
    let kept = 1 << 18
    func window() -> (keys: KeyWindow, iteration: Int) {
        let keys = KeyWindow(windowMilliseconds: EngineLimits.keyWindowMilliseconds, seed: 7)
        let asked = (0..<kept).map {
            KeyStripe.Asked(key: IdempotencyKey(high: 1, low: UInt64($0) + 1), fingerprint: 1, mayBegin: true)
        }
        for (index, begin) in keys.begin(asked, journalAt: .zero, now: Bookings.now).enumerated() {
            if case .fresh(let ticket) = begin { keys.finish([(ticket, answer(index))]) }
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
        let finished = tickets.enumerated().map { (ticket: $1, answer: answer($0)) }
        benchmark.measure { state.keys.finish(finished) }
        check(state.keys.count == kept + state.iteration * writes.count, "a key was lost")
    }
    stage("key asked again") { _ in
        let state = window()
        state.keys.finish(begin(Bookings.range(0).map(Bookings.write), state.keys).map { ($0, answer(1)) })
        return state.keys
    } run: { benchmark, keys, _ in
        let writes = Bookings.range(0).map(Bookings.write)
        var answered = 0
        benchmark.measure {
            for begin in ask(writes, keys) {
                if case .answered = begin { answered += 1 }
            }
        }
        check(answered == writes.count, "\(writes.count - answered) repetitions were not answered")
    }
}

/// As `BookingPipeline` does it.
private func ask(_ writes: [Write], _ keys: KeyWindow) -> [KeyWindow.Begin] {
    let asked = writes.map {
        KeyStripe.Asked(key: $0.key, fingerprint: $0.fingerprint, mayBegin: true)
    }
    return keys.begin(asked, journalAt: .zero, now: Bookings.now)
}

private func begin(_ writes: [Write], _ keys: KeyWindow) -> [KeyWindow.Ticket] {
    ask(writes, keys).compactMap { if case .fresh(let ticket) = $0 { ticket } else { nil } }
}

private func answer(_ index: Int) -> StoredAnswer {
    StoredAnswer(
        outcome: .done(
            .init(appointment: Bookings.taken(index).appointment, state: .booked, version: 1, holdUntil: nil)),
        position: Position(UInt64(index) + 1))
}
