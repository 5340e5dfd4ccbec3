import HaoyuanClient
import Terminal
import Wire

/// Holds what the server said yes to against what it has. The load is over; a server of this run's own has been killed.
struct BenchAudit {
    let ledger: BenchLedger
    let site: BenchSite
    let plan: BenchPlan
    /// Of every pass that was measured.
    let figures: [LoadFigures]

    private typealias Expected = [UInt64: (patient: UInt64, state: PBAppointmentState)]

    private static let mostProblems = 1_000
    private static let idsAtOnce = 8_192

    // MARK: What was answered

    /// Whether the load itself got what it must.
    var answers: [Report.Check] {
        var checks = [
            Report.Check(
                name: "every request has a final answer", count: Int(figures.reduce(0) { $0 + $1.requests }),
                problems: figures.flatMap { figures in
                    figures.errors.values.map { "\(Numbers.grouped($0.count)) times \($0.first)" }
                })
        ]
        if ledger.looked > 0 {
            checks.append(
                .init(
                    name: "every reading shows what was acknowledged before it was asked for", count: ledger.looked,
                    problems: ledger.problems))
        }
        if !site.scarce.isEmpty { checks.append(sold) }
        return checks
    }

    /// A storm sells all that people asked for, and not one more.
    private var sold: Report.Check {
        var wishes = [Int](repeating: 0, count: site.scarce.count)
        for person in 0..<plan.shape.count {
            wishes[BookingSource.wish(ofPerson: person, among: wishes.count, seed: plan.seed)] += 1
        }
        var sales: [UInt64: Int] = [:]
        for entry in ledger.entries { sales[entry.appointment >> 20, default: 0] += 1 }
        var wanted: [UInt64: Int] = [:]
        for (index, scarce) in site.scarce.enumerated() {
            wanted[scarce.slot >> 20, default: 0] += min(wishes[index], scarce.units)
        }
        return .init(
            name: "of \(Numbers.grouped(plan.numbers)) numbers, exactly those that people wanted are sold",
            count: wanted.values.reduce(0, +),
            problems: wanted.keys.sorted().filter { sales[$0] ?? 0 != wanted[$0] }.map {
                "session \($0): \(sales[$0] ?? 0) sold, \(wanted[$0] ?? 0) wanted and there"
            })
    }

    private var expected: Expected {
        var expected = Expected(minimumCapacity: ledger.entries.count)
        for entry in ledger.entries { expected[entry.appointment] = (entry.patient, entry.state) }
        return expected
    }

    /// Nil where what is there may follow on what was acknowledged.
    private func difference(
        _ id: UInt64, _ one: (patient: UInt64, state: PBAppointmentState), patient: UInt64,
        state: AppointmentState
    ) -> String? {
        guard patient == one.patient else { return "\(id) belongs to patient \(patient), not to \(one.patient)" }
        let acknowledged = AppointmentState(one.state)
        if state == acknowledged || ledger.unsure.contains(id) { return nil }
        // The engine ends holds by itself.
        if acknowledged == .held, state == .expired { return nil }
        return "\(id) is \(state.word), \(acknowledged.word) was acknowledged"
    }

    // MARK: What is there

    /// Looks at a folder whose server has been killed.
    func look(at folder: BenchFolder) -> [Report.Check] {
        var left = expected
        var there = Report.Check(
            name: "every acknowledged write is in the folder, in the state it led to", count: left.count)
        var invented = 0
        for one in folder.appointments {
            guard let known = left.removeValue(forKey: one.id) else {
                invented += 1
                continue
            }
            let state = AppointmentState(PBAppointmentState(rawValue: one.state) ?? .unspecified)
            if there.problems.count < Self.mostProblems,
                let problem = difference(one.id, known, patient: one.patient, state: state)
            {
                there.problems.append(problem)
            }
        }
        there.problems += left.keys.sorted().prefix(Self.mostProblems).map { "\($0) was acknowledged and is not there" }
        let found = folder.appointments.count
        let sound = Report.Check(
            name: "no slot above its capacity, no number twice, nobody in two places", count: found,
            problems: folder.violations)
        return plan.resident > 0 ? [there, sound] : [there, unasked(invented, of: found), sound]
    }

    /// Asks a server that goes on running.
    func look(at client: HaoyuanClient) async throws -> [Report.Check] {
        let expected = expected
        var there = Report.Check(
            name: "every acknowledged write is in the server, in the state it led to", count: expected.count)
        let ids = expected.keys.sorted()
        var found = Set<UInt64>()
        for start in stride(from: 0, to: ids.count, by: Self.idsAtOnce) {
            let part = ids[start..<min(start + Self.idsAtOnce, ids.count)].map { AppointmentID(rawValue: $0) }
            for one in try await client.appointments(part) {
                found.insert(one.id.rawValue)
                if there.problems.count < Self.mostProblems, let known = expected[one.id.rawValue],
                    let problem = difference(
                        one.id.rawValue, known, patient: one.patient.rawValue, state: one.state)
                {
                    there.problems.append(problem)
                }
            }
        }
        there.problems += ids.filter { !found.contains($0) }.prefix(Self.mostProblems).map {
            "\($0) was acknowledged and is not there"
        }
        return [there] + (try await lookAtSessions(client))
    }

    /// Asks a server for the days of this load.
    func lookAtSessions(_ client: HaoyuanClient) async throws -> [Report.Check] {
        var full = Report.Check(name: "no slot above its capacity", count: 0)
        var live: UInt64 = 0
        for date in site.dates + (site.scarceDate.map { [$0] } ?? []) {
            for session in try await client.sessions(from: date, to: date) {
                live += UInt64(session.liveAppointments)
                full.count += session.capacities.count
                full.problems += session.capacities.indices.filter { session.taken[$0] > session.capacities[$0] }.map {
                    "session \(session.id) slot \($0): \(session.taken[$0]) of \(session.capacities[$0]) taken"
                }
            }
        }
        let known = expected.values.count { $0.state == .booked || $0.state == .held }
        return [full, unasked(max(0, Int(live) - known), of: Int(live))]
    }

    private func unasked(_ invented: Int, of found: Int) -> Report.Check {
        .init(
            name: "nothing is there that nobody asked for", count: found,
            problems: invented > ledger.doubtful
                ? ["\(invented) more than were acknowledged, of \(ledger.doubtful) it is open"] : [])
    }
}
