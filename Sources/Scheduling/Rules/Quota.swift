/// RULE_QUOTA: 配额, units of a session that a policy's terms keep for some until they are given back.
///
/// Of a term it reads services, pools, channels, classes, limit, and when the share is given back: at a time on the
/// wall clock days before the session's day, or minutes before its start, whichever comes first; with neither it is
/// never given back. The share is that of the appointments which the term concerns, and what they have taken of the
/// session lessens what is kept for more of them. A booking that names no class is concerned by no term with classes.
///
/// What is kept never exceeds what is free: where it would, the later terms have the rest. So every free unit is for
/// sale to somebody, whatever was sold, locked or promised before.
enum Quota {
    static let about = RuleAbout(
        "what is free in the session is kept for other channels, classes of patients or services",
        remedy: "choose another session, or wait until unused shares are given back",
        chinese: RuleWords("该班次余号为其他渠道或人群保留", remedy: "请选择其他班次或稍后再试"), needs: [.channel, .service],
        terms: [.channels, .classes, .limit, .wallTime, .minutes])

    @inline(__always)
    static func judge(_ asking: borrowing Asking, _ session: borrowing Session) throws(Refusal) {
        guard !asking.policy.terms.isEmpty, !asking.isWithinShares else { return }
        if let refusal = refusal(asking, session) { throw refusal }
    }

    /// Whether what is asked for is within the shares, wherever in the session: it is the same for all of its slots, so
    /// a search asks once for each session.
    @inline(__always)
    static func allows(_ asking: borrowing Asking, _ session: borrowing Session) -> Bool {
        asking.policy.terms.isEmpty || refusal(asking, session) == nil
    }

    /// Apart, so that hospitals without terms pay nothing for it.
    @inline(never)
    private static func refusal(_ asking: borrowing Asking, _ session: borrowing Session) -> Refusal? {
        guard let channel = asking.origin?.channel, let service = asking.service else { return nil }
        let own = Taker(service: service, channel: channel, patientClass: asking.patientClass)
        let pool = session.id.pool
        let shares = asking.policy.terms.filter { term in
            term.rule == .quota && (term.pools.isEmpty || term.pools.contains(pool))
                && !term.isGivenBack(of: session.times, asking)
        }
        let foreign = shares.reduce(0) { $0 + ($1.concerns(own) ? 0 : Int($1.limit)) }
        guard foreign > 0 else { return nil }
        let given = session[asking.givenUp]
        let free = session.freeAhead(at: asking.now, with: given)
        let needed = Int(asking.units) * (Int(asking.span) + Int(asking.passedOn))
        // While there is enough beside the shares as if none of them were used, nobody need be counted.
        guard free - foreign < needed else { return nil }
        let taken = session.taken(of: shares, butNumber: asking.givenUp)
        var (rest, forSale) = (free, free)
        for (term, taken) in zip(shares, taken) {
            let kept = min(max(0, Int(term.limit) - taken), rest)
            rest -= kept
            if !term.concerns(own) { forSale -= kept }
        }
        guard forSale < needed else { return nil }
        return Refusal(
            .quota, policyVersion: asking.policy.version, authority: .department, limit: UInt32(max(0, forSale)))
    }

    /// What is wrong with a term alone; nil where nothing is.
    static func fault(in term: PolicyTerm) -> String? {
        guard term.rule == .quota else { return nil }
        if term.limit == 0 { return "QUOTA keeps nothing; say how many units of each session as limit" }
        if term.services.isEmpty, term.channels.isEmpty, term.classes.isEmpty {
            return "QUOTA keeps units for all, so for nobody; say for which channels, classes or services"
        }
        return nil
    }

    /// Whom an appointment is for, as far as shares go.
    fileprivate struct Taker {
        let service: ServiceID?
        let channel: Channel?
        let patientClass: PatientClass?
    }
}

extension PolicyTerm {
    /// Whether an appointment counts as one of those whom the units are kept for.
    fileprivate func concerns(_ taker: Quota.Taker) -> Bool {
        (services.isEmpty || taker.service.map(services.contains) ?? false)
            && (channels.isEmpty || taker.channel.map(channels.contains) ?? false)
            && (classes.isEmpty || taker.patientClass.map(classes.contains) ?? false)
    }

    /// Whether what is left of the share is everybody's by now.
    fileprivate func isGivenBack(of session: SessionTimes, _ asking: borrowing Asking) -> Bool {
        if let at, WallMoment(date: session.date.advanced(days: -Int32(days)), time: at) <= asking.wall { return true }
        return minutes > 0 && session.start.advanced(milliseconds: -Int64(minutes) * 60_000) <= asking.now
    }
}

extension Session {
    /// Units that may be sold in the slots which have not begun, and those of an appointment that is given up.
    fileprivate func freeAhead(at now: Instant, with givenUp: AppointmentRecord?) -> Int {
        // What is stopped is sold to none, so nothing is kept there.
        let last = openStop.map { Int($0.from) } ?? slots.count
        let first = min(times.firstSlot(startingFrom: now.advanced(milliseconds: 1)), last)
        let free =
            first == 0 && lockCount == 0 && last == slots.count
            ? Int(self.free) : (first..<last).reduce(0) { $0 + Int(self.free(inSlot: $1)) }
        guard let givenUp else { return free }
        let end = min(Int(givenUp.slot) + Int(givenUp.span), last)
        return free + Int(givenUp.units) * max(0, end - max(first, Int(givenUp.slot)))
    }

    /// Units that the appointments which each of these terms concerns have, and what is about to become one. It looks
    /// at every appointment of the session.
    fileprivate func taken(of shares: [PolicyTerm], butNumber givenUp: UInt32) -> [Int] {
        var taken = [Int](repeating: 0, count: shares.count)
        func count(_ taker: Quota.Taker, _ units: Int) {
            for (place, term) in shares.enumerated() where term.concerns(taker) { taken[place] += units }
        }
        for index in appointments.indices where index + 1 != givenUp {
            guard let record = appointments[index], record.state.occupiesSlot else { continue }
            count(
                Quota.Taker(service: record.service, channel: record.channel, patientClass: record.patientClass),
                Int(record.units) * Int(record.span))
        }
        for claim in claims.values {
            count(
                Quota.Taker(service: claim.service, channel: claim.channel, patientClass: claim.patientClass),
                Int(claim.units) * Int(claim.span))
        }
        return taken
    }
}
