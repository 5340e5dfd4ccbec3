import Terminal

/// Where the monitor listens, as the setting says it.
package enum MonitorAddress: Equatable, Sendable {
    case off
    /// There or not at all.
    case at(host: String, port: Int)
    /// There if nobody else is, as where nothing was set: a second server on one machine must start all the same.
    case ifFree(host: String, port: Int)

    package static let standardHost = "127.0.0.1"
    package static let standardPort = 7441
    static let standard = MonitorAddress.ifFree(host: standardHost, port: standardPort)

    /// Reads `off`, `host:port` or `[ipv6]:port`; port 0 lets the system choose.
    package init?(_ text: String) {
        guard text != "off" else {
            self = .off
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = Int(digits: text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self = .at(host: String(host), port: port)
    }

    /// `host:port`, with brackets around an IPv6 address.
    static func text(host: String, port: Int) -> String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
