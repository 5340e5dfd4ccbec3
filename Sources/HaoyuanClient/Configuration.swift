/// Where the servers are and how to speak to them.
public struct ClientConfiguration: Sendable {
    /// One server's address.
    public struct Address: Hashable, Sendable, CustomStringConvertible {
        /// A name or an IP address.
        public var host: String
        /// A TCP port, 1 to 65,535.
        public var port: Int

        /// The address of a server.
        public init(host: String, port: Int = 7440) {
            self.host = host
            self.port = port
        }

        /// Reads `host`, `host:port`, `[ipv6]` or `[ipv6]:port`; nil for anything else.
        public init?(_ text: String) {
            var host = Substring(text)
            var port: Substring?
            if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
                host = text[text.index(after: text.startIndex)..<end]
                let rest = text[text.index(after: end)...]
                guard rest.isEmpty || rest.first == ":" else { return nil }
                port = rest.isEmpty ? nil : rest.dropFirst()
            } else if let colon = text.lastIndex(of: ":") {
                host = text[..<colon]
                port = text[text.index(after: colon)...]
                guard !host.contains(":") else { return nil }
            }
            guard !host.isEmpty else { return nil }
            guard let port else {
                self.init(host: String(host))
                return
            }
            guard !port.hasPrefix("+"), let number = Int(port), (1...65_535).contains(number) else { return nil }
            self.init(host: String(host), port: number)
        }

        /// `host:port`.
        public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    }

    /// How long to wait between tries.
    public struct Backoff: Hashable, Sendable {
        /// Before the second try.
        public var first: Duration
        /// At most.
        public var longest: Duration

        /// Waits that double from `first` to `longest`; each is shortened at random by up to half, so that many clients
        /// do not come back at one moment.
        public init(first: Duration = .milliseconds(20), longest: Duration = .seconds(2)) {
            self.first = first
            self.longest = longest
        }
    }

    /// Which servers answer reads.
    public enum ReadSource: Hashable, Sendable {
        /// The primary: reads see every write that was answered before.
        case primary
        /// Whichever is there, a standby too: reads may be a little late, and say by their position how late.
        case anyone
    }

    /// All servers of the hospital, primary and standby in any order: tried in turn until the primary is found, and
    /// again when it is lost. Never empty. With one alone, that one is asked whatever its role is.
    public var addresses: [Address]
    /// Which servers answer reads. Change feeds always come from the primary.
    public var readsFrom = ReadSource.primary
    /// With several addresses: how long a server that owes an answer may be silent before another is looked for. It is
    /// asked for a sign of life after half of it, so a slow answer is not mistaken for silence. Nil: for ever.
    public var silence: Duration? = .seconds(2)
    /// Connections that requests are spread over. One is enough for most; a few help when many cores send.
    public var connections = 2
    /// How long a request waits for its answer, all tries together, unless it says otherwise; nil for ever.
    public var requestTimeout: Duration? = .seconds(10)
    /// How long one attempt to connect and shake hands may take; with several addresses at most half of `silence`, so
    /// that a server that is gone does not keep anybody from the one that has taken its place.
    public var connectTimeout: Duration = .seconds(5)
    /// Between tries of a request, and between attempts to connect; with several addresses at most a quarter of
    /// `silence`, so that a server that has just been promoted is soon found.
    public var backoff = Backoff()
    /// Name and version of the program, for the server's log; at most 256 bytes.
    public var clientName = "HaoyuanClient"
    /// What the server was told to ask for; empty where it asks for nothing.
    public var credential = ""
    /// The channel of every write that names no other.
    public var channel: Channel
    /// Who does every write that names nobody else; at most 64 bytes.
    public var operatorName = ""
    /// Compress large frames: less network, more processor.
    public var compression = false
    /// A checksum on every frame: for networks whose own are not trusted.
    public var checksums = false

    /// A configuration with everything else at its default.
    public init(addresses: [Address], channel: Channel, operatorName: String = "") {
        precondition(!addresses.isEmpty, "a client needs at least one address")
        self.addresses = addresses
        self.channel = channel
        self.operatorName = operatorName
    }
}

extension ClientConfiguration {
    /// With several addresses: how long a server may be silent before another is looked for.
    var patience: Duration? { addresses.count > 1 ? silence : nil }

    /// ``connectTimeout``, or less where there is another server to ask.
    var attemptTimeout: Duration { patience.map { min(connectTimeout, $0 / 2) } ?? connectTimeout }

    /// ``backoff``, or shorter where there is another server to ask.
    var searchBackoff: Backoff {
        guard let patience else { return backoff }
        return Backoff(first: min(backoff.first, patience / 4), longest: min(backoff.longest, patience / 4))
    }
}
