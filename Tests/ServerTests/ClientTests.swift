import NIOConcurrencyHelpers
import NIOPosix
import Server
import Testing

@testable import HaoyuanClient

/// What the tests of the client know of a hospital, in the client's own words.
struct KnownHospital: Sendable {
    let hospital: ServedHospital
    var service: ServiceID { ServiceID(rawValue: hospital.clinicNumber) }

    func patient(_ index: Int) -> PatientID { PatientID(rawValue: hospital.patientNumbers[index]) }

    func slot(_ index: UInt16) -> SlotID { SlotID(rawValue: hospital.slotNumber(index)) }

    /// A client whose waits take no time, and say how long they would have been.
    func client(
        port: Int? = nil, waits: NIOLockedValueBox<[Duration]>? = nil,
        _ change: (inout ClientConfiguration) -> Void = { _ in }
    ) -> HaoyuanClient {
        var configuration = hospital.clientConfiguration()
        if let port { configuration.addresses = [.init(host: "127.0.0.1", port: port)] }
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

@Suite struct `The client's methods` {
    @Test func `an appointment's life`() async throws {
        try await withHospital { served in
            let hospital = KnownHospital(hospital: served)
            let client = hospital.client()
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
            let session = SessionID(rawValue: served.sessionNumber)
            #expect(try await client.appointments(in: session).map(\.number) == [1, 2])
            client.close()
        }
    }

    @Test func `the hospital is put, read and searched`() async throws {
        try await withHospital { served in
            let hospital = KnownHospital(hospital: served)
            let client = hospital.client()
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
            client.close()
        }
    }

    @Test func `patients are registered once`() async throws {
        try await withHospital { served in
            let client = KnownHospital(hospital: served).client()
            let (card, mrn) = (Identifier(system: "urn:card", value: "1"), Identifier(system: "urn:mrn", value: "7"))
            let first = try await client.registerPatients([[card], [Identifier(system: "urn:test", value: "p0")]])
            let id = try #require(first[0].patient)
            #expect(first[0] == .created(id))
            #expect(first[1] == .known(PatientID(rawValue: served.patientNumbers[0])))
            #expect(try await client.registerPatients([[mrn, card]]) == [.known(id)])
            #expect(
                try await client.findPatients([mrn, Identifier(system: "urn:mrn", value: "8"), card]) == [id, nil, id])
            let torn = try await client.registerPatients([[mrn, Identifier(system: "urn:test", value: "p0")]])
            #expect(torn[0].patient == nil)
            client.close()
        }
    }

    @Test func `joint bookings and batches`() async throws {
        try await withHospital { served in
            let hospital = KnownHospital(hospital: served)
            let client = hospital.client()
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
            #expect(failed.changes == [.failed(.notFound)])
            client.close()
        }
    }

    @Test func `status, and errors that say what to do`() async throws {
        try await withHospital { served in
            let hospital = KnownHospital(hospital: served)
            let client = hospital.client()
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
        try await withHospital { served in
            let hospital = KnownHospital(hospital: served)
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
            #expect(try await client.appointments(in: SessionID(rawValue: served.sessionNumber)).count == 100)
            client.close()
        }
    }

    @Test func `many tasks share a connection without waiting for each other`() async throws {
        try await withHospital { served in
            let hospital = KnownHospital(hospital: served)
            let client = hospital.client()
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
            client.close()
        }
    }
}

@Suite struct `When the network fails` {
    @Test func `a write whose answer was lost is repeated under its key, and applied once`() async throws {
        try await withHospital { served in
            let hospital = KnownHospital(hospital: served)
            let breaker = try await Breaker.to(port: served.port)
            let waits = NIOLockedValueBox<[Duration]>([])
            let client = hospital.client(port: breaker.port, waits: waits)
            breaker.cutNext(3)
            let outcome = try await client.book(
                patient: hospital.patient(0), slot: hospital.slot(0), service: hospital.service, key: .random())
            let receipt = try #require(outcome.receipt)
            #expect(receipt.isRepetition && receipt.number == 1)
            #expect(waits.withLockedValue { $0 } == [.milliseconds(20), .milliseconds(40), .milliseconds(80)])
            #expect(breaker.connections == 4)
            #expect(try await client.appointments(of: hospital.patient(0)).count == 1)
            client.close()
            await breaker.close()
        }
    }

    @Test func `a reading is repeated, a write without a key is not`() async throws {
        try await withHospital { served in
            let hospital = KnownHospital(hospital: served)
            let breaker = try await Breaker.to(port: served.port)
            let client = hospital.client(port: breaker.port)
            breaker.cutNext(1)
            #expect(try await client.status().counts.patients == 200)
            breaker.cutNext(1)
            await #expect {
                try await client.putCatalogue(Catalogue(departments: [.init(code: "X", name: "X")]))
            } throws: { error in
                guard let error = error as? HaoyuanError else { return false }
                return error.code == .connectionLost && error.mayHaveBeenApplied && error.isRetryable
            }
            client.close()
            await breaker.close()
        }
    }

    @Test func `a server that cannot be reached fails within the deadline, unapplied`() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let port = try await closedPort()
        var configuration = ClientConfiguration(addresses: [.init(host: "127.0.0.1", port: port)], channel: .app)
        let clock = NIOLockedValueBox<UInt64>(0)
        let time = TimeSource(
            now: { clock.withLockedValue { $0 } }, sleep: { wait in clock.withLockedValue { $0 += wait.nanoseconds } },
            random: { 0 })
        configuration.requestTimeout = .seconds(3_600)
        let client = HaoyuanClient(configuration, group: group, time: time)
        await #expect { try await client.catalogue() } throws: { error in
            guard let error = error as? HaoyuanError else { return false }
            return error.code == .connectionFailed && error.isRetryable && !error.mayHaveBeenApplied
        }
        // An hour of tries went by at once.
        #expect(clock.withLockedValue { $0 } > 3_590_000_000_000)
        client.close()
    }

    @Test func `the next address is tried when one does not answer`() async throws {
        try await withHospital { served in
            let hospital = KnownHospital(hospital: served)
            let port = try await closedPort()
            let client = hospital.client { $0.addresses.insert(.init(host: "127.0.0.1", port: port), at: 0) }
            #expect(try await client.status().counts.patients == 200)
            client.close()
        }
    }

    @Test func `a server that stops is left for the next without losing a write`() async throws {
        try await withHospital { served in
            let hospital = KnownHospital(hospital: served)
            let second = try await ServedHospital.serve(served.engine)
            let client = hospital.client {
                $0.addresses.append(.init(host: "127.0.0.1", port: second.port))
            }
            _ = try await client.status()
            let bookings = Task {
                var done = 0
                for index in 0..<200 {
                    let outcome = try await client.book(
                        patient: hospital.patient(index), slot: hospital.slot(UInt16(index / 100)),
                        service: hospital.service, key: .random())
                    if outcome.receipt != nil { done += 1 }
                }
                return done
            }
            await served.server.stop(reason: "upgrade")
            #expect(try await bookings.value == 200)
            client.close()
            await second.stop(reason: "the test is over")
        }
    }

    @Test func `a deadline ends the waiting, and the key tells what became of the write`() async throws {
        try await withHospital { served in
            let hospital = KnownHospital(hospital: served)
            let client = hospital.client()
            _ = try await client.status()
            served.disk.shut()
            let key = IdempotencyKey.random()
            await #expect {
                try await client.book(
                    patient: hospital.patient(0), slot: hospital.slot(0), service: hospital.service, key: key,
                    options: .init(timeout: .milliseconds(5)))
            } throws: { error in
                guard let error = error as? HaoyuanError else { return false }
                return error.code == .deadlineExceeded && error.mayHaveBeenApplied
            }
            served.disk.open()
            let outcome = try await client.book(
                patient: hospital.patient(0), slot: hospital.slot(0), service: hospital.service, key: key)
            #expect(outcome.receipt?.isRepetition == true)
            client.close()
        }
    }

    @Test func `a cancelled task waits no longer`() async throws {
        try await withHospital { served in
            let hospital = KnownHospital(hospital: served)
            let client = hospital.client()
            _ = try await client.status()
            served.disk.shut()
            let booking = Task { () -> HaoyuanError.Code? in
                do {
                    _ = try await client.book(
                        patient: hospital.patient(0), slot: hospital.slot(0), service: hospital.service, key: .random())
                    return nil
                } catch {
                    return (error as? HaoyuanError)?.code
                }
            }
            booking.cancel()
            #expect(await booking.value == .cancelled)
            served.disk.open()
            client.close()
        }
    }

    @Test func `wrong credentials are not tried again`() async throws {
        try await withHospital({ $0.credential = "sesame" }) { served in
            let waits = NIOLockedValueBox<[Duration]>([])
            let hospital = KnownHospital(hospital: served)
            let client = hospital.client(waits: waits) { $0.credential = "sesamf" }
            await #expect { try await client.status() } throws: { ($0 as? HaoyuanError)?.code == .unauthenticated }
            #expect(waits.withLockedValue { $0 }.isEmpty)
            client.close()
            let right = hospital.client { $0.credential = "sesame" }
            let status = try await right.status()
            #expect(status.connections == 1)
            right.close()
        }
    }
}

@Suite struct `The client's change feed` {
    @Test func `it goes on where it was when its connection breaks`() async throws {
        try await withHospital { served in
            let hospital = KnownHospital(hospital: served)
            let breaker = try await Breaker.to(port: served.port)
            let reader = hospital.client(port: breaker.port)
            let writer = hospital.client()
            var feed = reader.changes(after: Position(rawValue: 0)).makeAsyncIterator()
            var last = Position(rawValue: 0)
            for round in 0..<5 {
                let outcome = try await writer.book(
                    patient: hospital.patient(round), slot: hospital.slot(0), service: hospital.service, key: .random())
                let receipt = try #require(outcome.receipt)
                while last < receipt.position {
                    let event = try #require(try await feed.next())
                    // Without gaps: everything in this journal is one event at one position.
                    #expect(event.position.rawValue == last.rawValue + 1)
                    last = event.position
                    if event.position == receipt.position {
                        #expect(event.kind == .booked && event.appointment == receipt.appointment)
                    }
                }
                breaker.cutAll()
            }
            #expect(breaker.connections >= 5)
            reader.close()
            writer.close()
            await breaker.close()
        }
    }

    @Test func `from now on means from the first moment, whatever breaks later`() async throws {
        try await withHospital { served in
            let hospital = KnownHospital(hospital: served)
            let client = hospital.client()
            let start = try await client.status().durablePosition
            let pages = Task { () -> ChangePage? in
                for try await page in client.changePages() where !page.events.isEmpty { return page }
                return nil
            }
            // Whether the subscription or the booking comes first is open, so book until the feed has seen one.
            let bookings = Task {
                for index in 0..<200 where !Task.isCancelled {
                    _ = try await client.book(
                        patient: hospital.patient(index), slot: hospital.slot(UInt16(index / 100)),
                        service: hospital.service, key: .random())
                }
            }
            let page = try #require(try await pages.value)
            bookings.cancel()
            #expect(page.events.allSatisfy { $0.kind == .booked && $0.position > start })
            #expect(page.through >= page.events.last?.position ?? start)
            _ = await bookings.result
            client.close()
        }
    }

    @Test func `a cancelled task ends it without an error`() async throws {
        try await withHospital { served in
            let client = KnownHospital(hospital: served).client()
            let feed = Task {
                var count = 0
                for try await _ in client.changes() { count += 1 }
                return count
            }
            feed.cancel()
            let count = try await feed.value
            #expect(count == 0)
            client.close()
        }
    }

    @Test func `a closed client ends it with an error`() async throws {
        try await withHospital { served in
            let client = KnownHospital(hospital: served).client()
            let feed = Task {
                for try await _ in client.changes(after: Position(rawValue: 0)) { client.close() }
            }
            await #expect { try await feed.value } throws: { ($0 as? HaoyuanError)?.code == .clientClosed }
        }
    }

    @Test func `a position that cannot be is an error`() async throws {
        try await withHospital { served in
            let client = KnownHospital(hospital: served).client()
            var feed = client.changes(after: Position(rawValue: 1 << 40)).makeAsyncIterator()
            await #expect { try await feed.next() } throws: { ($0 as? HaoyuanError)?.code == .invalidArgument }
            client.close()
        }
    }
}

@Suite struct `The client's small types` {
    @Test func `keys are read as they are written`() {
        let key = IdempotencyKey(high: 0x0123_4567_89ab_cdef, low: 7)
        #expect(key.description == "0123456789abcdef0000000000000007")
        #expect(IdempotencyKey(key.description) == key)
        #expect(IdempotencyKey("01234567-89AB-CDEF-0000-000000000007") == key)
        #expect(IdempotencyKey([1, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0, 0, 0, 0, 0, 0, 0, 7]) == key)
        for text in ["", "0123", "0123456789abcdef000000000000000g", "+123456789abcdef0000000000000007"] {
            #expect(IdempotencyKey(text) == nil)
        }
        #expect(IdempotencyKey([1, 2, 3]) == nil)
        #expect(IdempotencyKey.random() != .random())
    }

    @Test(arguments: [
        ("db", "db:7440"), ("db:1", "db:1"), ("[::1]", "[::1]:7440"), ("[::1]:80", "[::1]:80"),
        ("10.0.0.1:65535", "10.0.0.1:65535"),
    ])
    func `addresses are read`(text: String, meaning: String) {
        #expect(ClientConfiguration.Address(text)?.description == meaning)
    }

    @Test(arguments: ["", ":1", "db:", "db:0", "db:65536", "db:x", "::1", "[::1]x"])
    func `what is no address is none`(text: String) {
        #expect(ClientConfiguration.Address(text) == nil)
    }

    @Test func `every word keeps its number, and unknown ones theirs`() {
        for channel in Channel.known + [.unknown(77)] { #expect(Channel(channel.wire) == channel) }
        for state in AppointmentState.known + [.unknown(77)] { #expect(AppointmentState(state.wire) == state) }
        for transition in Transition.known + [.unknown(77)] { #expect(Transition(transition.wire) == transition) }
        for rule in Rule.known + [.unknown(77)] { #expect(Rule(rule.wire) == rule) }
        #expect(Channel.known.map(\.number) == Array(1...9) && Rule.known.map(\.number) == Array(1...13))
        #expect(Channel.known.map { "\($0)" } == Channel.known.map { "\($0.wire)" })
        #expect(Rule.known.map { "\($0)" } == Rule.known.map { "\($0.wire)" })
        #expect(AppointmentState.known.map { "\($0)" } == AppointmentState.known.map { "\($0.wire)" })
        #expect(ChangeKind.known.map { "\($0)" } == ChangeKind.known.map { "\($0.wire)" })
    }
}
