/// A promise of the engine that does not hold, in one sentence that names the place.
package struct Violation: Hashable, Sendable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

/// What must always be true of all pools and patients together. Tests ask after every step, recovery before it serves,
/// the verifier of a folder at rest.
package enum Invariants {
    /// What a look at some of the pools or of the patients found.
    package struct Look: Sendable {
        var violations: [Violation] = []
        /// What the pools that were looked at have.
        var counted = PoolBook.Counts()
        /// Whether the patients of these pools' appointments have them, and as the pools do.
        var isMirrored = true
        /// Appointments of the patients that were looked at.
        var listed = 0
    }

    /// - Parameters:
    ///   - pools: every shard's pools.
    ///   - patients: every shard's patients; a patient is looked up in the book `id % patients.count`.
    ///   - limit: violations after which the search ends.
    ///   - parts: into how many looks each book is cut.
    ///   - run: takes these looks, which do not depend on each other, in whatever order, and gives what they found in
    ///     theirs.
    package static func violations(
        catalogue: Catalogue, pools: [PoolBook], patients: [PatientBook], limit: Int = 100, parts: Int = 1,
        run: ([@Sendable () -> Look]) -> [Look] = { $0.map { look in look() } }
    ) -> [Violation] {
        let departments = catalogue.pools.all.map(\.department)
        let timed = pools.map { (holds: $0.timedHolds, refunds: $0.timedRefunds) }
        let atPools = run(
            pools.indices.flatMap { shard in
                (0..<parts).map { part -> @Sendable () -> Look in
                    {
                        look(
                            at: pools[shard].sessions(part: part, of: parts), timed: timed[shard], patients: patients,
                            departments: departments, limit: limit)
                    }
                }
            })
        var found: [Violation] = []
        for (shard, book) in pools.enumerated() {
            let looks = atPools[shard * parts..<(shard + 1) * parts]
            found += looks.flatMap(\.violations)
            found += counts(of: book, counted: looks.reduce(PoolBook.Counts()) { $0 + $1.counted })
        }
        // Where every appointment of the pools is at its patient, and the patients have no more, what they have is what
        // the pools say: only then need nobody look from the patients back at the pools, which is here and there in
        // memory.
        func lookAtPatients(isMirrored: Bool) -> [Look] {
            run(
                patients.indices.flatMap { shard in
                    (0..<parts).map { part -> @Sendable () -> Look in
                        {
                            look(
                                at: patients[shard], part: part, of: parts, shard: shard, shards: patients.count,
                                departments: departments, pools: isMirrored ? nil : pools)
                        }
                    }
                })
        }
        let inPools = pools.reduce(0) { $0 + $1.counts.appointments }
        let isMirrored = atPools.allSatisfy(\.isMirrored)
        var atPatients = lookAtPatients(isMirrored: isMirrored)
        let listed = atPatients.reduce(0) { $0 + $1.listed }
        if isMirrored, listed != inPools { atPatients = lookAtPatients(isMirrored: false) }
        found += atPatients.flatMap(\.violations)
        // Every appointment in a pool is listed for its patient: as many here as there, and none here that is not
        // there.
        if inPools != listed {
            found.append(Violation("the pools have \(inPools) appointments, the patients \(listed)"))
        }
        return Array(found.prefix(limit))
    }

    private static func look(
        at sessions: some Sequence<Session>, timed: (holds: Set<AppointmentID>, refunds: Set<SessionID>),
        patients: [PatientBook],
        departments: [DepartmentID], limit: Int
    ) -> Look {
        var look = Look()
        for session in sessions where look.violations.count < limit {
            look.violations += slots(of: session)
            look.violations += appointments(of: session, timed: timed.holds)
            look.violations += money(of: session, timed: timed.refunds)
            count(session, &look.counted)
            look.isMirrored = look.isMirrored && isMirrored(session, departments, patients)
        }
        return look
    }

    /// No slot is above its capacity, and what is taken is exactly what appointments and claims take.
    static func slots(of session: Session) -> [Violation] {
        var taken = [UInt32](repeating: 0, count: session.slots.count)
        func add(_ slot: UInt16, _ span: UInt8, _ units: UInt16) -> Bool {
            guard Int(slot) + Int(span) <= taken.count else { return false }
            for index in Int(slot)..<Int(slot) + Int(span) { taken[index] += UInt32(units) }
            return true
        }
        var found: [Violation] = []
        for (index, record) in session.appointments.enumerated() {
            guard let record, record.state.occupiesSlot else { continue }
            if !add(record.slot, record.span, record.units) {
                found.append(Violation("\(session.id): number \(index + 1) lies outside the session's slots"))
            }
        }
        for claim in session.claims.values { _ = add(claim.slot, claim.span, claim.units) }
        for (index, slot) in session.slots.enumerated() {
            if taken[index] > UInt32(slot.capacity) {
                found.append(
                    Violation("\(session.id): slot \(index) has \(taken[index]) units taken of \(slot.capacity)"))
            } else if taken[index] != UInt32(slot.taken) {
                found.append(
                    Violation(
                        "\(session.id): slot \(index) says \(slot.taken) units taken, its appointments \(taken[index])")
                )
            }
        }
        // Not `Slot.free`: a slot above its capacity has none that could be told.
        let free = session.slots.reduce(0) { $0 + Int($1.capacity) - Int($1.taken) }
        if free != Int(session.free) {
            found.append(Violation("\(session.id): says \(session.free) units free, its slots \(free)"))
        }
        return found
    }

    /// What is owed has a timer, refunds are numbered, and no payment goes back twice.
    static func money(of session: Session, timed: Set<SessionID>) -> [Violation] {
        var found: [Violation] = []
        if !session.payments.isEmpty, !session.owed.isEmpty, !timed.contains(session.id) {
            found.append(Violation("\(session.id): owes a refund without a timer"))
        }
        var paidBack: [AppointmentID: Set<String>] = [:]
        for (place, refund) in session.refunds.enumerated() {
            if refund.id != RefundID(session: session.id, number: UInt32(place) + 1) {
                found.append(Violation("\(session.id): refund \(place + 1) is called \(refund.id.place)"))
            }
            if !paidBack[refund.appointment, default: []].insert(refund.payment.reference).inserted {
                found.append(Violation("\(refund.appointment): its payment goes back twice"))
            }
        }
        return found
    }

    /// Live appointments are counted, and every hold has its timer.
    static func appointments(of session: Session, timed: Set<AppointmentID>) -> [Violation] {
        var found: [Violation] = []
        var live: UInt32 = 0
        for (index, record) in session.appointments.enumerated() {
            guard let record else { continue }
            if !record.state.isEnded { live += 1 }
            let id = AppointmentID(session: session.id, number: UInt32(index + 1))
            if record.state == .held && (record.holdUntil == nil || !timed.contains(id)) {
                found.append(Violation("\(id): held without a timer"))
            }
        }
        for left in session.openStop.map({ $0.more ? [] : session.stoppable(from: $0.from) }) ?? [] {
            found.append(Violation("\(session.id): is stopped, and number \(left.number) in it is \(left.was)"))
        }
        if live != session.live {
            found.append(Violation("\(session.id): says \(session.live) live appointments, has \(live)"))
        }
        return found
    }

    /// Whether the patients of a session's appointments have them, and as the session does.
    private static func isMirrored(
        _ session: Session, _ departments: [DepartmentID], _ patients: [PatientBook]
    ) -> Bool {
        // Pools are numbered from 1.
        let pool = Int(session.id.pool.rawValue) - 1
        guard departments.indices.contains(pool) else { return false }
        for index in session.appointments.indices {
            guard let record = session.appointments[index] else { continue }
            let commitment = PatientBook.Commitment(
                session.times, slot: record.slot, span: record.span, department: departments[pool])
            let isThere = patients[Int(record.patient.rawValue % UInt64(patients.count))].has(
                AppointmentID(session: session.id, number: UInt32(index + 1)), patient: record.patient, commitment,
                counts: record.state.occupiesSlot,
                Conduct(record, start: session.times.start(ofSlot: record.slot)))
            guard isThere else { return false }
        }
        return true
    }

    /// A patient is in one place at a time, and has exactly the appointments that the pools say.
    /// - Parameter pools: nil where the latter is known.
    private static func look(
        at book: PatientBook, part: Int, of parts: Int, shard: Int, shards: Int, departments: [DepartmentID],
        pools: [PoolBook]?
    ) -> Look {
        var look = Look()
        var current: PatientID?
        var seen: [(AppointmentID, PatientBook.Commitment)] = []
        book.forEachAppointment(part: part, of: parts) { patient, id, commitment, counts in
            look.listed += 1
            if patient != current {
                current = patient
                seen.removeAll(keepingCapacity: true)
                if patient.rawValue % UInt64(shards) != UInt64(shard) {
                    look.violations.append(
                        Violation("patient \(patient.rawValue): is in a book where nobody looks for it"))
                }
            }
            if let pools {
                look.violations += contradictions(
                    of: id, to: pools, departments, patient: patient, commitment, counts: counts)
            }
            guard counts else { return }
            for (other, times) in seen
            where times.startMinute < commitment.startMinute + UInt32(commitment.minutes)
                && commitment.startMinute < times.startMinute + UInt32(times.minutes)
            {
                look.violations.append(
                    Violation("patient \(patient.rawValue): is in two places at once, \(id) and \(other)"))
            }
            seen.append((id, commitment))
        }
        return look
    }

    /// How what a patient has differs from what the pools say.
    private static func contradictions(
        of id: AppointmentID, to pools: [PoolBook], _ departments: [DepartmentID], patient: PatientID,
        _ commitment: PatientBook.Commitment, counts: Bool
    ) -> [Violation] {
        guard let (record, times) = find(id, in: pools) else {
            return [Violation("patient \(patient.rawValue): has \(id), which no pool knows")]
        }
        var found: [Violation] = []
        if record.patient != patient {
            found.append(Violation("\(id): listed for patient \(patient.rawValue), made for another"))
        }
        if record.state.occupiesSlot != counts {
            let verb = counts ? "counts" : "does not count"
            found.append(Violation("\(id): \(verb) for its patient although it is \(record.state)"))
        }
        let pool = Int(id.pool.rawValue) - 1
        if !departments.indices.contains(pool) {
            found.append(Violation("\(id): belongs to a pool that the catalogue does not know"))
        } else if commitment != .init(times, slot: record.slot, span: record.span, department: departments[pool]) {
            found.append(Violation("\(id): its patient has it at another time or in another department"))
        }
        return found
    }

    private static func find(
        _ id: AppointmentID, in pools: [PoolBook]
    ) -> (record: AppointmentRecord, times: SessionTimes)? {
        for book in pools {
            if let found = book.found(id) { return found }
        }
        return nil
    }

    private static func count(_ session: Session, _ counted: inout PoolBook.Counts) {
        counted.sessions += 1
        counted.slots += session.slots.count
        for case let record? in session.appointments {
            counted.appointments += 1
            if record.state == .held { counted.holds += 1 }
        }
    }

    /// What a book says it has is what its sessions have.
    private static func counts(of book: PoolBook, counted: PoolBook.Counts) -> [Violation] {
        counted == book.counts ? [] : [Violation("the pools count \(book.counts), they have \(counted)")]
    }
}

extension SessionID: CustomStringConvertible {
    package var description: String { "session \(pool.rawValue)/\(index)" }
}

extension AppointmentID: CustomStringConvertible {
    package var description: String { "appointment \(pool.rawValue)/\(session.index)/\(number)" }
}
