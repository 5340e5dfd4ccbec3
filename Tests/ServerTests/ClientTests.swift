import HaoyuanTesting
import NIOConcurrencyHelpers
import NIOPosix
import Testing

@testable import HaoyuanClient

/// What the tests of the client know of a hospital, in the client's own words: one clinic, 200 patients, and a session
/// today from 09:00 of 100 slots of 100 units.
struct KnownHospital: Sendable {
    let port: Int
    let service: ServiceID
    let session: SessionID
    let patients: [PatientID]

    init(hospital served: ServedHospital) {
        port = served.port
        service = ServiceID(rawValue: served.clinicNumber)
        session = SessionID(rawValue: served.sessionNumber)
        patients = served.patientNumbers.map(PatientID.init(rawValue:))
    }

    /// Fills the empty hospital of a server.
    init(_ server: TestServer, filledBy client: HaoyuanClient) async throws {
        port = server.address.port
        var catalogue = Catalogue()
        catalogue.hospital = .init(name: "人民医院", timeZone: "Asia/Shanghai")
        catalogue.departments = [.init(code: "CARD", name: "心血管内科")]
        catalogue.services = [.init(code: "visit", name: "普通门诊", kind: .clinic)]
        catalogue.pools = [.init(code: "li", name: "李医生", department: "CARD", resources: [], services: ["visit"])]
        _ = try await client.putCatalogue(catalogue)
        service = try #require(try await client.catalogue().catalogue.services.first).id
        let persons = (0..<200).map { [Identifier(system: "urn:test", value: "p\($0)")] }
        patients = try await client.registerPatients(persons).compactMap(\.patient)
        let today = LocalDate("2026-03-02")
        _ = try await client.openSessions([
            NewSession(
                pool: "li", date: today, start: "09:00", slotMinutes: 5,
                capacities: Array(repeating: 100, count: 100))
        ])
        session = try #require(try await client.sessions(from: today, to: today).first).id
    }

    func patient(_ index: Int) -> PatientID { patients[index] }

    func slot(_ index: UInt16) -> SlotID { SlotID(rawValue: session.rawValue << 20 | UInt64(index)) }

    /// A client whose waits take no time, and say how long they would have been.
    func client(
        port: Int? = nil, waits: NIOLockedValueBox<[Duration]>? = nil,
        _ change: (inout ClientConfiguration) -> Void = { _ in }
    ) -> HaoyuanClient {
        var configuration = ClientConfiguration(
            addresses: [.init(host: "127.0.0.1", port: port ?? self.port)], channel: .miniProgram,
            operatorName: "test")
        configuration.forCrowds()
        change(&configuration)
        let time = TimeSource(
            now: TimeSource.system.now,
            sleep: { duration in
                waits?.withLockedValue { $0.append(duration) }
                await Task.yield()
            }, random: { 0 })
        return HaoyuanClient(configuration, group: MultiThreadedEventLoopGroup.singleton, time: time)
    }
}

extension ClientConfiguration {
    /// One connection, and time: hundreds of tests may be after the same two processors.
    mutating func forCrowds() {
        connections = 1
        requestTimeout = .seconds(600)
        connectTimeout = .seconds(300)
    }
}

/// Runs a test of the client against a hospital of its own, with a client of its only connection.
func withClient(_ body: (HaoyuanClient, KnownHospital) async throws -> Void) async throws {
    try await TestServer.run(hospital: .empty) { server in
        let client = server.client(channel: .miniProgram) { $0.forCrowds() }
        let hospital = try await KnownHospital(server, filledBy: client)
        try await body(client, hospital)
        client.close()
    }
}

@Suite struct `The client's methods` {
    @Test func `an appointment's life`() async throws {
        try await withClient { client, hospital in
            let held = try await client.hold(
                patient: hospital.patient(0), slot: hospital.slot(2), service: hospital.service, key: .random())
            let receipt = try #require(held.receipt)
            #expect(receipt.state == .held && receipt.number == 1 && receipt.version == 1 && receipt.holdUntil != nil)
            let confirmed = try #require(
                try await client.confirm(receipt.appointment, ifVersion: 1, key: .random()).receipt)
            #expect(confirmed.state == .booked && confirmed.version == 2)
            let stale = try await client.cancel(receipt.appointment, ifVersion: 1, reason: "改期", key: .random())
            #expect(stale.refusal?.rule == .version)
            let again = try await client.book(
                patient: hospital.patient(0), slot: hospital.slot(2), service: hospital.service, key: .random())
            #expect(again.refusal?.rule == .overlap && again.refusal?.authority == .nobody)
            let moved = try #require(
                try await client.move(receipt.appointment, to: hospital.slot(50), key: .random()).receipt)
            #expect(moved.appointment != receipt.appointment)
            let cancelled = try await client.cancel(moved.appointment, reason: "病愈", key: .random())
            #expect(cancelled.receipt?.state == .cancelled)

            let all = try await client.appointments(of: hospital.patient(0))
            #expect(all.map(\.state) == [.moved, .cancelled])
            #expect(all.last?.movedFrom == receipt.appointment && all.last?.channel == .miniProgram)
            #expect(
                try await client.appointments([receipt.appointment, AppointmentID(rawValue: 5)]).map(\.id) == [
                    receipt.appointment
                ])
            #expect(try await client.appointments(in: hospital.session).map(\.number) == [1, 2])
        }
    }

    @Test func `the hospital is put, read and searched`() async throws {
        try await withClient { client, hospital in
            let before = try await client.catalogue()
            #expect(before.catalogue.hospital?.name == "人民医院" && before.catalogue.pools.map(\.code) == ["li"])
            #expect(before.position > Position(rawValue: 0))
            var more = Catalogue()
            more.departments = [.init(code: "CT", name: "CT室")]
            more.services = [.init(code: "scan", name: "增强CT", kind: .exam, slots: 3)]
            more.resources = [.init(code: "ct-1", name: "CT-1", kind: .device, department: "CT")]
            more.pools = [.init(code: "ct", name: "CT", department: "CT", resources: ["ct-1"], services: ["scan"])]
            more.policies = [.init(department: "CT", perDay: 2)]
            more.templates = [
                .init(code: "ct-am", pool: "ct", weekdays: 0x7f, start: "08:00", slotMinutes: 10, slots: 6, capacity: 1)
            ]
            let change = try await client.putCatalogue(more)
            #expect(change.added + change.changed == 6)
            let after = try await client.catalogue().catalogue
            #expect(after.templates.map(\.code) == ["ct-am"] && after.policies.last?.perDay == 2)
            #expect(after.policies.last?.perDayDepartment == nil)
            let opened = try await client.generateSessions(from: "2026-03-03", to: "2026-03-04")
            #expect(opened.opened == 2 && opened.conflicts.isEmpty)
            #expect(try await client.generateSessions(from: "2026-03-03", to: "2026-03-04").unchanged == 2)
            let extra = NewSession(
                pool: "ct", date: "2026-03-05", start: "08:30", slotMinutes: 20, capacities: [2, 0, 1])
            #expect(try await client.openSessions([extra]).opened == 1)
            let department = try #require(after.departments.first { $0.code == "CT" })
            let sessions = try await client.sessions(department: department.id, from: "2026-03-03", to: "2026-03-05")
            #expect(sessions.map(\.capacities) == [[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1], [2, 0, 1]])
            let scan = try #require(after.services.first { $0.code == "scan" })
            let page = try await client.searchSlots(
                .init(service: scan.id, from: "2026-03-03", to: "2026-03-05", limit: 3))
            #expect(page.slots.count == 3 && page.hasMore)
            let rest = try await client.searchSlots(
                .init(service: scan.id, from: "2026-03-03", to: "2026-03-05", after: page.slots.last))
            #expect(Set(rest.slots.map(\.slot)).isDisjoint(with: page.slots.map(\.slot)) && !rest.hasMore)
            #expect(try await client.nextFreeSlot(service: scan.id) == page.slots.first)
            let days = try await client.dayCounts(
                .init(departments: [department.id], from: "2026-03-03", to: "2026-03-05"))
            #expect(days.from == "2026-03-03" && days.days.map(\.capacity) == [6, 6, 3])
            #expect(days.days.map(\.free) == [6, 6, 3] && days.days.map(\.sessions) == [1, 1, 1])
            // A service alone is counted apart from the tick's batch.
            #expect(try await client.dayCounts(.init(service: scan.id, from: "2026-03-03")).days.count == 1)
            let report = try await client.countReport(
                .init(from: "2026-03-03", to: "2026-03-05", by: [.day, .department, .hour]))
            #expect(report.rows(by: .day).map(\.day) == ["2026-03-03", "2026-03-04", "2026-03-05"])
            #expect(report.rows(by: .day).map(\.offered) == [6, 6, 3])
            #expect(report.rows(by: .department).map(\.sessions) == [3])
            #expect(report.rows(by: .hour).reduce(0) { $0 + $1.offered } == 15 && report.rows(by: .total).isEmpty)
            let (found, hasMore) = try await client.find("SCA", kinds: [.service])
            #expect(found.map(\.entity) == [.service(scan.id)] && found.map(\.code) == ["scan"] && !hasMore)
        }
    }

    @Test func `patients are registered once`() async throws {
        try await withClient { client, hospital in
            let (card, mrn) = (Identifier(system: "urn:card", value: "1"), Identifier(system: "urn:mrn", value: "7"))
            let first = try await client.registerPatients([[card], [Identifier(system: "urn:test", value: "p0")]])
            let id = try #require(first[0].patient)
            #expect(first[0] == .created(id))
            #expect(first[1] == .known(hospital.patient(0)))
            #expect(try await client.registerPatients([[mrn, card]]) == [.known(id)])
            #expect(
                try await client.findPatients([mrn, Identifier(system: "urn:mrn", value: "8"), card]) == [id, nil, id])
            let torn = try await client.registerPatients([[mrn, Identifier(system: "urn:test", value: "p0")]])
            #expect(torn[0].patient == nil)
        }
    }

    @Test func `joint bookings and batches`() async throws {
        try await withClient { client, hospital in
            let items = [2, 3].map { JointItem(slot: hospital.slot($0), service: hospital.service) }
            let joint = try await client.bookTogether(patient: hospital.patient(0), items: items, key: .random())
            guard case .done(let receipt, let appointments) = joint else {
                Issue.record("\(joint)")
                return
            }
            #expect(appointments.count == 2 && appointments[0] == receipt.appointment)
            let refused = try await client.bookTogether(patient: hospital.patient(0), items: items, key: .random())
            guard case .refused(let refusal, item: 0) = refused else {
                Issue.record("\(refused)")
                return
            }
            #expect(refusal.rule == .overlap)
            let outcomes = try await client.batch(
                bookings: (0..<3).map {
                    BookingRequest(
                        key: .random(), patient: hospital.patient($0), slot: hospital.slot(3), service: hospital.service
                    )
                }, changes: [ChangeRequest(key: .random(), appointment: appointments[0], transition: .cancel)])
            guard case .refused = outcomes.bookings[0], case .done = outcomes.bookings[1],
                case .done(let cancelled) = outcomes.changes[0]
            else {
                Issue.record("\(outcomes)")
                return
            }
            #expect(cancelled.state == .cancelled)
            let failed = try await client.batch(changes: [
                .init(key: .random(), appointment: .init(rawValue: 9 << 40), transition: .cancel)
            ])
            if case .failed(let error) = failed.changes[0] {
                #expect(error.code == .notFound && !error.isRetryable && !error.mayHaveBeenApplied)
            } else {
                Issue.record("\(failed.changes)")
            }
        }
    }

    @Test func `status, and errors that say what to do`() async throws {
        try await withClient { client, hospital in
            let status = try await client.status()
            #expect(
                status.role == .primary && status.cluster.count == 16 && status.connections == 1
                    && status.isAcceptingWrites)
            #expect(status.counts.patients == 200 && status.counts.pools == 1 && status.counts.sessions == 1)
            #expect(status.journal.commits > 0 && status.durablePosition == status.position && status.trouble.isEmpty)
            let key = IdempotencyKey.random()
            _ = try await client.book(
                patient: hospital.patient(0), slot: hospital.slot(0), service: hospital.service, key: key)
            await #expect {
                try await client.book(
                    patient: hospital.patient(1), slot: hospital.slot(0), service: hospital.service, key: key)
            } throws: { ($0 as? HaoyuanError)?.code == .keyReused }
            await #expect { try await client.appointments(of: PatientID(rawValue: 1 << 50)) } throws: { error in
                guard let error = error as? HaoyuanError else { return false }
                return error.code == .notFound && !error.isRetryable && !error.mayHaveBeenApplied
            }
            client.close()
            await #expect { try await client.status() } throws: { ($0 as? HaoyuanError)?.code == .clientClosed }
        }
    }

    @Test(arguments: [(true, false), (false, true), (true, true)])
    func `compression and checksums change nothing that is said`(compression: Bool, checksums: Bool) async throws {
        try await withClient { _, hospital in
            let client = hospital.client {
                $0.compression = compression
                $0.checksums = checksums
            }
            let outcomes = try await client.batch(
                bookings: (0..<200).map {
                    BookingRequest(
                        key: .random(), patient: hospital.patient($0), slot: hospital.slot(1), service: hospital.service
                    )
                })
            #expect(outcomes.bookings.count { if case .done = $0 { true } else { false } } == 100)
            #expect(try await client.appointments(in: hospital.session).count == 100)
            client.close()
        }
    }

    @Test func `many tasks share a connection without waiting for each other`() async throws {
        try await withClient { client, hospital in
            let done = await withTaskGroup(of: Bool.self) { group in
                for index in 0..<400 {
                    group.addTask {
                        let outcome = try? await client.book(
                            patient: hospital.patient(index % 200), slot: hospital.slot(UInt16(index / 200 * 2)),
                            service: hospital.service, key: .random())
                        return outcome?.receipt != nil
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(done == 200)
            let status = try await client.status()
            #expect(status.connections == 1)
        }
    }
}
