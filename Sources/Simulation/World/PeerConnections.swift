import Engine
import Journal

/// What the two servers say to each other over one connection.
enum PeerMessage: Sendable {
    // The standby.
    case follow(FollowRequest)
    /// With the newest beat that was heard.
    case confirm(Position, beat: Int64?)
    /// A new primary tells the one before.
    case depose(epoch: UInt32)

    // The primary.
    case stream(epoch: UInt32)
    case copyFollows(epoch: UInt32)
    case cutBack(LogTip, epoch: UInt32)
    case refused(EngineError)
    case chunks([UInt8], epoch: UInt32, beat: Int64, now: Int64)
    case pulse(epoch: UInt32, beat: Int64?, now: Int64)
    case copyHeader(CopyHeader)
    case copyPart(CopyPart)
    case copyEnd
    case deposed

    /// Either hangs up.
    case hangUp
}

/// A connection between the two servers: what one says arrives at the other in order and once, or, from some moment on,
/// not at all; then both notice by the silence. A connection ends with the process at either end.
struct PeerConnection {
    /// The one that asked for it, and the other.
    let caller: Int
    let callee: Int
    /// The processes it connects; nothing reaches those that come after.
    let callerProcess: Int
    let calleeProcess: Int
    /// What the callee's log was when it answered.
    var log: Chronicle?
    /// When the last message to each will arrive or has arrived, by the server's index.
    var arrivals: [Int64] = [0, 0]
    /// Who will never hear anything more.
    var isTorn = [false, false]
    /// To whom something on its way was lost: what is behind it does not arrive either.
    var isDeaf = [false, false]
    /// Who has not hung up.
    var isOpen = [true, true]

    func other(_ node: Int) -> Int { node == caller ? callee : caller }
    func process(_ node: Int) -> Int { node == caller ? callerProcess : calleeProcess }
}

/// The servers' patience with each other: as `ReplicationLimits` of the wire, of which nothing else is needed here.
enum PeerTiming {
    static let heartbeatMilliseconds: Int64 = 500
    static let silenceMilliseconds: Int64 = 3_000
    static let retryFirstMilliseconds: Int64 = 50
    static let retryLongestMilliseconds: Int64 = 1_000
}
