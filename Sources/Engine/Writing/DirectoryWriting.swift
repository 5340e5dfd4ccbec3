import Journal
import Scheduling

// Writes that are many facts, or none: catalogues, patients, sessions. With a key, a last fact tells the answer; a
// crash before it leaves facts that a repetition finds done, so the write is then carried out again and changes
// nothing.
extension WritePipeline {
    func put(
        _ index: Int, _ draft: CatalogueDraft, _ hospital: Command.HospitalName?, _ batch: inout Batch
    ) async {
        do throws(EngineError) {
            let put = try await spread(draft, hospital, by: batch.asked[index].by, now: batch.now)
            if put.isBesideTheLog { try await flushed() }
            report(index, .catalogue(put.counts), reflecting: put.position, &batch)
        } catch {
            fail(index, error, &batch)
        }
    }

    private func spread(
        _ draft: CatalogueDraft, _ hospital: Command.HospitalName?, by origin: Origin, now: Instant
    ) async throws(EngineError) -> Directory.Put {
        let mark = spreading.begin(.anything)
        defer { spreading.end(mark) }
        return try await directory.put(draft, hospital, by: origin, now: now)
    }

    /// Returns once what was handed to the journal is on disk: what is not in the log has no position to wait for.
    private func flushed() async throws(EngineError) {
        do { try await journal.flushed() } catch { throw EngineError(error) }
    }

    func register(_ index: Int, _ patients: [[Identifier]], _ batch: inout Batch) async {
        let mark = spreading.begin(.anything)
        defer { spreading.end(mark) }
        do throws(EngineError) {
            let registered = try await directory.register(
                patients, by: batch.asked[index].by, now: batch.now)
            report(index, .patients(registered.value), reflecting: registered.position, &batch)
        } catch {
            fail(index, error, &batch)
        }
    }

    /// Opens sessions that no template describes.
    func open(_ index: Int, _ drafts: [SessionDraft], _ batch: inout Batch) async {
        let catalogue = batch.snapshot.catalogue.catalogue
        let wanted: [SessionOpening]
        do throws(EngineError) { wanted = try catalogue.openings(drafts) } catch { return fail(index, error, &batch) }
        await open(index, [wanted], withdrawn: 0, conflicts: [], &batch)
    }

    /// Lets the templates' days be what the templates say: withdraws what they do not say any more, and opens what they
    /// say. A day whose session must stay is not opened a second time.
    func generate(
        _ index: Int, from: LocalDate, to: LocalDate, templates: [String], _ batch: inout Batch
    ) async {
        let prepared: PreparedGeneration
        do throws(EngineError) {
            prepared = try await prepare(
                from: from, to: to, templates: templates, batch.snapshot.catalogue.catalogue, now: batch.now)
        } catch {
            return fail(index, error, &batch)
        }
        let (withdrawn, kept) = await withdraw(
            prepared.plan.going.map(\.id), prepared.generation, prepared.snapshot, by: batch.asked[index].by, batch.now)
        let conflicts = prepared.plan.conflicts + kept
        let rounds = prepared.rounds(keeping: conflicts, now: batch.now)
        await open(
            index, rounds, withdrawn: withdrawn, conflicts: prepared.sentences(conflicts), &batch)
    }

    /// The open sessions that their templates do not say any more. A template may have moved to another pool, so all
    /// are looked at, in slices, so that bookings get their turn of the shard between two.
    func outdated(
        _ generation: Generation, _ snapshot: EngineView.Snapshot, now: Instant
    ) async -> [OutdatedSession] {
        var outdated: [OutdatedSession] = []
        let parts = Dictionary(grouping: snapshot.catalogue.catalogue.pools.all.map(\.id)) {
            shards.index(of: $0, in: snapshot) ?? 0
        }
        for shard in shards.pools.indices {
            guard let part = parts[shard] else { continue }
            for start in stride(from: 0, to: part.count, by: EngineLimits.poolsComparedPerTurn) {
                let slice = part[start..<min(start + EngineLimits.poolsComparedPerTurn, part.count)]
                outdated += await shards.pools[shard].outdated(generation, in: slice, now: now)
            }
        }
        return outdated
    }

    /// Withdraws sessions that were found outdated, unless something has come into them.
    private func withdraw(
        _ ids: [SessionID], _ generation: Generation, _ snapshot: EngineView.Snapshot, by origin: Origin, _ now: Instant
    ) async -> (count: Int, kept: [SessionConflict]) {
        var (count, kept) = (0, [SessionConflict]())
        let parts = Dictionary(grouping: ids) { shards.index(of: $0.pool, in: snapshot) ?? 0 }
        for shard in shards.pools.indices {
            guard let part = parts[shard] else { continue }
            // No commit has more of them than archiving gives it.
            for start in stride(from: 0, to: part.count, by: EngineLimits.sessionsArchivedPerTurn) {
                let slice = part[start..<min(start + EngineLimits.sessionsArchivedPerTurn, part.count)]
                let mark = spreading.begin(.anything)
                let done = await shards.pools[shard].withdraw(slice, generation, by: origin, now: now)
                spreading.end(mark)
                count += done.count
                kept += done.kept
                await forget(done.gone, at: done.position)
            }
        }
        return (count, kept)
    }

    /// Tells patients what left memory with sessions that were withdrawn.
    private func forget(_ gone: [PatientShard.Settlement], at position: Position) async {
        guard !gone.isEmpty else { return }
        // Until the history table has them for good, their patients still have them.
        do { try await journal.whenDurable(position) } catch { return }
        await shards.settle(gone)
    }

    /// Opens sessions, each pool its own, all of one round before those of the next.
    private func open(
        _ index: Int, _ rounds: [[SessionOpening]], withdrawn: Int, conflicts: [String], _ batch: inout Batch
    ) async {
        let catalogue = batch.snapshot.catalogue.catalogue
        let origin = batch.asked[index].by
        let snapshot = view.current
        var sum = SessionsOpened()
        sum.withdrawn = withdrawn
        sum.conflicts = conflicts
        let parts = shards.parts(of: rounds, in: snapshot)
        for (shard, part) in parts {
            // In slices, so that bookings get their turn of the shard between two.
            for start in stride(from: 0, to: part.count, by: EngineLimits.sessionsOpenedPerTurn) {
                let slice = part[start..<min(start + EngineLimits.sessionsOpenedPerTurn, part.count)]
                let mark = spreading.begin(.anything)
                let (opened, unchanged, conflicts) = await shards.pools[shard].open(slice, by: origin, now: batch.now)
                spreading.end(mark)
                sum.opened += opened
                sum.unchanged += unchanged
                sum.conflicts += conflicts.map { catalogue.sentence($0) }
            }
        }
        if batch.answered(index) != nil { sum.shortenConflicts() }
        report(index, .sessions(sum), reflecting: journal.lastPosition, &batch)
    }

    /// Answers a write with what it did; where it has a key, the answer becomes a fact of its own.
    private func report(_ index: Int, _ report: Report, reflecting position: Position, _ batch: inout Batch) {
        let fact = Fact.answered(report)
        guard let answered = batch.answered(index) else {
            return batch.answer(index, fact.outcome, at: position)
        }
        let event = Event(at: batch.now, by: batch.asked[index].by, answer: answered, fact: fact)
        batch.answer(index, fact.outcome, at: append(event))
    }
}

extension SessionConflict {
    /// The template's day whose outdated session stays; nil for another conflict.
    var day: Generation.TemplateDay? {
        switch reason {
        case .kept(_, let template?, _, _), .blocked(_, let template, _, _, _):
            Generation.TemplateDay(template: template, date: times.date)
        default: nil
        }
    }
}

extension SessionsOpened {
    /// No key remembers more conflicts than this; the last sentence says how many are left out.
    fileprivate mutating func shortenConflicts() {
        let most = Limits.conflictsRemembered
        guard conflicts.count > most else { return }
        let left = conflicts.count - (most - 1)
        conflicts.removeLast(left)
        conflicts.append("and \(left) more; ask for fewer days")
    }
}
