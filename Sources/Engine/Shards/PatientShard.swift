import Journal
import Scheduling

/// Owns some patients: judges limits and overlaps across all pools, and keeps a commitment while its booking is under
/// way.
actor PatientShard {
    private var book: PatientBook
    private let journal: Journal
    /// By patient: what a search for a patient waits for.
    private var unsettled: UnsettledFacts

    init(_ book: PatientBook, journal: Journal, unsettled: UnsettledFacts) {
        self.book = book
        self.journal = journal
        self.unsettled = unsettled
    }

    enum ClaimResult: Sendable {
        case claimed(PatientBook.Claim)
        case refused(Refusal)
    }

    /// Judges independent commitments, each in the light of those before it.
    /// - Parameter places: of the orders whose patients are this shard's.
    func claim(_ orders: [PoolShard.Order], at places: [Int]) -> [ClaimResult] {
        places.map { place in
            do throws(Refusal) {
                return .claimed(try book.claim(orders[place].asking, patient: patient(orders[place].asking)))
            } catch {
                return .refused(error)
            }
        }
    }

    /// Judges several commitments of one patient: all are claimed, or none and the index of the first refused one is
    /// told.
    func claimTogether(
        _ items: [Asking], excluding: AppointmentID? = nil
    ) -> Result<[PatientBook.Claim], RefusedItem> {
        var claims: [PatientBook.Claim] = []
        for (item, asking) in items.enumerated() {
            do throws(Refusal) {
                claims.append(try book.claim(asking, patient: patient(asking), excluding: excluding))
            } catch {
                for claim in claims { book.release(claim) }
                return .failure(RefusedItem(refusal: error, item: item))
            }
        }
        return .success(claims)
    }

    /// A reservation always names its patient; only a search may not.
    private func patient(_ asking: borrowing Asking) -> PatientID {
        guard let patient = asking.patient else { preconditionFailure("a reservation names its patient") }
        return patient
    }

    enum Settlement: Sendable {
        case made(PatientBook.Claim, AppointmentID, Position)
        case refused(PatientBook.Claim)
        case changed(AppointmentID, PatientID, AppointmentState, Conduct = .none, Position)
        /// With what rules over longer periods need of it; nil where that is nothing.
        case archived(AppointmentID, PatientID, PastAppointment?)
        /// An appointment that somebody else decided.
        case found(AppointmentID, PatientID, PatientBook.Commitment, AppointmentState, Position)

        var patient: PatientID {
            switch self {
            case .made(let claim, _, _), .refused(let claim): claim.patient
            case .changed(_, let patient, _, _, _), .archived(_, let patient, _), .found(_, let patient, _, _, _):
                patient
            }
        }

        /// Where its fact stands; nil where there is none, or it is settled.
        fileprivate var position: Position? {
            switch self {
            case .made(_, _, let position), .changed(_, _, _, _, let position), .found(_, _, _, _, let position):
                position
            case .refused, .archived: nil
            }
        }

        /// What became of an order, as it concerns a patient; nil where it concerns none.
        init?(_ result: PoolShard.Result, _ claim: PatientBook.Claim?) {
            switch (result.outcome, claim, result.changed) {
            case (.done(let receipt), let claim?, _): self = .made(claim, receipt.appointment, result.position)
            case (_, let claim?, _): self = .refused(claim)
            case (.done(let receipt), nil, let patient?) where receipt.state.isEnded:
                self = .changed(receipt.appointment, patient, receipt.state, result.conduct, result.position)
            default: return nil
            }
        }

        /// What a fact at this position ended, of whichever patients.
        static func ended(by fact: Fact, at position: Position) -> [Settlement] {
            switch fact {
            case .changed(let change) where change.state.isEnded:
                [
                    .changed(
                        change.appointment, change.patient, change.state,
                        change.state == .noShow ? .noShow : .none, position)
                ]
            case .sessionStopped(let session, let stop):
                stop.appointments.map {
                    .changed(AppointmentID(session: session, number: $0.number), $0.patient, .stopped, .none, position)
                }
            default: []
            }
        }
    }

    /// Takes note of what became of claims and appointments.
    func settle(_ settlements: [Settlement]) {
        for settlement in settlements {
            if let position = settlement.position {
                unsettled.note(settlement.patient.rawValue, at: position, settled: journal.settledPosition)
            }
            switch settlement {
            case .made(let claim, let appointment, _): book.settle(claim, as: appointment)
            case .refused(let claim): book.release(claim)
            case .changed(let appointment, let patient, let state, let conduct, _):
                book.change(appointment, patient: patient, to: state, conduct)
            case .found(let appointment, let patient, let commitment, let state, _):
                book.put(appointment, patient: patient, commitment, state: state)
            case .archived(let appointment, let patient, let past):
                book.remove(appointment, patient: patient, keeping: past)
            }
        }
    }

    func appointments(of patient: PatientID) -> [AppointmentID] { book.appointments(of: patient) }

    /// What the patient has, and the last fact of that which may not be told yet. A claim may be a fact by now, so with
    /// one that is any fact there is.
    func holdings(of patient: PatientID) -> (PatientHoldings, shown: Position) {
        let holdings = book.holdings(of: patient)
        let shown = unsettled.last(after: journal.settledPosition) { $0 == patient.rawValue }
        return (holdings, book.hasClaim(patient) ? journal.lastPosition : shown)
    }

    // MARK: Appeals

    enum AppealResult: Sendable {
        case answered(Outcome, Position)
        case failed(EngineError)
    }

    /// Lets a write about an appeal become a fact or a refusal, and hands it to the journal in the same step.
    func carryOut(_ command: Command, for asker: PoolShard.Asker) -> AppealResult {
        let fact: Fact
        switch book.decide(command, by: asker.origin) {
        case .fact(let decided): fact = decided
        case .refused(let refusal): fact = .refused(refusal, item: 0, patient: asker.patient)
        case .notFound(let sentence): return .failed(EngineError(.notFound, sentence))
        case .invalid(let sentence): return .failed(EngineError(.invalidArgument, sentence))
        }
        var events = EventBatch()
        events.append(Event(at: asker.now, by: asker.origin, answer: asker.answered, fact: fact))
        let position = journal.append(events.records)
        let isSound = book.evolve(fact, by: asker.origin, at: asker.now)
        precondition(isSound, "what was decided here can become true here")
        note(fact, at: position)
        return .answered(fact.outcome, position)
    }

    /// Takes over what a primary's patients did; tells which facts could not follow on what is here.
    func apply(_ events: [PositionedEvent]) -> [Violation] {
        events.compactMap { event in
            let isSound = book.evolve(event.event.fact, by: event.event.by, at: event.event.at)
            note(event.event.fact, at: event.position)
            return isSound
                ? nil : Violation("record \(event.position): its fact does not follow on what was there")
        }
    }

    private func note(_ fact: Fact, at position: Position) {
        switch fact {
        case .appealFiled(let step), .appealDecided(let step):
            unsettled.note(step.patient.rawValue, at: position, settled: journal.settledPosition)
        default: break
        }
    }

    /// Writes the appeals that no checkpoint has yet.
    func checkpoint() {
        let unsaved = book.unsavedAppeals.sorted { $0.key.rawValue < $1.key.rawValue }
        guard !unsaved.isEmpty else { return }
        journal.write(unsaved.compactMap { book.appeal($1, $0).map(ConductTable.write) })
        book.markAppealsSaved()
    }

    /// A patient's strikes and appeals, and the last fact of them that may not be told yet.
    func conduct(of patient: PatientID) -> (strikes: [Strike], appeals: [Appeal], shown: Position) {
        let shown = unsettled.last(after: journal.settledPosition) { $0 == patient.rawValue }
        return (book.strikes(of: patient), book.appeals[patient] ?? [], shown)
    }

    /// Appeals that wait for their decision, of all patients here, and the last fact that may not be told yet.
    func openAppeals() -> ([Appeal], shown: Position) {
        let shown = unsettled.last(after: journal.settledPosition) { _ in true }
        return (book.appeals.values.flatMap { $0 }.filter { $0.decision == nil }, shown)
    }

    /// A copy for the invariants.
    func snapshot() -> PatientBook { book }
}

/// The item of a joint booking that was refused, and why.
struct RefusedItem: Error, Sendable {
    var refusal: Refusal
    var item: Int
    /// Where the refusal stands; nil where it is not in the journal yet.
    var position: Position?
}
