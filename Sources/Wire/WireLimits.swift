/// Everything has a limit. These are the protocol's; `docs/reference/limits.md` lists them with what happens one past
/// each.
package enum WireLimits {
    /// Bytes of a frame's payload, compressed and decompressed: 4 MiB. Either side may name a smaller one in the
    /// handshake.
    package static let frameBytes = 4_194_304
    /// The smallest frame limit a side may name: the longest event with everything at its position must fit one push.
    package static let smallestFrameBytes = 65_536
    /// Bytes of the sentence in a `Failure`: it fits the smallest frame, whatever text of a request it repeats.
    package static let failureTextBytes = 16_384
    /// Requests one batch frame carries.
    package static let batchLength = 8_192
    /// Unanswered requests on one connection; a batch counts as the requests it holds.
    package static let inFlight = 16_384
    /// Readings of one connection that are carried out at once: those that do not go with other searches.
    package static let requestsAtOnce = 16
    /// Writes of one connection that are carried out at once: those that are neither in a batch nor a reservation. They
    /// take no place of a reading.
    package static let writesAtOnce = 16
    /// Readings of the catalogue that one connection has at once; they wait for no shard.
    package static let catalogueReadingsAtOnce = 2
    /// Requests whose deadline has passed while they were carried out, and whose places others have.
    package static let abandonedAtOnce = 256
    /// Bytes that requests of one connection hold while they wait their turn; the last may pass it. A small one counts
    /// as 256.
    package static let waitingBytes = 4_194_304
    /// Connections of one server that have said hello.
    package static let connections = 10_000
    /// Connections above that limit that are still heard, so that each can be told why it must go. Beyond, they are
    /// closed unheard.
    package static let connectionsToTurnAway = 256
    /// Live subscriptions on one connection.
    package static let subscriptionsPerConnection = 16
    /// Milliseconds a connection may take to its `Hello`.
    package static let handshakeMilliseconds: Int64 = 10_000
    /// Milliseconds a closing connection waits for the other side to hang up, so that the last frame is not lost to a
    /// reset.
    package static let lingerMilliseconds: Int64 = 2_000
    /// Milliseconds a stopping server gives itself to answer what it took.
    package static let drainMilliseconds: Int64 = 10_000
    /// What an `OVERLOADED` advises when the request met the limit of its own connection: about one commit of a slow
    /// disk.
    package static let retryAfterMilliseconds: UInt32 = 20
    /// Events of one push.
    package static let eventsPerPush = 1_000
    /// Bytes of one push; the same for every client that names no smaller frame.
    package static let pushBytes = 1_048_576
    /// Bytes waiting for a slow reader above which nothing more is read from its connection and nothing pushed to it.
    package static let outboundBytes = 4_194_304
    /// Payload bytes from which compression is tried, when it is on. Below, the gain is less than a TCP segment.
    package static let compressFromBytes = 4_096
    /// Descriptors that a listener holds, and lets go while the process has none left, for whatever else it does.
    package static let spareDescriptors = 8
    /// Milliseconds in which nothing is accepted after the system had no descriptor left: ten tries a second cost
    /// nothing, and a caller hardly notices.
    package static let acceptPauseMilliseconds: Int64 = 100
    /// Milliseconds without such a failure after which it is over.
    package static let acceptQuietMilliseconds: Int64 = 5_000
    /// Seconds of silence after which the kernel asks whether the other side is still there.
    package static let keepaliveIdleSeconds: Int = 15
    /// Seconds until it asks again.
    package static let keepaliveIntervalSeconds: Int = 5
    /// Questions without an answer after which the other side is gone.
    package static let keepaliveProbes: Int = 3
    /// Milliseconds without a word from the other side's kernel, though something is owed, after which it is gone. As
    /// long as an idle connection takes to find out.
    package static let vanishedMilliseconds: UInt32 = 30_000
    /// Milliseconds between two looks at that.
    package static let peerLookMilliseconds: Int64 = 5_000
    /// Parts of one `PUT_CATALOGUE`.
    package static let catalogueParts = 64
    /// Bytes of all parts of one `PUT_CATALOGUE`.
    package static let catalogueUploadBytes = 67_108_864
    /// Catalogues that come in parts at once.
    package static let catalogueUploads = 4
    /// Milliseconds after its last part at which a catalogue that is not whole is forgotten.
    package static let catalogueUploadMilliseconds: Int64 = 60_000
    /// Milliseconds after its last part at which a catalogue that is not whole goes for another that comes.
    package static let catalogueUploadIdleMilliseconds: Int64 = 10_000
    /// Bytes of `Hello.client` and `Hello.credential`, and of `StatusRequest.zone`.
    package static let helloTextBytes = 256
}
