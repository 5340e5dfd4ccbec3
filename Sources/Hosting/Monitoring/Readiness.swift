import Engine

/// Whether bookings should be sent to an engine that serves.
enum Readiness {
    /// Why not, in a sentence; nil when they should.
    static func objection(_ status: EngineStatus, _ replication: ReplicationState) -> String? {
        switch replication.role {
        case .standby: return "standby: it follows a primary, and takes no writes until it is promoted"
        case .deposed(let epoch): return "deposed: another server has become primary with epoch \(epoch)"
        case .primary: break
        }
        guard status.acceptingWrites else { return status.trouble }
        guard replication.acknowledgement != .none else {
            return "no yes is given: the standby that it needs is away, or was not heard of for too long"
        }
        return nil
    }
}
