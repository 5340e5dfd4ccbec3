package import HaoyuanClient

extension CommandFailure {
    /// What a request that was not answered means for the person at the command line.
    /// - Parameter key: of the write as the command line takes it, where it was one: with it the same command can be
    ///   given again safely.
    package init(_ error: HaoyuanError, key: String? = nil) {
        let status: ExitStatus
        var remedy: String?
        switch error.code {
        case .connectionFailed:
            status = .unavailable
            remedy = "is it running? Start it with haoyuan serve, or name another with --server"
        case .invalidArgument, .notFound, .keyReused, .batchTooLong, .unauthenticated, .positionTrimmed,
            .tooManySubscriptions, .frameTooLarge:
            status = .usage
        case .notPrimary:
            status = .temporary
            remedy = "name the primary with --server, or both servers; haoyuan status --server tells which is which"
        case .standbyAway:
            status = .temporary
            remedy = "bring the standby back, or run haoyuan alone"
        case .overloaded, .storageFull, .draining, .deadlineExceeded, .tooManyConnections, .connectionLost,
            .checksumMismatch, .cancelled:
            status = .temporary
            remedy = "try again"
        default:
            status = .internal
            remedy = "look into the server’s log"
        }
        if let key, error.mayHaveBeenApplied {
            remedy = "it may have been carried out; give the same command again with --key \(key) to find out"
        } else if error.code == .unauthenticated {
            remedy = "put the credential into HAOYUAN_CREDENTIAL"
        }
        self.init(status, error.message.isEmpty ? error.code.description : error.message, remedy: remedy)
    }
}

extension CommandFailure {
    /// What broke a replay off.
    package init(duringReplay error: any Error) {
        switch error {
        case let failure as CommandFailure: self = failure
        case let error as HaoyuanError: self.init(.internal, "the replay broke off: \(error)")
        default: self.init(.internal, "the replay broke off: \(error)")
        }
    }
}
