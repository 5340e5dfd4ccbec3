import Scheduling
import Testing

@testable import Engine

@Suite struct BookingTests {
    @Test
    func `ten requests at once for one place: one gets it, nine are refused by name`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [1])
        let engine = hospital.engine
        let writes = (0..<10).map { hospital.write(hospital.book($0, session, 0)) }
        let answers = await withTaskGroup(of: Answer.self) { group in
            for write in writes { group.addTask { await engine.execute([write])[0] } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.count { $0.receipt != nil } == 1)
        #expect(answers.count { $0.refusal?.rule == .slotFull } == 9)
        await hospital.expectSound()
    }

    @Test
    func `many tasks, few places: exactly the capacity is sold, and no number twice`() async throws {
        let hospital = try await Hospital(patients: 400)
        let session = try await hospital.open("li", capacities: [UInt32](repeating: 25, count: 4))
        let engine = hospital.engine
        let batches = (0..<40).map { batch in
            (0..<10).map { hospital.write(hospital.book(batch * 10 + $0, session, UInt16($0 % 4))) }
        }
        let answers = await withTaskGroup(of: [Answer].self) { group in
            for batch in batches { group.addTask { await engine.execute(batch) } }
            return await group.reduce(into: []) { $0 += $1 }
        }
        let numbers = answers.compactMap { $0.receipt?.appointment.number }
        #expect(numbers.count == 100)
        #expect(Set(numbers).count == 100)
        #expect(answers.allSatisfy { $0.receipt != nil || $0.refusal?.rule == .slotFull })
        await hospital.expectSound()
    }

    @Test
    func `a hold expires by the engine's clock and its place is free again`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [1])
        let held = try #require(await hospital.run(hospital.book(0, session, 0, hold: true)).receipt)
        #expect(held.state == .held)
        #expect(held.holdUntil == Hospital.morning.advanced(milliseconds: 900_000))
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 899_999))
        await hospital.engine.runTimers()
        #expect(await hospital.run(hospital.book(1, session, 0)).refusal?.rule == .slotFull)
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 900_000))
        await hospital.engine.runTimers()
        #expect(try await hospital.state(held.appointment) == .expired)
        #expect(await hospital.engine.status().expiredHolds == 1)
        #expect(await hospital.change(held.appointment, .confirm).refusal?.rule == .holdExpired)
        let next = try #require(await hospital.run(hospital.book(1, session, 0)).receipt)
        #expect(next.appointment.number == 2)
        // The first patient may book again: an expired hold is counted once and blocks nobody.
        let again = try await hospital.open("li", day: 1, capacities: [1])
        #expect(await hospital.run(hospital.book(0, again, 0)).receipt != nil)
        await hospital.expectSound()
    }

    @Test
    func `a hold that has run out cannot be confirmed even before the timer has come round`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [1])
        let held = try #require(await hospital.run(hospital.book(0, session, 0, hold: true)).receipt)
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 900_000))
        #expect(await hospital.change(held.appointment, .confirm).refusal?.rule == .holdExpired)
    }

    @Test
    func `the patient's limits name the policy's version and who may override them`() async throws {
        let hospital = try await Hospital(policies: [
            .init(department: "", perDayDepartment: 1, perDay: 2, holdSeconds: 60)
        ])
        let li = try await hospital.open("li", capacities: [5, 5, 5])
        let ct = try await hospital.open("ct", at: "11:00", capacities: [5, 5, 5])
        let later = try await hospital.open("ct", at: "15:00", capacities: [5])
        #expect(await hospital.run(hospital.book(0, li, 0)).receipt != nil)
        let second = await hospital.run(hospital.book(0, li, 2))
        #expect(second.refusal == Refusal(.perDayDepartment, policyVersion: 2, authority: .department, limit: 1))
        #expect(await hospital.run(hospital.book(0, ct, 0)).receipt != nil)
        #expect(await hospital.run(hospital.book(0, later, 0)).refusal?.rule == .perDayDepartment)
        await hospital.expectSound()
    }

    @Test
    func `one patient in two places at one time is refused, across departments and within one batch`() async throws {
        let hospital = try await Hospital()
        let li = try await hospital.open("li", at: "09:00", minutes: 15, capacities: [5, 5])
        let ct = try await hospital.open("ct", at: "09:10", minutes: 10, capacities: [5, 5])
        let answers = await hospital.engine.execute([
            hospital.write(hospital.book(0, li, 0)), hospital.write(hospital.book(0, ct, 0)),
            hospital.write(hospital.book(0, ct, 1)),
        ])
        #expect(answers[0].receipt != nil)
        #expect(answers[1].refusal?.rule == .overlap)
        #expect(answers[2].receipt != nil)
        await hospital.expectSound()
    }

    @Test
    func `what does not exist is an error, what is over or not offered is a refusal`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", at: "09:00", capacities: [1, 1])
        let nowhere = SessionID(pool: PoolID(rawValue: 9), index: 0)
        #expect(await hospital.run(hospital.book(0, nowhere, 0)).error?.code == .notFound)
        #expect(await hospital.run(hospital.book(0, session, 2)).error?.code == .notFound)
        #expect(
            await hospital.run(hospital.book(0, session, 0, service: ServiceID(rawValue: 99))).error?.code == .notFound)
        #expect(
            await hospital.run(hospital.book(0, session, 0, service: hospital.scan)).refusal?.rule == .serviceNotOffered
        )
        let stranger = Command.book(
            patient: PatientID(rawValue: 9_999),
            item: .init(slot: SlotID(session: session, index: 0), service: hospital.clinic), hold: false)
        #expect(await hospital.run(stranger).error?.code == .notFound)
        #expect(await hospital.change(AppointmentID(session: session, number: 1), .cancel).error?.code == .notFound)
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 3_600_000))
        #expect(await hospital.run(hospital.book(0, session, 0)).refusal?.rule == .slotPast)
        let zero = await hospital.run(hospital.book(0, session, 1), key: IdempotencyKey(high: 0, low: 0))
        #expect(zero.error?.code == .invalidArgument)
        await hospital.expectSound()
    }

    @Test
    func `an exam over three neighbouring slots takes one unit in each, or nothing`() async throws {
        let hospital = try await Hospital()
        let ct = try await hospital.open("ct", capacities: [1, 1, 1, 1])
        #expect(await hospital.run(hospital.book(0, ct, 1, service: hospital.scan)).receipt != nil)
        #expect(await hospital.run(hospital.book(1, ct, 0, service: hospital.scan)).refusal?.rule == .slotFull)
        #expect(await hospital.run(hospital.book(1, ct, 2, service: hospital.scan)).refusal?.rule == .serviceNotOffered)
        #expect(await hospital.run(hospital.book(1, ct, 0)).receipt != nil)
        let free = try await hospital.engine.search(
            SlotQuery(department: DepartmentID(rawValue: 2), from: Hospital.today))
        #expect(free.value.slots.isEmpty)
        await hospital.expectSound()
    }

    @Test
    func `cancelling frees the place for the next, under a new number`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [1])
        let first = try #require(await hospital.run(hospital.book(0, session, 0)).receipt)
        let cancelled = await hospital.change(first.appointment, .cancel)
        #expect(cancelled.receipt?.state == .cancelled)
        #expect(cancelled.receipt?.version == 2)
        #expect(await hospital.change(first.appointment, .cancel).refusal?.rule == .state)
        let second = try #require(await hospital.run(hospital.book(0, session, 0)).receipt)
        #expect(second.appointment.number == first.appointment.number + 1)
        await hospital.expectSound()
    }

    @Test
    func `a late deadline is answered without doing the work`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [1])
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 10))
        var write = hospital.write(hospital.book(0, session, 0))
        write.deadline = 1
        let late = await hospital.engine.execute([write])[0]
        #expect(late.error?.code == .deadlineExceeded)
        #expect(late.error?.maybeApplied == false)
        write.deadline = nil
        #expect(await hospital.engine.execute([write])[0].receipt != nil)
    }
}
