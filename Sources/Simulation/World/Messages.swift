import Engine
import Journal
import Scheduling

/// What a client asks the engine. One call of the engine's each: what the server does between the socket and this is
/// not here.
enum Request: Sendable {
    case writes([Write])
    case byID([AppointmentID])
    case ofPatient(PatientID, history: Bool)
    case inSession(SessionID)
    case search(SlotQuery)
    case days(DayQuery)
    case counts(CountQuery)
    case explain(SlotQuestion)
    case find([Identifier])
    case findEntities(String, Set<EntityKind>, limit: Int)
    case preview(from: LocalDate, to: LocalDate)
    case catalogue
    case events(after: Position, limit: Int)
    /// What a named reader has not confirmed.
    case resume(name: String, limit: Int)
    /// It has everything up to here, as told in an epoch.
    case confirm(name: String, Position, epoch: UInt32)
    /// It does not come back.
    case drop(name: String)
}

/// What the engine says to it.
enum Response: Sendable {
    case answers([Answer])
    case appointments(Reading<[FoundAppointment]>)
    case slots(Reading<SlotPage>)
    case days(Reading<DayPage>)
    case counts(Reading<[CountRow]>)
    case explanation(Reading<Explanation>)
    case found([PatientID?])
    case entities(Reading<[FoundEntity]>)
    case preview(Reading<GenerationPreview>)
    case catalogue(Reading<Catalogue>)
    case events([PositionedEvent], through: Position)
    /// What followed on a position for a named reader, and up to where no failover takes anything back.
    case resumed(from: FeedCursor, [PositionedEvent], through: Position, settled: Position)
    case confirmed
    case dropped
    case failed(EngineError)
}

extension Engine {
    /// Carries a request out, as the server's sessions do.
    func perform(_ request: Request) async -> Response {
        if case .writes(let writes) = request { return .answers(await execute(writes)) }
        do throws(EngineError) {
            switch request {
            case .writes: preconditionFailure("writes never fail as a whole")
            case .byID(let ids): return .appointments(try await appointments(ids))
            case .ofPatient(let patient, let history):
                return .appointments(try await appointments(of: patient, history: history))
            case .inSession(let session): return .appointments(try await appointments(in: session))
            case .search(let query): return .slots(try await search(query))
            case .days(let query): return .days(try await count(query))
            case .counts(let query): return .counts(try await countReport(query))
            case .explain(let question): return .explanation(try await explain(question))
            case .find(let identifiers): return .found(try await findPatients(identifiers).value)
            case .findEntities(let text, let kinds, let limit):
                return .entities(try await findEntities(text, kinds: kinds, limit: limit))
            case .preview(let from, let to):
                return .preview(try await previewSessions(from: from, to: to, templates: []))
            case .catalogue: return .catalogue(try await catalogue())
            case .events(let after, let limit):
                let (events, through) = try await events(after: after, limit: limit)
                return .events(events, through: through)
            case .resume(let name, let limit):
                let start = try await subscribe(FeedStart(.oldest, name: name, resumes: true))
                let (events, through) = try await events(after: start.through, limit: limit)
                return .resumed(from: start, events, through: through, settled: irrevocablePosition)
            case .confirm(let name, let position, let epoch):
                try confirmEvents(through: position, in: epoch, of: name)
                return .confirmed
            case .drop(let name):
                try await dropReader(name)
                return .dropped
            }
        } catch {
            return .failed(error)
        }
    }
}

/// What travels between clients and servers.
enum Message: Sendable {
    /// With the highest epoch that the client has seen.
    case request(operation: Int, attempt: Int, epoch: UInt32)
    /// With the epoch of the server.
    case response(operation: Int, Response, epoch: UInt32)
}

extension Request {
    /// Whether a standby answers it, too.
    var isReading: Bool {
        switch self {
        case .byID, .ofPatient, .inSession, .search, .days, .counts, .explain, .find, .catalogue, .events: true
        case .findEntities, .preview: true
        case .writes, .resume, .confirm, .drop: false
        }
    }
}

extension Response {
    /// Whether it leaves open what became of a write.
    var isInDoubt: Bool {
        switch self {
        case .answers(let answers):
            answers.contains { if case .failed(let error) = $0.outcome { error.maybeApplied } else { false } }
        case .failed(let error): error.maybeApplied
        default: false
        }
    }

    var saysNotPrimary: Bool {
        switch self {
        case .answers(let answers):
            answers.contains { if case .failed(let error) = $0.outcome { error.code == .notPrimary } else { false } }
        case .failed(let error): error.code == .notPrimary
        default: false
        }
    }

    /// Whether a client asks again after a while.
    var asksForRetry: Bool {
        switch self {
        case .answers(let answers):
            answers.contains { if case .failed(let error) = $0.outcome { error.isPassing } else { false } }
        case .failed(let error): error.isPassing
        default: false
        }
    }
}

extension EngineError {
    /// Whether the same request may fare better later.
    var isPassing: Bool {
        switch code {
        case .overloaded, .storageFull, .draining, .notPrimary, .standbyAway, .internal: true
        case .invalidArgument, .notFound, .keyReused, .deadlineExceeded, .positionTrimmed: false
        }
    }
}
