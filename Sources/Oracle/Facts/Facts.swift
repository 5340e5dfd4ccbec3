package import Scheduling

// A new fact is a case in `apply` and one in `objection`; where it answers a write, one in `Wish.asks(for:)`, too.

extension NaiveModel {
    /// What a fact changes. Whether it may change it is asked before: see `Situation.objection`.
    package mutating func apply(_ event: Event, at position: UInt64) {
        switch event.fact {
        case .booked(let taken): take(taken, event, position, isJoint: false)
        case .bookedTogether(let all): for taken in all { take(taken, event, position, isJoint: true) }
        case .changed(let change): end(change, event, position, isJoint: false)
        case .moved(let from, let to):
            end(from, event, position, isJoint: true)
            take(to, event, position, isJoint: true)
        case .refused, .epochBegan, .answered: break
        case .slotsLocked(let id, let lock): sittings[id]?.locks.append(.init(lock: lock, made: position))
        case .slotsUnlocked(let id, let lock): sittings[id]?.locks[Int(lock.number) - 1].ended = position
        case .sessionStopped(let id, let stop): self.stop(id, stop, event, position)
        case .sessionResumed(let id, _): resume(id, position)
        case .sessionOpened(let definition): open(definition, event, position)
        case .sessionArchived(let id): sittings[id]?.archived = position
        case .sessionWithdrawn(let id):
            sittings[id]?.archived = position
            sittings[id]?.isWithdrawn = true
        case .patientRegistered(let patient, let added): register(patient, added, position)
        case .catalogueChanged(let entity): put(entity, position)
        case .appealFiled(let step): file(step, event, position)
        case .appealDecided(let step): decide(step, event, position)
        case .readerMarked(let mark): readers[mark.name, default: []].append((position, mark.through))
        case .readerDropped(let name): readers[name] = nil
        case .chosen(let taken, _): take(taken, event, position, isJoint: false)
        case .takenAgain(let taken):
            take(taken, event, position, isJoint: false)
            if let old = taken.movedFrom { visits[old]?.payment = taken.payment }
        case .refund(let refund): note(refund, position)
        }
    }
}

extension Situation {
    /// What stands against a fact here; nil where it may follow.
    /// - Parameter wishes: Everything that was asked under its key.
    package func objection(to event: Event, askedBy wishes: [Wish]) -> String? {
        let wishes = wishes.filter { $0.by == event.by }
        return switch event.fact {
        case .booked(let taken): answering(event, wishes) { booked(taken, event, $0) }
        case .bookedTogether(let all): answering(event, wishes) { booked(together: all, event, $0) }
        case .changed(let change) where event.answer == nil: unasked(change, event)
        case .changed(let change):
            answering(event, wishes) { $0.touch?.act == .pay ? paid(change, event, $0) : changed(change, $0) }
        case .moved(let from, let to): answering(event, wishes) { moved(from, to, event, $0) }
        case .refused(let refusal, let item, let patient):
            !tells(patient, as: wishes)
                ? "it concerns another patient"
                : wishes.contains { wish in
                    wish.other.map { mayRefuse($0, with: refusal) } ?? mayRefuse(wish, item: Int(item), with: refusal)
                }
                    ? nil : "nothing justifies it, as far as facts and claims go"
        case .sessionOpened(let definition): unasked(event) ?? opened(definition)
        case .sessionArchived(let id): unasked(event) ?? engines(event) ?? archived(id)
        case .sessionWithdrawn(let id): unasked(event) ?? withdrawn(id)
        case .patientRegistered(let patient, let added): unasked(event) ?? registered(patient, added)
        case .catalogueChanged(let entity): unasked(event) ?? put(entity)
        case .epochBegan: unasked(event) ?? engines(event)
        case .appealFiled(let step): answering(event, wishes) { _ in filed(step) }
        case .appealDecided(let step): answering(event, wishes) { _ in decided(step, event) }
        case .readerMarked(let mark): unasked(event) ?? engines(event) ?? marked(mark)
        case .readerDropped(let name):
            unasked(event) ?? engines(event) ?? (model.readers[name] == nil ? "there is no such reader" : nil)
        case .answered(.payment(let standing)): answering(event, wishes) { reportedBefore(standing, $0) }
        case .answered(let report): answering(event, wishes) { answered(report, $0) }
        case .chosen(let taken, let passed):
            answering(event, wishes) { booked(taken, event, $0.only(passed.count)) }
        case .takenAgain(let taken): answering(event, wishes) { takenAgain(taken, event, $0) }
        case .refund(let refund) where event.answer == nil: engines(event) ?? owed(refund, event)
        case .refund(let refund) where refund.closedBy != nil: answering(event, wishes) { _ in closed(refund) }
        case .refund(let refund): answering(event, wishes) { _ in due(refund, event) }
        case .slotsLocked(let id, let lock): answering(event, wishes) { locked(id, lock, event, $0) }
        case .slotsUnlocked(let id, let lock) where event.answer == nil:
            engines(event) ?? unlocked(id, lock)
                ?? (lock.until.map { $0 <= event.at } ?? false ? nil : "its end has not come")
        case .slotsUnlocked(let id, let lock): answering(event, wishes) { _ in unlocked(id, lock) }
        case .sessionStopped(let id, let stop) where event.answer == nil: engines(event) ?? stoppedOn(id, stop)
        case .sessionStopped(let id, let stop): answering(event, wishes) { _ in stopped(id, stop) }
        case .sessionResumed(let id, let number): answering(event, wishes) { _ in resumed(id, number) }
        }
    }

    /// What stands against telling a caller this fact, where it had no key.
    package func objection(to fact: Fact, as wish: Wish) -> String? {
        guard case .answered(let report) = fact, wish.asks(for: fact) else { return "it asked for something else" }
        return answered(report, wish)
    }

    /// What stands against a fact that answers a wish: the least, where several wishes had its key.
    private func answering(_ event: Event, _ wishes: [Wish], _ objection: (Wish) -> String?) -> String? {
        let asking = wishes.filter { $0.asks(for: event.fact) }
        guard let first = asking.first else { return "its write asked for something else" }
        return asking.contains { objection($0) == nil } ? nil : objection(first)
    }

    /// Whether a refusal says whom one of these wishes concerns: the patient it names, or that of its appointment.
    private func tells(_ patient: PatientID?, as wishes: [Wish]) -> Bool {
        wishes.contains { wish in
            let named =
                wish.patient ?? wish.other?.patient ?? wish.touch.flatMap { model.visits[$0.appointment]?.patient }
            return patient == named || patient == nil && wish.patient == nil && wish.touch.map(isArchived) ?? false
        }
    }

    /// An archived appointment's patient stands in a table, which a standby that was promoted may not have yet.
    private func isArchived(_ touch: Wish.Touch) -> Bool {
        model.sittings[touch.appointment.session]?.archived != nil || model.mayBeArchived(touch.appointment.session)
    }

    private func marked(_ mark: FeedMark) -> String? {
        guard let last = model.readers[mark.name]?.last else { return nil }
        return mark.through > last.through ? nil : "the reader had confirmed \(last.through) before"
    }

    private func unasked(_ event: Event) -> String? { event.answer == nil ? nil : "it answers no key" }

    func engines(_ event: Event) -> String? { event.by == .system ? nil : "only the engine does that" }
}

// Writes that take no place and touch no appointment.

extension Command {
    /// Whether a fact is what this command asks for, whatever came of it.
    func mayHaveLed(to fact: Fact) -> Bool {
        switch (self, fact) {
        case (.putCatalogue(let draft, let hospital), .answered(.catalogue(let counts))):
            counts.added + counts.changed + counts.unchanged == draft.count + (hospital == nil ? 0 : 1)
        case (.registerPatients(let patients), .answered(.patients(let outcomes))): patients.count == outcomes.count
        case (.openSessions(let drafts), .answered(.sessions(let sessions))):
            sessions.opened + sessions.unchanged + sessions.conflicts.count == drafts.count
        case (.generateSessions, .answered(.sessions)): true
        case (.lockSlots(let id, let asked), .slotsLocked(let session, let lock)):
            id == session && asked.first == lock.first && (asked.slots == 0 || asked.slots == lock.slots)
                && asked.owner == lock.owner && asked.reason == lock.reason && asked.until == lock.until
                && (asked.units == 0 || asked.units >= lock.units)
        case (.unlockSlots(let id, let number), .slotsUnlocked(let session, let lock)):
            id == session && number == lock.number
        case (.stopSession(let id, let from, let reason), .sessionStopped(let session, let stop)):
            id == session && from == stop.from && reason == stop.reason
        case (.resumeSession(let id), .sessionResumed(let session, _)): id == session
        case (.closeRefund(let id, let reference), .refund(let refund)):
            id == refund.id && reference == refund.closedBy
        case (.fileAppeal(let asked), .appealFiled(let step)): asked == step
        case (.decideAppeal(let asked), .appealDecided(let step)): asked == step
        default: false
        }
    }
}

extension Situation {
    /// Whether a command can have been refused so.
    func mayRefuse(_ command: Command, with refusal: Refusal) -> Bool {
        switch command {
        case .lockSlots(let id, let lock):
            guard let sitting = model.sittings[id] else { return false }
            let isPast = sitting.archived != nil || sitting.start(sitting.capacities.count) <= now.rawValue
            return refusal == Refusal(.slotPast) && (isPast || lock.until.map { $0 <= now } ?? false)
                || refusal == Refusal(.numbersExhausted, limit: 64) && sitting.locks.count >= 64
        case .unlockSlots(let id, let number):
            guard refusal == Refusal(.state), let sitting = model.sittings[id] else { return false }
            let ended = Int(number) <= sitting.locks.count && number > 0 ? sitting.locks[Int(number) - 1].ended : nil
            return sitting.archived != nil || ended != nil
        case .stopSession(let id, let from, _): return mayRefuseStop(id, from: Int(from), with: refusal)
        case .resumeSession(let id): return mayRefuseResumption(id, with: refusal)
        case .closeRefund(let id, _): return mayRefuseClosing(id, with: refusal)
        case .fileAppeal(let step): return refusal == Refusal(.state) && mayRefuse(appeal: step, isDecision: false)
        case .decideAppeal(let step): return refusal == Refusal(.state) && mayRefuse(appeal: step, isDecision: true)
        default: return false
        }
    }

    private func locked(_ id: SessionID, _ lock: SlotLock, _ event: Event, _ wish: Wish) -> String? {
        guard let sitting = model.sittings[id], sitting.archived == nil else { return "its session is not open" }
        guard Int(lock.number) == sitting.locks.count + 1 else { return "its number was given before" }
        guard lock.slots > 0, lock.range.upperBound <= sitting.capacities.count else { return "it has no such slots" }
        guard sitting.start(sitting.capacities.count) > event.at.rawValue else { return "its session is over" }
        guard lock.until.map({ $0 > event.at }) ?? true else { return "its end has passed" }
        guard case .lockSlots(_, let asked) = wish.other else { return "its write asked for no lock" }
        let most = sitting.capacities[lock.range].max() ?? 0
        let units = asked.units == 0 ? most : min(Int(asked.units), most)
        return Int(lock.units) == units ? nil : "it takes \(lock.units) units where \(units) are to be withdrawn"
    }

    private func unlocked(_ id: SessionID, _ lock: SlotLock) -> String? {
        guard let sitting = model.sittings[id], sitting.archived == nil else { return "its session is not open" }
        guard lock.number > 0, Int(lock.number) <= sitting.locks.count else { return "there is no such lock" }
        let there = sitting.locks[Int(lock.number) - 1]
        return there.lock == lock && there.ended == nil ? nil : "it is another lock, or it ended before"
    }
}

extension NaiveModel {
    /// Whether everything that a command names was there at a position.
    package func knows(_ command: Command, at position: UInt64) -> Bool {
        switch command {
        case .openSessions(let drafts):
            return drafts.allSatisfy { draft in pools.contains { $0.value(at: position)?.code == draft.pool } }
        case .lockSlots(let id, let lock):
            guard let sitting = sittings[id], sitting.opened <= position else { return false }
            return Int(lock.first) < sitting.capacities.count && lock.range.upperBound <= sitting.capacities.count
        case .unlockSlots(let id, let number):
            guard let sitting = sittings[id], number > 0, Int(number) <= sitting.locks.count else { return false }
            return sitting.locks[Int(number) - 1].made <= position
        case .stopSession(let id, let from, _):
            guard let sitting = sittings[id], sitting.opened <= position else { return false }
            return Int(from) < sitting.capacities.count
        case .resumeSession(let id): return sittings[id].map { $0.opened <= position } ?? false
        case .closeRefund(let id, _):
            guard let sitting = sittings[id.session], sitting.archived == nil, id.number > 0 else { return false }
            return Int(id.number) <= sitting.refunds.count && sitting.refunds[Int(id.number) - 1].made <= position
        case .fileAppeal(let step): return knows(step, isDecision: false, at: position)
        case .decideAppeal(let step): return knows(step, isDecision: true, at: position)
        default: return true
        }
    }
}

extension CatalogueDraft {
    fileprivate var count: Int {
        departments.count + resources.count + services.count + pools.count + policies.count + templates.count
            + calendars.count + leaves.count
    }
}
