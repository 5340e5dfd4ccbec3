import Foundation
import Journal
import MemoryJournal
import Scheduling
import Testing

@testable import Engine

/// Recovery reads the parts of a journal on several threads; what it comes to, and what it complains of, is that of
/// one.
@Suite struct RecoveryPartTests {
    @Test func `a policy has one place in the table, with terms and without`() {
        for department in [nil, DepartmentID(rawValue: 3)] {
            var policy = Policy(department: department, version: 1, perDayDepartment: 0, perDay: 0, holdSeconds: 60)
            let without = CatalogueEntity.policy(policy).tableWrite
            policy.terms = [PolicyTerm(rule: .perDay)]
            #expect(CatalogueEntity.policy(policy).tableWrite.key == without.key)
        }
    }

    /// Everything of a state that can be told apart.
    private struct Told: Equatable {
        var sessions: [[Session]]
        var counts: [PoolBook.Counts]
        var timed: [Set<AppointmentID>]
        var listed: [[String]]
        var answers: [StoredAnswer?]
        var patients: [PatientID?]
        var patientCount: UInt64
        var keyCount: Int
        var keyValues: [UInt64]
        var nextPatientValue: UInt64
        var unsaved: [Fact]
        var latest: Instant
        var records: Int
        var violations: [Violation]

        init(_ state: RecoveredState, keys: [IdempotencyKey], identifiers: [Identifier]) async {
            sessions = state.pools.map { Array($0.allSessions) }
            counts = state.pools.map(\.counts)
            timed = state.pools.map(\.timedHolds)
            listed = state.patients.map { book in
                var lines: [String] = []
                book.forEachAppointment { lines.append("\($0) \($1) \($2) \($3)") }
                return lines
            }
            answers = []
            for key in keys { answers.append(await state.keys.answer(key)) }
            patients = identifiers.map { state.registry[$0] }
            patientCount = state.patientCount
            keyCount = state.keyCount
            keyValues = state.keyValues
            nextPatientValue = state.nextPatientValue
            unsaved = state.unsaved
            latest = state.latest
            records = state.records
            violations = state.violations()
        }
    }

    private static let patients = 300

    /// Bookings, holds, joint bookings, changes and refusals, some in tables and some in the log only.
    private func hospital() async throws -> (Hospital, [IdempotencyKey]) {
        let hospital = try await Hospital(patients: Self.patients)
        var keys: [IdempotencyKey] = []
        for day in 0..<4 as Range<Int32> {
            let li = try await hospital.open("li", day: day, capacities: [UInt32](repeating: 20, count: 4))
            let ct = try await hospital.open("ct", day: day, at: "13:00", capacities: [UInt32](repeating: 20, count: 4))
            for patient in 0..<100 {
                let command: Command =
                    switch patient % 4 {
                    case 0: hospital.book(patient, li, UInt16(patient / 4 % 4), hold: true)
                    case 1:
                        .bookTogether(
                            patient: hospital.patients[patient],
                            items: [li, ct].map {
                                .init(slot: SlotID(session: $0, index: 1), service: hospital.clinic)
                            }, hold: false)
                    default: hospital.book(patient + Int(day), ct, UInt16(patient / 4 % 4))
                    }
                keys.append(hospital.key())
                let answer = await hospital.run(command, key: keys[keys.count - 1])
                guard let id = answer.receipt?.appointment, patient % 5 == 0 else { continue }
                _ = await hospital.change(id, patient % 2 == 0 ? .confirm : .cancel)
            }
            if day == 1 || day == 2 { await hospital.engine.checkpoint() }
            _ = try await hospital.engine.registerPatients(
                [[Identifier(system: "urn:第二", value: "号\(day)")]], by: Hospital.doctor)
        }
        await hospital.engine.stop(writingCheckpoint: false)
        return (hospital, keys)
    }

    @Test
    func `the state does not depend on the number of threads`() async throws {
        let (hospital, keys) = try await hospital()
        let identifiers =
            (0..<Self.patients).map { Identifier(system: "urn:test", value: "p\($0)") }
            + (0..<4).map { Identifier(system: "urn:第二", value: "号\($0)") }
            + [Identifier(system: "urn:第三", value: "号0"), Identifier(system: "urn:test", value: "q")]
        var options = JournalOptions(directory: hospital.folder)
        options.readOnly = true
        let journal = try Journal.open(options)
        defer { try? journal.close() }
        var told: [Told] = []
        for threads in [1, 2, 3, 8] {
            let state = try RecoveredState(journal, poolShards: 2, patientShards: 3, seed: 5, threads: threads)
            told.append(await Told(state, keys: keys, identifiers: identifiers))
        }
        for other in told.dropFirst() { #expect(other == told[0]) }
        #expect(told[0].violations.isEmpty)
        #expect(told[0].records > 0)
        #expect(told[0].answers.allSatisfy { $0 != nil })
        #expect(told[0].patients.count { $0 == nil } == 2)
        #expect(told[0].listed.allSatisfy { !$0.isEmpty } && told[0].counts.allSatisfy { $0.holds > 0 || $0.slots > 0 })
    }

    @Test(arguments: [1, 2, 3])
    func `a record that means nothing is named, and the same one, on any number of threads`(threads: Int) async throws {
        let (hospital, _) = try await hospital()
        let journal = try Journal.open(JournalOptions(directory: hospital.folder))
        var records = RecordBatch()
        // A registration that ends too early, and a kind that there is not.
        for bytes in [[8, 1, 0, 0, 1], [0x7F]] as [[UInt8]] { try records.append(bytes) }
        let last = journal.append(records)
        try await journal.whenDurable(last)
        defer { try? journal.close() }
        let first = last.advanced(by: -1)
        #expect {
            _ = try RecoveredState(journal, threads: threads)
        } throws: { error in
            (error as? CodingError)?.description.hasPrefix("record \(first): ") == true
        }
    }

    @Test(arguments: EngineTables.all, [1, 3])
    func `a damaged value of any table is named on any number of threads`(table: Table, threads: Int) throws {
        let past = [EngineTables.history, EngineTables.patientHistory, EngineTables.dayHistory]
        guard !past.contains(table) else { return }
        let disk = MemoryDisk()
        let journal = try Journal.open(JournalOptions(storage: disk.attach()))
        journal.write([.put(table, key: [1, 2, 3], value: [1])])
        _ = try journal.step()
        defer { try? journal.close() }
        #expect(throws: CodingError.self) { try RecoveredState(journal, threads: threads) }
    }

    @Test(arguments: [1, 2, 7])
    func `jobs are all carried out, and their outcomes stand in their order`(threads: Int) {
        let jobs = (0..<50).map { number -> @Sendable () -> Int in { number * number } }
        #expect(Concurrently.run(threads: threads, jobs) == (0..<50).map { $0 * $0 })
    }

    @Test(arguments: [0, 1, 100, 5_000])
    func `a registry with room made ahead finds what one without finds`(room: Int) {
        var registry = PatientRegistry()
        func identifiers(_ patient: Int) -> [Identifier] {
            [
                Identifier(system: "urn:\(patient % 3)", value: "\(patient)"),
                Identifier(system: "urn:card", value: "\(patient / 2)"),
            ]
        }
        registry.evolve(PatientID(rawValue: 1), identifiers(1))
        registry.reserve(patients: room, identifierBytes: 4)
        for patient in 2...2_000 { registry.evolve(PatientID(rawValue: UInt64(patient)), identifiers(patient)) }
        #expect(registry.count == 2_000)
        for patient in 1...2_000 {
            let own = identifiers(patient)
            #expect(registry[own[0]]?.rawValue == UInt64(patient))
            // Of two that bring the same card the first has it.
            #expect(registry[own[1]]?.rawValue == UInt64(patient / 2 * 2 == 0 ? 1 : patient / 2 * 2))
            #expect(
                registry.identifierCount(of: PatientID(rawValue: UInt64(patient)))
                    == (patient % 2 == 0 || patient == 1 ? 2 : 1))
        }
        #expect(registry[Identifier(system: "urn:card", value: "2001")] == nil)
        #expect(registry[Identifier(system: "urn:3", value: "3")] == nil)
    }

    @Test(arguments: [0, 10, 1_000, 100_000])
    func `a stripe with room made ahead keeps what one without keeps`(room: Int) {
        var stripe = KeyStripe(seed: 3)
        stripe.reserve(room)
        func key(_ number: UInt64) -> IdempotencyKey { IdempotencyKey(high: number % 7, low: number) }
        for number in 1...5_000 as ClosedRange<UInt64> {
            let answer = StoredAnswer(
                outcome: .done(
                    .init(appointment: AppointmentID(rawValue: number), state: .booked, version: 1, holdUntil: nil)),
                position: Position(number))
            stripe.restore(KeptAnswer(key: key(number), fingerprint: 1, at: Instant(rawValue: 1), answer: answer))
        }
        #expect(stripe.count == 5_000)
        for number in 1...5_000 as ClosedRange<UInt64> {
            #expect(stripe.answer(key(number))?.position == Position(number))
        }
        #expect(stripe.answer(key(5_001)) == nil)
    }
}
