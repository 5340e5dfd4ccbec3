import Scheduling

/// Owns some patients: judges limits and overlaps across all pools, and keeps a commitment while its booking is under
/// way.
actor PatientShard {
    private var book: PatientBook

    init(_ book: PatientBook) { self.book = book }

    struct ClaimRequest: Sendable {
        /// The write's place in its batch.
        var index: Int
        var patient: PatientID
        var commitment: PatientBook.Commitment
        var policy: Policy
    }

    enum ClaimResult: Sendable {
        case claimed(PatientBook.Claim)
        case refused(Refusal)
    }

    /// Judges independent commitments, each in the light of those before it.
    func claim(_ requests: [ClaimRequest]) -> [ClaimResult] {
        requests.map { request in
            do throws(Refusal) {
                return .claimed(try book.claim(request.commitment, patient: request.patient, policy: request.policy))
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
                claims.append(
                    try book.claim(
                        request.commitment, patient: request.patient, policy: request.policy, excluding: excluding))
            } catch {
                for claim in claims { book.release(claim) }
                return .failure(RefusedItem(refusal: error, item: request.index))
            }
        }
        return .success(claims)
    }

    enum Settlement: Sendable {
        case made(PatientBook.Claim, AppointmentID)
        case refused(PatientBook.Claim)
        case changed(AppointmentID, PatientID, AppointmentState)
        case archived(AppointmentID, PatientID)
        /// An appointment that somebody else decided.
        case found(AppointmentID, PatientID, PatientBook.Commitment, AppointmentState)

        var patient: PatientID {
            switch self {
            case .made(let claim, _), .refused(let claim): claim.patient
            case .changed(_, let patient, _), .archived(_, let patient), .found(_, let patient, _, _): patient
            }
        }
    }

    /// Takes note of what became of claims and appointments.
    func settle(_ settlements: [Settlement]) {
        for settlement in settlements {
            switch settlement {
            case .made(let claim, let appointment): book.settle(claim, as: appointment)
            case .refused(let claim): book.release(claim)
            case .changed(let appointment, let patient, let state):
                book.change(appointment, patient: patient, to: state)
            case .found(let appointment, let patient, let commitment, let state):
                book.put(appointment, patient: patient, commitment, state: state)
            case .archived(let appointment, let patient): book.remove(appointment, patient: patient)
            }
        }
    }

    func appointments(of patient: PatientID) -> [AppointmentID] { book.appointments(of: patient) }

    /// A copy for the invariants.
    func snapshot() -> PatientBook { book }
}

/// The item of a joint booking that was refused, and why.
struct RefusedItem: Error, Sendable {
    var refusal: Refusal
    var item: Int
}
