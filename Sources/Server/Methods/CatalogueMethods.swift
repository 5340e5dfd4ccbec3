import Engine
import Journal
import NIOCore
import Scheduling
import Wire

extension MethodTable {
    /// What can be booked.
    static let catalogueMethods = [
        MethodRow(
            .putCatalogue, PBPutCatalogueRequest.self, PBPutCatalogueReply.self, needs: .writeCatalogue,
            "Adds or changes departments, resources, services, pools, policies, templates, calendars and leaves, told apart by code.",
            counting: checkCatalogue
        ) { request, connection throws(ProtocolError) in
            let (isPart, origin, write) = (try request.isPart(), try connection.origin(), try request.write(connection))
            return { engine, server throws(EngineError) in
                guard isPart else { return try await engine.put(write) }
                // Where it could not be put, there is no use in bringing the rest.
                guard engine.role == .primary else { throw .notPrimary(engine.role) }
                let bytes = request.catalogue.bytesInList
                let whole = try server.parts.take(
                    Int(request.part), of: Int(request.parts), request.catalogue, bytes: bytes, key: write.key)
                var reply = PBPutCatalogueReply()
                reply.waiting = true
                guard let whole else { return reply }
                return try await engine.put(Write(key: write.key, by: origin, command: try whole.command()))
            }
        },
        MethodRow(
            .getCatalogue, PBGetCatalogueRequest.self, PBGetCatalogueReply.self, needs: .readCatalogue,
            "Reads the whole catalogue, ids included."
        ) { request, connection in
            let (after, page) = (request.after, Page(request.limit, connection))
            return { engine, _ throws(EngineError) in
                PBGetCatalogueReply(try await engine.datedCatalogue(), after: after, page)
            }
        },
        MethodRow(
            .findEntities, PBFindEntitiesRequest.self, PBFindEntitiesReply.self, needs: .readCatalogue,
            "Finds departments, resources and services by what is typed: a code, a name, or its pinyin."
        ) { request, connection throws(ProtocolError) in
            let (text, kinds) = (request.text, try request.checkedKinds())
            let limit = request.limit == 0 ? EngineLimits.entitiesPerFindingByDefault : Int(clamping: request.limit)
            let page = Page(UInt32(clamping: limit), connection)
            return { engine, _ throws(EngineError) in
                PBFindEntitiesReply(try await engine.findEntities(text, kinds: kinds, limit: limit), page)
            }
        },
    ]
}

extension PBPutCatalogueRequest: KeyedMessage {
    fileprivate func write(_ connection: ConnectionOrigin) throws(ProtocolError) -> Write {
        let (draft, hospital) = try catalogue.draft()
        return Write(
            key: IdempotencyKey(high: keyHigh, low: keyLow), by: try connection.origin(),
            command: .putCatalogue(draft, hospital: hospital))
    }
}

extension PBCatalogue {
    /// Its parts were good each by itself.
    fileprivate func command() throws(EngineError) -> Command {
        do throws(ProtocolError) {
            let (draft, hospital) = try draft()
            return .putCatalogue(draft, hospital: hospital)
        } catch {
            throw EngineError(.invalidArgument, error.message)
        }
    }
}

extension Engine {
    fileprivate func put(_ write: Write) async throws(EngineError) -> PBPutCatalogueReply {
        let answer = await execute([write])[0]
        if case .failed(let error) = answer.outcome { throw error }
        return PBPutCatalogueReply(answer)
    }
}

/// The entities of a catalogue, the members of its pools and the terms of its policies with theirs, by the numbers of
/// their fields.
private func checkCatalogue(_ payload: ByteBuffer) throws(ProtocolError) {
    let kinds: [(field: UInt32, name: String)] = [
        (2, "departments"), (3, "resources"), (4, "services"), (5, "pools"), (6, "policies"), (7, "templates"),
        (8, "calendars"), (9, "leaves"),
    ]
    for (field, name) in kinds {
        try checkCount(
            try payload.countOfElements(inField: field, ofEach: 1).sum, "catalogue.\(name)",
            atMost: Limits.entitiesPerKind)
    }
    for (field, name) in [(UInt32(5), "resources"), (6, "services")] {
        try checkCount(
            try payload.mostElements(at: [1, 5, field]), "catalogue.pools.\(name)", atMost: Limits.membersPerPool)
    }
    try checkCount(
        try payload.mostElements(at: [1, 7, 12]), "catalogue.templates.exceptions",
        atMost: Limits.exceptionsPerTemplate)
    try checkCount(
        try payload.mostElements(at: [1, 8, 7]), "catalogue.calendars.days", atMost: Limits.daysPerCalendar)
    try checkCount(
        try payload.mostElements(at: [1, 6, 6]), "catalogue.policies.terms", atMost: Limits.termsPerPolicy)
    for (field, name) in [(UInt32(2), "services"), (3, "pools"), (4, "channels"), (6, "classes")] {
        try checkCount(
            try payload.mostElements(at: [1, 6, 6, field], areNumbers: name == "channels" || name == "classes"),
            "catalogue.policies.terms.\(name)", atMost: Limits.membersPerTerm)
    }
}
