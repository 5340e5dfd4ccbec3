import Engine
import Journal
import Scheduling

// The standby's end of the wire, and what its process does about what it hears: what Server/Following and `serve` do.
extension World {
    /// Tries to reach the primary.
    func call(_ process: Casebook.Process) {
        let node = nodes[process.node]
        guard node.process == process, node.replication.following == nil, node.stopping == nil,
            node.startsAs == .standby, node.engine != nil || node.replication.wantsCopy
        else { return }
        if let engine = node.engine, engine.role != .standby { return }
        // What an earlier connection brought is taken in first.
        guard !node.replication.isTakingIn, let id = connect(node) else { return callLater(node) }
        let request =
            node.engine?.followRequest(name: "server \(node.index)", asker: node.asker)
            ?? FollowRequest(
                cluster: [], epochs: Epochs(), end: LogTip(next: .first, chain: 0), name: "server \(node.index)",
                wantsCopy: true, asker: node.asker)
        node.replication.following = ReplicationLife.Following(connection: id, heard: now)
        sendPeer(id, from: node.index, .follow(request))
    }

    private func callLater(_ node: Node) {
        let pause = min(
            PeerTiming.retryLongestMilliseconds,
            PeerTiming.retryFirstMilliseconds << Int64(min(node.replication.failures, 10)))
        node.replication.failures += 1
        queue.put(.call(node.process), at: now + pause)
    }

    /// Lets go of the connection to the primary.
    func hangUpFollowing(_ node: Node, tryingAgain: Bool = false) {
        guard let following = node.replication.following else { return }
        node.replication.following = nil
        following.confirming?.cancel()
        following.inbox.close()
        sendPeer(following.connection, from: node.index, .hangUp)
        if following.isCopying {
            following.intake?.abandon()
            checkNobodyOpens(node, following)
            node.replaceDisk()
        }
        if tryingAgain { callLater(node) }
    }

    func beatAsStandby(_ node: Node) {
        guard let following = node.replication.following else { return }
        if now - following.heard > PeerTiming.silenceMilliseconds {
            say("\(which(node))its primary is silent")
            return hangUpFollowing(node, tryingAgain: true)
        }
        if let engine = node.engine, engine.role != .standby { return hangUpFollowing(node) }
        guard following.confirming != nil || following.isCopying else { return }
        sendPeer(
            following.connection, from: node.index,
            .confirm(node.engine?.confirmable ?? .zero, beat: following.beat))
    }

    func hearPrimary(_ node: Node, _ id: Int, _ message: PeerMessage) {
        guard node.replication.following?.connection == id, node.stopping == nil else { return }
        if let engine = node.engine, !engine.isFollower { return hangUpFollowing(node, tryingAgain: true) }
        node.replication.following?.heard = now
        switch message {
        case .copyFollows where node.engine == nil: node.replication.following?.isCopying = true
        case .stream(let epoch), .copyFollows(let epoch), .cutBack(_, let epoch):
            node.replication.following?.epoch = epoch
            guard let engine = node.engine else { return }
            Task(executorPreference: node.scheduler) { [mailbox = node.mailbox] in
                // Where its journal has died nobody goes on.
                do { try await engine.heard(epoch: epoch) } catch { return }
                mailbox.put(.heardEpoch(id, message))
            }
        case .refused(let error):
            // No disk here loses what it has synced.
            if error.code == .invalidArgument || error.message.hasPrefix(EngineError.diskHasLost) {
                casebook.fail("server \(node.index) is refused: \(error.message)")
            }
            hangUpFollowing(node, tryingAgain: true)
        case .chunks(let bytes, let epoch, let beat, let now):
            guard epoch == node.replication.following?.epoch else { return hangUpFollowing(node, tryingAgain: true) }
            node.replication.following?.beat = beat
            tellTime(node, now)
            node.replication.following?.inbox.put(bytes)
        case .pulse(_, let beat, let now):
            tellTime(node, now)
            if let beat { node.replication.following?.beat = beat }
        case .copyHeader, .copyPart, .copyEnd:
            if node.replication.following?.isCopying == true { takeCopy(node, id, message) }
        case .follow, .confirm, .depose, .deposed, .hangUp: break
        }
    }

    private func tellTime(_ node: Node, _ now: Int64) {
        guard let engine = node.engine else { return }
        engine.heard(now: now)
        node.time.heard()
    }

    /// What the primary answered, once its epoch is on this disk.
    func goOn(_ node: Node, _ id: Int, _ message: PeerMessage) {
        guard node.replication.following?.connection == id, node.stopping == nil, let engine = node.engine else {
            return
        }
        // Promoted meanwhile: nothing of what it has is to be taken back.
        guard engine.isFollower else { return hangUpFollowing(node, tryingAgain: true) }
        switch message {
        case .stream: beginStream(node, id)
        case .copyFollows: stop(node, .copy)
        case .cutBack(let tip, _):
            guard let log = connections[id]?.log else { return }
            casebook.coverage.note("told to cut back")
            stop(node, .cutBack(tip, log))
        default: break
        }
    }

    // MARK: The log

    private func beginStream(_ node: Node, _ id: Int) {
        guard let engine = node.engine, let log = connections[id]?.log, engine.role == .standby else { return }
        say("\(which(node))follows after \(engine.journal.tip)")
        casebook.coverage.note("streams begun")
        node.replication.failures = 0
        engine.joined()
        join(node, log)
        let (mailbox, inbox) = (node.mailbox, node.replication.following?.inbox ?? Inbox())
        node.replication.isTakingIn = true
        Task(executorPreference: node.scheduler) {
            let end = await engine.takeIn(inbox)
            mailbox.put(.intakeEnded(id, end))
        }
        node.replication.following?.confirming = Task(executorPreference: node.scheduler) {
            var position = engine.confirmable
            while !Task.isCancelled {
                mailbox.put(.confirmation(id, position))
                do { position = try await engine.confirmable(after: position) } catch { return }
            }
        }
    }

    /// What a standby has is from now on a beginning of this log.
    private func join(_ node: Node, _ log: Chronicle) {
        let here = node.chronicle.events.prefix(Int(node.onDisk))
        casebook.expect(
            node.onDisk <= log.durable && (node.chronicle === log || here.elementsEqual(log.events.prefix(here.count))),
            "server \(node.index) follows a log that does not begin with its own")
        node.chronicle = log
        node.promised = node.onDisk
    }

    func intakeEnded(_ node: Node, _ id: Int, _ end: Mailbox.IntakeEnd) {
        node.replication.isTakingIn = false
        if case .failed(let why) = end { casebook.fail("server \(node.index) cannot follow: \(why)") }
        guard node.replication.following?.connection == id else { return }
        hangUpFollowing(node, tryingAgain: true)
    }

    // MARK: A copy

    /// There is nothing on the disk: a process that asks for a copy, and then becomes a standby.
    func beginCopying(_ node: Node) {
        say("\(which(node))asks for a copy")
        node.beginWithoutEngine()
        node.replication = ReplicationLife()
        node.replication.wantsCopy = true
        queue.put(.beat(node.process), at: now + 500)
        queue.put(.call(node.process), at: now + Int64(linkRandom.between(1...50)))
    }

    private func takeCopy(_ node: Node, _ id: Int, _ message: PeerMessage) {
        do throws(JournalError) {
            switch message {
            case .copyHeader(var header):
                header.metadata = Engine.metadataOfStandby(header.metadata)
                node.replication.following?.intake = try JournalImport(header, into: node.journalOptions())
            case .copyPart(let part): try node.replication.following?.intake?.add(part)
            case .copyEnd:
                guard let intake = node.replication.following?.intake, let log = connections[id]?.log else { return }
                try intake.finish()
                say("\(which(node))has a copy up to \(intake.header.end)")
                casebook.coverage.note("copies taken")
                node.onDisk = intake.header.end.last.rawValue
                node.promised = node.onDisk
                node.receiver = ChunkReceiver(after: intake.header.end)
                node.chronicle = log
                node.replication = ReplicationLife()
                sendPeer(id, from: node.index, .hangUp)
                queue.put(.start(node.index), at: now + 1)
            default: break
            }
        } catch {
            if case .corrupt = error { casebook.fail("server \(node.index): the copy is damaged: \(error)") }
            node.isSyncFailing = false
            hangUpFollowing(node, tryingAgain: true)
        }
    }

    /// A copy that was broken off must not be taken for a journal.
    private func checkNobodyOpens(_ node: Node, _ following: ReplicationLife.Following) {
        do {
            let journal = try Journal.open(node.journalOptions())
            // Before its first piece there is nothing, and a new journal is begun; after the last one all of it may be
            // there.
            let isNew = journal.tip.next == .first || following.intake?.isWhole(journal) == true
            journal.abandon()
            casebook.expect(isNew, "an unfinished copy opens as a journal, \(journal.tip)")
        } catch {}
    }

    // MARK: Between two processes

    /// What stands after a tip is taken back, if that can be.
    func takeBack(_ node: Node, to tip: LogTip, of log: Chronicle) {
        var reading = node.journalOptions()
        reading.readOnly = true
        do {
            let journal = try Journal.open(reading)
            read(node, journal)
            var isKnown = false
            do throws(JournalError) { isKnown = try journal.contains(tip) } catch {
                guard case .positionTrimmed = error else { throw error }
            }
            if isKnown { try checkTaken(node, try journal.copy(after: tip), after: tip) }
            try journal.close()
            let isDone = isKnown ? try Journal.cutBack(node.journalOptions(), to: tip) : false
            guard isDone else { return makeRoom(node) }
        } catch {
            return casebook.fail("server \(node.index) cannot take back what stands after \(tip): \(error)")
        }
        say("\(which(node))has taken back what stood after \(tip)")
        casebook.coverage.note("logs cut back")
        node.mayLackLog = true
        node.receiver = ChunkReceiver(after: tip)
        node.onDisk = tip.last.rawValue
        node.promised = node.onDisk
        node.chronicle = log
        do {
            let journal = try Journal.open(node.journalOptions())
            casebook.expect(journal.tip == tip, "server \(node.index) was cut back to \(journal.tip), not to \(tip)")
            journal.abandon()
        } catch {
            casebook.fail("server \(node.index) does not open after it was cut back: \(error)")
        }
    }

    /// What is kept of it is all that its log had there.
    private func checkTaken(_ node: Node, _ copy: JournalCopy, after tip: LogTip) throws {
        defer { copy.close() }
        var receiver = ChunkReceiver(after: tip)
        var taken: [Event] = []
        while let part = try copy.next(maxBytes: 1 << 20) {
            guard case .chunks(let chunks) = part else { continue }
            taken += try receiver.admit(chunks).map { try $0.event() }
        }
        let lost = node.chronicle.events.dropFirst(Int(tip.last.rawValue)).compactMap { $0 }
        casebook.expect(taken == lost, "\(taken.count) records are kept of \(lost.count) that are taken back")
        casebook.coverage.note("records taken back", taken.count)
    }

    /// Everything is moved aside, so that a copy can be taken.
    func makeRoom(_ node: Node) {
        say("\(which(node))makes room for a copy")
        casebook.coverage.note("disks moved aside")
        node.replaceDisk()
    }
}

extension JournalImport {
    /// Whether a journal has all of the copy: a sync that was said to have failed may have done it all the same.
    fileprivate func isWhole(_ journal: Journal) -> Bool { journal.tip == header.end }
}

extension Engine {
    /// Takes in what comes, until nothing more does.
    func takeIn(_ inbox: Inbox) async -> Mailbox.IntakeEnd {
        while let bytes = await inbox.next() {
            do {
                _ = try await take(try ShippedChunks(bytes: bytes))
            } catch {
                // An engine that is being promoted takes nothing in any more.
                if error is JournalError || error is EngineError { return .over }
                return .failed("what the primary sent cannot follow on what is here: \(error)")
            }
        }
        return .over
    }
}
