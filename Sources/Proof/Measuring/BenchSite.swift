import Foundation
import HaoyuanClient
import Terminal

/// A hospital made for measuring, in a server: 20 departments, 200 pools, one service, and as many patients as asked.
struct BenchSite: Sendable {
    static let pools = 200
    static let departmentCount = 20
    static let slotsPerSession = 40

    let service: UInt32
    let departments: [UInt32]
    /// Ids by index.
    let patients: [UInt64]
    /// Ids by day and pool.
    let sessions: [[UInt64]]
    let dates: [LocalDate]
    /// The few slots of a storm with their units; empty elsewhere.
    var scarce: [(slot: UInt64, units: Int)]
    let scarceDate: LocalDate?

    static let name = "haoyuan bench"
    static let system = "urn:haoyuan:bench"
    private static let service = "bench-visit"
    private static let batch = 8_192
    /// Seconds that a hold of this hospital waits: short, so that a run sees it end.
    static let holdSeconds: UInt32 = 3

    /// Where a patient goes on a day: all pools and slots in turn.
    func slot(ofPatient patient: Int, day: Int) -> UInt64 {
        slot(
            pool: patient % Self.pools, index: patient / Self.pools % Self.slotsPerSession, day: day % sessions.count)
    }

    /// A slot's id is `session << 20 | index`: proto/PROTOCOL.md.
    func slot(pool: Int, index: Int, day: Int) -> UInt64 { sessions[day][pool] << 20 | UInt64(index) }

    // MARK: Furnishing

    /// Brings the hospital into a server that has none, or this one already.
    static func furnish(
        _ client: HaoyuanClient, _ plan: BenchPlan, _ tell: (String) -> Void
    ) async throws -> BenchSite {
        let known = try await client.catalogue().catalogue
        guard known.departments.isEmpty || known.hospital?.name == name else {
            throw CommandFailure.usage(
                "the server holds a hospital, ‘\(known.hospital?.name ?? "")’",
                remedy: "measure a server with an empty data folder")
        }
        _ = try await client.putCatalogue(catalogue)
        let catalogue = try await client.catalogue().catalogue
        let patients = try await register(client, plan, tell)
        tell("opening sessions")
        let dates = try await freeDates(client, plan.days)
        let pools = Dictionary(catalogue.pools.map { ($0.code, $0.id) }, uniquingKeysWith: { first, _ in first })
        let scarceDate = plan.scenario == .storm ? dates[0] : nil
        var sessions: [[UInt64]] = []
        for date in dates where date != scarceDate {
            let capacities = [UInt32](repeating: plan.places, count: slotsPerSession)
            sessions.append(
                try await open(client, pools, (0..<Self.pools).map { (code(ofPool: $0), date, capacities) }))
        }
        var few: [(UInt64, Int)] = []
        if let scarceDate {
            let capacities = capacities(of: plan.numbers)
            let wanted = capacities.enumerated().map { (code(ofPool: $0), scarceDate, $1) }
            for (session, units) in zip(try await open(client, pools, wanted), capacities) {
                few += units.enumerated().map { (session << 20 | UInt64($0), Int($1)) }
            }
        }
        return BenchSite(
            service: catalogue.services.first { $0.code == service }?.id.rawValue ?? 0,
            // A started server with residents has theirs, too, where nobody offers this service.
            departments: catalogue.departments.filter { $0.code.hasPrefix("bench-") }.map(\.id.rawValue),
            patients: patients, sessions: sessions, dates: dates.filter { $0 != scarceDate }, scarce: few,
            scarceDate: scarceDate)
    }

    private static func code(ofPool pool: Int) -> String { "bench-\(pool)" }

    private static var catalogue: Catalogue {
        Catalogue(
            hospital: .init(name: name, timeZone: "Asia/Shanghai"),
            departments: (0..<departmentCount).map { .init(code: "bench-\($0)", name: "Department \($0)") },
            services: [.init(code: service, name: "Visit", kind: .clinic)],
            pools: (0..<pools).map {
                .init(
                    code: code(ofPool: $0), name: "Pool \($0)", department: "bench-\($0 % departmentCount)",
                    resources: [], services: [service])
            },
            policies: [.init(holdSeconds: holdSeconds)])
    }

    private static func register(
        _ client: HaoyuanClient, _ plan: BenchPlan, _ tell: (String) -> Void
    ) async throws -> [UInt64] {
        let count = plan.patients
        // Where many are resident, people from all over them.
        let apart = max(1, plan.resident / 2 / count)
        var ids: [UInt64] = []
        ids.reserveCapacity(count)
        for start in stride(from: 0, to: count, by: batch) {
            tell("registering patients: \(Numbers.grouped(start)) of \(Numbers.grouped(count))")
            let part = (start..<min(start + batch, count)).map {
                [Identifier(system: system, value: "\($0 * apart)")]
            }
            for outcome in try await client.registerPatients(part) {
                switch outcome {
                case .created(let id), .known(let id): ids.append(id.rawValue)
                case .failed(let problem): throw CommandFailure(.internal, "a patient was not registered: \(problem)")
                }
            }
        }
        return ids
    }

    /// Days from the day after tomorrow on that have no sessions of an earlier run.
    private static func freeDates(_ client: HaoyuanClient, _ count: Int) async throws -> [LocalDate] {
        let now = try await client.status().now.milliseconds
        let clock = try HospitalClock(zone: "Asia/Shanghai")
        var first: Int32 = 2
        // An earlier run's days stand together and begin there, too.
        while !(try await client.sessions(
            from: LocalDate(clock.day(now, plus: first)), to: LocalDate(clock.day(now, plus: first))
        )).isEmpty { first += 1 }
        return (0..<Int32(count)).map { LocalDate(clock.day(now, plus: first + $0)) }
    }

    private static func open(
        _ client: HaoyuanClient, _ pools: [String: PoolID], _ wanted: [(pool: String, date: LocalDate, units: [UInt32])]
    ) async throws -> [UInt64] {
        let opened = try await client.openSessions(
            wanted.map {
                NewSession(pool: $0.pool, date: $0.date, start: "08:00", slotMinutes: 10, capacities: $0.units)
            })
        guard opened.opened == wanted.count, let date = wanted.first?.date else {
            throw CommandFailure(
                .internal, "\(wanted.count - opened.opened) sessions were not opened: \(opened.conflicts.first ?? "")")
        }
        var ids: [PoolID: UInt64] = [:]
        for session in try await client.sessions(from: date, to: date) { ids[session.pool] = session.id.rawValue }
        return try wanted.map { one in
            guard let pool = pools[one.pool], let id = ids[pool] else {
                throw CommandFailure(.internal, "the session of \(one.pool) on \(date) is not there")
            }
            return id
        }
    }

    /// So many numbers as sessions of slots with three units each; the last slot has the rest.
    private static func capacities(of numbers: Int) -> [[UInt32]] {
        var units = [UInt32](repeating: 3, count: numbers / 3)
        if numbers % 3 > 0 { units.append(UInt32(numbers % 3)) }
        return stride(from: 0, to: units.count, by: slotsPerSession).map {
            Array(units[$0..<min($0 + slotsPerSession, units.count)])
        }
    }
}
