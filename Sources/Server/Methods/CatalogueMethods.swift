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
            "Adds or changes departments, resources, services, pools, policies and templates, told apart by code.",
            counting: checkCatalogue
        ) { request throws(ProtocolError) in
            let (draft, hospital) = try request.catalogue.draft()
            return .putCatalogue(draft, hospital: hospital.map { .init(name: $0.name, zone: $0.zone) })
        } answer: {
            PBPutCatalogueReply($0)
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
    ]
}

extension PBPutCatalogueRequest: KeyedMessage {}

/// The entities of a catalogue, the members of its pools and the terms of its policies with theirs, by the numbers of
/// their fields.
private func checkCatalogue(_ payload: ByteBuffer) throws(ProtocolError) {
    let kinds: [(field: UInt32, name: String)] = [
        (2, "departments"), (3, "resources"), (4, "services"), (5, "pools"), (6, "policies"), (7, "templates"),
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
        try payload.mostElements(at: [1, 6, 6]), "catalogue.policies.terms", atMost: Limits.termsPerPolicy)
    for (field, name) in [(UInt32(2), "services"), (3, "pools"), (4, "channels")] {
        try checkCount(
            try payload.mostElements(at: [1, 6, 6, field], areNumbers: name == "channels"),
            "catalogue.policies.terms.\(name)", atMost: Limits.membersPerTerm)
    }
}
