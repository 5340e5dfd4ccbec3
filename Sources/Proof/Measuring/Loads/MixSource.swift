import HaoyuanClient
import NIOCore
import Wire

/// Operations of several kinds in given shares, by people who have an appointment or want one. Each source has people
/// of its own.
final class MixSource: BenchSource {
    /// Someone and what they have.
    struct Visit {
        var patient: Int
        var appointment: UInt64 = 0
    }

    private(set) var ledger = BenchLedger()
    let site: BenchSite
    private let plan: BenchPlan
    private let people: Range<Int>
    private let keys: UInt64
    private let draw: [BenchKind]
    private let searches: [ByteBuffer]
    private let calendars: [ByteBuffer]
    private var random: LoadRandom
    private var free: [Int] = []
    private var live: [Visit] = []
    private var toConfirm: [Visit] = []
    private var flights: [Visit] = []
    private var landed: [Int] = []
    private var left = 0
    private var pass = 0
    private var nextKey: UInt64

    /// - Parameters:
    ///   - people: indices of its patients.
    ///   - keys: high half of the run's keys.
    ///   - index: which of the load's sources it is.
    init(_ site: BenchSite, _ plan: BenchPlan, people: Range<Int>, keys: UInt64, index: Int) {
        self.site = site
        self.plan = plan
        self.people = people
        self.keys = keys
        draw = BenchKind.allCases.flatMap { Array(repeating: $0, count: plan.scenario.weights[$0] ?? 0) }
        random = LoadRandom(seed: plan.seed &+ UInt64(index) &* 7_919)
        nextKey = UInt64(index) << 40
        searches = site.departments.map { department in
            var request = PBSearchSlotsRequest()
            request.department = department
            request.service = site.service
            request.from = site.dates[0].description
            request.to = site.dates[min(6, site.dates.count - 1)].description
            request.limit = UInt32(plan.slotsPerSearch)
            var payload = ByteBuffer()
            payload.writeMessage(request)
            return payload
        }
        calendars = site.departments.map { department in
            var request = PBDayCountsRequest()
            request.departments = [department]
            request.from = site.dates[0].description
            request.to = site.dates[site.dates.count - 1].description
            var payload = ByteBuffer()
            payload.writeMessage(request)
            return payload
        }
        free = Array(people.reversed())
    }

    func prepare(pass: Int, _ range: Range<Int>) {
        self.pass = pass
        left = range.count
        // Where nobody cancels, everybody comes again on another day.
        if plan.scenario != .seats { free = Array(people.reversed()) }
    }

    // MARK: Requests

    func next(into payload: inout ByteBuffer) -> LoadRequest? {
        // A held number is confirmed before the next patient asks.
        if let visit = toConfirm.popLast() { return change(.confirm, visit, into: &payload) }
        guard left > 0 else { return nil }
        left -= 1
        switch draw[draw.count == 1 ? 0 : random.below(draw.count)] {
        case .cancel:
            guard let visit = takeLive() else { return book(.book, into: &payload) }
            return change(.cancel, visit, into: &payload)
        case .move:
            guard let visit = takeLive() else { return book(.book, into: &payload) }
            return move(visit, into: &payload)
        case .find: return find(into: &payload)
        case .search, .confirm: return search(into: &payload)
        case .days:
            payload.writeImmutableBuffer(calendars[random.below(calendars.count)])
            return LoadRequest(.dayCounts, kind: BenchKind.days.rawValue)
        case .book: return book(.book, into: &payload)
        case .hold: return book(.hold, into: &payload)
        case .together: return together(into: &payload)
        }
    }

    private func takeLive() -> Visit? {
        guard !live.isEmpty else { return nil }
        live.swapAt(random.below(live.count), live.count - 1)
        return live.popLast()
    }

    private func launch(_ method: Wire.Method, _ kind: BenchKind, _ visit: Visit) -> LoadRequest {
        let place = landed.popLast() ?? flights.count
        if place == flights.count { flights.append(visit) } else { flights[place] = visit }
        return LoadRequest(method, kind: kind.rawValue, tag: UInt64(place))
    }

    private func key() -> (high: UInt64, low: UInt64) {
        nextKey += 1
        return (keys, nextKey)
    }

    private var anySlot: UInt64 {
        site.slot(
            pool: random.below(BenchSite.pools), index: random.below(BenchSite.slotsPerSession), day: random.below(7))
    }

    private func book(_ kind: BenchKind, into payload: inout ByteBuffer) -> LoadRequest {
        guard let patient = free.popLast() else { return search(into: &payload) }
        var booking = PBBookRequest()
        (booking.keyHigh, booking.keyLow) = key()
        booking.patient = site.patients[patient]
        booking.slot = plan.scenario == .seats ? anySlot : site.slot(ofPatient: patient, day: pass)
        booking.service = site.service
        booking.hold = kind == .hold
        payload.writeBooking(booking)
        return launch(.book, kind, Visit(patient: patient))
    }

    private func change(_ kind: BenchKind, _ visit: Visit, into payload: inout ByteBuffer) -> LoadRequest {
        var request = PBChangeRequest()
        (request.keyHigh, request.keyLow) = key()
        request.appointment = visit.appointment
        request.transition = kind == .confirm ? .confirm : .cancel
        payload.writeMessage(request)
        return launch(.change, kind, visit)
    }

    private func move(_ visit: Visit, into payload: inout ByteBuffer) -> LoadRequest {
        var request = PBMoveRequest()
        (request.keyHigh, request.keyLow) = key()
        request.appointment = visit.appointment
        request.slot = anySlot
        payload.writeMessage(request)
        return launch(.move, .move, visit)
    }

    /// Three pools at three times of one day.
    private func together(into payload: inout ByteBuffer) -> LoadRequest {
        guard let patient = free.popLast() else { return search(into: &payload) }
        var request = PBBookTogetherRequest()
        (request.keyHigh, request.keyLow) = key()
        request.patient = site.patients[patient]
        let (pool, index) = (patient % BenchSite.pools, patient / BenchSite.pools)
        request.items = [0, 7, 13].enumerated().map { step, distance in
            var item = PBTogetherItem()
            item.slot = site.slot(
                pool: (pool + distance) % BenchSite.pools, index: (index + step) % BenchSite.slotsPerSession, day: pass)
            item.service = site.service
            return item
        }
        payload.writeMessage(request)
        return launch(.bookTogether, .together, Visit(patient: patient))
    }

    /// The appointments of somebody who is known to have one, where there is anybody.
    private func find(into payload: inout ByteBuffer) -> LoadRequest {
        let visit = live.isEmpty ? Visit(patient: people.lowerBound) : live[random.below(live.count)]
        var request = PBPatientAppointmentsRequest()
        request.patient = site.patients[visit.patient]
        payload.writeMessage(request)
        return launch(.patientAppointments, .find, visit)
    }

    private func search(into payload: inout ByteBuffer) -> LoadRequest {
        payload.writeImmutableBuffer(searches[random.below(searches.count)])
        return LoadRequest(.searchSlots, kind: BenchKind.search.rawValue)
    }

    // MARK: Answers

    func answered(_ request: LoadRequest, _ payload: ByteBuffer) throws(ProtocolError) -> LoadOutcome {
        if request.method == .searchSlots {
            let found = try payload.countOfElements(inField: 1)
            ledger.expect(found <= plan.slotsPerSearch, otherwise: "a search gave \(found) slots")
            return LoadOutcome(done: 1)
        }
        if request.method == .dayCounts {
            let days = try payload.countOfElements(inField: 2)
            ledger.expect(days == site.dates.count, otherwise: "a calendar of \(site.dates.count) days gave \(days)")
            return LoadOutcome(done: 1)
        }
        let visit = flights[Int(request.tag)]
        let outcome = try read(payload, of: request, visit)
        landed.append(Int(request.tag))
        return outcome
    }

    private func read(
        _ payload: ByteBuffer, of request: LoadRequest, _ visit: Visit
    ) throws(ProtocolError) -> LoadOutcome {
        switch request.method {
        case .patientAppointments:
            let isShown = visit.appointment == 0 ? true : try payload.hasAppointment(visit.appointment)
            ledger.expect(
                isShown,
                otherwise:
                    "patient \(site.patients[visit.patient]) had \(visit.appointment), a reading did not show it")
            return LoadOutcome(done: 1)
        case .bookTogether: return count(try PBTogetherReply(payload: payload), visit)
        default: return count(try PBOutcome(fastPayload: payload), BenchKind(rawValue: request.kind) ?? .book, visit)
        }
    }

    private func count(_ reply: PBTogetherReply, _ visit: Visit) -> LoadOutcome {
        var outcome = LoadOutcome()
        outcome.count(reply.outcome)
        guard reply.outcome.result == .done else {
            ledger.refused(reply.outcome.rule)
            return outcome
        }
        ledger.expect(reply.appointments.count == 3, otherwise: "three slots at once gave \(reply.appointments.count)")
        for appointment in reply.appointments {
            ledger.acknowledged(appointment, patient: site.patients[visit.patient], .booked)
        }
        return outcome
    }

    private func count(_ answer: PBOutcome, _ kind: BenchKind, _ visit: Visit) -> LoadOutcome {
        var outcome = LoadOutcome()
        outcome.count(answer)
        let patient = site.patients[visit.patient]
        guard answer.result == .done else {
            if answer.result == .refused { ledger.refused(answer.rule) }
            if visit.appointment != 0 { live.append(visit) } else { free.append(visit.patient) }
            return outcome
        }
        ledger.acknowledged(answer.appointment, patient: patient, answer.state)
        let now = Visit(patient: visit.patient, appointment: answer.appointment)
        switch kind {
        case .hold: if random.below(5) > 0 { toConfirm.append(now) }
        case .cancel: free.append(visit.patient)
        case .move:
            ledger.acknowledged(visit.appointment, patient: patient, .moved)
            live.append(now)
        default: live.append(now)
        }
        return outcome
    }

    func failed(_ request: LoadRequest, _ error: HaoyuanError) {
        guard request.method != .searchSlots, request.method != .dayCounts else { return }
        let visit = flights[Int(request.tag)]
        landed.append(Int(request.tag))
        guard request.method.isWrite else { return }
        ledger.failed(error, operations: 1, changing: visit.appointment == 0 ? nil : visit.appointment)
    }
}
