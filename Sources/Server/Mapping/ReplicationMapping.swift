import Engine
import Foundation
import Journal
import Scheduling
import Wire

extension PBLogTip {
    init(_ tip: LogTip) {
        self.init()
        next = tip.next.rawValue
        chain = tip.chain
    }
}

extension LogTip {
    init(_ tip: PBLogTip, field: String) throws(ProtocolError) {
        guard tip.next > 0 else {
            throw .invalid(field, "a log ends behind position 0 or later, so next is at least 1")
        }
        self.init(next: Position(tip.next), chain: tip.chain)
    }
}

/// An epoch that somebody tells of.
/// - Throws: `INVALID_ARGUMENT` above `Limits.epoch`.
func checkedEpoch(_ number: UInt32, field: String) throws(ProtocolError) -> UInt32 {
    guard number <= Limits.epoch else { throw .invalid(field, "\(number), at most \(Limits.epoch)") }
    return number
}

extension FollowRequest {
    init(_ request: PBFollowRequest) throws(ProtocolError) {
        guard request.cluster.isEmpty || request.cluster.count == 16 else {
            throw .invalid("cluster", "\(request.cluster.count) bytes, it has 16 or none")
        }
        guard request.name.utf8.count <= WireLimits.helloTextBytes else {
            throw .invalid("name", "\(request.name.utf8.count) bytes, at most \(WireLimits.helloTextBytes)")
        }
        guard request.epochs.count <= ReplicationLimits.epochs else {
            throw .invalid("epochs", "\(request.epochs.count) of them, at most \(ReplicationLimits.epochs)")
        }
        var starts: [EpochStart] = []
        for start in request.epochs {
            guard start.number > starts.last?.number ?? 1 else {
                throw .invalid("epochs", "their numbers do not ascend")
            }
            starts.append(
                EpochStart(
                    number: try checkedEpoch(start.number, field: "epochs.number"),
                    begin: try LogTip(start.begin, field: "epochs.begin")))
        }
        let isEmpty = request.cluster.isEmpty
        self.init(
            cluster: [UInt8](request.cluster), epochs: Epochs(starts),
            end: isEmpty ? LogTip(next: .first, chain: 0) : try LogTip(request.end, field: "end"), name: request.name,
            wantsCopy: request.copy, asker: request.asker)
    }
}

extension PBFollowRequest {
    init(_ request: FollowRequest) {
        self.init()
        cluster = Data(request.cluster)
        epochs = request.epochs.starts.map { start in
            var message = PBEpochStart()
            message.number = start.number
            message.begin = PBLogTip(start.begin)
            return message
        }
        end = PBLogTip(request.end)
        name = request.name
        copy = request.wantsCopy
        asker = request.asker
    }
}

extension PBCopyHeader {
    init(_ header: CopyHeader) {
        self.init()
        cluster = Data(header.creationID)
        begin = PBLogTip(header.begin)
        end = PBLogTip(header.end)
        checkpoint = header.checkpoint.rawValue
        values = header.values
        metadata = header.metadata.mapValues { Data($0) }
    }
}

extension CopyHeader {
    init(_ header: PBCopyHeader) throws(ProtocolError) {
        guard header.cluster.count == 16 else {
            throw .invalid("header.cluster", "\(header.cluster.count) bytes, it has 16")
        }
        self.init(
            creationID: [UInt8](header.cluster), begin: try LogTip(header.begin, field: "header.begin"),
            end: try LogTip(header.end, field: "header.end"), checkpoint: Position(header.checkpoint),
            values: header.values, metadata: header.metadata.mapValues { [UInt8]($0) })
    }
}

extension PBCopyValues {
    init(_ table: String, _ values: ArraySlice<CopyPart.Value>) {
        self.init()
        self.table = table
        self.values = values.map { value in
            var message = PBCopyValue()
            message.key = Data(value.key)
            message.envelope = Data(value.envelope)
            return message
        }
    }
}

extension CopyPart {
    /// The piece of a copy in a push; nil where it has none.
    init?(_ push: PBFollowPush) throws {
        if push.hasValues {
            self = .values(
                table: push.values.table,
                push.values.values.map { Value(key: [UInt8]($0.key), envelope: [UInt8]($0.envelope)) })
        } else if !push.chunks.isEmpty {
            self = .chunks(try ShippedChunks(bytes: [UInt8](push.chunks)))
        } else {
            return nil
        }
    }
}

extension PBRole {
    init(_ role: Role) {
        switch role {
        case .primary: self = .primary
        case .standby: self = .standby
        case .deposed: self = .deposed
        }
    }
}

extension PBReplicationStatus {
    init(_ state: ReplicationState, _ primary: FollowedPrimary?) {
        self.init()
        switch state.acknowledgement {
        case .disk: acknowledgement = .local
        case .standby: acknowledgement = .standby
        case .none: acknowledgement = .none
        }
        standbyExpected = state.isStandbyExpected
        standbyConnected = state.standby != nil
        standby = state.standby ?? ""
        confirmedPosition = state.confirmed.rawValue
        standbyHeardMs = UInt64(clamping: state.heardMillisecondsAgo)
        alone = state.role == .primary && state.isStandbyExpected && state.isAlone
        guard state.role == .standby, let news = primary?.news else { return }
        self.primary = news.address
        primaryPosition = news.position.rawValue
        primaryHeardMs = news.heardMillisecondsAgo
    }
}
