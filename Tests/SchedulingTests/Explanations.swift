import Oracle
import Scheduling
import Testing

extension World {
    /// What every rule says of a booking.
    func explanation(_ patient: UInt64, _ wish: Wish) -> Explanation {
        let asking = pools.session(wish.session) == nil ? nil : request(patient, wish)
        let offered = catalogue.pools[wish.session.pool.rawValue]?.services.contains(wish.service) ?? false
        var explanation = Explanation(naming: [.channel, .patient, .patientClass, .service])
        RuleList.explain(asking, isOffered: offered, isElsewhere: false, in: &explanation)
        RuleList.explain(asking, patients.holdings(of: PatientID(rawValue: patient)), in: &explanation)
        return pools.explain(asking, of: wish.session, in: explanation)
    }
}

extension CommandRounds {
    /// Where an explanation of a booking says otherwise than the oracle, in words. The oracle says what the booking is
    /// answered with, and the core is compared with that, too.
    func objections(toExplaining wish: Wish, as explanation: Explanation) -> [String] {
        let situation = Situation(model, now: world.now)
        var objections: [String] = []
        let expected = situation.refusal(of: wish)
        if explanation.refusal != expected {
            let words = [explanation.refusal, expected].map { $0.map { "\($0)" } ?? "nothing" }
            objections.append("\(wish): explained with \(words[0]), refused with \(words[1])")
        }
        let isGone = wish.places.contains { model.sittings[$0.slot.session]?.archived != nil }
        // A rule that is asked in two places stands where it refuses.
        let twice: Set<Rule> = [.serviceNotOffered, .notReleased]
        let (rules, all) = (explanation.verdicts.map(\.rule), Situation.rulesOfTaking)
        if Set(rules) != Set(all) || rules.count != all.count
            || rules.filter({ !twice.contains($0) }) != all.filter({ !twice.contains($0) })
        {
            objections.append("\(wish): explained by \(explanation.verdicts.map(\.rule))")
        }
        for verdict in explanation.verdicts where !isGone {
            let isRight =
                switch verdict.judgement {
                case .refuses(let refusal): situation.mayRefuse(wish, item: 0, with: refusal)
                case .passes: !situation.surelyRefuses(wish, by: verdict.rule)
                case .notJudged: situation.mayRefuse(wish, item: 0, with: Refusal(.serviceNotOffered))
                }
            if !isRight { objections.append("\(wish): \(verdict)") }
        }
        return objections
    }
}

@Suite struct `Explaining a slot` {
    @Test func `every rule that refuses is named, and a rule that was not told enough says what it needs`() throws {
        var world = World(perDayDepartment: 1, perDay: 0)
        world.now = World.at("2025-07-01", "07:00")
        let session = world.open()
        _ = try world.book(7, session)
        let wish = World.Wish(session: session, slot: 0)
        let refusing = world.explanation(7, wish).verdicts.compactMap(\.refusal).map(\.rule)
        #expect(refusing == [.perDayDepartment, .overlap, .slotFull])

        var explanation = Explanation(naming: .service)
        let asking = world.request(7, wish)
        RuleList.explain(asking, isOffered: true, isElsewhere: true, in: &explanation)
        RuleList.explain(asking, nil as PatientHoldings?, in: &explanation)
        explanation = world.pools.explain(asking, of: session, in: explanation)
        let unjudged = explanation.verdicts.filter { $0.judgement == .notJudged(needs: .patient) }.map(\.rule)
        #expect(unjudged == [.perDayDepartment, .perDay, .perPeriod, .overlap, .patientAppointments])
        #expect(explanation.verdicts.contains(.init(.channelClosed, .notJudged(needs: .channel))))
        #expect(explanation.refusal?.rule == .resourceElsewhere)
    }

    @Test func `of a session that is gone only that is said`() throws {
        var world = World(perDayDepartment: 1, perDay: 0)
        world.now = World.at("2025-07-01", "07:00")
        let session = world.open()
        // The timetable knew it, and the pool does not any more: the pool says so, behind the patient's rules.
        let asking = world.request(7, World.Wish(session: session, slot: 0))
        var late = Explanation(naming: [.channel, .patient, .patientClass, .service])
        RuleList.explain(asking, isOffered: true, isElsewhere: false, in: &late)
        RuleList.explain(asking, PatientBook().holdings(of: PatientID(rawValue: 7)), in: &late)
        late = PoolBook().explain(asking, of: session, in: late)
        #expect(late.refusal == Refusal(.slotPast))
        #expect(late.verdicts.first?.rule == .serviceNotOffered && late.verdicts.count == Set(late.verdicts).count)

        world.now = World.at("2025-07-03", "07:00")
        world.archive(before: world.now)
        let gone = world.explanation(7, World.Wish(session: session, slot: 0))
        #expect(gone.refusal == Refusal(.slotPast))
        #expect(gone.verdicts.dropFirst().allSatisfy { $0.judgement == .notJudged(needs: []) })
    }
}
