import Scheduling

/// What a checkpoint keeps of a world, as bytes: the engine's tables, in two dictionaries.
struct Checkpoint {
    private(set) var entities: [[UInt8]] = []
    /// By session; empty for an archived one.
    private(set) var definitions: [SessionID: [UInt8]] = [:]
    private(set) var pages: [PageKey: [UInt8]] = [:]

    struct PageKey: Hashable {
        var session: SessionID
        var page: Int
    }

    /// Writes what changed since the last time, and only that.
    mutating func write(_ world: inout World) {
        entities = world.catalogue.entities.map { entity in encoded { entity.encode(into: &$0) } }
        for id in world.pools.allSessionIDs where world.pools.isArchived(id) {
            definitions[id] = []
            pages = pages.filter { $0.key.session != id }
        }
        for id in world.pools.dirtySessions {
            guard let session = world.pools.session(id) else { preconditionFailure("a dirty session is open") }
            if session.isDefinitionDirty {
                definitions[id] = encoded { writer in
                    session.definition.encode(into: &writer)
                    for fact in session.standing { fact.encodeAlone(into: &writer) }
                }
            }
            for page in session.dirtyPageIndexes {
                pages[PageKey(session: id, page: page)] = encoded { session.encodePage(page, into: &$0) }
            }
            world.pools.markClean(id)
        }
    }

    /// The state that this checkpoint and the journal's tail give, as recovery puts it together.
    func recovered(with tail: some Sequence<Event>) throws(CodingError) -> State {
        var catalogue = Catalogue()
        var pools = PoolBook()
        for bytes in entities {
            catalogue.evolve(try decoded(bytes) { reader throws(CodingError) in try CatalogueEntity(from: &reader) })
        }
        for (id, bytes) in definitions {
            if bytes.isEmpty {
                pools.archive(id)
            } else {
                try decoded(bytes) { reader throws(CodingError) in
                    pools.evolve(try SessionDefinition(from: &reader))
                    while !reader.isAtEnd {
                        pools.evolve(try Fact(alone: &reader), channel: .system, at: Instant(rawValue: 0))
                    }
                }
            }
        }
        for bytes in pages.values {
            try bytes.withRaw { raw throws(CodingError) in
                try Session.decodePage(raw) { id, record throws(CodingError) in
                    guard pools.restore(record, id) else { throw CodingError("\(id) has no place") }
                }
            }
        }
        for event in tail {
            if case .catalogueChanged(let entity) = event.fact { catalogue.evolve(entity) }
            guard pools.evolve(event) else { throw CodingError("does not follow: \(event)") }
        }
        return State(
            catalogue, pools,
            PatientBook(shard: 0, of: 1, deriving: [pools], departments: catalogue.pools.all.map(\.department)))
    }
}

/// Everything that must be the same after recovery, in a form in which it can be compared: without what is only in
/// memory (claims, timers of ended holds, numbers skipped at the end, what is dirty).
struct State: Equatable {
    struct Sitting: Equatable {
        var definition: SessionDefinition
        var taken: [UInt16]
        var free: UInt32
        var live: UInt32
        var appointments: [UInt32: AppointmentRecord]
        var stop: SessionStop?
    }

    struct Listed: Equatable {
        var patient: PatientID
        var commitment: PatientBook.Commitment
        var counts: Bool
    }

    var catalogue: Catalogue
    var sessions: [SessionID: Sitting] = [:]
    var archived: Set<SessionID>
    var timers: Set<AppointmentID>
    var counts: PoolBook.Counts
    var listed: [AppointmentID: Listed] = [:]

    init(_ catalogue: Catalogue, _ pools: PoolBook, _ patients: PatientBook) {
        self.catalogue = catalogue
        archived = Set(pools.allSessionIDs.filter(pools.isArchived))
        timers = pools.timedHolds.filter { pools.record($0)?.state == .held }
        counts = pools.counts
        for session in pools.allSessions {
            var appointments: [UInt32: AppointmentRecord] = [:]
            for (index, record) in session.appointments.enumerated() { appointments[UInt32(index + 1)] = record }
            sessions[session.id] = Sitting(
                definition: session.definition, taken: session.slots.map(\.taken), free: session.free,
                live: session.live, appointments: appointments, stop: session.openStop)
        }
        patients.forEachAppointment { patient, id, commitment, counts in
            listed[id] = Listed(patient: patient, commitment: commitment, counts: counts)
        }
    }
}

extension World {
    var state: State { State(catalogue, pools, patients) }

    /// The state that these events alone give.
    static func replay(_ events: some Sequence<Event>) throws(CodingError) -> State {
        try Checkpoint().recovered(with: events)
    }
}

func encoded(_ body: (inout ByteWriter) -> Void) -> [UInt8] {
    var writer = ByteWriter()
    body(&writer)
    return writer.bytes
}

func decoded<Value>(
    _ bytes: [UInt8], _ body: (inout ByteReader) throws(CodingError) -> Value
) throws(CodingError) -> Value {
    try bytes.withRaw { raw throws(CodingError) in
        var reader = ByteReader(raw)
        let value = try body(&reader)
        try reader.finish()
        return value
    }
}

extension [UInt8] {
    /// `withUnsafeBytes` with a typed throw.
    func withRaw<Value>(_ body: (UnsafeRawBufferPointer) throws(CodingError) -> Value) throws(CodingError) -> Value {
        let outcome = withUnsafeBytes { raw in
            Result { () throws(CodingError) in try body(raw) }
        }
        return try outcome.get()
    }
}
