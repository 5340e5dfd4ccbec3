import Engine
import Journal
import Scheduling

// The operator of two servers: promotes one, starts the other as its standby, says to go on alone; and what cuts
// them off from each other.
extension World {
    func comeBetween(_ strike: Plan.Strike) {
        guard nodes.count > 1 else { return }
        say("strikes: \(strike.kind.rawValue)")
        casebook.coverage.note("strikes: \(strike.kind.rawValue)")
        let short = Int64(strike.amount % 8_000)
        switch strike.kind {
        case .promotion: comePromotion(strike.amount, short)
        case .serverPartition: cut(strike.amount % 3, for: short)
        case .alone:
            guard let engine = node.engine, node.stopping == nil, engine.role == .primary else { return }
            goOnAlone(node, engine)
        default: break
        }
    }

    func goOnAlone(_ node: Node, _ engine: Engine) {
        node.replication.mayBeAlone = true
        do { try engine.goOnAlone() } catch { casebook.fail("server \(node.index) does not go on alone: \(error)") }
        refreshPromise(node)
    }

    /// Nothing passes from the first server to the second, back, or either way.
    private func cut(_ way: Int, for milliseconds: Int64) {
        for (from, to) in [(0, 1), (1, 0)] where way == 2 || way == from {
            network.sever(from: from, to: to)
            queue.put(.linkMended(from: from, to: to), at: now + milliseconds)
        }
    }

    /// Somebody makes up their mind to promote the standby: because the primary has died, because they think so, or
    /// because they want to.
    private func comePromotion(_ amount: Int, _ short: Int64) {
        let standby = nodes[1 - leader]
        guard mayBePromoted(standby) else { return }
        switch amount % 4 {
        case 0: crash(node)
        case 1: cut(2, for: short)
        case 2: cut(amount / 4 % 2, for: short)
        default: break
        }
        let soon = [0, 200, 5_000][amount / 8 % 3]
        queue.put(.promote(standby.index), at: now + Int64(linkRandom.between(0...soon)))
    }

    /// It has a beginning of the leader's log; the operator must not promote anything else.
    private func mayBePromoted(_ standby: Node) -> Bool {
        guard let engine = standby.engine, standby.stopping == nil else { return false }
        return engine.role == .standby && standby.chronicle === chronicle && !standby.replication.isBeingPromoted
            && standby.onDisk > 0
    }

    func promote(_ standby: Node) {
        guard mayBePromoted(standby), standby.index != leader || isLeaderIdle, let engine = standby.engine else {
            return
        }
        say("\(which(standby))is to be promoted")
        standby.replication.isBeingPromoted = true
        standby.replication.mayBeAlone = true
        standby.time.lead(wall: standby.clock.now().rawValue, isSynchronised: standby.clock.isSynchronised())
        noteClocks()
        Task(executorPreference: standby.scheduler) { [mailbox = standby.mailbox] in
            do throws(EngineError) {
                mailbox.put(.promotion(.success(try await engine.promote().epoch)))
            } catch {
                mailbox.put(.promotion(.failure(error)))
            }
        }
    }

    /// Whether the server with the highest epoch is no primary: it died on the way there.
    private var isLeaderIdle: Bool { node.engine?.role == .standby }

    func promoted(_ node: Node, _ outcome: Result<UInt32, EngineError>) {
        node.replication.isBeingPromoted = false
        switch outcome {
        case .failure(let error):
            // A disk that is full or fails while it is promoted: the operator asks again.
            say("\(which(node))is not promoted: \(error.message)")
        case .success(let epoch):
            say("\(which(node))is primary of epoch \(epoch)")
            casebook.expect(
                node.isAuthor && node.chronicle.epoch == epoch,
                "server \(node.index) is primary of epoch \(epoch), and that is not on its disk")
            node.startsAs = .primary
            node.replication.tells = epoch
            queue.put(.tell(node.process), at: now + 1)
            scheduleRejoin(nodes[1 - node.index])
        }
    }

    /// The disk of a server that is promoted holds the beginning of its epoch: from there on its log is its own.
    func noteNewEpoch(_ node: Node, _ number: UInt32, after last: UInt64) {
        let old = node.chronicle
        say("\(which(node))begins epoch \(number) after \(last)")
        casebook.expect(number > highestEpoch, "epoch \(number) begins after epoch \(highestEpoch)")
        casebook.expect(
            last >= old.lastSure, "record \(old.lastSure) was told to be on both disks and is lost: \(last) is the last"
        )
        casebook.expect(
            last >= old.lastConfirmed, "record \(old.lastConfirmed) was confirmed and is lost: \(last) is the last")
        if old.lastTold > last { casebook.coverage.note("promotions that lost what was on one disk only") }
        if old.durable > last { casebook.coverage.note("promotions that left records behind") }
        if !(old.author == node.process) { old.partedAt = min(old.partedAt, last) }
        highestEpoch = max(highestEpoch, number)
        leader = node.index
        node.chronicle = Chronicle(old, upTo: last, by: node.process, epoch: number)
    }

    // MARK: The other one

    /// Now and then somebody looks, and sees to it that there is one primary and one standby.
    func look() {
        queue.put(.look, at: now + 700)
        if isLeaderIdle { promote(node) }
        for other in nodes where other.index != leader && other.startsAs == .primary { scheduleRejoin(other) }
    }

    private func scheduleRejoin(_ node: Node) {
        guard rejoining.insert(node.index).inserted else { return }
        queue.put(.rejoin(node.index), at: now + Int64(linkRandom.between(200...(isHealed ? 500 : 6_000))))
    }

    /// A former primary is started anew, as standby; perhaps it is another machine, with an empty disk.
    func rejoin(_ node: Node) {
        rejoining.remove(node.index)
        guard node.index != leader, node.startsAs == .primary else { return }
        guard !node.replication.isBeingPromoted, node.stopping == nil else { return scheduleRejoin(node) }
        say("\(which(node))is to be a standby")
        casebook.coverage.note("former primaries that come back")
        node.startsAs = .standby
        let isEmpty = linkRandom.chance(plan.standby?.emptyDiskPermille ?? 0)
        stop(node, isEmpty ? .copy : .nothing)
    }

    // MARK: The end

    /// The standby has all that its primary has, byte for byte, and the primary has heard so.
    var isStandbyLevel: Bool {
        guard nodes.count > 1 else { return true }
        let standby = nodes[1 - leader]
        guard let here = node.engine, let there = standby.engine, here.role == .primary, there.role == .standby,
            standby.stopping == nil, standby.scheduler.isIdle, !standby.hasPendingCommit,
            node.replication.feedings.contains(where: { $0.feeder != nil })
        else { return false }
        return here.journal.tip == there.journal.tip && here.journal.durablePosition == here.journal.lastPosition
    }

    func compareStandby(_ when: String) {
        guard nodes.count > 1, casebook.finding == nil else { return }
        let standby = nodes[1 - leader]
        casebook.expect(standby.chronicle === chronicle, "\(when): the standby has another log")
        casebook.expect(
            standby.engine?.journal.tip == node.engine?.journal.tip, "\(when): the standby's log is another")
        casebook.expect(standby.engine?.epoch == node.engine?.epoch, "\(when): the standby is in another epoch")
        compareState(standby, when)
        compareRecovery(standby, when)
        casebook.coverage.note("standbys compared")
    }
}
