package import Glibc
package import NIOCore

/// How a connection finds out that the other side has vanished without a word: a machine that lost its power, a cut
/// cable, a firewall that forgot.
package enum SignsOfLife {
    /// What makes the kernel ask where a connection is idle. `TCP_USER_TIMEOUT` is not among them: it also ends
    /// connections whose reader is alive and slow, which a change feed's reader may be.
    package static let options: [(option: ChannelOptions.Types.SocketOption, value: SocketOptionValue)] = [
        (.init(level: .socket, name: .so_keepalive), 1),
        (.init(level: .tcp, name: .init(rawValue: TCP_KEEPIDLE)), WireLimits.keepaliveIdleSeconds),
        (.init(level: .tcp, name: .init(rawValue: TCP_KEEPINTVL)), WireLimits.keepaliveIntervalSeconds),
        (.init(level: .tcp, name: .init(rawValue: TCP_KEEPCNT)), WireLimits.keepaliveProbes),
    ]
}

extension tcp_info {
    /// Whether the other side's kernel owes a word for long: for data it was sent again and again, or for questions
    /// whether it has room. A reader that is only slow has a kernel that answers those. An idle connection is asked by
    /// the kernel itself; while data are on their way it does not ask.
    package var hasVanished: Bool {
        tcpi_last_ack_recv >= WireLimits.vanishedMilliseconds && (tcpi_retransmits >= 3 || tcpi_probes >= 3)
    }
}
