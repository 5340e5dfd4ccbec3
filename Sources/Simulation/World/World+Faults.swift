import Engine
import Journal
import MemoryJournal
import Scheduling

// What goes wrong with the machines, and how they come back.
extension World {
    /// Lets the strikes come whose turn has come.
    func comeDue() {
        guard !strikes.isEmpty else { return }
        let due = strikes.filter { $0.turn <= turns }
        strikes.removeAll { $0.turn <= turns }
        for (_, strike) in due { come(strike) }
    }

    private func come(_ strike: Plan.Strike) {
        guard !isHealed else { return }
        if strike.kind.isOfStandby { return comeBetween(strike) }
        // The first server is struck more often: mostly it is the primary.
        let node = nodes.count == 1 || strike.amount % 5 < 3 ? self.node : nodes[1 - leader]
        guard node.engine != nil, node.stopping == nil || strike.kind == .crash else { return }
        say("\(which(node))strikes: \(strike.kind.rawValue)")
        casebook.coverage.note("strikes: \(strike.kind.rawValue)")
        let short = Int64(strike.amount % 3_000)
        switch strike.kind {
        case .crash: crash(node)
        case .failedSync:
            node.disk.failNextSync(persisted: strike.amount % 2 == 0)
            node.isSyncFailing = true
        case .restart:
            // A process whose disk fails or is full while it stops ends as one that crashes, which others see to.
            guard !node.isSyncFailing else { return }
            stop(node, .nothing)
        case .slowDisk:
            node.isDiskSlowUntil = now + short
            queue.put(.slowNoMore(node.index), at: now + short)
        case .fullDisk:
            node.mayLackLog = true
            node.disk.setCapacity(node.disk.usedBytes + strike.amount % 3_000)
            queue.put(.roomAgain(node.index), at: now + short)
        case .clockForward:
            node.clock.step(milliseconds: leap(strike))
            if strike.amount / 16 % 2 == 0 { acceptClock(node) }
        case .clockBack: node.clock.step(milliseconds: -[50, 5_000, 7_200_000][strike.amount % 3])
        case .clockPace, .clockUnsynchronised, .clockAccepted, .suspension: comeOverClock(of: node, strike)
        case .partition:
            let cut = NodeName.client(strike.amount % plan.clients)
            network.cut(cut)
            queue.put(.mended(cut), at: now + short)
        case .checkpoint: node.checkpoint()
        case .loss, .duplication, .delay, .standby, .promotion, .serverPartition, .alone, .misdelivery: break
        }
        noteClocks()
    }

    /// The process begins to stop in good order.
    func stop(_ node: Node, _ afterwards: ReplicationLife.Afterwards) {
        guard node.engine != nil, node.stopping == nil, !node.replication.isBeingPromoted else { return }
        node.disk.setCapacity(nil)
        node.disk.failNextSyncNoMore()
        node.isSyncFailing = false
        node.replication.afterwards = afterwards
        hangUpFollowing(node)
        endFeedings(node, copiesOnly: true)
        if case .nothing = afterwards {
            node.beginStopping()
        } else {
            node.beginStopping(writingCheckpoint: false)
        }
    }

    func crash(_ node: Node) {
        guard node.engine != nil || node.replication.following != nil else { return }
        say("\(which(node))the process dies")
        casebook.coverage.note("crashes")
        hangUpFollowing(node)
        endFeedings(node)
        if !node.die() { casebook.fail("tasks of the dead process wait for something that nobody will give them") }
        node.replication = ReplicationLife()
        if random.chance(300) { node.clock.reboot() }
        queue.put(.start(node.index), at: now + Int64(random.between(1...500)))
    }

    /// The process has come to its end in good order. What it wrote last is read when the next one begins.
    func stopped(_ node: Node) {
        casebook.coverage.note("stops in good order")
        say("\(which(node))the process has stopped")
        endFeedings(node)
        node.mailbox.close()
        node.leave()
        defer { node.replication = ReplicationLife() }
        switch node.replication.afterwards {
        case .nothing: break
        case .cutBack(let tip, let chronicle): takeBack(node, to: tip, of: chronicle)
        case .copy: makeRoom(node)
        }
        queue.put(.start(node.index), at: now + Int64(random.between(1...500)))
    }

    func start(_ node: Node) {
        guard node.engine == nil, node.replication.following == nil else { return }
        if node.startsAs == .standby, node.onDisk == 0 { return beginCopying(node) }
        do {
            try node.start()
        } catch {
            if error is WrongRole, node.startsAs == .primary {
                say("\(which(node))it may not be primary any more")
                node.startsAs = .standby
                return queue.put(.start(node.index), at: now + 100)
            }
            switch error as? JournalError {
            case .storageFull:
                node.disk.setCapacity(nil)
                return queue.put(.start(node.index), at: now + 100)
            case .syncFailed:
                node.isSyncFailing = false
                return queue.put(.start(node.index), at: now + 100)
            default: break
            }
            return casebook.fail("server \(node.index) does not start again: \(error)")
        }
        guard let engine = node.engine else { return }
        beginTime(node)
        node.replication = ReplicationLife()
        node.replication.lastHeard = now
        // What the dead process brought to disk without having said so belongs to it.
        observe(node)
        if node.isAuthor { node.chronicle.beginProcess(node.process, end: engine.journal.lastPosition) }
        node.settled = engine.journal.lastPosition.rawValue
        node.stretch = casebook.nextStretch()
        if node.isAuthor {
            casebook.expect(engine.epoch == node.chronicle.epoch, "server \(node.index) is in epoch \(engine.epoch)")
        }
        say("\(which(node))process \(node.incarnation) begins at \(engine.journal.lastPosition) as \(engine.role)")
        compareState(node, "after the start")
        guard plan.standby != nil else { return }
        queue.put(.beat(node.process), at: now + 500)
        if node.startsAs == .standby { queue.put(.call(node.process), at: now + Int64(linkRandom.between(1...50))) }
    }

    /// Everything in memory against the model, at a moment at which nothing is under way.
    func compareState(_ node: Node, _ when: String) {
        guard let engine = node.engine, casebook.finding == nil else { return }
        let box = Box<EngineState?>(nil)
        Task(executorPreference: node.scheduler) { box.set(await engine.state()) }
        // Time stands still meanwhile, so nothing else begins.
        while box.value == nil, node.scheduler.turn() {}
        guard let state = box.value else { return casebook.fail("the shards do not answer") }
        let comparison = StateComparison(
            model: node.chronicle.model(at: node.onDisk), catalogue: state.catalogue, registered: state.registered,
            pools: state.pools, patients: state.patients)
        if let difference = comparison.difference() { casebook.fail("\(which(node))\(when): \(difference)") }
        casebook.coverage.note("states compared")
    }

    /// Recovery over again, on a copy of nothing: what the tables and the log's last records say must be what was in
    /// memory then. What stands in the tail alone, of a journal that is open nobody reads.
    func compareRecovery(_ node: Node, _ when: String) {
        guard let engine = node.engine, casebook.finding == nil else { return }
        do {
            let state = try RecoveredState(engine.journal, poolShards: 2, patientShards: 2)
            if let violation = state.violations().first { return casebook.fail("\(when): \(violation)") }
            let comparison = StateComparison(
                model: node.chronicle.model(at: engine.journal.logPosition.rawValue), catalogue: state.catalogue,
                registered: state.patientCount, pools: state.pools, patients: state.patients)
            if let difference = comparison.difference() {
                casebook.fail("\(which(node))\(when), from disk: \(difference)")
            }
        } catch {
            casebook.fail("\(which(node))\(when): recovery fails: \(error)")
        }
    }
}
