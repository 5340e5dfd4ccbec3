import Wire

/// How a server listens, and what it allows.
package struct ServerConfiguration: Sendable {
    /// A name or an address to listen on.
    package var host: String
    /// A TCP port; 0 lets the system choose, see ``Server/localAddress``.
    package var port: Int
    /// What it calls itself in `Welcome` and in its status.
    package var serverName: String
    /// What every `Hello` must bring; nil: nothing.
    package var credential: String?
    /// Event loops; each reads its connections' bursts and hands them to the engine as one batch.
    package var eventLoops: Int
    /// How long the engine remembers keys, for `Welcome`.
    package var keyWindowMilliseconds: Int64
    /// Of a standby: what is heard of its primary.
    package var followed: FollowedPrimary?
    package var limits = Limits()

    /// What a server allows. The defaults are the protocol's own limits; a setting may be lower.
    package struct Limits: Sendable {
        /// Payload bytes of one frame.
        package var frameBytes = WireLimits.frameBytes
        /// Requests of one batch.
        package var batchLength = WireLimits.batchLength
        /// Unanswered requests on one connection; not below `batchLength`, so that every lawful batch fits.
        package var inFlight = WireLimits.inFlight
        /// Connections that have said hello.
        package var connections = WireLimits.connections
        /// Live subscriptions on one connection.
        package var subscriptions = WireLimits.subscriptionsPerConnection
        /// How long a connection may take to its `Hello`.
        package var handshakeMilliseconds = WireLimits.handshakeMilliseconds
        /// How long a closing connection waits for the other side to hang up.
        package var lingerMilliseconds = WireLimits.lingerMilliseconds
        /// How long a stopping server takes to answer what it took.
        package var drainMilliseconds = WireLimits.drainMilliseconds
        /// Bytes waiting for a slow reader above which its connection is no longer read and nothing is pushed to it.
        package var outboundBytes = WireLimits.outboundBytes

        package init() {}
    }

    package init(
        host: String = "127.0.0.1", port: Int = 7440, serverName: String, credential: String? = nil,
        eventLoops: Int = 1,
        keyWindowMilliseconds: Int64
    ) {
        self.host = host
        self.port = port
        self.serverName = serverName
        self.credential = credential
        self.eventLoops = eventLoops
        self.keyWindowMilliseconds = keyWindowMilliseconds
    }
}
