/// A request that was not answered: the stable codes of the protocol. This is the one place that knows what each means
/// for a caller; `docs/reference/errors.md` shows the same as a table.
package enum ErrorCode: UInt8, Hashable, Sendable, CaseIterable {
    case malformedFrame = 1
    case frameTooLarge
    case unsupportedVersion
    case unknownMethod
    case malformedMessage
    case decompressionFailed
    case checksumMismatch
    case handshakeRequired
    case unauthenticated
    case invalidArgument
    case notFound
    case keyReused
    case deadlineExceeded
    case overloaded
    case storageFull
    case draining
    case positionTrimmed
    case batchTooLong
    case tooManyConnections
    case tooManySubscriptions
    case `internal`
    case notPrimary
    case standbyAway

    /// Whether the same request, with the same key, may succeed later.
    package var isRetryable: Bool {
        switch self {
        case .checksumMismatch, .deadlineExceeded, .overloaded, .storageFull, .draining, .tooManyConnections, .internal,
            .notPrimary, .standbyAway:
            true
        case .malformedFrame, .frameTooLarge, .unsupportedVersion, .unknownMethod, .malformedMessage,
            .decompressionFailed, .handshakeRequired, .unauthenticated, .invalidArgument, .notFound, .keyReused,
            .positionTrimmed, .batchTooLong, .tooManySubscriptions:
            false
        }
    }

    /// Whether a write that met it may have taken effect, where the case itself does not say: a deadline may have
    /// passed before the work began, so that one is stated with each failure.
    package var mayBeApplied: Bool { self == .internal }

    /// Whether the connection ends with it.
    package var endsConnection: Bool {
        switch self {
        case .malformedFrame, .frameTooLarge, .unsupportedVersion, .decompressionFailed, .checksumMismatch,
            .handshakeRequired, .unauthenticated, .tooManyConnections:
            true
        case .unknownMethod, .malformedMessage, .invalidArgument, .notFound, .keyReused, .deadlineExceeded, .overloaded,
            .storageFull, .draining, .positionTrimmed, .batchTooLong, .tooManySubscriptions, .internal,
            .notPrimary, .standbyAway:
            false
        }
    }
}

/// A request that was not answered, and why.
package struct ProtocolError: Error, Hashable, Sendable, CustomStringConvertible {
    package var code: ErrorCode
    /// One sentence for a log.
    package var message: String
    /// A write may have taken effect; its key tells.
    package var maybeApplied: Bool
    /// 0: no advice.
    package var retryAfterMilliseconds: UInt32

    package init(
        _ code: ErrorCode, _ message: String, maybeApplied: Bool? = nil, retryAfterMilliseconds: UInt32 = 0
    ) {
        self.code = code
        self.message = message
        self.maybeApplied = maybeApplied ?? code.mayBeApplied
        self.retryAfterMilliseconds = retryAfterMilliseconds
    }

    /// The request names something that cannot be: which field, and why.
    package static func invalid(_ field: String, _ why: String) -> ProtocolError {
        ProtocolError(.invalidArgument, "\(field): \(why)")
    }

    package var description: String { "\(code): \(message)" }
}

/// A frame that cannot be taken; the connection it came on ends.
package struct FrameFault: Error, Hashable, Sendable {
    package var error: ProtocolError
    /// Of the offending frame; 0 where it could not be read, or not be trusted.
    package var method: UInt8
    /// Likewise.
    package var requestID: UInt32

    package init(_ error: ProtocolError, method: UInt8 = 0, requestID: UInt32 = 0) {
        self.error = error
        self.method = method
        self.requestID = requestID
    }
}
