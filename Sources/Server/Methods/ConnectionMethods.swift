import Engine
import Scheduling
import Wire

extension MethodTable {
    /// A connection's beginning and end, and the server it leads to.
    static let connectionMethods = [
        MethodRow(
            .hello, PBHello.self, PBWelcome.self, needs: .connect,
            "Begins a connection: version, features, limits, who calls and through which channel."),
        MethodRow(
            .status, PBStatusRequest.self, PBStatusReply.self, needs: .readStatus,
            "Tells how the server fares: its role and epoch, the journal's positions, what it holds, what troubles it."
        ) { request, _ throws(ProtocolError) in
            let zone = request.zone
            guard zone.utf8.count <= WireLimits.helloTextBytes else {
                throw ProtocolError.invalid("zone", "\(zone.utf8.count) bytes, at most \(WireLimits.helloTextBytes)")
            }
            return { engine, server in
                PBStatusReply(
                    await engine.status(), zones: engine.zoneStanding(against: zone.isEmpty ? nil : zone),
                    clashes: engine.clashes(), server: server.name,
                    connections: server.census.greeted,
                    subscriptions: server.census.subscriptions, followed: server.followed)
            }
        },
        MethodRow(
            .acceptClock, PBAcceptClockRequest.self, PBAcceptClockReply.self, needs: .operate,
            "Says that the machine's clock is right where the engine's time goes on without it."
        ) { _, _ in
            { engine, _ throws(EngineError) in
                var reply = PBAcceptClockReply()
                reply.before = PBClockStatus(try await engine.acceptClock())
                reply.after = PBClockStatus(engine.clock)
                return reply
            }
        },
        MethodRow(
            .advanceClock, PBAdvanceClockRequest.self, PBAdvanceClockReply.self, needs: .operate,
            "Lets time pass on a trial's clock."
        ) { request, _ throws(ProtocolError) in
            guard request.toMs == 0 || request.byMs == 0 else {
                throw ProtocolError.invalid("by_ms", "to_ms says already how far; leave one of them out")
            }
            guard let by = Int64(exactly: request.byMs) else {
                throw ProtocolError.invalid("by_ms", "\(request.byMs), more than any clock shows")
            }
            return { engine, _ throws(EngineError) in
                let (before, after) =
                    request.toMs == 0
                    ? try await engine.advanceClock(by: by)
                    : try await engine.advanceClock(to: Instant(rawValue: request.toMs))
                var reply = PBAdvanceClockReply()
                reply.beforeMs = before.rawValue
                reply.nowMs = after.rawValue
                return reply
            }
        },
        MethodRow(
            .goodbye, nil, nil, pushes: PBGoodbye.self, needs: .connect,
            "Tells that the server stops, and which request was the last it took."),
    ]
}
