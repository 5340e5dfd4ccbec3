import Engine
import Server
import Terminal

import struct HaoyuanClient.ClientConfiguration

/// What a primary is told about its standby.
struct StandbySettings: Sendable {
    var isExpected = false
    /// Whether a yes means on both disks; nil: as by default, yes.
    var needsStandby: Bool?
    private var absence: StandbyPolicy.Absence?
    var lease: SpanArgument?

    static let absenceForm = "wait, or go-on-alone: and a time from 1s to 1h, such as go-on-alone:30s"
    private static let leaseByDefault = SpanArgument(milliseconds: 5_000)
    private static let goOnAlone = "go-on-alone:"

    /// - Returns: Whether the text says what happens while the standby is away.
    mutating func take(absence text: String) -> Bool {
        if text == "wait" {
            absence = .wait
            return true
        }
        guard text.hasPrefix(Self.goOnAlone), let span = SpanArgument(String(text.dropFirst(Self.goOnAlone.count))),
            (1_000...3_600_000).contains(span.milliseconds)
        else { return false }
        absence = .goOnAlone(afterMilliseconds: span.milliseconds)
        return true
    }

    /// The name of a setting that means nothing as things are.
    var idle: String? {
        if !isExpected {
            if needsStandby != nil { return "acknowledge" }
            if absence != nil { return "standby-away" }
        }
        return lease != nil && (!isExpected || needsStandby != false) ? "standby-lease" : nil
    }

    /// Nil where no standby is expected.
    var policy: StandbyPolicy? {
        guard isExpected else { return nil }
        return StandbyPolicy(
            acknowledgement: needsStandby ?? true
                ? .standby : .local(leaseMilliseconds: (lease ?? Self.leaseByDefault).milliseconds),
            absence: absence ?? .wait)
    }
}

extension PeerAddress {
    /// Reads `host:port,host:port`; nil where one of them is none, or stands there twice.
    static func list(_ text: String) -> [PeerAddress]? {
        var addresses: [PeerAddress] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let address = ClientConfiguration.Address(String(part)) else { return nil }
            let peer = PeerAddress(host: address.host, port: address.port)
            guard !addresses.contains(peer) else { return nil }
            addresses.append(peer)
        }
        return addresses
    }
}
