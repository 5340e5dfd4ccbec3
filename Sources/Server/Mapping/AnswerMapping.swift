import Engine
import Journal
import Scheduling
import Wire

extension PBOutcome {
    /// An answer as it stands in a batch, where a failure is an outcome too.
    @inline(__always)
    init(_ answer: Answer) {
        self.init()
        position = answer.position.rawValue
        again = answer.again
        switch answer.outcome {
        case .done(let receipt):
            result = .done
            appointment = receipt.appointment.rawValue
            number = receipt.appointment.number
            state = PBAppointmentState(receipt.state)
            version = receipt.version
            holdUntilMs = receipt.holdUntil?.rawValue ?? 0
        case .refused(let refusal, _):
            result = .refused
            rule = PBRule(refusal.rule)
            policyVersion = refusal.policyVersion
            authority = PBAuthority(refusal.authority)
            limit = refusal.limit
        case .failed(let failure):
            result = .failed
            error = PBErrorCode(ErrorCode(failure.code))
            maybeApplied = failure.maybeApplied
            retryAfterMs = failure.retryAfterMilliseconds
        case .told: preconditionFailure("a write about appointments is answered with one")
        }
    }

    /// A request of a batch that never reached the engine.
    init(failed code: ErrorCode) {
        self.init()
        result = .failed
        error = PBErrorCode(code)
    }
}

extension PBTogetherReply {
    init(_ answer: Answer) {
        self.init()
        outcome = PBOutcome(answer)
        switch answer.outcome {
        case .done(let receipt): appointments = receipt.together.map(\.rawValue)
        case .refused(_, let item): refusedItem = UInt32(item)
        case .failed, .told: break
        }
    }
}

extension ErrorCode {
    init(_ code: EngineError.Code) {
        switch code {
        case .invalidArgument: self = .invalidArgument
        case .notFound: self = .notFound
        case .keyReused: self = .keyReused
        case .deadlineExceeded: self = .deadlineExceeded
        case .overloaded: self = .overloaded
        case .storageFull: self = .storageFull
        case .draining: self = .draining
        case .positionTrimmed: self = .positionTrimmed
        case .notPrimary: self = .notPrimary
        case .standbyAway: self = .standbyAway
        case .internal: self = .internal
        }
    }
}

extension ProtocolError {
    init(_ error: EngineError) {
        self.init(
            ErrorCode(error.code), error.message, maybeApplied: error.maybeApplied,
            retryAfterMilliseconds: error.retryAfterMilliseconds)
    }
}
