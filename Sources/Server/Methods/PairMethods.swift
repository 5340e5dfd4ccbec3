import Engine
import Journal
import Wire

extension MethodTable {
    /// Two servers of one hospital. The stream between them is a session's; who is the primary is asked by rows.
    static let pairMethods = [
        MethodRow(
            .follow, PBFollowRequest.self, PBFollowReply.self, pushes: PBFollowPush.self, needs: .replicate,
            "Takes in the log of a primary, or a whole copy first."),
        MethodRow(
            .confirmation, PBConfirmation.self, nil, needs: .replicate,
            "Tells the primary how far the log is on the standby's disk."),
        MethodRow(
            .promote, PBPromoteRequest.self, PBPromoteReply.self, needs: .operate,
            "Makes a standby the primary of a new epoch."
        ) { _, _ in
            { engine, server throws(EngineError) in
                let (epoch, position) = try await engine.promote(beyond: server.followed?.news.epoch ?? 0)
                var reply = PBPromoteReply()
                reply.epoch = epoch
                reply.position = position.rawValue
                return reply
            }
        },
        MethodRow(
            .depose, PBDeposeRequest.self, PBDeposeReply.self, needs: .replicate,
            "Tells a server that another is the primary, in a higher epoch."
        ) { request, _ throws(ProtocolError) in
            let epoch = try checkedEpoch(request.epoch, field: "epoch")
            return { engine, _ throws(EngineError) in try await PBDeposeReply(engine, by: epoch) }
        },
        MethodRow(
            .goAlone, PBGoAloneRequest.self, PBGoAloneReply.self, needs: .operate,
            "Lets a primary go on without its standby until one has caught up."
        ) { _, _ in
            { engine, _ throws(EngineError) in
                try engine.goOnAlone()
                return PBGoAloneReply()
            }
        },
    ]
}

extension PBDeposeReply {
    /// Deposes the engine where the epoch is a higher one, and waits until the next process would know, too.
    /// - Throws: Where that is not known to be so; the new primary tells it again.
    fileprivate init(_ engine: Engine, by epoch: UInt32) async throws(EngineError) {
        self.init()
        engine.depose(by: epoch)
        while engine.hasPending, engine.tenure.isDeposed {
            do { try await Task.sleep(for: .milliseconds(1)) } catch {
                throw EngineError(.draining, "this server is stopping, and the epoch may not be on its disk yet")
            }
        }
        if case .deposed(let other) = engine.role { self.epoch = other } else { self.epoch = engine.epoch }
    }
}
