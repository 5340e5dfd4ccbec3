import Engine
import Journal
import Scheduling

// What goes wrong with the machine, and how it comes back.
extension World {
    /// Lets the strikes come whose turn has come.
    func comeDue() {
        guard !strikes.isEmpty else { return }
        let due = strikes.filter { $0.turn <= turns }
        strikes.removeAll { $0.turn <= turns }
        for (_, strike) in due { come(strike) }
    }

    private func come(_ strike: Plan.Strike) {
        guard !isHealed, node.engine != nil, node.stopping == nil || strike.kind == .crash else { return }
        say("strikes: \(strike.kind.rawValue)")
        chronicle.coverage.note("strikes: \(strike.kind.rawValue)")
        let short = Int64(strike.amount % 3_000)
        switch strike.kind {
        case .crash: crash()
        case .failedSync:
            node.disk.failNextSync(persisted: strike.amount % 2 == 0)
            node.isSyncFailing = true
        case .restart:
            // A process whose disk fails or is full while it stops ends as one that crashes, which others see to.
            guard !node.isSyncFailing else { return }
            node.disk.setCapacity(nil)
            node.beginStopping()
        case .slowDisk:
            node.isDiskSlowUntil = now + short
            queue.put(.slowNoMore, at: now + short)
        case .fullDisk:
            node.disk.setCapacity(node.disk.usedBytes + strike.amount % 3_000)
            queue.put(.roomAgain, at: now + short)
        case .clockForward:
            let leap = [1_000, 60_000, 3_600_000, 90_000_000][strike.amount % 4] * (1 + Int64(strike.amount % 3))
            node.clock.offsetMilliseconds += leap
        case .clockBack: node.clock.offsetMilliseconds -= [50, 5_000, 7_200_000][strike.amount % 3]
        case .partition:
            let cut = NodeName.client(strike.amount % plan.clients)
            network.cut(cut)
            queue.put(.mended(cut), at: now + short)
        case .checkpoint: node.checkpoint()
        case .loss, .duplication, .delay: break
        }
        chronicle.wallClockBound = max(chronicle.wallClockBound, node.clock.now().rawValue)
    }

    func crash() {
        guard node.engine != nil else { return }
        say("the process dies")
        chronicle.coverage.note("crashes")
        if !node.die() { chronicle.fail("tasks of the dead process wait for something that nobody will give them") }
        queue.put(.start, at: now + Int64(random.between(1...500)))
    }

    /// The process has come to its end in good order. What it wrote last is read when the next one begins.
    func stopped() {
        chronicle.coverage.note("stops in good order")
        say("the process has stopped")
        node.leave()
        queue.put(.start, at: now + Int64(random.between(1...500)))
    }

    func start() {
        do {
            try node.start()
        } catch {
            switch error as? JournalError {
            case .storageFull:
                node.disk.setCapacity(nil)
                return queue.put(.start, at: now + 100)
            case .syncFailed:
                node.isSyncFailing = false
                return queue.put(.start, at: now + 100)
            default: break
            }
            return chronicle.fail("it does not start again: \(error)")
        }
        guard let engine = node.engine else { return }
        // What the dead process brought to disk without having said so belongs to it.
        observe()
        chronicle.beginIncarnation(end: engine.journal.lastPosition)
        say("process \(node.incarnation) begins at \(engine.journal.lastPosition)")
        compareState("after the start")
    }

    /// Everything in memory against the model, at a moment at which nothing is under way.
    func compareState(_ when: String) {
        guard let engine = node.engine, chronicle.finding == nil else { return }
        let box = Box<EngineState?>(nil)
        Task(executorPreference: node.scheduler) { box.set(await engine.state()) }
        // Time stands still meanwhile, so nothing else begins.
        while box.value == nil, node.scheduler.turn() {}
        guard let state = box.value else { return chronicle.fail("the shards do not answer") }
        let comparison = StateComparison(
            model: chronicle.model, catalogue: state.catalogue, registered: state.registered, pools: state.pools,
            patients: state.patients)
        if let difference = comparison.difference() { chronicle.fail("\(when): \(difference)") }
        chronicle.coverage.note("states compared")
    }

    /// Recovery over again, on a copy of nothing: what the tables and the log's tail say must be what is in memory.
    func compareRecovery(_ when: String) {
        guard let engine = node.engine, chronicle.finding == nil else { return }
        do {
            let state = try RecoveredState(engine.journal, poolShards: 2, patientShards: 2)
            if let violation = state.violations().first { return chronicle.fail("\(when): \(violation)") }
            let comparison = StateComparison(
                model: chronicle.model, catalogue: state.catalogue, registered: state.patientCount, pools: state.pools,
                patients: state.patients)
            if let difference = comparison.difference() { chronicle.fail("\(when), from disk: \(difference)") }
        } catch {
            chronicle.fail("\(when): recovery fails: \(error)")
        }
    }
}
