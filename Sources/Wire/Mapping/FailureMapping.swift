extension PBFailure {
    package init(_ error: ProtocolError) {
        self.init()
        code = PBErrorCode(error.code)
        message = error.message.cut(toBytes: WireLimits.failureTextBytes)
        retryable = error.code.isRetryable
        maybeApplied = error.maybeApplied
        retryAfterMs = error.retryAfterMilliseconds
    }
}

extension String {
    /// As much of it as fits, with a sign where something is left out. A message may repeat a text of its request,
    /// which may be as long as a frame.
    fileprivate func cut(toBytes most: Int) -> String {
        guard utf8.count > most else { return self }
        let sign = "…"
        var end = utf8.index(startIndex, offsetBy: most - sign.utf8.count)
        // Not inside a character: bytes that continue one begin with the bits 10.
        while utf8[end] & 0xC0 == 0x80 { end = utf8.index(before: end) }
        return String(self[..<end]) + sign
    }
}
