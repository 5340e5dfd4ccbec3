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

    struct ClaimRequest: Sendable {
        /// The write's place in its batch, or the item's in its write.
        var index: Int
        var asking: Asking

        /// A reservation always names its patient; only a search may not.
        var patient: PatientID {
            guard let patient = asking.patient else { preconditionFailure("a reservation names its patient") }
            return patient
        }
    }

    enum ClaimResult: Sendable {
        case claimed(PatientBook.Claim)
        case refused(Refusal)
    }

    /// Judges independent commitments, each in the light of those before it.
    func claim(_ requests: [ClaimRequest]) -> [ClaimResult] {
        requests.map { request in
            do throws(Refusal) {
                return .claimed(try book.claim(request.asking, patient: request.patient))
            } catch {
                return .refused(error)
            }
        }
    }

    /// Judges several commitments of one patient: all are claimed, or none and the index of the first refused one is
    /// told.
    func claimTogether(
        _ requests: [ClaimRequest], excluding: AppointmentID? = nil
    ) -> Result<[PatientBook.Claim], RefusedItem> {
        var claims: [PatientBook.Claim] = []
        for request in requests {
            do throws(Refusal) {
                claims.append(try book.claim(request.asking, patient: request.patient, excluding: excluding))
            } catch {
                for claim in claims { book.release(claim) }
                return .failure(RefusedItem(refusal: error, item: request.index))
            }
        }
        return .success(claims)
    }

    enum Settlement: Sendable {
        case made(PatientBook.Claim, AppointmentID, Position)
        case refused(PatientBook.Claim)
        case changed(AppointmentID, PatientID, AppointmentState, Position)
        case archived(AppointmentID, PatientID)
        /// An appointment that somebody else decided.
        case found(AppointmentID, PatientID, PatientBook.Commitment, AppointmentState, Position)

        var patient: PatientID {
            switch self {
            case .made(let claim, _, _), .refused(let claim): claim.patient
            case .changed(_, let patient, _, _), .archived(_, let patient), .found(_, let patient, _, _, _): patient
            }
        }

        /// Where its fact stands; nil where there is none, or it is settled.
        fileprivate var position: Position? {
            switch self {
            case .made(_, _, let position), .changed(_, _, _, let position), .found(_, _, _, _, let position): position
            case .refused, .archived: nil
            }
        }

        /// What a fact of one appointment, decided here, means for its patient; nil where it means nothing.
        init?(_ fact: Fact, _ claim: PatientBook.Claim?, at position: Position) {
            switch (fact, claim) {
            case (.booked(let taken), let claim?): self = .made(claim, taken.appointment, position)
            case (.changed(let change), _) where !change.state.occupiesSlot:
                self = .changed(change.appointment, change.patient, change.state, position)
            default: return nil
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
            case .changed(let appointment, let patient, let state, _):
                book.change(appointment, patient: patient, to: state)
            case .found(let appointment, let patient, let commitment, let state, _):
                book.put(appointment, patient: patient, commitment, state: state)
            case .archived(let appointment, let patient): book.remove(appointment, patient: patient)
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
