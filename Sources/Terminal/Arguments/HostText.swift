import Glibc

/// A host as people write it: a name, `10.0.3.7`, `::1` or `[::1]`.
package enum HostText {
    /// The name or address without brackets; nil for anything else, an address with its port included.
    package static func host(_ text: String) -> String? {
        let isBracketed = text.hasPrefix("[") && text.hasSuffix("]")
        let host = isBracketed ? String(text.dropFirst().dropLast()) : text
        guard !host.isEmpty, !host.contains(where: { $0 == "[" || $0 == "]" || $0.isWhitespace }) else { return nil }
        return isBracketed || host.contains(":") ? (isIPv6(host) ? host : nil) : host
    }

    /// An address of IPv6, perhaps with the interface it is reached by: `fe80::1%eth0`.
    private static func isIPv6(_ host: String) -> Bool {
        var address = in6_addr()
        let digits = host.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        return digits.allSatisfy { !$0.isEmpty } && inet_pton(AF_INET6, String(digits[0]), &address) == 1
    }
}
