package import Wire

/// A request that was not answered. Refusals (sold out, limit reached) are answers and come as ``Outcome/refused(_:)``.
public struct HaoyuanError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong; programs branch on it.
    public let code: Code
    /// One sentence for a log. Its wording may change.
    public let message: String
    /// Whether the same request, with the same key, may succeed later. The client has done that already within the
    /// deadline where it is safe.
    public let isRetryable: Bool
    /// Whether a write may have taken effect. Send it again with the same key to find out.
    public let mayHaveBeenApplied: Bool
    /// How long the server advises to wait before the next try; nil: no advice.
    public let retryAfter: Duration?

    /// Such an error, for tests of code that handles it.
    public init(
        _ code: Code, _ message: String, isRetryable: Bool = false, mayHaveBeenApplied: Bool = false,
        retryAfter: Duration? = nil
    ) {
        self.code = code
        self.message = message
        self.isRetryable = isRetryable
        self.mayHaveBeenApplied = mayHaveBeenApplied
        self.retryAfter = retryAfter
    }

    /// Code and message.
    public var description: String { "\(code): \(message)" }

    /// The kinds of errors. More may be added, so a `switch` over them needs a default.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Base: Hashable, Sendable {
            case server(ErrorCode)
            case unknown(Int)
            case connectionFailed, connectionLost, cancelled, clientClosed, protocolViolation
        }

        private let base: Base

        init(_ code: ErrorCode) { base = .server(code) }
        init(unknown number: Int) { base = .unknown(number) }
        private init(_ base: Base) { self.base = base }

        /// The server could not read the frame.
        public static let malformedFrame = Code(.malformedFrame)
        /// The request, or its answer, is larger than a frame may be: ask for less at once.
        public static let frameTooLarge = Code(.frameTooLarge)
        /// Server and client have no protocol version in common.
        public static let unsupportedVersion = Code(.unsupportedVersion)
        /// The server is older than this method.
        public static let unknownMethod = Code(.unknownMethod)
        /// The server could not read the message.
        public static let malformedMessage = Code(.malformedMessage)
        /// The server could not decompress the frame.
        public static let decompressionFailed = Code(.decompressionFailed)
        /// A frame was damaged on its way.
        public static let checksumMismatch = Code(.checksumMismatch)
        /// The server saw no good `Hello`.
        public static let handshakeRequired = Code(.handshakeRequired)
        /// The credential is missing or wrong.
        public static let unauthenticated = Code(.unauthenticated)
        /// A field holds what it cannot; the message says which and why.
        public static let invalidArgument = Code(.invalidArgument)
        /// An id or a code does not exist.
        public static let notFound = Code(.notFound)
        /// The key was used for another write.
        public static let keyReused = Code(.keyReused)
        /// The deadline passed. A write may have been applied where ``HaoyuanError/mayHaveBeenApplied`` says so.
        public static let deadlineExceeded = Code(.deadlineExceeded)
        /// The server has more to do than it can take.
        public static let overloaded = Code(.overloaded)
        /// The server's disk is full; reads go on.
        public static let storageFull = Code(.storageFull)
        /// The server is stopping.
        public static let draining = Code(.draining)
        /// The change feed no longer has that position: read the state anew, then follow the feed from the latest.
        public static let positionTrimmed = Code(.positionTrimmed)
        /// More requests in one batch than the server takes.
        public static let batchTooLong = Code(.batchTooLong)
        /// The server has as many connections as it takes.
        public static let tooManyConnections = Code(.tooManyConnections)
        /// More subscriptions on one connection than the server takes.
        public static let tooManySubscriptions = Code(.tooManySubscriptions)
        /// The server is a standby, or was deposed; another is primary.
        public static let notPrimary = Code(.notPrimary)
        /// The server's standby is away, and without it no yes is given; reads go on.
        public static let standbyAway = Code(.standbyAway)
        /// The server failed; its log says why.
        public static let `internal` = Code(.internal)
        /// No address could be connected to.
        public static let connectionFailed = Code(Base.connectionFailed)
        /// The connection broke before the answer came.
        public static let connectionLost = Code(Base.connectionLost)
        /// The calling task was cancelled.
        public static let cancelled = Code(Base.cancelled)
        /// The client was closed.
        public static let clientClosed = Code(Base.clientClosed)
        /// The server sent what the protocol does not allow.
        public static let protocolViolation = Code(Base.protocolViolation)

        /// The code's name as in this type, or its number where this version does not know it.
        public var description: String {
            switch base {
            case .server(let code): "\(code)"
            case .unknown(let number): "error \(number)"
            case .connectionFailed: "connectionFailed"
            case .connectionLost: "connectionLost"
            case .cancelled: "cancelled"
            case .clientClosed: "clientClosed"
            case .protocolViolation: "protocolViolation"
            }
        }

        /// Whether the protocol says that the same request may succeed later.
        public var isRetryable: Bool {
            switch base {
            case .server(let code): code.isRetryable
            case .connectionFailed, .connectionLost: true
            case .unknown, .cancelled, .clientClosed, .protocolViolation: false
            }
        }
    }
}

extension HaoyuanError {
    package init(_ failure: PBFailure) {
        self.init(
            failure.code.code.map(Code.init) ?? Code(unknown: failure.code.rawValue), failure.message,
            isRetryable: failure.retryable, mayHaveBeenApplied: failure.maybeApplied,
            retryAfter: failure.retryAfterMs == 0 ? nil : .milliseconds(failure.retryAfterMs))
    }

    package init(_ error: ProtocolError) {
        self.init(
            Code(error.code), error.message, isRetryable: error.code.isRetryable, mayHaveBeenApplied: error.maybeApplied
        )
    }

    /// Nothing of the request reached a server.
    package static func connectionFailed(_ message: String, retryAfter: Duration? = nil) -> HaoyuanError {
        HaoyuanError(.connectionFailed, message, isRetryable: true, retryAfter: retryAfter)
    }

    /// The same error for a request of which it is now known whether it had been sent.
    func forRequest(sentWrite: Bool) -> HaoyuanError {
        HaoyuanError(
            code, message, isRetryable: isRetryable, mayHaveBeenApplied: mayHaveBeenApplied || sentWrite,
            retryAfter: retryAfter)
    }
}
