import Journal
import Scheduling
import TestHospitals
import Testing

@testable import Engine

/// Readings beside a change of the catalogue that may not be told yet: each waits for what it goes by, and for nothing
/// else.
@Suite struct UnsettledChangesTests {
    enum Asked: CaseIterable, Sendable {
        case searchCardiology, searchRadiology, searchVisits, searchScans, searchRoom, listDoctor, listCardiology

        func read(_ engine: Engine) async throws {
            let (today, departments) = (Hospital.today, (DepartmentID(rawValue: 1), DepartmentID(rawValue: 2)))
            func search(
                _ department: DepartmentID? = nil, service: UInt32? = nil, resource: UInt32? = nil
            ) async throws {
                var query = SlotQuery(
                    department: department, service: service.map { ServiceID(rawValue: $0) }, from: today)
                query.resource = resource.map { ResourceID(rawValue: $0) }
                _ = try await engine.search(query)
            }
            func list(_ department: DepartmentID?, _ pool: UInt32?) async throws {
                _ = try await engine.sessions(
                    department: department, pool: pool.map { PoolID(rawValue: $0) }, from: today, to: today)
            }
            switch self {
            case .searchCardiology: try await search(departments.0)
            case .searchRadiology: try await search(departments.1)
            case .searchVisits: try await search(service: 1)
            case .searchScans: try await search(service: 2)
            case .searchRoom: try await search(resource: 1)
            case .listDoctor: try await list(nil, 1)
            case .listCardiology: try await list(departments.0, nil)
            }
        }
    }

    enum Change: CaseIterable, Sendable {
        case cardiologyPolicy, hospitalPolicy, oldService, newService, poolOffersLess, newPool, poolLosesRoom, template
        case newDepartment, room, hospital

        var draft: CatalogueDraft {
            var draft = CatalogueDraft()
            func pool(_ code: String, _ services: [String], rooms: [String] = []) -> CatalogueDraft.Pool {
                let department = code == "ct" ? "CT" : "CARD"
                return .init(code: code, name: code, department: department, resources: rooms, services: services)
            }
            switch self {
            case .cardiologyPolicy:
                draft.policies = [.init(department: "CARD", perDayDepartment: 0, perDay: 3, holdSeconds: 60)]
            case .hospitalPolicy:
                draft.policies = [.init(department: "", perDayDepartment: 0, perDay: 3, holdSeconds: 60)]
            case .oldService: draft.services = [.init(code: "scan", name: "scan", kind: .exam, slots: 2)]
            case .newService: draft.services = [.init(code: "mri", name: "MRI", kind: .exam, slots: 2)]
            case .poolOffersLess: draft.pools = [pool("ct", ["visit"], rooms: ["room"])]
            case .newPool: draft.pools = [pool("wu", ["visit"])]
            case .poolLosesRoom: draft.pools = [pool("ct", ["visit", "scan"])]
            case .template:
                draft.templates = [
                    .init(
                        code: "t", pool: "li", weekdays: 127, start: WallTime(rawValue: 480), slotMinutes: 10,
                        slots: 6, capacity: 1)
                ]
            case .newDepartment: draft.departments = [.init(code: "ENT", name: "ENT")]
            case .room: draft.resources = [.init(code: "room", name: "Room 2", kind: .room, department: "CT")]
            case .hospital: break
            }
            return draft
        }

        /// Radiology has a policy of its own.
        var isGoneByBy: Set<Asked> {
            switch self {
            case .cardiologyPolicy: [.searchCardiology, .searchVisits]
            case .hospitalPolicy: [.searchCardiology, .searchVisits]
            case .oldService, .poolOffersLess: [.searchScans]
            case .newPool: [.searchCardiology, .searchVisits, .listCardiology]
            case .poolLosesRoom: [.searchRadiology, .searchVisits, .searchScans, .searchRoom]
            case .newService, .template, .newDepartment, .room: []
            case .hospital: Set(Asked.allCases)
            }
        }
    }

    /// A synchronous primary whose standby has everything, then goes, with one change waiting.
    private struct Waiting {
        let hospital: Hospital
        let standby: Standby
        let put: Task<Void, any Error>

        init(_ change: Change) async throws {
            hospital = try await Hospital(policies: [
                .init(department: "CT", perDayDepartment: 0, perDay: 5, holdSeconds: 60)
            ])
            var room = CatalogueDraft()
            room.resources = [.init(code: "room", name: "Room", kind: .room, department: "CT")]
            room.pools = [
                .init(code: "ct", name: "ct", department: "CT", resources: ["room"], services: ["visit", "scan"])
            ]
            _ = try await hospital.engine.putCatalogue(room, hospital: nil, by: Hospital.doctor)
            _ = try await hospital.open("li", capacities: [4, 4, 4])
            _ = try await hospital.open("ct", capacities: [4, 4, 4])
            standby = try await Standby(of: hospital)
            try await hospital.restart { $0.standby = StandbyPolicy() }
            let engine = hospital.engine
            let feeder = try engine.feeder(for: standby.engine.followRequest(name: "b", asker: 1))
            try await standby.follow(feeder)
            let last = engine.lastPosition
            let named = change == .hospital ? (name: "另一医院", zone: "Asia/Shanghai") : nil
            put = Task {
                _ = try await engine.putCatalogue(change.draft, hospital: named, by: Hospital.doctor)
            }
            while engine.lastPosition == last { await Task.yield() }
            feeder.end()
        }
    }

    private func check(_ engine: Engine, _ change: Change) async throws {
        for asked in Asked.allCases {
            do {
                try await asked.read(engine)
                #expect(!change.isGoneByBy.contains(asked), "\(asked) shows what may not be told")
            } catch let error as EngineError {
                #expect(error.code == .standbyAway)
                #expect(change.isGoneByBy.contains(asked), "\(asked) waits for nothing of its own")
            }
        }
    }

    @Test(arguments: Change.allCases)
    func `a reading waits only for the changes of the catalogue that it goes by`(change: Change) async throws {
        let waiting = try await Waiting(change)
        let engine = waiting.hospital.engine
        try await check(engine, change)
        await #expect(throws: EngineError.self) { _ = try await engine.catalogue() }
        try engine.goOnAlone()
        try await waiting.put.value
        for asked in Asked.allCases { try await asked.read(engine) }
        await waiting.standby.engine.stop()
    }

    @Test(arguments: [Change.cardiologyPolicy, .hospitalPolicy, .oldService, .template])
    func `after a start without the standby a reading waits for no more than before it`(change: Change) async throws {
        let waiting = try await Waiting(change)
        let hospital = waiting.hospital
        hospital.engine.journal.endWaits()
        _ = try? await waiting.put.value
        try await hospital.restart { $0.standby = StandbyPolicy() }
        #expect(hospital.engine.settledPosition < hospital.engine.lastPosition)
        try await check(hospital.engine, change)
        try await waiting.standby.catchUp()
        for asked in Asked.allCases { try await asked.read(hospital.engine) }
        await waiting.standby.engine.stop()
    }
}
