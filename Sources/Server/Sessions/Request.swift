import Engine
import Journal
import NIOCore
import Scheduling
import SwiftProtobuf
import Wire

/// A request that is answered on its own, not with the tick's batch: readings, and the rarer writes. Decoded on the
/// event loop, so that what is wrong with it is said at once; carried out in a task.
enum Request: Sendable {
    case status
    case putCatalogue(CatalogueDraft, hospital: (name: String, zone: String)?, by: Origin)
    case catalogue
    case registerPatients([[Identifier]], by: Origin)
    case findPatients([Identifier])
    case generateSessions(from: LocalDate, to: LocalDate, templates: [String], by: Origin)
    case openSessions([SessionDraft], by: Origin)
    case sessions(department: DepartmentID?, pool: PoolID?, from: LocalDate, to: LocalDate)
    case search(SlotQuery)
    case appointments([AppointmentID])
    case appointmentsOf(PatientID, history: Bool)
    case appointmentsIn(SessionID)
    case promote
    case depose(UInt32)
    case goAlone

    /// Nil for a method that goes another way.
    init?(_ method: Method, _ payload: ByteBuffer, on connection: ConnectionOrigin) throws(ProtocolError) {
        switch method {
        case .status:
            _ = try PBStatusRequest(payload: payload)
            self = .status
        case .getCatalogue:
            _ = try PBGetCatalogueRequest(payload: payload)
            self = .catalogue
        case .putCatalogue:
            try checkCatalogue(payload)
            let (draft, hospital) = try PBPutCatalogueRequest(payload: payload).catalogue.draft()
            self = .putCatalogue(draft, hospital: hospital, by: try connection.origin())
        case .registerPatients:
            try checkLength(of: payload, field: 1, "patients")
            let identifiers = try payload.countOfElements(inField: 1, ofEach: 1).most
            try checkCount(identifiers, "patients.identifiers", atMost: Limits.identifiersPerPatient)
            let patients = try PBRegisterPatientsRequest(payload: payload).identifiers()
            self = .registerPatients(patients, by: try connection.origin())
        case .findPatients:
            try checkLength(of: payload, field: 1, "identifiers")
            self = .findPatients(try PBFindPatientsRequest(payload: payload).checkedIdentifiers())
        case .generateSessions:
            try checkLength(of: payload, field: 3, "templates")
            let request = try PBGenerateSessionsRequest(payload: payload)
            let (from, to) = try days(request.from, request.to, atMost: Limits.generationDays)
            self = .generateSessions(from: from, to: to, templates: request.templates, by: try connection.origin())
        case .openSessions:
            try checkLength(of: payload, field: 1, "sessions")
            let drafts = try PBOpenSessionsRequest(payload: payload).drafts()
            self = .openSessions(drafts, by: try connection.origin())
        default:
            guard let reading = try Request(reading: method, payload) else { return nil }
            self = reading
        }
    }

    private init?(reading method: Method, _ payload: ByteBuffer) throws(ProtocolError) {
        switch method {
        case .listSessions:
            let request = try PBListSessionsRequest(payload: payload)
            let (from, to) = try days(request.from, request.to, atMost: EngineLimits.daysPerSearch)
            self = .sessions(
                department: request.department == 0 ? nil : DepartmentID(rawValue: request.department),
                pool: request.pool == 0 ? nil : PoolID(rawValue: request.pool), from: from, to: to)
        case .getAppointments:
            let ids = try PBGetAppointmentsRequest(payload: payload).ids
            try checkCount(ids.count, "ids")
            self = .appointments(ids.map(AppointmentID.init))
        case .patientAppointments:
            let request = try PBPatientAppointmentsRequest(payload: payload)
            self = .appointmentsOf(PatientID(rawValue: request.patient), history: request.history)
        case .sessionAppointments:
            let request = try PBSessionAppointmentsRequest(payload: payload)
            self = .appointmentsIn(SessionID(rawValue: request.session))
        case .promote:
            _ = try PBPromoteRequest(payload: payload)
            self = .promote
        case .depose:
            self = .depose(try checkedEpoch(try PBDeposeRequest(payload: payload).epoch, field: "epoch"))
        case .goAlone:
            _ = try PBGoAloneRequest(payload: payload)
            self = .goAlone
        default:
            return nil
        }
    }

    /// The message that answers it.
    func answer(_ engine: Engine, _ server: ServerIdentity) async throws(EngineError) -> any Message & Sendable {
        switch self {
        case .status:
            return PBStatusReply(
                await engine.status(), server: server.name, connections: server.census.greeted,
                subscriptions: server.census.subscriptions, followed: server.followed)
        case .putCatalogue(let draft, let hospital, let origin):
            return PBPutCatalogueReply(try await engine.putCatalogue(draft, hospital: hospital, by: origin))
        case .catalogue:
            let reading = try await engine.catalogue()
            var reply = PBGetCatalogueReply()
            reply.catalogue = PBCatalogue(reading.value)
            reply.position = reading.position.rawValue
            return reply
        case .registerPatients(let patients, let origin):
            return PBRegisterPatientsReply(try await engine.registerPatients(patients, by: origin))
        case .findPatients(let identifiers):
            var reply = PBFindPatientsReply()
            reply.patients = try await engine.findPatients(identifiers).map { $0?.rawValue ?? 0 }
            return reply
        case .generateSessions(let from, let to, let templates, let origin):
            return PBSessionsReply(
                try await engine.generateSessions(from: from, to: to, templates: templates, by: origin))
        case .openSessions(let drafts, let origin):
            return PBSessionsReply(try await engine.openSessions(drafts, by: origin))
        case .sessions(let department, let pool, let from, let to):
            return PBListSessionsReply(
                try await engine.sessions(department: department, pool: pool, from: from, to: to))
        case .search(let query):
            return PBSearchSlotsReply(try await engine.search(query))
        case .appointments(let ids):
            return PBAppointmentsReply(try await engine.appointments(ids))
        case .appointmentsOf(let patient, let history):
            return PBAppointmentsReply(try await engine.appointments(of: patient, history: history))
        case .appointmentsIn(let session):
            return PBAppointmentsReply(try await engine.appointments(in: session))
        case .promote:
            let (epoch, position) = try await engine.promote(beyond: server.followed?.news.epoch ?? 0)
            var reply = PBPromoteReply()
            reply.epoch = epoch
            reply.position = position.rawValue
            return reply
        case .depose(let epoch): return try await PBDeposeReply(engine, by: epoch)
        case .goAlone:
            try engine.goOnAlone()
            return PBGoAloneReply()
        }
    }
}

extension PBDeposeReply {
    /// Deposes the engine where the epoch is a higher one, and waits until the next process would know, too.
    /// - Throws: Where that is not known to be so; the new primary tells it again.
    fileprivate init(_ engine: Engine, by epoch: UInt32) async throws(EngineError) {
        self.init()
        engine.depose(by: epoch)
        while engine.hasPending, engine.tenure.isDeposed {
            do { try await Task.sleep(for: .milliseconds(1)) } catch {
                throw EngineError(.draining, "this server is stopping, and the epoch may not be on its disk yet")
            }
        }
        if case .deposed(let other) = engine.role { self.epoch = other } else { self.epoch = engine.epoch }
    }
}

/// What a server says of itself.
struct ServerIdentity: Sendable {
    let name: String
    let cluster: [UInt8]
    let census: Census
    /// Of a standby: whom it follows.
    let followed: FollowedPrimary?
}

/// Elements are counted in the bytes, before a message several times their size is built of them.
private func checkLength(of payload: ByteBuffer, field: UInt32, _ name: String) throws(ProtocolError) {
    try checkCount(try payload.countOfElements(inField: field), name)
}

private func checkCount(
    _ count: Int, _ name: String, atMost limit: Int = WireLimits.itemsPerRequest
) throws(ProtocolError) {
    guard count <= limit else { throw ProtocolError.invalid(name, "\(count) of them, at most \(limit)") }
}

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

private func days(_ from: String, _ to: String, atMost limit: Int) throws(ProtocolError) -> (LocalDate, LocalDate) {
    let (first, last) = (try LocalDate(from, field: "from"), try LocalDate(to, field: "to"))
    guard first <= last else { throw ProtocolError.invalid("to", "\(last) is before \(first)") }
    guard Int(last.rawValue - first.rawValue) < limit else {
        throw ProtocolError.invalid("to", "\(last.rawValue - first.rawValue + 1) days, at most \(limit)")
    }
    return (first, last)
}

extension PBFindPatientsRequest {
    fileprivate func checkedIdentifiers() throws(ProtocolError) -> [Identifier] {
        var checked: [Identifier] = []
        for (index, identifier) in identifiers.enumerated() {
            checked.append(try Identifier(identifier, field: "identifiers[\(index)]"))
        }
        return checked
    }
}

extension PBOpenSessionsRequest {
    fileprivate func drafts() throws(ProtocolError) -> [SessionDraft] {
        var drafts: [SessionDraft] = []
        for (index, session) in sessions.enumerated() {
            drafts.append(try SessionDraft(session, field: "sessions[\(index)]"))
        }
        return drafts
    }
}
