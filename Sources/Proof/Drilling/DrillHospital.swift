import Foundation
import HaoyuanClient
import Hosting
import Terminal

/// A hospital made for a drill, beside whatever a folder holds already: four departments, eight pools, small slots that
/// fill up.
struct DrillHospital: Sendable {
    /// How large it is.
    struct Size: Sendable {
        var patients = 2_000
        /// Sessions of each pool: one a day.
        var days = 6
        var slotsPerSession = 40
        var placesPerSlot: UInt32 = 4
    }

    static let pools = 8
    private static let slotMinutes: UInt32 = 10
    private static let patientsAtOnce = 8_192
    private static let system = "urn:haoyuan:drill"
    private static let serviceCode = "drill-visit"

    let size: Size
    let service: ServiceID
    let patients: [PatientID]
    /// Its pools.
    let ownPools: Set<PoolID>
    let sessions: [Session]
    /// The first and the last day of its sessions.
    let days: ClosedRange<LocalDate>

    /// Brings it in. Doing it again changes nothing.
    static func furnish(_ client: HaoyuanClient, _ size: Size = Size()) async throws -> DrillHospital {
        let known = try await client.catalogue().catalogue
        _ = try await client.putCatalogue(catalogue(hasHospital: known.hospital.map { !$0.name.isEmpty } ?? false))
        let names = try HospitalNames(try await client.catalogue().catalogue)
        var patients: [PatientID] = []
        for start in stride(from: 0, to: size.patients, by: patientsAtOnce) {
            let part = (start..<min(start + patientsAtOnce, size.patients)).map {
                [Identifier(system: system, value: "\($0)")]
            }
            for outcome in try await client.registerPatients(part) {
                switch outcome {
                case .created(let id), .known(let id): patients.append(id)
                case .failed(let problem): throw CommandFailure(.internal, "a patient was not registered: \(problem)")
                }
            }
        }
        // From the day after tomorrow on: still ahead at the end of the longest round, in every time zone.
        let clock = try HospitalClock(zone: "Asia/Shanghai")
        let now = Int64(Date().timeIntervalSince1970 * 1_000)
        let days = (0..<size.days).map { LocalDate(clock.day(now, plus: Int32($0) + 2)) }
        for day in days {
            let opened = try await client.openSessions(
                (0..<pools).map {
                    NewSession(
                        pool: code(ofPool: $0), date: day, start: "08:00", slotMinutes: slotMinutes,
                        capacities: [UInt32](repeating: size.placesPerSlot, count: size.slotsPerSession))
                })
            if let conflict = opened.conflicts.first { throw CommandFailure(.internal, conflict) }
        }
        guard let first = days.first, let last = days.last else { preconditionFailure("a drill has at least a day") }
        let own = Set(try (0..<pools).map { try names.pool(code(ofPool: $0)).id })
        let sessions = try await client.sessions(from: first, to: last).filter { own.contains($0.pool) }
        return DrillHospital(
            size: size, service: try names.service(serviceCode).id, patients: patients, ownPools: own,
            sessions: sessions,
            days: first...last)
    }

    /// The same hospital with one further session in each pool, on this very day, soon: for loads that see sessions
    /// begin and end.
    /// - Parameter startingIn: minutes from now to the first slot; slots are a minute long.
    func withSessions(startingIn minutes: Int, _ client: HaoyuanClient) async throws -> DrillHospital {
        let clock = try HospitalClock(zone: "Asia/Shanghai")
        let start = Int64(Date().timeIntervalSince1970 * 1_000) + Int64(minutes + 1) * 60_000
        let day = LocalDate(clock.day(start))
        let opened = try await client.openSessions(
            (0..<Self.pools).map {
                NewSession(
                    pool: Self.code(ofPool: $0), date: day, start: WallTime(clock.time(start)), slotMinutes: 1,
                    capacities: [UInt32](repeating: size.placesPerSlot, count: size.slotsPerSession))
            })
        if let conflict = opened.conflicts.first { throw CommandFailure(.internal, conflict) }
        let pools = ownPools
        let from = start / 60_000 * 60_000
        let new = try await client.sessions(from: day, to: day).filter {
            pools.contains($0.pool) && $0.start.milliseconds == from
        }
        return DrillHospital(
            size: size, service: service, patients: patients, ownPools: pools, sessions: new, days: day...day)
    }

    /// A slot of a session.
    func slot(_ index: Int, of session: SessionID) -> SlotID {
        SlotID(rawValue: session.rawValue << 20 | UInt64(index))
    }

    private static func code(ofPool pool: Int) -> String { "drill-pool-\(pool + 1)" }

    private static func catalogue(hasHospital: Bool) -> Catalogue {
        Catalogue(
            hospital: hasHospital ? nil : .init(name: "Hospital of a drill", timeZone: "Asia/Shanghai"),
            departments: (1...4).map { .init(code: "drill-\($0)", name: "Drill \($0)") },
            services: [.init(code: serviceCode, name: "Drill visit", kind: .clinic)],
            pools: (0..<pools).map {
                .init(
                    code: code(ofPool: $0), name: "Drill pool \($0 + 1)", department: "drill-\($0 % 4 + 1)",
                    resources: [], services: [serviceCode])
            },
            policies: [])
    }
}
