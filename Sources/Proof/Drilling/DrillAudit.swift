import HaoyuanClient
import Terminal

/// Whether a server, after whatever was done to it, still has everything it said yes to, and nothing else.
///
/// Asks over the protocol only, as a front end would. The load must be at rest and nothing of it in doubt any more.
struct DrillAudit {
    let client: HaoyuanClient
    let hospital: DrillHospital
    let workers: [DrillWorker]
    let mirror: FeedMirror?
    /// Answers that are asked for again, the newest.
    var repetitions = 40

    private static let idsAtOnce = 8_192
    private static let readersAtOnce = 16
    /// A hold ends at the latest so long after its time: EngineLimits.expiryTickMilliseconds, and some.
    private static let expirySlack: Int64 = 5_000

    /// What the server has of each appointment that the load knows of.
    private typealias Found = [AppointmentID: Appointment]

    func run() async throws(HaoyuanError) -> [Report.Check] {
        let expected = Dictionary(
            workers.flatMap { $0.expected.map { ($0.key, $0.value) } }, uniquingKeysWith: { first, _ in first })
        let now = try await client.status().now
        let found = try await read(Array(expected.keys))
        var checks = [lookAtAcknowledged(expected, found, now)]
        checks.append(await lookAtRepetitions())
        checks += try await lookAtSessions(expected, now)
        if let mirror { checks += try await lookAtFeed(mirror) }
        return checks
    }

    private func read(_ ids: [AppointmentID]) async throws(HaoyuanError) -> Found {
        var found: Found = [:]
        for start in stride(from: 0, to: ids.count, by: Self.idsAtOnce) {
            for one in try await client.appointments(Array(ids[start..<min(start + Self.idsAtOnce, ids.count)])) {
                found[one.id] = one
            }
        }
        return found
    }

    // MARK: What was acknowledged

    private func lookAtAcknowledged(
        _ expected: [AppointmentID: DrillWorker.Expected], _ found: Found, _ now: Instant
    ) -> Report.Check {
        var problems: [String] = []
        for (id, one) in expected.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            guard let there = found[id] else {
                problems.append("\(id.place) was acknowledged as \(one.state.word) and is not there")
                continue
            }
            if let problem = difference(one, there, now) { problems.append("\(id.place) \(problem)") }
        }
        return .init(
            name: "every acknowledged write is there, in the state it led to", count: expected.count, problems: problems
        )
    }

    private func difference(_ one: DrillWorker.Expected, _ there: Appointment, _ now: Instant) -> String? {
        guard there.patient == one.patient, there.slot == one.slot, there.service == hospital.service else {
            return "belongs to patient \(there.patient) in slot \(there.slot), not to \(one.patient) in \(one.slot)"
        }
        if there.state == one.state, there.version == one.version { return nil }
        // The engine ends holds by itself, one version later.
        if let end = one.holdUntil, there.state == .expired, there.version == one.version + 1, there.changed >= end {
            return nil
        }
        return
            "is \(there.state.word) in version \(there.version), was acknowledged as \(one.state.word) in version \(one.version)"
    }

    /// A key's answer is the same for as long as it is remembered.
    private func lookAtRepetitions() async -> Report.Check {
        var check = Report.Check(name: "an acknowledged write that is sent again gets its first answer", count: 0)
        let each = max(1, repetitions / max(1, workers.count))
        for worker in workers {
            for answered in worker.answered.suffix(each) {
                let (request, answer) = (answered.request, answered.answer)
                check.count += 1
                do throws(HaoyuanError) {
                    let (again, isRepetition) = try await request.send(to: client, service: hospital.service)
                    if again != answer { check.problems.append("\(request.key): \(answer), now \(again)") }
                    if !isRepetition { check.problems.append("\(request.key): carried out anew") }
                } catch {
                    check.problems.append("\(request.key): \(answer), now \(error)")
                }
            }
        }
        return check
    }

    // MARK: Sessions

    private func lookAtSessions(
        _ expected: [AppointmentID: DrillWorker.Expected], _ now: Instant
    ) async throws(HaoyuanError) -> [Report.Check] {
        let own = Set(hospital.sessions.map(\.id))
        let sessions = try await client.sessions(from: hospital.days.lowerBound, to: hospital.days.upperBound).filter {
            own.contains($0.id)
        }
        var capacity = Report.Check(
            name: "no slot is above its capacity, and what is taken is what its appointments take", count: 0)
        var numbers = Report.Check(name: "no number is given twice in a session", count: 0)
        var invented = Report.Check(name: "nothing is there that nobody asked for", count: 0)
        if sessions.count != own.count {
            capacity.problems.append("\(sessions.count) sessions of \(own.count) are there")
        }
        for session in sessions {
            var (session, appointments) = (session, try await client.appointments(in: session.id))
            if !isConsistent(session, appointments) {
                // A hold may have ended between the two readings. Whatever is wrong for good is wrong the second time,
                // too.
                let listed = try await client.sessions(pool: session.pool, from: session.date, to: session.date)
                session = listed.first { $0.id == session.id } ?? session
                appointments = try await client.appointments(in: session.id)
            }
            look(at: session, appointments, &capacity)
            numbers.count += appointments.count
            let given = Dictionary(grouping: appointments, by: \.number).filter { $0.value.count > 1 }
            numbers.problems += given.keys.sorted().map { "session \(session.id): number \($0) twice" }
            invented.count += appointments.count
            invented.problems += appointments.filter { expected[$0.id] == nil }.map {
                "\($0.id.place), \($0.state.word), of patient \($0.patient)"
            }
        }
        return [capacity, numbers, invented]
    }

    private func isConsistent(_ session: Session, _ appointments: [Appointment]) -> Bool {
        var check = Report.Check(name: "", count: 0)
        look(at: session, appointments, &check)
        return check.holds
    }

    private func look(at session: Session, _ appointments: [Appointment], _ check: inout Report.Check) {
        var taken = [UInt32](repeating: 0, count: session.capacities.count)
        for one in appointments where Self.occupies(one.state) {
            let first = Int(one.slot.rawValue & 0xF_FFFF)
            guard first + Int(one.slots) <= taken.count else {
                check.problems.append("\(one.id.place) lies outside its session")
                continue
            }
            for slot in first..<first + Int(one.slots) { taken[slot] += one.units }
        }
        check.count += taken.count
        for (slot, units) in taken.enumerated() {
            if units > session.capacities[slot] {
                check.problems.append(
                    "session \(session.id) slot \(slot): \(units) units taken of \(session.capacities[slot])")
            }
            if units != session.taken[slot] {
                check.problems.append(
                    "session \(session.id) slot \(slot): says \(session.taken[slot]) units taken, has \(units)")
            }
        }
    }

    private static func occupies(_ state: AppointmentState) -> Bool {
        switch state {
        case .cancelled, .expired, .moved, .stopped: false
        default: true
        }
    }

    // MARK: The change feed

    private func lookAtFeed(_ mirror: FeedMirror) async throws(HaoyuanError) -> [Report.Check] {
        let position = try await client.status().durablePosition
        var gapless = Report.Check(
            name: "the change feed resumes without a gap, a repetition or a change of mind", count: await mirror.events)
        if !(await mirror.hasReached(position)) {
            gapless.problems.append("it stands at \(await mirror.through), the journal at \(position)")
        }
        gapless.problems += await mirror.problems
        let entries = await mirror.entries
        let found = try await read(Array(entries.keys))
        var equal = Report.Check(name: "the change feed adds up to what the server has", count: entries.count)
        for (id, entry) in entries {
            guard let there = found[id] else {
                equal.problems.append("\(id.place): in the feed, not there")
                continue
            }
            // Whatever changed since the position above was read is in the feed soon.
            guard there.version == entry.version else {
                if await mirror.catchesUp(id, version: there.version) { continue }
                equal.problems.append("\(id.place): version \(entry.version) in the feed, \(there.version) there")
                continue
            }
            if there.state != entry.state || (entry.patient ?? there.patient) != there.patient
                || (entry.slot ?? there.slot) != there.slot
            {
                equal.problems.append("\(id.place): \(entry.state.word) in the feed, \(there.state.word) there")
            }
        }
        return [gapless, equal]
    }
}

extension FeedMirror {
    /// Whether the feed tells of a version soon.
    fileprivate func catchesUp(_ id: AppointmentID, version: UInt32) async -> Bool {
        let deadline = ContinuousClock.now + .seconds(2)
        while entries[id]?.version != version, ContinuousClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(5))
        }
        return entries[id]?.version == version
    }
}
