import HaoyuanClient
import Terminal

/// What the server says in the end, held against what it said along the way and against the trace. Every check looks at
/// all there is.
struct ReplayAudit {
    /// One thing that was looked into.
    struct Check {
        let name: String
        /// How many were looked at.
        let count: Int
        /// What is wrong, a sentence each; empty when nothing is.
        let problems: [String]

        var isRight: Bool { problems.isEmpty }
    }

    let plan: TracePlan
    let hospital: ReplayHospital
    let answers: [ReplayPass.Answer]
    let perDayDepartment: UInt32
    let client: HaoyuanClient

    private static let idsAtOnce = 8_192
    /// Requests under way at one time.
    private static let readers = 64

    /// - Parameter progress: told what is being looked into.
    func run(progress: (String) -> Void) async throws -> [Check] {
        progress("appointments by id")
        let byID = try await findByID()
        progress("appointments by patient")
        let byPatient = try await findByPatient()
        progress("sessions and numbers")
        let sessions = try await lookAtSessions()
        return [byID, byPatient] + sessions + [judgeRefusals()]
    }

    // MARK: Appointments

    /// The bookings that were acknowledged, by appointment.
    private var acknowledged: [AppointmentID: Int] {
        var found: [AppointmentID: Int] = [:]
        for (index, answer) in answers.enumerated() {
            if let taken = answer.taken { found[taken.appointment] = index }
        }
        return found
    }

    private func findByID() async throws -> Check {
        let expected = answers.indices.filter { answers[$0].taken != nil }
        var problems: [String] = []
        for start in stride(from: 0, to: expected.count, by: Self.idsAtOnce) {
            let part = expected[start..<min(start + Self.idsAtOnce, expected.count)]
            let ids = part.compactMap { answers[$0].taken?.appointment }
            let found = Dictionary(
                try await client.appointments(ids).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
            problems += part.compactMap { booking in
                guard let taken = answers[booking].taken else { return nil }
                guard let appointment = found[taken.appointment] else {
                    return "line \(plan.bookings[booking].line): appointment \(taken.appointment.place) is not there"
                }
                return difference(of: appointment, from: booking)
            }
        }
        return Check(name: "every acknowledged booking is found by id", count: expected.count, problems: problems)
    }

    /// What is not as it should be about the appointment of a booking; nil when all is.
    private func difference(of appointment: Appointment, from index: Int) -> String? {
        let booking = plan.bookings[index]
        guard let taken = answers[index].taken else { return nil }
        let state: AppointmentState = booking.cameNot ? .noShow : .completed
        let start = plan.sessions[booking.session].start(ofSlot: taken.slot)
        let isRight =
            appointment.id == taken.appointment && appointment.patient == hospital.patients[booking.patient]
            && appointment.slot.session == hospital.sessions[booking.session] && appointment.start.milliseconds == start
            && appointment.state == state
        guard !isRight else { return nil }
        return "line \(booking.line): appointment \(appointment.id.place) of patient \(appointment.patient) is "
            + "\(appointment.state.word), not the \(state.word) one of patient \(hospital.patients[booking.patient])"
    }

    private func findByPatient() async throws -> Check {
        var expected = [[Int]](repeating: [], count: plan.patients.count)
        for (index, answer) in answers.enumerated() where answer.taken != nil {
            expected[plan.bookings[index].patient].append(index)
        }
        let all = expected
        let problems = try await inParallel(plan.patients.count) { patient in
            let found = Dictionary(
                try await client.appointments(of: hospital.patients[patient], includingHistory: true).map {
                    ($0.id, $0)
                },
                uniquingKeysWith: { first, _ in first })
            let name = "patient \(plan.patients[patient])"
            guard found.count == all[patient].count else {
                return ["\(name) has \(found.count) appointments, \(all[patient].count) were acknowledged"]
            }
            return all[patient].compactMap { booking in
                guard let taken = answers[booking].taken, let appointment = found[taken.appointment] else {
                    return "\(name) does not have the appointment of line \(plan.bookings[booking].line)"
                }
                return difference(of: appointment, from: booking)
            }
        }
        return Check(
            name: "every patient has exactly the acknowledged bookings", count: plan.patients.count, problems: problems)
    }

    // MARK: Sessions

    private func lookAtSessions() async throws -> [Check] {
        var listed: [SessionID: Session] = [:]
        for day in Set(plan.sessions.map(\.day)).sorted() {
            for session in try await client.sessions(from: LocalDate(day), to: LocalDate(day)) {
                listed[session.id] = session
            }
        }
        var taken = plan.sessions.map { [UInt32](repeating: 0, count: $0.capacities.count) }
        for (index, answer) in answers.enumerated() {
            if let slot = answer.taken?.slot { taken[plan.bookings[index].session][slot] += 1 }
        }
        let full = plan.sessions.indices.flatMap { index in
            Self.overfull(listed[hospital.sessions[index]], plan.sessions[index], taken[index], plan)
        }
        let acknowledged = acknowledged
        let expected = taken.map { $0.reduce(0, +) }
        let numbers = try await inParallel(plan.sessions.count) { index in
            let found = try await client.appointments(in: hospital.sessions[index])
            let name = "\(plan.clinics[plan.sessions[index].clinic]) on \(plan.sessions[index].day)"
            var problems: [String] = []
            if Set(found.map(\.number)).count != found.count { problems.append("\(name) gave a number twice") }
            for appointment in found where acknowledged[appointment.id] == nil {
                problems.append("\(name) has number \(appointment.number), which was never acknowledged")
            }
            if found.count != expected[index] {
                problems.append("\(name) has \(found.count) appointments, not \(expected[index])")
            }
            return problems
        }
        return [
            Check(
                name: "no slot is above its capacity, and each has what was booked",
                count: plan.sessions.count * TracePlan.slots,
                problems: full),
            Check(name: "no number is given twice in a session", count: plan.sessions.count, problems: numbers),
        ]
    }

    private static func overfull(
        _ listed: Session?, _ planned: TracePlan.Session, _ taken: [UInt32], _ plan: TracePlan
    ) -> [String] {
        let name = "\(plan.clinics[planned.clinic]) on \(planned.day)"
        guard let listed else { return ["\(name): its session is not there"] }
        guard listed.capacities == planned.capacities else { return ["\(name): its capacities are not as planned"] }
        return taken.indices.compactMap { slot in
            if listed.taken[slot] > listed.capacities[slot] {
                return "\(name): slot \(slot) has \(listed.taken[slot]) taken of \(listed.capacities[slot])"
            }
            return listed.taken[slot] == taken[slot]
                ? nil : "\(name): slot \(slot) has \(listed.taken[slot]) taken, \(taken[slot]) were acknowledged"
        }
    }

    // MARK: Refusals

    private func judgeRefusals() -> Check {
        let law = RefusalLaw(plan: plan, answers: answers, perDayDepartment: perDayDepartment)
        var problems: [String] = []
        var count = 0
        for (index, answer) in answers.enumerated() {
            for refusal in answer.refusals {
                count += 1
                if !law.allows(refusal.rule, booking: index, slot: refusal.slot) {
                    problems.append(
                        "line \(plan.bookings[index].line): \(refusal.rule.name) has no reason in the trace")
                }
            }
        }
        return Check(name: "every refusal has a lawful reason", count: count, problems: problems)
    }

    /// Looks into so many things, several at a time; the problems come in their order.
    private func inParallel(_ count: Int, _ body: @escaping @Sendable (Int) async throws -> [String]) async throws
        -> [String]
    {
        try await withThrowingTaskGroup(of: (Int, [String]).self) { group in
            var problems: [Int: [String]] = [:]
            for next in 0..<count {
                if next >= Self.readers, let (index, found) = try await group.next(), !found.isEmpty {
                    problems[index] = found
                }
                group.addTask { (next, try await body(next)) }
            }
            for try await (index, found) in group where !found.isEmpty { problems[index] = found }
            return problems.sorted { $0.key < $1.key }.flatMap(\.value)
        }
    }
}

/// Whether the trace itself gives a reason for a refusal.
struct RefusalLaw {
    private let plan: TracePlan
    private let perDayDepartment: UInt32
    /// Where each patient was acknowledged to be on each day: session and slot start.
    private var visits: [PatientDay: [(session: Int, start: Int64)]] = [:]
    private var taken: [SlotPlace: UInt32] = [:]

    private struct PatientDay: Hashable {
        let patient: Int
        let day: String
    }

    private struct SlotPlace: Hashable {
        let session: Int
        let slot: Int
    }

    init(plan: TracePlan, answers: [ReplayPass.Answer], perDayDepartment: UInt32) {
        self.plan = plan
        self.perDayDepartment = perDayDepartment
        for (index, answer) in answers.enumerated() {
            guard let slot = answer.taken?.slot else { continue }
            let booking = plan.bookings[index]
            let session = plan.sessions[booking.session]
            let day = PatientDay(patient: booking.patient, day: session.day)
            visits[day, default: []].append((booking.session, session.start(ofSlot: slot)))
            taken[SlotPlace(session: booking.session, slot: slot), default: 0] += 1
        }
    }

    func allows(_ rule: Rule, booking index: Int, slot: Int) -> Bool {
        let booking = plan.bookings[index]
        let session = plan.sessions[booking.session]
        let start = session.start(ofSlot: slot)
        let others = visits[PatientDay(patient: booking.patient, day: session.day)] ?? []
        switch rule {
        case .slotPast: return start <= booking.booked
        case .overlap: return others.contains { $0.start == start }
        case .perDayDepartment:
            let here = others.count { plan.sessions[$0.session].clinic == session.clinic }
            return perDayDepartment > 0 && here >= Int(perDayDepartment)
        case .slotFull: return taken[SlotPlace(session: booking.session, slot: slot)] ?? 0 >= session.capacities[slot]
        default: return false
        }
    }
}
