import Scheduling
import Testing

@testable import Engine

@Suite struct `Counts of days` {
    private let card = DepartmentID(rawValue: 1)

    private func sums(_ days: [DayCount]) -> [[UInt64]] {
        days.map { [$0.free, $0.capacity, $0.sold, UInt64($0.sessions)] }
    }

    @Test func `a day has what lies ahead and may be sold, what is sold, and all there is`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", at: "09:00", capacities: [2, 0, 1])
        _ = try await hospital.open("li", day: 1, at: "23:50", capacities: [3, 4])
        _ = try await hospital.open("ct", at: "09:00", capacities: [9])
        #expect(await hospital.run(hospital.book(0, session, 0)).receipt != nil)
        var query = DayQuery(departments: [card], to: Hospital.today.advanced(days: 3))
        let all = try await hospital.engine.count(query).value
        #expect(all.from == Hospital.today)
        #expect(sums(all.days) == [[2, 3, 1, 1], [3, 3, 0, 1], [4, 4, 0, 1], [0, 0, 0, 0]])
        #expect(all.unjudged.contains(.channelClosed) && all.unjudged.contains(.perDay))
        // The first slot begins, and so is not ahead any more.
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 60 * 60_000))
        #expect(try await sums(hospital.engine.count(query).value.days)[0] == [1, 3, 1, 1])
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 90 * 60_000))
        #expect(try await sums(hospital.engine.count(query).value.days)[0] == [0, 3, 1, 1])
        query = DayQuery(departments: [card], pools: [PoolID(rawValue: 1), PoolID(rawValue: 2)])
        #expect(try await sums(hospital.engine.count(query).value.days) == [[0, 12, 1, 2]])
        query = DayQuery(service: hospital.scan)
        #expect(try await sums(hospital.engine.count(query).value.days) == [[0, 9, 0, 1]])
    }

    @Test func `free is the sum of what a search lists, also with locks, terms, a patient and long services`()
        async throws
    {
        let term = CatalogueDraft.PolicyTerm(rule: .channelClosed, pools: ["ct"], channels: [.window])
        let hospital = try await Hospital(policies: [
            .init(department: "CT", perDayDepartment: 0, perDay: 0, holdSeconds: 900, terms: [term])
        ])
        let li = try await hospital.open("li", capacities: [2, 2, 2, 2])
        let ct = try await hospital.open("ct", capacities: [1, 1, 1, 1, 1, 1])
        let lock = SlotLock(first: 1, slots: 2, units: 1, owner: "", reason: "检修", until: nil)
        await hospital.run(.lockSlots(li, lock))
        #expect(await hospital.run(hospital.book(0, li, 3)).receipt != nil)
        let origins: [Origin?] = [nil] + [Channel.app, .window].map { Origin(channel: $0, operatorName: "") }
        let services: [ServiceID?] = [nil, hospital.clinic, hospital.scan]
        for case (let origin, let service) in origins.flatMap({ origin in services.map { (origin, $0) } }) {
            for patient in [nil, hospital.patients[0], hospital.patients[1]] {
                for department in 1...2 as ClosedRange<UInt32> {
                    let department = DepartmentID(rawValue: department)
                    let search = SlotQuery(
                        department: department, service: service, origin: origin, patient: patient)
                    let slots = try await hospital.engine.search(search).value
                    let days = try await hospital.engine.count(
                        DayQuery(departments: [department], service: service, origin: origin, patient: patient)
                    ).value
                    #expect(days.days[0].free == slots.slots.reduce(0) { $0 + UInt64($1.free) })
                    #expect(days.unjudged == slots.unjudged)
                }
            }
        }
        #expect(await hospital.run(hospital.book(1, ct, 0, service: hospital.scan)).refusal?.rule == .channelClosed)
    }

    @Test func `what cannot be counted is named`() async throws {
        let hospital = try await Hospital()
        let (today, engine) = (Hospital.today, hospital.engine)
        let many = (0...Limits.placesPerCounting).map { PoolID(rawValue: UInt32($0)) }
        for (query, word) in [
            (DayQuery(), "departments, pools, service"),
            (DayQuery(departments: [card], from: today, to: today.advanced(days: 62)), "62 days"),
            (DayQuery(departments: [card], from: today, to: today.advanced(days: -1)), "is before"),
            (DayQuery(departments: [DepartmentID(rawValue: 9)]), "department 9"),
            (DayQuery(departments: [card], pools: [PoolID(rawValue: 9)]), "pool 9"),
            (DayQuery(service: ServiceID(rawValue: 9)), "service 9"), (DayQuery(pools: many), "more than 256"),
            (DayQuery(departments: [card], patient: PatientID(rawValue: 999)), "patient 999"),
        ] {
            let error = await #expect(throws: EngineError.self) { try await engine.count(query) }
            #expect(error?.message.contains(word) ?? false, "\(error?.message ?? "")")
        }
        #expect(
            try await engine.count(DayQuery(service: hospital.clinic, to: today.advanced(days: 61))).value.days.count
                == 62)
    }

    @Test func `countings that go together are answered each as by itself`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [1, 1])
        #expect(await hospital.run(hospital.book(0, session, 0)).receipt != nil)
        let queries = [
            DayQuery(departments: [card]), DayQuery(), DayQuery(service: hospital.scan),
            DayQuery(departments: [card, card], pools: [PoolID(rawValue: 1)]), DayQuery(departments: [card]),
            DayQuery(departments: [card], patient: hospital.patients[0]),
            DayQuery(departments: [card], to: Hospital.today.advanced(days: 1)),
            DayQuery(departments: [card], service: hospital.clinic),
        ]
        let answers = await hospital.engine.count(queries)
        try #require(answers.count == queries.count)
        for (query, answer) in zip(queries, answers) {
            guard case .now(let answer) = answer else {
                Issue.record("nothing keeps it from being answered")
                continue
            }
            do throws(EngineError) {
                let alone = try await hospital.engine.count(query)
                #expect(try answer.get().value.days == alone.value.days)
            } catch {
                guard case .failure(let same) = answer else {
                    Issue.record("\(query) fails only alone: \(error)")
                    continue
                }
                #expect(same.code == error.code)
            }
        }
    }
}
