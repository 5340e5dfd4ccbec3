extension PatientBook {
    /// What the pools say of the patients of one shard.
    ///
    /// Each patient's appointments come to lie side by side, the newest first: they are looked at together, and cost
    /// one wait for memory instead of one each. So they are counted first, and then put where those of the patients
    /// before them end.
    /// - Parameters:
    ///   - departments: of each pool, by its number less 1. Appointments of a pool that is not among them are left out.
    ///   - prepare: told of the memory that most of it will stand in, before it is touched.
    package init(
        shard: Int, of stride: Int, deriving pools: [PoolBook], departments: [DepartmentID],
        prepare: (UnsafeMutableRawBufferPointer) -> Void = { _ in }
    ) {
        self.init(shard: shard, of: stride)
        // How many each has; then where the last one put begins; then its first entry.
        var places = ContiguousArray<UInt32>()
        var total = 0
        Self.forEachAppointment(of: shard, of: stride, in: pools, departments) { local, _, _, _, _ in
            while places.count <= local { places.append(0) }
            places[local] += 1
            total += 1
        }
        guard total > 0 else { return }
        precondition(total < UInt32.max, "entries are counted by 32 bits")
        var end: UInt32 = 0
        for local in places.indices {
            end += places[local]
            places[local] = end
        }
        var derived = ContiguousArray<Entry>(unsafeUninitializedCapacity: total) { buffer, initialized in
            prepare(UnsafeMutableRawBufferPointer(buffer))
            Self.forEachAppointment(of: shard, of: stride, in: pools, departments) {
                local, session, number, record, department in
                places[local] -= 1
                let place = places[local]
                let entry = Entry(
                    AppointmentID(session: session.id, number: number),
                    Commitment(session.times, slot: record.slot, span: record.span, department: department),
                    next: place + 2, counts: record.state.occupiesSlot,
                    conduct: Conduct(record, start: session.times.start(ofSlot: record.slot)))
                buffer.initializeElement(at: Int(place), to: entry)
            }
            initialized = total
        }
        end = UInt32(total)
        for local in places.indices.reversed() {
            let first = places[local]
            if first == end {
                places[local] = 0
            } else {
                derived[Int(end) - 1].next = 0
                places[local] = first + 1
                end = first
            }
        }
        heads = places
        entries = PagedArray(derived)
    }

    @inline(__always)
    private static func forEachAppointment(
        of shard: Int, of stride: Int, in pools: [PoolBook], _ departments: [DepartmentID],
        _ body: (_ local: Int, Session, _ number: UInt32, AppointmentRecord, DepartmentID) -> Void
    ) {
        for book in pools {
            for session in book.allSessions {
                // Pools are numbered from 1.
                let pool = Int(session.id.pool.rawValue) - 1
                guard departments.indices.contains(pool) else { continue }
                for index in session.appointments.indices {
                    guard let record = session.appointments[index] else { continue }
                    let (local, rest) = record.patient.rawValue.quotientAndRemainder(dividingBy: UInt64(stride))
                    if rest == shard { body(Int(local), session, UInt32(index + 1), record, departments[pool]) }
                }
            }
        }
    }
}
