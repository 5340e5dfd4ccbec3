import Journal
import Scheduling
import Testing

@testable import Engine

@Suite struct JointBookingTests {
    @Test
    func `a joint booking takes all its slots as one fact, and a restart finds all of it`() async throws {
        let hospital = try await Hospital()
        let li = try await hospital.open("li", capacities: [1])
        let ct = try await hospital.open("ct", at: "11:00", capacities: [1, 1, 1])
        let command = Command.bookTogether(
            patient: hospital.patients[0],
            items: [
                .init(slot: SlotID(session: li, index: 0), service: hospital.clinic),
                .init(slot: SlotID(session: ct, index: 0), service: hospital.scan),
            ], hold: false)
        let before = hospital.engine.settledPosition
        let receipt = try #require(await hospital.run(command).receipt)
        #expect(receipt.together.count == 2)
        #expect(hospital.engine.settledPosition == before.advanced(by: 1))
        try await hospital.restart()
        let found = try await hospital.engine.appointments(receipt.together).value
        #expect(found.map(\.appointment.record.itinerary) == [receipt.appointment, receipt.appointment])
        await hospital.expectSound()
    }

    @Test
    func `one full slot refuses the whole, names the item, and leaves nothing taken anywhere`() async throws {
        let hospital = try await Hospital()
        let li = try await hospital.open("li", capacities: [1])
        let ct = try await hospital.open("ct", at: "11:00", capacities: [1])
        #expect(await hospital.run(hospital.book(1, ct, 0)).receipt != nil)
        let items: [Command.Item] = [
            .init(slot: SlotID(session: li, index: 0), service: hospital.clinic),
            .init(slot: SlotID(session: ct, index: 0), service: hospital.clinic),
        ]
        let answer = await hospital.run(.bookTogether(patient: hospital.patients[0], items: items, hold: false))
        guard case .refused(let refusal, let item) = answer.outcome else {
            Issue.record("\(answer)")
            return
        }
        #expect(refusal.rule == .slotFull)
        #expect(item == 1)
        await hospital.expectSound()
        // Neither the patient nor the pool remembers the attempt.
        #expect(await hospital.run(hospital.book(0, li, 0)).receipt != nil)
    }

    @Test
    func `items that overlap each other are refused`() async throws {
        let hospital = try await Hospital()
        let li = try await hospital.open("li", capacities: [1])
        let ct = try await hospital.open("ct", capacities: [1])
        let items = [li, ct].map { Command.Item(slot: SlotID(session: $0, index: 0), service: hospital.clinic) }
        let answer = await hospital.run(.bookTogether(patient: hospital.patients[0], items: items, hold: true))
        #expect(answer.refusal?.rule == .overlap)
        await hospital.expectSound()
    }

    @Test
    func `crossing joint bookings for the last places never take half, in any order`() async throws {
        let hospital = try await Hospital(patients: 60)
        let li = try await hospital.open("li", capacities: [UInt32](repeating: 1, count: 10))
        let ct = try await hospital.open("ct", at: "13:00", capacities: [UInt32](repeating: 1, count: 10))
        let engine = hospital.engine
        let writes = (0..<60).map { index in
            let slot = UInt16(index % 10)
            var items = [li, ct].map { Command.Item(slot: SlotID(session: $0, index: slot), service: hospital.clinic) }
            if index % 2 == 1 { items.reverse() }
            return hospital.write(.bookTogether(patient: hospital.patients[index], items: items, hold: false))
        }
        let answers = await withTaskGroup(of: Answer.self) { group in
            for write in writes { group.addTask { await engine.execute([write])[0] } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let status = await engine.status()
        #expect(status.counts.appointments == answers.count { $0.receipt != nil } * 2)
        await hospital.expectSound()
    }

    @Test
    func `a move gives up the old place and takes the new one in one record`() async throws {
        let hospital = try await Hospital()
        let li = try await hospital.open("li", capacities: [1, 1])
        let ct = try await hospital.open("ct", at: "11:00", capacities: [1])
        let first = try #require(await hospital.run(hospital.book(0, li, 0)).receipt)
        let before = hospital.engine.settledPosition
        let to = SlotID(session: ct, index: 0)
        let moved = try #require(
            await hospital.run(.move(first.appointment, to: to, ifVersion: 1, reason: "CT first")).receipt)
        #expect(hospital.engine.settledPosition == before.advanced(by: 1))
        #expect(try await hospital.state(first.appointment) == .moved)
        #expect(try await hospital.state(moved.appointment) == .booked)
        // The old slot is free, and no longer blocks its patient.
        #expect(await hospital.run(hospital.book(1, li, 0)).receipt != nil)
        #expect(await hospital.run(hospital.book(0, li, 1)).receipt != nil)
        try await hospital.restart()
        let found = try await hospital.engine.appointments([moved.appointment]).value
        #expect(found.first?.appointment.record.movedFrom == first.appointment)
        await hospital.expectSound()
    }

    @Test
    func `a move that is refused leaves the appointment as it was`() async throws {
        let hospital = try await Hospital()
        let li = try await hospital.open("li", capacities: [1])
        let ct = try await hospital.open("ct", at: "11:00", capacities: [1])
        let first = try #require(await hospital.run(hospital.book(0, li, 0)).receipt)
        #expect(await hospital.run(hospital.book(1, ct, 0)).receipt != nil)
        let to = SlotID(session: ct, index: 0)
        #expect(
            await hospital.run(.move(first.appointment, to: to, ifVersion: 0, reason: "")).refusal?.rule == .slotFull)
        #expect(
            await hospital.run(.move(first.appointment, to: to, ifVersion: 9, reason: "")).refusal?.rule == .version)
        #expect(try await hospital.state(first.appointment) == .booked)
        #expect(await hospital.change(first.appointment, .cancel).receipt != nil)
        await hospital.expectSound()
    }

    @Test
    func `a patient may move within the time of the appointment that is given up`() async throws {
        let hospital = try await Hospital(policies: [
            .init(department: "", perDayDepartment: 1, perDay: 1, holdSeconds: 60)
        ])
        let li = try await hospital.open("li", at: "09:00", minutes: 20, capacities: [1])
        let ct = try await hospital.open("ct", at: "09:10", minutes: 10, capacities: [1])
        let first = try #require(await hospital.run(hospital.book(0, li, 0)).receipt)
        let moved = await hospital.run(
            .move(first.appointment, to: SlotID(session: ct, index: 0), ifVersion: 0, reason: ""))
        #expect(moved.receipt != nil)
        await hospital.expectSound()
    }
}
