import Engine
import Foundation
import NIOCore
import Scheduling
import Wire

extension PBHello {
    /// Reads the payload of a connection's first frame.
    init(first payload: ByteBuffer) throws(ProtocolError) {
        do {
            self = try PBHello(payload: payload)
        } catch {
            throw ProtocolError(.malformedMessage, "the first frame's payload is no Hello")
        }
    }

    /// Whether this server takes up with this client, and as whom.
    func accepted(by configuration: ServerConfiguration) throws(ProtocolError) -> ConnectionOrigin {
        guard magic == FrameHeader.magic else {
            throw ProtocolError(.handshakeRequired, "the magic of the first frame is not HAOYUAN1")
        }
        guard versionMin <= FrameHeader.version, versionMax >= FrameHeader.version else {
            throw ProtocolError(
                .unsupportedVersion, "the client speaks versions \(versionMin) to \(versionMax), this server version 1")
        }
        for (field, text) in [("client", client), ("credential", credential)]
        where text.utf8.count > WireLimits.helloTextBytes {
            throw ProtocolError.invalid(field, "\(text.utf8.count) bytes, at most \(WireLimits.helloTextBytes)")
        }
        guard configuration.credential.map({ isSame($0, credential) }) ?? true else {
            throw ProtocolError(.unauthenticated, "the credential is not the one this server asks for")
        }
        guard frameLimit == 0 || frameLimit >= UInt32(WireLimits.smallestFrameBytes) else {
            throw ProtocolError.invalid("frame_limit", "\(frameLimit) bytes, at least \(WireLimits.smallestFrameBytes)")
        }
        return try ConnectionOrigin(self)
    }
}

/// Compares in a time that says nothing about where two texts differ.
private func isSame(_ a: String, _ b: String) -> Bool {
    let (a, b) = (Array(a.utf8), Array(b.utf8))
    guard a.count == b.count else { return false }
    return zip(a, b).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
}

extension PBWelcome {
    /// - Parameters:
    ///   - replyLimit: Payload bytes of the frames the client takes.
    ///   - now: milliseconds since 1970-01-01T00:00Z.
    init(
        identity: ServerIdentity, role: Role, epoch: UInt32, configuration: ServerConfiguration, features: Features,
        replyLimit: Int, now: Int64
    ) {
        self.init()
        version = UInt32(FrameHeader.version)
        self.features = features.rawValue
        cluster = Data(identity.cluster)
        self.epoch = epoch
        self.role = PBRole(role)
        server = identity.name
        frameLimit = UInt32(configuration.limits.frameBytes)
        // A batch whose outcomes could not be sent back must not be taken.
        batchLimit = UInt32(min(configuration.limits.batchLength, replyLimit / PBOutcome.mostBytesOfAnswer))
        inFlightLimit = UInt32(configuration.limits.inFlight)
        keyWindowMs = UInt64(configuration.keyWindowMilliseconds)
        nowMs = now
    }
}
