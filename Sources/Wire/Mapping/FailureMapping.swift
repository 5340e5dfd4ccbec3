extension PBFailure {
    package init(_ error: ProtocolError) {
        self.init()
        code = PBErrorCode(error.code)
        message = error.message
        retryable = error.code.isRetryable
        maybeApplied = error.maybeApplied
        retryAfterMs = error.retryAfterMilliseconds
    }
}
