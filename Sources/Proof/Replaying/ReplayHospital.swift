import HaoyuanClient
import Hosting
import Terminal

/// The trace's hospital in a server: brought in, and its ids by the plan's indices.
struct ReplayHospital {
    let service: ServiceID
    /// By index into the plan's clinics.
    let departments: [DepartmentID]
    /// By index into the plan's patients.
    let patients: [PatientID]
    /// By index into the plan's sessions.
    let sessions: [SessionID]

    static let system = "urn:trace:patient"
    private static let name = "Hospital of a trace"
    private static let serviceCode = "visit"
    /// Sessions in one request: each is about 150 bytes.
    private static let sessionsAtOnce = 4_096
    private static let patientsAtOnce = 8_192

    /// Brings the hospital in. Doing it again changes nothing.
    /// - Parameter perDayDepartment: appointments of a patient on a day in a clinic; 0 for no limit.
    static func furnish(
        _ client: HaoyuanClient, _ plan: TracePlan, perDayDepartment: UInt32
    ) async throws -> ReplayHospital {
        let known = try await client.catalogue().catalogue
        if let hospital = known.hospital, hospital.name != name, !known.departments.isEmpty {
            throw CommandFailure.usage(
                "the data folder holds another hospital, ‘\(hospital.name)’", remedy: "give --data a folder of its own")
        }
        _ = try await client.putCatalogue(catalogue(plan, perDayDepartment: perDayDepartment))
        let names = try HospitalNames(try await client.catalogue().catalogue)
        let patients = try await register(client, plan)
        return ReplayHospital(
            service: try names.service(serviceCode).id,
            departments: try plan.clinics.indices.map { try names.department(code(ofClinic: $0)).id },
            patients: patients,
            sessions: try await open(client, plan, names))
    }

    static func code(ofClinic clinic: Int) -> String { "clinic-\(clinic + 1)" }

    private static func catalogue(_ plan: TracePlan, perDayDepartment: UInt32) -> Catalogue {
        Catalogue(
            hospital: .init(name: name, timeZone: TracePlan.zone),
            departments: plan.clinics.enumerated().map { .init(code: code(ofClinic: $0), name: $1) },
            services: [.init(code: serviceCode, name: "Visit", kind: .clinic)],
            pools: plan.clinics.enumerated().map {
                .init(
                    code: code(ofClinic: $0), name: $1, department: code(ofClinic: $0), resources: [],
                    services: [serviceCode])
            },
            policies: [.init(perDayDepartment: perDayDepartment == 0 ? nil : perDayDepartment)])
    }

    private static func register(_ client: HaoyuanClient, _ plan: TracePlan) async throws -> [PatientID] {
        var ids: [PatientID] = []
        for start in stride(from: 0, to: plan.patients.count, by: patientsAtOnce) {
            let part = plan.patients[start..<min(start + patientsAtOnce, plan.patients.count)]
            for outcome in try await client.registerPatients(part.map { [Identifier(system: system, value: $0)] }) {
                switch outcome {
                case .created(let id), .known(let id): ids.append(id)
                case .failed(let problem): throw CommandFailure(.internal, "a patient was not registered: \(problem)")
                }
            }
        }
        return ids
    }

    private static func open(_ client: HaoyuanClient, _ plan: TracePlan, _ names: HospitalNames) async throws
        -> [SessionID]
    {
        let drafts = plan.sessions.map {
            NewSession(
                pool: code(ofClinic: $0.clinic), date: LocalDate($0.day), start: WallTime(TracePlan.opens),
                slotMinutes: UInt32(TracePlan.slotMinutes), capacities: $0.capacities)
        }
        for start in stride(from: 0, to: drafts.count, by: sessionsAtOnce) {
            let part = Array(drafts[start..<min(start + sessionsAtOnce, drafts.count)])
            let opened = try await client.openSessions(part)
            if let conflict = opened.conflicts.first {
                throw CommandFailure.usage(
                    "the data folder has sessions of another trace: \(conflict)",
                    remedy: "give --data a folder of its own")
            }
        }
        return try await find(client, plan, names)
    }

    private static func find(_ client: HaoyuanClient, _ plan: TracePlan, _ names: HospitalNames) async throws
        -> [SessionID]
    {
        var ids: [String: SessionID] = [:]
        for day in Set(plan.sessions.map(\.day)).sorted() {
            for session in try await client.sessions(from: LocalDate(day), to: LocalDate(day)) {
                ids["\(names.poolCode(session.pool)) \(day)"] = session.id
            }
        }
        return try plan.sessions.map { session in
            guard let id = ids["\(code(ofClinic: session.clinic)) \(session.day)"] else {
                throw CommandFailure(
                    .internal, "the session of \(plan.clinics[session.clinic]) on \(session.day) is not there")
            }
            return id
        }
    }
}
