/// What the monitor allows: it listens on its own, so that watching cannot take from serving.
enum MonitorLimits {
    /// Bytes of a whole request, line and headers; a scrape has a few hundred.
    static let requestBytes = 8_192
    /// Connections at once. Each carries one request.
    static let connections = 32
    /// Milliseconds a connection may last, from its first byte to its last.
    static let connectionMilliseconds: Int64 = 10_000
    /// Bytes of an answer that `haoyuan top` reads; a scrape has about 60 KiB.
    static let answerBytes = 4 << 20
}
