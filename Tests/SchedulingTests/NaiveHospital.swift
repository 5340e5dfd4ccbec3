import Scheduling

/// The rules once more, with plain dictionaries and no thought for speed: everything is counted anew for every
/// question. What the core decides must be what this decides.
struct NaiveHospital {
    struct Visit {
        var patient: UInt64
        var session: SessionID
        var slots: Range<Int>
        var units: Int
        var state: AppointmentState
        var holdUntil: Instant?
        var version: UInt32 = 1
    }

    struct Sitting {
        var department: String
        var date: LocalDate
        var start: Int
        var minutes: Int
        var capacities: [Int]

        func time(_ slots: Range<Int>) -> Range<Int> {
            start + slots.lowerBound * minutes..<start + slots.upperBound * minutes
        }
    }

    struct Wish {
        var session: SessionID
        var slots: Range<Int>
        var units: Int
    }

    let perDayDepartment: Int
    let perDay: Int
    var sittings: [SessionID: Sitting] = [:]
    var visits: [AppointmentID: Visit] = [:]
    var numbersGiven: Set<AppointmentID> = []

    enum Verdict: Equatable {
        case done
        case refused(Rule)
        case noSuchAppointment

        init(_ refused: Rule?) { self = refused.map { .refused($0) } ?? .done }
    }

    // MARK: What is refused

    func verdict(_ wish: Wish, patient: UInt64, excluding: AppointmentID? = nil) -> Verdict {
        Verdict(refusalOfPatient(wish, patient, excluding) ?? refusalOfPool(wish))
    }

    private func refusalOfPatient(_ wish: Wish, _ patient: UInt64, _ excluding: AppointmentID?) -> Rule? {
        guard let sitting = sittings[wish.session] else { return .slotPast }
        let others = visits.filter { id, visit in
            visit.patient == patient && id != excluding && Self.occupies(visit.state)
        }.values
        let sameDay = others.filter { sittings[$0.session]?.date == sitting.date }
        let there = sameDay.filter { sittings[$0.session]?.department == sitting.department }
        if perDayDepartment > 0, there.count >= perDayDepartment { return .perDayDepartment }
        if perDay > 0, sameDay.count >= perDay { return .perDay }
        let time = sitting.time(wish.slots)
        let overlaps = others.contains { sittings[$0.session]?.time($0.slots).overlaps(time) == true }
        return overlaps ? .overlap : nil
    }

    private func refusalOfPool(_ wish: Wish) -> Rule? {
        guard let sitting = sittings[wish.session] else { return .slotPast }
        guard wish.slots.upperBound <= sitting.capacities.count else { return .serviceNotOffered }
        return wish.slots.contains { free(wish.session, $0) < wish.units } ? .slotFull : nil
    }

    /// Patients are judged for all items before the first pool is asked.
    func verdict(together wishes: [Wish], patient: UInt64) -> Verdict {
        for check in [{ $0.refusalOfPatient($1, patient, nil) }, { $0.refusalOfPool($1) }] as [(Self, Wish) -> Rule?] {
            var trial = self
            for (index, wish) in wishes.enumerated() {
                if let rule = check(trial, wish) { return .refused(rule) }
                let id = AppointmentID(session: wish.session, number: Limits.numbersPerSession - UInt32(index))
                trial.visits[id] = Visit(
                    patient: patient, session: wish.session, slots: wish.slots, units: wish.units, state: .booked)
            }
        }
        return .done
    }

    func verdict(
        _ transition: Transition, _ id: AppointmentID, ifVersion: UInt32, now: Instant, today: LocalDate
    ) -> Verdict {
        guard let visit = visits[id], let sitting = sittings[visit.session] else { return .noSuchAppointment }
        if ifVersion != 0, ifVersion != visit.version { return .refused(.version) }
        if transition == .confirm, visit.state == .expired { return .refused(.holdExpired) }
        guard `The states of an appointment`.table[visit.state]?[transition] != nil else { return .refused(.state) }
        if transition == .confirm, let until = visit.holdUntil, now >= until { return .refused(.holdExpired) }
        if transition == .arrive, today < sitting.date { return .refused(.tooEarly) }
        let begin = sitting.time(visit.slots).lowerBound
        return transition == .noShow && now.rawValue < begin * 60_000 ? .refused(.tooEarly) : .done
    }

    func verdict(move id: AppointmentID, to wish: Wish, now: Instant) -> Verdict {
        guard let visit = visits[id] else { return .noSuchAppointment }
        guard visit.state == .held || visit.state == .booked else { return .refused(.state) }
        if visit.state == .held, let until = visit.holdUntil, now >= until { return .refused(.holdExpired) }
        return verdict(wish, patient: visit.patient, excluding: id)
    }

    // MARK: What happens

    mutating func take(_ id: AppointmentID, _ visit: Visit) -> Bool {
        visits[id] = visit
        return numbersGiven.insert(id).inserted
    }

    mutating func change(_ id: AppointmentID, to state: AppointmentState) {
        visits[id]?.state = state
        visits[id]?.version += 1
    }

    mutating func expire(now: Instant) -> Set<AppointmentID> {
        let ids = visits.filter { $1.state == .held && ($1.holdUntil ?? now) <= now }.keys
        for id in ids { change(id, to: .expired) }
        return Set(ids)
    }

    mutating func archive(before horizon: Instant) {
        for (id, sitting) in sittings
        where sitting.time(0..<sitting.capacities.count).upperBound * 60_000 < horizon.rawValue {
            let here = visits.filter { $1.session == id }
            guard here.values.allSatisfy({ Self.ends.contains($0.state) }) else { continue }
            sittings[id] = nil
            for key in here.keys { visits[key] = nil }
        }
    }

    // MARK: Looking

    func free(_ session: SessionID, _ slot: Int) -> Int {
        let here = visits.values.filter { $0.session == session && $0.slots.contains(slot) && Self.occupies($0.state) }
        return (sittings[session]?.capacities[slot] ?? 0) - here.reduce(0) { $0 + $1.units }
    }

    private static func occupies(_ state: AppointmentState) -> Bool {
        ![.cancelled, .expired, .moved, .stopped].contains(state)
    }

    private static let ends: Set<AppointmentState> = [.completed, .cancelled, .expired, .noShow, .moved, .stopped]
}
