import Engine
import Journal
import Scheduling

// The wire between the servers, and the primary's end of it: what Server/Feeding does with sockets.
extension World {
    /// Says something over a connection, if that still carries anything.
    func sendPeer(_ id: Int, from: Int, _ message: PeerMessage) {
        guard var connection = connections[id], connection.isOpen[from] else { return }
        defer { connections[id] = connection }
        if case .hangUp = message { connection.isOpen[from] = false }
        let to = connection.other(from)
        guard !connection.isTorn[to] else { return }
        guard let delay = network.peerDelay(from: from, to: to) else {
            casebook.coverage.note("connections torn")
            connection.isTorn[to] = true
            return
        }
        var times = 1
        if case .chunks = message, let standby = plan.standby, !network.isPerfect,
            linkRandom.chance(standby.misdeliveryPermille)
        {
            times = linkRandom.chance(500) ? 0 : 2
            casebook.coverage.note("pieces delivered wrongly")
        }
        connection.arrivals[to] = max(connection.arrivals[to], now + delay)
        for _ in 0..<times {
            queue.put(.peer(connection: id, to: to, message), at: connection.arrivals[to])
        }
    }

    /// A new connection from one server to the other, if that can be reached.
    func connect(_ node: Node) -> Int? {
        let other = nodes[1 - node.index]
        guard other.engine != nil, other.stopping == nil, !network.isSevered(from: node.index, to: other.index),
            !network.isSevered(from: other.index, to: node.index)
        else { return nil }
        connectionCount += 1
        connections[connectionCount] = PeerConnection(
            caller: node.index, callee: other.index, callerProcess: node.incarnation, calleeProcess: other.incarnation)
        return connectionCount
    }

    func peerArrives(_ id: Int, _ to: Int, _ message: PeerMessage) {
        guard var connection = connections[id], connection.isOpen[to], !connection.isDeaf[to] else { return }
        let node = nodes[to]
        guard connection.process(to) == node.incarnation, !network.isSevered(from: connection.other(to), to: to) else {
            connection.isTorn[to] = true
            connection.isDeaf[to] = true
            connections[id] = connection
            return
        }
        switch message {
        case .follow(let request): followed(node, id, request)
        case .confirm(let position, let beat): confirmed(node, id, position, beat)
        case .depose(let epoch): toldOfEpoch(node, id, epoch)
        case .deposed:
            node.replication.tells = nil
            sendPeer(id, from: to, .hangUp)
        case .hangUp:
            connection.isOpen[to] = false
            connections[id] = connection
            endFeeding(node, id, "the standby hung up")
            if node.replication.following?.connection == id { hangUpFollowing(node, tryingAgain: true) }
        case .stream, .copyFollows, .cutBack, .refused, .chunks, .pulse, .copyHeader, .copyPart, .copyEnd:
            hearPrimary(node, id, message)
        }
    }

    // MARK: A primary and the standbys it feeds

    private func followed(_ node: Node, _ id: Int, _ request: FollowRequest) {
        guard let engine = node.engine, node.stopping == nil else { return sendPeer(id, from: node.index, .hangUp) }
        say("\(which(node))is asked to be followed after \(request.end.last) in epoch \(request.epochs.current)")
        Task(executorPreference: node.scheduler) { [mailbox = node.mailbox] in
            do throws(EngineError) {
                mailbox.put(.followAnswer(id, .success(try engine.follow(request))))
            } catch {
                mailbox.put(.followAnswer(id, .failure(error)))
            }
        }
    }

    /// What the engine said to a standby that asked.
    func tellStandby(_ node: Node, _ id: Int, _ answer: Result<FollowAnswer, EngineError>) {
        guard let engine = node.engine else { return }
        if engine.tenure.isDeposed { node.replication.isFenced = true }
        let isOpen = connections[id].map { $0.isOpen[node.index] } ?? false
        connections[id]?.log = node.chronicle
        switch answer {
        case .failure(let error):
            say("\(which(node))lets nobody follow: \(error.code)")
            sendPeer(id, from: node.index, .refused(error))
            sendPeer(id, from: node.index, .hangUp)
        case .success(.cutBack(let tip)):
            say("\(which(node))tells the other to cut back to \(tip)")
            sendPeer(id, from: node.index, .cutBack(tip, epoch: engine.epoch))
        case .success(.stream(let feeder)):
            node.replication.lastHeard = now
            guard isOpen, node.stopping == nil else { return feeder.end() }
            sendPeer(id, from: node.index, .stream(epoch: engine.epoch))
            feed(node, id, feeder, pump(node, engine, id, feeder))
        case .success(.copy(let copy)):
            guard isOpen, node.stopping == nil else { return copy.close() }
            casebook.coverage.note("copies begun")
            sendPeer(id, from: node.index, .copyFollows(epoch: engine.epoch))
            feed(node, id, nil, pump(node, id, copy))
        }
    }

    private func feed(_ node: Node, _ id: Int, _ feeder: Feeder?, _ task: Task<Void, Never>) {
        node.replication.feedings.append(
            ReplicationLife.Feeding(connection: id, feeder: feeder, task: task, heard: now))
    }

    private func pump(_ node: Node, _ engine: Engine, _ id: Int, _ feeder: Feeder) -> Task<Void, Never> {
        let bytes = plan.standby?.shippedBytes ?? 0
        return Task(executorPreference: node.scheduler) { [mailbox = node.mailbox] in
            do {
                while !Task.isCancelled {
                    let chunks = try await feeder.next(maxBytes: bytes)
                    guard engine.role == .primary else { break }
                    let message = PeerMessage.chunks(
                        chunks.bytes, epoch: engine.epoch, beat: feeder.beat, now: engine.nowMilliseconds)
                    guard await mailbox.send(id, message) else { break }
                }
                mailbox.put(.feedingEnded(id, "nobody wants more"))
            } catch {
                mailbox.put(.feedingEnded(id, "\(error)"))
            }
        }
    }

    private func pump(_ node: Node, _ id: Int, _ copy: JournalCopy) -> Task<Void, Never> {
        let bytes = plan.standby?.copyPieceBytes ?? 0
        return Task(executorPreference: node.scheduler) { [mailbox = node.mailbox] in
            defer { copy.close() }
            do {
                guard await mailbox.send(id, .copyHeader(copy.header)) else { return }
                while !Task.isCancelled, let part = try copy.next(maxBytes: bytes) {
                    guard await mailbox.send(id, .copyPart(part)) else { return }
                }
                _ = await mailbox.send(id, .copyEnd)
            } catch {
                mailbox.put(.feedingEnded(id, "\(error)"))
            }
        }
    }

    func isFed(_ node: Node, _ id: Int) -> Bool { node.replication.feedings.contains { $0.connection == id } }

    private func confirmed(_ node: Node, _ id: Int, _ position: Position, _ beat: Int64?) {
        guard let place = node.replication.feedings.firstIndex(where: { $0.connection == id }),
            let engine = node.engine
        else { return }
        node.replication.feedings[place].heard = now
        guard let feeder = node.replication.feedings[place].feeder else { return }
        refreshPromise(node)
        feeder.confirm(position, beat: beat)
        node.replication.lastHeard = now
        if !engine.replication.isAlone { node.replication.mayBeAlone = false }
        node.chronicle.lastConfirmed = max(node.chronicle.lastConfirmed, position.rawValue)
        refreshPromise(node)
    }

    func endFeeding(_ node: Node, _ id: Int, _ why: String) {
        guard let place = node.replication.feedings.firstIndex(where: { $0.connection == id }) else { return }
        let feeding = node.replication.feedings.remove(at: place)
        say("\(which(node))feeds no more: \(why)")
        feeding.task.cancel()
        feeding.feeder?.end()
        sendPeer(id, from: node.index, .hangUp)
    }

    func endFeedings(_ node: Node, copiesOnly: Bool = false) {
        for feeding in node.replication.feedings where !copiesOnly || feeding.feeder == nil {
            endFeeding(node, feeding.connection, "the server ends")
        }
    }

    // MARK: Signs of life

    func beat(_ process: Casebook.Process) {
        let node = nodes[process.node]
        guard node.process == process else { return }
        if let engine = node.engine {
            for feeding in node.replication.feedings {
                if now - feeding.heard > PeerTiming.silenceMilliseconds {
                    endFeeding(node, feeding.connection, "the standby is silent")
                } else if engine.role != .primary {
                    endFeeding(node, feeding.connection, "another server has become primary")
                } else {
                    sendPeer(
                        feeding.connection, from: node.index,
                        .pulse(epoch: engine.epoch, beat: feeding.feeder?.beat, now: engine.nowMilliseconds))
                }
            }
        }
        beatAsStandby(node)
        queue.put(.beat(process), at: now + PeerTiming.heartbeatMilliseconds)
    }

    // MARK: A later epoch

    private func toldOfEpoch(_ node: Node, _ id: Int, _ epoch: UInt32) {
        guard let engine = node.engine, node.stopping == nil else { return }
        if epoch > engine.epoch, engine.role == .primary {
            say("\(which(node))hears of epoch \(epoch)")
            node.replication.isFenced = true
        }
        engine.depose(by: epoch)
        // The next process must know, too, before the other stops telling.
        if !engine.hasPending { sendPeer(id, from: node.index, .deposed) }
    }

    /// A new primary tells the one before, until that has heard it.
    func tell(_ process: Casebook.Process) {
        let node = nodes[process.node]
        guard node.process == process, node.engine != nil, let epoch = node.replication.tells else { return }
        if let id = connect(node) { sendPeer(id, from: node.index, .depose(epoch: epoch)) }
        queue.put(.tell(process), at: now + Int64(linkRandom.between(50...1_000)))
    }
}
