/// A promise of the engine that does not hold, in one sentence that names the place.
package struct Violation: Hashable, Sendable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

/// What must always be true of all pools and patients together. Tests ask after every step, recovery before it serves, the
/// verifier of a folder at rest.
package enum Invariants {
    /// - Parameters:
    ///   - pools: every shard's pools.
    ///   - patients: every shard's patients; a patient is looked up in the book `id % patients.count`.
    ///   - limit: violations after which the search ends.
    package static func violations(
        catalogue: Catalogue, pools: [PoolBook], patients: [PatientBook], limit: Int = 100
    ) -> [Violation] {
        var found: [Violation] = []
        for book in pools where found.count < limit {
            let timed = book.timedHolds
            for session in book.allSessions where found.count < limit {
                found += slots(of: session)
                found += appointments(of: session, timed: timed)
            }
            found += counts(of: book)
        }
        for (shard, book) in patients.enumerated() where found.count < limit {
            found += commitments(of: book, shard: shard, of: patients.count, catalogue: catalogue, pools: pools)
        }
        found += counts(pools: pools, patients: patients)
        return Array(found.prefix(limit))
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
        if live != session.live {
            found.append(Violation("\(session.id): says \(session.live) live appointments, has \(live)"))
        }
        return found
    }

    /// A patient is in one place at a time, and has exactly the appointments that the pools say.
    private static func commitments(
        of book: PatientBook, shard: Int, of shards: Int, catalogue: Catalogue, pools: [PoolBook]
    ) -> [Violation] {
        let departments = catalogue.pools.all.map(\.department)
        var found: [Violation] = []
        var current: PatientID?
        var seen: [(AppointmentID, PatientBook.Commitment)] = []
        book.forEachAppointment { patient, id, commitment, counts in
            if patient != current {
                current = patient
                seen.removeAll(keepingCapacity: true)
                if patient.rawValue % UInt64(shards) != UInt64(shard) {
                    found.append(Violation("patient \(patient.rawValue): is in a book where nobody looks for it"))
                }
            }
            guard let (record, times) = look(for: id, in: pools) else {
                found.append(Violation("patient \(patient.rawValue): has \(id), which no pool knows"))
                return
            }
            if record.patient != patient {
                found.append(Violation("\(id): listed for patient \(patient.rawValue), made for another"))
            }
            if record.state.occupiesSlot != counts {
                let verb = counts ? "counts" : "does not count"
                found.append(Violation("\(id): \(verb) for its patient although it is \(record.state)"))
            }
            // Pools are numbered from 1.
            let pool = Int(id.pool.rawValue) - 1
            if !departments.indices.contains(pool) {
                found.append(Violation("\(id): belongs to a pool that the catalogue does not know"))
            } else if commitment
                != .init(times, slot: record.slot, span: record.span, department: departments[pool])
            {
                found.append(Violation("\(id): its patient has it at another time or in another department"))
            }
            guard counts else { return }
            for (other, times) in seen
            where times.startMinute < commitment.startMinute + UInt32(commitment.minutes)
                && commitment.startMinute < times.startMinute + UInt32(times.minutes)
            {
                found.append(Violation("patient \(patient.rawValue): is in two places at once, \(id) and \(other)"))
            }
            seen.append((id, commitment))
        }
        return found
    }

    private static func look(
        for id: AppointmentID, in pools: [PoolBook]
    ) -> (record: AppointmentRecord, times: SessionTimes)? {
        for book in pools {
            if let found = book.found(id) { return found }
        }
        return nil
    }

    /// What a book says it has is what its sessions have.
    private static func counts(of book: PoolBook) -> [Violation] {
        var counted = PoolBook.Counts()
        for session in book.allSessions {
            counted.sessions += 1
            counted.slots += session.slots.count
            for case let record? in session.appointments {
                counted.appointments += 1
                if record.state == .held { counted.holds += 1 }
            }
        }
        return counted == book.counts ? [] : [Violation("the pools count \(book.counts), they have \(counted)")]
    }

    /// Every appointment in a pool is listed for its patient: as many here as there, and none here that is not there.
    private static func counts(pools: [PoolBook], patients: [PatientBook]) -> [Violation] {
        let inPools = pools.reduce(0) { $0 + $1.counts.appointments }
        var atPatients = 0
        for book in patients { book.forEachAppointment { _, _, _, _ in atPatients += 1 } }
        return inPools == atPatients
            ? [] : [Violation("the pools have \(inPools) appointments, the patients \(atPatients)")]
    }
}

extension SessionID: CustomStringConvertible {
    package var description: String { "session \(pool.rawValue)/\(index)" }
}

extension AppointmentID: CustomStringConvertible {
    package var description: String { "appointment \(pool.rawValue)/\(session.index)/\(number)" }
}
