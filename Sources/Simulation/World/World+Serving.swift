import Engine
import Journal
import Scheduling

// A server at work: what it brings to disk, and what it says.
extension World {
    /// A commit so large that what it wrote was trimmed by the same commit. Nothing is wrong then, but nothing can be
    /// checked.
    static let unobserved = "unobserved: facts were trimmed by the commit that wrote them"

    func commit(_ node: Node) {
        guard let engine = node.engine else { return }
        casebook.coverage.note("commits")
        let segments = engine.journal.statistics.segments
        do {
            try node.commit()
        } catch {
            casebook.coverage.note("failed syncs")
            node.isSyncFailing = false
            say("\(which(node))the disk failed: \(error)")
            return crash(node)
        }
        let shape = engine.journal.statistics
        if shape.segments > segments { casebook.coverage.note("segments begun", shape.segments - segments) }
        if shape.segments < segments { casebook.coverage.note("segments dropped", segments - shape.segments) }
        if shape.checkpoint > node.lastCheckpoint { casebook.coverage.note("checkpoints") }
        node.lastCheckpoint = shape.checkpoint
        observe(node)
    }

    /// Looks at what is on a server's disk.
    func observe(_ node: Node) {
        guard let engine = node.engine else { return }
        if engine.journal.hasTail { casebook.coverage.note("commits that found something in the tail") }
        node.onDisk = engine.journal.diskPosition.rawValue
        read(node, engine.journal)
        for node in nodes { refreshPromise(node) }
    }

    /// Reads what is new on a disk: the author's is judged, a standby's must be the same.
    func read(_ node: Node, _ journal: Journal) {
        do throws(JournalError) {
            var receiver = node.receiver ?? ChunkReceiver(after: journal.tip)
            while receiver.tip.next < journal.tip.next, casebook.finding == nil {
                let chunks = try journal.chunks(after: receiver.tip, maxBytes: 1 << 20)
                if chunks.isEmpty { return casebook.fail("the journal does not show what it says is on disk") }
                for record in try receiver.admit(chunks) { read(record, of: node) }
            }
            if receiver.tip.next > journal.tip.next {
                casebook.fail("the journal ends at \(journal.tip), \(receiver.tip) was on disk before")
            }
            node.receiver = receiver
        } catch {
            guard case .positionTrimmed = error else { return casebook.fail("the journal cannot be read: \(error)") }
            if node.isAuthor { return casebook.fail(Self.unobserved) }
            node.receiver = ChunkReceiver(after: journal.tip)
        }
    }

    private func read(_ record: LogRecord, of node: Node) {
        let position = record.position.rawValue
        let event: Event
        do { event = try record.event() } catch { return casebook.fail("record \(position) means nothing: \(error)") }
        // A standby may have let go of what its primary still had when a reader began there.
        if case .readerMarked(let mark) = event.fact, node.readersSeen.insert(mark.name).inserted,
            let engine = node.engine, Position(mark.through).next < engine.oldestKept
        {
            node.readersBeforeLog.insert(mark.name)
        }
        let known = position <= node.chronicle.durable ? node.chronicle.events[Int(position) - 1] : nil
        if case .epochBegan(let number) = event.fact, event != known, number > node.chronicle.epoch || !node.isAuthor {
            noteNewEpoch(node, number, after: position - 1)
        }
        let chronicle = node.chronicle
        guard position > chronicle.durable else {
            return chronicle.expect(event == known, "server \(node.index) has another record \(position)")
        }
        guard node.isAuthor else {
            return casebook.fail("server \(node.index) has record \(position), its primary has not")
        }
        chronicle.observe(record, event)
        say("\(which(node))durable \(position) \(event.brief)")
    }

    // MARK: What a yes needs

    /// Moves on what is on the disks on which a yes of this server must be, counted from the disks and not from what
    /// anybody says about them.
    func refreshPromise(_ node: Node) {
        guard let engine = node.engine else { return }
        guard let policy = plan.standby?.policy, policy.acknowledgement == .standby, engine.role != .standby else {
            return node.promised = max(node.promised, node.onDisk)
        }
        guard engine.role == .primary else { return }
        if engine.replication.isAlone {
            casebook.expect(node.replication.mayBeAlone, "server \(node.index) goes on alone for no reason")
            node.promised = max(node.promised, node.onDisk)
        } else {
            node.promised = max(node.promised, onBothDisks(node))
        }
    }

    /// Up to where the other server's disk has what this one's has.
    private func onBothDisks(_ node: Node) -> UInt64 {
        guard nodes.count > 1 else { return 0 }
        let other = nodes[1 - node.index]
        // A server that was promoted has what this one had when their logs parted.
        let parted = node.chronicle.partedAt
        let there = other.chronicle === node.chronicle ? other.onDisk : parted == .max ? 0 : parted
        return min(node.onDisk, there)
    }

    // MARK: What it says

    func takeMail(_ node: Node) {
        for item in node.mailbox.take() {
            switch item {
            case .response(let execution, let response, let epoch): answer(node, execution, response, epoch)
            case .news(let news): note(news, of: node)
            case .followAnswer(let connection, let answer): tellStandby(node, connection, answer)
            case .piece(let connection, let message, let continuation):
                sendPeer(connection, from: node.index, message)
                continuation.resume(returning: isFed(node, connection))
            case .feedingEnded(let connection, let why): endFeeding(node, connection, why)
            case .confirmation(let connection, let position):
                if let following = node.replication.following, following.connection == connection {
                    sendPeer(connection, from: node.index, .confirm(position, beat: following.beat))
                }
            case .heardEpoch(let connection, let message): goOn(node, connection, message)
            case .intakeEnded(let connection, let end): intakeEnded(node, connection, end)
            case .promotion(let outcome): promoted(node, outcome)
            case .clockAccepted: node.time.isAccepting = false
            }
        }
    }

    private func answer(_ node: Node, _ number: Int, _ response: Response, _ epoch: UInt32) {
        guard let engine = node.engine else { return }
        let execution = casebook.executions[number]
        say("\(which(node))answer to \(execution.operation.index): \(response.brief)")
        casebook.mix(UInt64(execution.operation.index))
        refreshPromise(node)
        var speaker = Speaker(shown: node.promised, oldest: engine.journal.oldestPosition)
        speaker.mayLackLog = nodes.contains(where: \.mayLackLog)
        speaker.readersBeforeLog = node.readersBeforeLog
        if nodes.count > 1, engine.role == .primary, !speaker.mayLackLog { speaker.safe = onBothDisks(node) }
        if plan.standby != nil {
            // What a former primary has behind the place where another's log left it is taken back.
            if engine.role == .standby { speaker.shown = min(speaker.shown, node.chronicle.partedAt) }
            speaker.mayBeNoPrimary = !execution.isOfPrimary || engine.role != .primary
            speaker.mayMissStandby = true
            speaker.mayHaveRenounced = engine.tenure.isDeposed || node.stopping != nil
        }
        node.chronicle.finish(execution, response, speaker)
        node.told = max(node.told, response.position)
        if plan.standby != nil { judgeYes(node, engine, execution, response, epoch) }
        guard execution.operation.index < Operation.firstOfAudit else { return }
        send(
            .response(operation: execution.operation.index, response, epoch: epoch), from: node.name,
            to: .client(execution.operation.client))
    }

    /// Who may say yes at all.
    private func judgeYes(
        _ node: Node, _ engine: Engine, _ execution: Execution, _ response: Response, _ epoch: UInt32
    ) {
        guard let position = response.yes else { return }
        if engine.role == .standby {
            return casebook.expect(response.isAllOld, "server \(node.index) is a standby and says yes to something new")
        }
        let what = "operation \(execution.operation.index) is answered by server \(node.index)"
        casebook.expect(!execution.isFenced, "\(what), which had been told of a later epoch")
        let author = casebook.authors[epoch] ?? node.index
        casebook.authors[epoch] = author
        casebook.expect(author == node.index, "\(what) in epoch \(epoch), which is server \(author)'s")
        node.chronicle.lastTold = max(node.chronicle.lastTold, position)
        guard let policy = plan.standby?.policy, !engine.replication.isAlone else { return }
        switch policy.acknowledgement {
        case .standby:
            // What was told while it was alone may be told again.
            node.chronicle.lastSure = max(node.chronicle.lastSure, min(position, onBothDisks(node)))
        case .local(let lease):
            let silent = now - node.replication.lastHeard
            casebook.expect(silent <= lease, "\(what), which has heard nothing of its standby for \(silent) ms")
        }
    }

    private func note(_ news: StandingNews, of node: Node) {
        say("\(which(node))\(news)")
        switch news {
        case .wentAlone:
            casebook.coverage.note("went on alone")
            guard let policy = plan.standby?.policy, case .goOnAlone = policy.absence else {
                return casebook.fail("server \(node.index) goes on alone, and nobody said so")
            }
            node.replication.mayBeAlone = true
            // What waited for the standby may be told from that moment on, and a deposition may have come right behind
            // it.
            node.promised = max(node.promised, node.onDisk)
        case .standbyCaughtUp: casebook.coverage.note("standbys that caught up")
        case .deposed: casebook.coverage.note("primaries deposed")
        case .promoted: casebook.coverage.note("promotions")
        case .clockDiffers: casebook.coverage.note("wall clocks found wrong")
        case .clockAgrees: casebook.coverage.note("wall clocks found right again")
        case .clockAccepted: casebook.coverage.note("wall clocks accepted")
        case .rolled(let report):
            casebook.coverage.note("rolls", report.trouble.isEmpty ? 1 : 0)
            casebook.expect(
                report.policy == plan.roll, "server \(node.index) opens sessions by itself, and was not told to")
        case .zoneDiffers: casebook.fail("server \(node.index) finds zone tables changed, and nobody changed them")
        }
    }
}

extension Response {
    /// The last position that it tells of.
    fileprivate var position: UInt64 {
        switch self {
        case .answers(let answers): answers.map(\.position.rawValue).max() ?? 0
        case .appointments(let reading): reading.position.rawValue
        case .slots(let reading): reading.position.rawValue
        case .days(let reading): reading.position.rawValue
        case .counts(let reading): reading.position.rawValue
        case .explanation(let reading): reading.position.rawValue
        case .catalogue(let reading): reading.position.rawValue
        case .entities(let reading): reading.position.rawValue
        case .preview(let reading): reading.position.rawValue
        case .found, .events, .resumed, .confirmed, .dropped, .failed: 0
        }
    }

    /// The last position of what was written and is confirmed by this; nil for readings and failures.
    var yes: UInt64? {
        switch self {
        case .answers(let answers): answers.map(\.position.rawValue).filter { $0 > 0 }.max()
        default: nil
        }
    }
}

extension Response {
    /// Whether it only tells again what was told before, and failures.
    fileprivate var isAllOld: Bool {
        guard case .answers(let answers) = self else { return false }
        return answers.allSatisfy { $0.again || $0.position == .zero }
    }
}

extension Casebook {
    func expect(_ holds: Bool, _ sentence: @autoclosure () -> String) {
        if !holds { fail(sentence()) }
    }
}
