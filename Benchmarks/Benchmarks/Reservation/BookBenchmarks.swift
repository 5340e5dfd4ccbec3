import Benchmark
import Scheduling

@testable import Engine

/// What is decided: whether a write names what exists, whether its patient may, whether its slot is free.
func bookBenchmarks() {
    stage("resolve", sizes: Bookings.sizes) { _ in
        EngineView(try Bookings.snapshot())
    } run: { benchmark, view, size in
        let writes = Bookings.batches(of: size, Bookings.range(0), Bookings.write)
        var patients: UInt64 = 0
        benchmark.measure {
            for batch in writes {
                let snapshot = view.current
                for write in batch {
                    guard case .book(let patient, let item, let hold) = write.command,
                        let found = try? snapshot.resolve(item, patient: patient, hold: hold, now: Bookings.now)
                    else { continue }
                    patients += found.request.patient.rawValue + UInt64(found.commitment.minutes) - 10
                }
            }
        }
        check(patients == Bookings.range(0).reduce(0) { $0 + Bookings.patient($1).rawValue }, "a slot was not found")
    }
    patientBenchmarks()
    poolBenchmarks()
}

private func patientBenchmarks() {
    stage("patient claim", sizes: Bookings.sizes) { _ in
        (book: patientBook(), iteration: 0)
    } run: { benchmark, state, size in
        let batches = Bookings.batches(of: size, Bookings.range(state.iteration), asking)
        state.iteration += 1
        var claimed = 0
        benchmark.measure {
            for batch in batches { claimed += claims(of: batch, &state.book).count }
        }
        check(claimed == Bookings.perIteration, "\(Bookings.perIteration - claimed) patients were refused")
    }
    stage("patient settle") { _ in
        (book: patientBook(), iteration: 0)
    } run: { benchmark, state, _ in
        let range = Bookings.range(state.iteration)
        state.iteration += 1
        let taken = range.map { Bookings.taken($0).appointment }
        let claims = claims(of: range.map(asking), &state.book)
        benchmark.measure {
            for (claim, appointment) in zip(claims, taken) { state.book.settle(claim, as: appointment) }
        }
        let first = state.book.appointments(of: Bookings.patient(range.lowerBound))
        check(first.count == 2 && first[0] == taken[0], "a claim did not become its appointment")
    }
}

/// Every patient has an appointment already, on another day.
private func patientBook() -> PatientBook {
    var book = PatientBook()
    for index in 0..<Bookings.patients {
        var commitment = asking(index).commitment
        commitment.date = commitment.date.advanced(days: -1)
        commitment.startMinute -= 24 * 60
        book.put(
            AppointmentID(session: SessionID(pool: PoolID(rawValue: 201), index: 0), number: UInt32(index + 1)),
            patient: Bookings.patient(index), commitment, state: .booked)
    }
    return book
}

private func asking(_ index: Int) -> Asking {
    Asking(
        origin: Bookings.origin, patient: Bookings.patient(index), service: Bookings.service,
        slot: Bookings.slot(index), span: 1, units: 1, times: Bookings.times,
        department: DepartmentID(rawValue: UInt32(index % 20) + 1), policy: .initial, now: Bookings.now,
        today: LocalDate(rawValue: 0))
}

/// As `PatientShard` does it.
private func claims(of requests: [Asking], _ book: inout PatientBook) -> [PatientBook.Claim] {
    var claims: [PatientBook.Claim] = []
    claims.reserveCapacity(requests.count)
    for request in requests {
        do throws(Refusal) {
            guard let patient = request.patient else { preconditionFailure("these all name their patients") }
            claims.append(try book.claim(request, patient: patient))
        } catch {}
    }
    return claims
}

private func poolBenchmarks() {
    func book() -> (book: PoolBook, iteration: Int) {
        var book = PoolBook()
        for session in Bookings.sessions { book.evolve(session) }
        return (book, 0)
    }
    stage("pool decide") { _ in
        book()
    } run: { benchmark, state, _ in
        let requests = Bookings.range(0).map(asking)
        var numbers: UInt64 = 0
        try benchmark.measure {
            for request in requests { numbers += UInt64(try state.book.decideTaking(request).appointment.number) }
        }
        check(numbers == UInt64(Bookings.perIteration), "a number is not the first")
    }
    stage("pool decide and evolve") { _ in
        book()
    } run: { benchmark, state, _ in
        let requests = Bookings.range(state.iteration).map(asking)
        state.iteration += 1
        var taken: [Taken] = []
        taken.reserveCapacity(requests.count)
        try benchmark.measure {
            for request in requests {
                let fact = try state.book.decideTaking(request)
                state.book.evolve(fact, channel: .app, at: Bookings.now)
                taken.append(fact)
            }
        }
        check(state.book.counts.appointments == state.iteration * requests.count, "a booking was lost")
        check(taken.last == Bookings.taken(Bookings.range(state.iteration - 1).upperBound - 1), "a number was wrong")
    }
    stage("pool evolve") { _ in
        book()
    } run: { benchmark, state, _ in
        let events = Bookings.range(state.iteration).map(Bookings.event)
        state.iteration += 1
        benchmark.measure { for event in events { state.book.evolve(event) } }
        check(state.book.counts.appointments == state.iteration * events.count, "a booking was lost")
    }
}
