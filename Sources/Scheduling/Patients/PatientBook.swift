/// What the patients of one shard have, so that limits and overlaps can be judged across pools.
///
/// One entry of 32 bytes for each appointment in memory, linked per patient; nothing here says more than the
/// appointments themselves, so a checkpoint does not hold it and recovery derives it from them.
package struct PatientBook: Sendable {
    /// What an appointment means for its patient: when, where, and whether it counts against limits and overlaps.
    package struct Commitment: Hashable, Sendable {
        package var department: DepartmentID
        package var startMinute: UInt32
        package var minutes: UInt16
        package var date: LocalDate

        package init(department: DepartmentID, startMinute: UInt32, minutes: UInt16, date: LocalDate) {
            self.department = department
            self.startMinute = startMinute
            self.minutes = minutes
            self.date = date
        }
    }

    /// A commitment that is judged but no fact yet.
    package struct Claim: Hashable, Sendable {
        package let patient: PatientID
        fileprivate let entry: UInt32
    }

    struct Entry: Sendable {
        var appointment: UInt64  // 0 while it is a claim
        var startMinute: UInt32
        var department: UInt32
        var next: UInt32
        var minutes: UInt16
        var day: UInt16
        var counts: Bool
        var conduct: Conduct

        /// - Parameter appointment: nil for a claim.
        init(
            _ appointment: AppointmentID?, _ commitment: Commitment, next: UInt32, counts: Bool,
            conduct: Conduct = .none
        ) {
            self.appointment = appointment?.rawValue ?? 0
            startMinute = commitment.startMinute
            department = commitment.department.rawValue
            self.next = next
            minutes = commitment.minutes
            day = UInt16(commitment.date.rawValue)
            self.counts = counts
            self.conduct = conduct
        }

        var commitment: Commitment {
            Commitment(
                department: DepartmentID(rawValue: department), startMinute: startMinute, minutes: minutes,
                date: LocalDate(rawValue: Int32(day)))
        }
    }

    /// Patients are dealt to shards by id: this book has those whose id leaves the remainder `shard` when divided by
    /// `stride`.
    private let shard: UInt64
    private let stride: UInt64
    /// First entry of each patient, 0 for none; entries are numbered from 1.
    var heads = ContiguousArray<UInt32>()
    var entries = PagedArray<Entry>()
    private var freeEntry: UInt32 = 0
    private var claimCount = 0
    /// Appointments that ended before the claim they came from was settled here, which one actor's news can do to
    /// another's. Empty whenever no claim is open.
    private var endedEarly: [AppointmentID: (counts: Bool, conduct: Conduct)] = [:]
    /// Of patients who have something: appointments that left memory, the oldest first.
    private var pasts: [PatientID: [PastAppointment]] = [:]
    /// Of patients who ever appealed, in the order of the filings.
    package private(set) var appeals: [PatientID: [Appeal]] = [:]
    /// Appeals that no checkpoint has yet.
    package private(set) var unsavedAppeals: [AppointmentID: PatientID] = [:]

    package init(shard: Int = 0, of stride: Int = 1) {
        precondition(stride >= 1 && (0..<stride).contains(shard), "patients are dealt to the shards 0 to stride - 1")
        self.shard = UInt64(shard)
        self.stride = UInt64(stride)
    }

    // MARK: Deciding

    /// Judges whether the patient may have what is asked for as well.
    /// - Parameter excluding: the appointment that is given up for it, in a move.
    package func decide(
        _ asking: borrowing Asking, patient: PatientID, excluding: AppointmentID? = nil
    ) throws(Refusal) {
        let new = asking.commitment
        var tally = PatientTally()
        forEach(of: patient) { entry in
            tally.add(
                entry.commitment, counts: entry.counts && entry.appointment != excluding?.rawValue, beside: new)
        }
        if asking.policy.readsConduct { tally.conduct = conduct(of: patient, excluding: excluding) }
        try RuleList.judge(asking, tally)
    }

    /// What the patient has, claims included.
    package func holdings(of patient: PatientID) -> PatientHoldings {
        var all: [(commitment: Commitment, counts: Bool)] = []
        forEach(of: patient) { all.append(($0.commitment, $0.counts)) }
        return PatientHoldings(all, conduct(of: patient))
    }

    /// Whether a commitment of the patient is judged and no fact yet, as far as is known here.
    package func hasClaim(_ patient: PatientID) -> Bool {
        guard claimCount > 0 else { return false }
        var hasClaim = false
        forEach(of: patient) { if $0.appointment == 0 { hasClaim = true } }
        return hasClaim
    }

    // MARK: Claims

    /// Judges as `decide` does, and keeps the commitment until its booking is a fact (`settle`) or refused (`release`).
    /// It counts at once.
    package mutating func claim(
        _ asking: borrowing Asking, patient: PatientID, excluding: AppointmentID? = nil
    ) throws(Refusal) -> Claim {
        try decide(asking, patient: patient, excluding: excluding)
        claimCount += 1
        let entry = insert(asking.commitment, patient: patient, appointment: nil, counts: true)
        return Claim(patient: patient, entry: entry)
    }

    package mutating func settle(_ claim: Claim, as appointment: AppointmentID) {
        self[claim.entry].appointment = appointment.rawValue
        if let ended = endedEarly.removeValue(forKey: appointment) {
            self[claim.entry].counts = ended.counts
            self[claim.entry].conduct = ended.conduct
        }
        closeClaim()
    }

    package mutating func release(_ claim: Claim) {
        remove(from: claim.patient) { index, _ in index == claim.entry }
        closeClaim()
    }

    private mutating func closeClaim() {
        precondition(claimCount > 0, "a claim is closed once")
        claimCount -= 1
        if claimCount == 0 { endedEarly.removeAll() }
    }

    // MARK: Evolving

    /// Records an appointment; one that is recorded already is left as it is.
    package mutating func put(
        _ appointment: AppointmentID, patient: PatientID, _ commitment: Commitment, state: AppointmentState
    ) {
        guard entry(of: appointment, patient: patient) == nil else { return }
        _ = insert(commitment, patient: patient, appointment: appointment, counts: state.occupiesSlot)
    }

    /// An appointment reached a state: from now on it counts, or does not.
    package mutating func change(
        _ appointment: AppointmentID, patient: PatientID, to state: AppointmentState, _ conduct: Conduct = .none
    ) {
        guard let entry = entry(of: appointment, patient: patient) else {
            if claimCount > 0, state.isEnded { endedEarly[appointment] = (state.occupiesSlot, conduct) }
            return
        }
        self[entry].counts = state.occupiesSlot
        self[entry].conduct = conduct
    }

    /// Forgets an appointment that went to the history table, but for what rules over longer periods need.
    package mutating func remove(_ appointment: AppointmentID, patient: PatientID, keeping past: PastAppointment? = nil)
    {
        if let past { put(past: past, of: patient) }
        remove(from: patient) { $1.appointment == appointment.rawValue }
    }

    // MARK: Longer periods

    /// Keeps what is left of an appointment; what is kept already stays as it is.
    package mutating func put(past: PastAppointment, of patient: PatientID) {
        guard !(pasts[patient] ?? []).contains(where: { $0.appointment == past.appointment }) else { return }
        pasts[patient, default: []].append(past)
    }

    /// Keeps an appeal in the place of what was known of it.
    package mutating func put(_ appeal: Appeal, isSaved: Bool) {
        if let place = appeals[appeal.patient]?.firstIndex(where: { $0.appointment == appeal.appointment }) {
            appeals[appeal.patient]?[place] = appeal
        } else {
            appeals[appeal.patient, default: []].append(appeal)
        }
        if !isSaved { unsavedAppeals[appeal.appointment] = appeal.patient }
    }

    /// A checkpoint has them.
    package mutating func markAppealsSaved() { unsavedAppeals.removeAll() }

    // MARK: Looking

    /// The patient's appointments in memory, the newest first. Claims are not among them.
    package func appointments(of patient: PatientID) -> [AppointmentID] {
        var found: [AppointmentID] = []
        forEach(of: patient) { entry in
            if entry.appointment != 0 { found.append(AppointmentID(rawValue: entry.appointment)) }
        }
        return found
    }

    /// The patient's no-shows and late cancellations, struck out ones too, the oldest first.
    package func strikes(of patient: PatientID) -> [Strike] {
        var found: [Strike] = []
        for past in pasts[patient] ?? [] where past.conduct != .none { found.append(Strike(past)) }
        forEach(of: patient) { entry in
            if entry.conduct != .none { found.append(Strike(PastAppointment(entry))) }
        }
        return found.sorted { ($0.minute, $0.appointment.rawValue) < ($1.minute, $1.appointment.rawValue) }
    }

    /// What rules over longer periods look at.
    package func conduct(of patient: PatientID, excluding: AppointmentID? = nil) -> PatientConduct {
        var conduct = PatientConduct()
        for past in pasts[patient] ?? [] where past.counts {
            conduct.visits.append(PatientConduct.Visit(department: past.department, date: past.date))
        }
        var hasStrikes = pasts[patient] != nil
        forEach(of: patient) { entry in
            if entry.conduct != .none { hasStrikes = true }
            if entry.counts, entry.appointment != excluding?.rawValue {
                let commitment = entry.commitment
                conduct.visits.append(
                    PatientConduct.Visit(department: commitment.department, date: commitment.date))
            }
        }
        guard hasStrikes else { return conduct }
        let granted = (appeals[patient] ?? []).filter { $0.decision?.granted ?? false }.map(\.appointment)
        conduct.strikes = strikes(of: patient).filter { !granted.contains($0.appointment) }
        return conduct
    }

    /// The patient's appeal about an appointment.
    package func appeal(_ patient: PatientID, _ appointment: AppointmentID) -> Appeal? {
        appeals[patient]?.first { $0.appointment == appointment }
    }

    /// Every appointment with its patient, for the invariants: what it means, and whether it counts.
    /// - Parameter part: which of how many parts of the patients; their order is that of their ids.
    package func forEachAppointment(
        part: Int = 0, of parts: Int = 1, _ body: (PatientID, AppointmentID, Commitment, Bool) -> Void
    ) {
        for local in heads.count * part / parts..<heads.count * (part + 1) / parts {
            var next = heads[local]
            while next != 0 {
                let entry = self[next]
                if entry.appointment != 0 {
                    body(
                        PatientID(rawValue: UInt64(local) * stride + shard), AppointmentID(rawValue: entry.appointment),
                        entry.commitment, entry.counts)
                }
                next = entry.next
            }
        }
    }

    /// Whether just this is what is here under the appointment.
    func has(
        _ appointment: AppointmentID, patient: PatientID, _ commitment: Commitment, counts: Bool, _ conduct: Conduct
    ) -> Bool {
        guard let number = entry(of: appointment, patient: patient) else { return false }
        let entry = self[number]
        return entry.counts == counts && entry.commitment == commitment && entry.conduct == conduct
    }

    // MARK: Inside

    /// The entry of a number.
    private subscript(number: UInt32) -> Entry {
        get { entries[Int(number) - 1] }
        _modify { yield &entries[Int(number) - 1] }
    }

    private func local(_ patient: PatientID) -> Int {
        precondition(patient.rawValue % stride == shard, "a patient is judged by its own shard")
        return Int(patient.rawValue / stride)
    }

    private func forEach(of patient: PatientID, _ body: (borrowing Entry) -> Void) {
        let local = local(patient)
        var next = local < heads.count ? heads[local] : 0
        while next != 0 {
            body(self[next])
            next = self[next].next
        }
    }

    private func entry(of appointment: AppointmentID, patient: PatientID) -> UInt32? {
        let local = local(patient)
        var next = local < heads.count ? heads[local] : 0
        while next != 0 {
            if self[next].appointment == appointment.rawValue { return next }
            next = self[next].next
        }
        return nil
    }

    private mutating func insert(
        _ commitment: Commitment, patient: PatientID, appointment: AppointmentID?, counts: Bool
    ) -> UInt32 {
        let local = local(patient)
        while heads.count <= local { heads.append(0) }
        let entry = Entry(appointment, commitment, next: heads[local], counts: counts)
        if freeEntry != 0 {
            heads[local] = freeEntry
            freeEntry = self[freeEntry].next
            self[heads[local]] = entry
        } else {
            entries.append(entry)
            heads[local] = UInt32(entries.count)
        }
        return heads[local]
    }

    private mutating func remove(from patient: PatientID, where matches: (UInt32, borrowing Entry) -> Bool) {
        let local = local(patient)
        var previous: UInt32 = 0
        var next = local < heads.count ? heads[local] : 0
        while next != 0 {
            let after = self[next].next
            if matches(next, self[next]) {
                if previous == 0 { heads[local] = after } else { self[previous].next = after }
                self[next].next = freeEntry
                freeEntry = next
                return
            }
            previous = next
            next = after
        }
    }
}

extension PastAppointment {
    init(_ entry: borrowing PatientBook.Entry) {
        let commitment = entry.commitment
        self.init(
            appointment: AppointmentID(rawValue: entry.appointment), department: commitment.department,
            minute: commitment.startMinute, date: commitment.date, counts: entry.counts, conduct: entry.conduct)
    }
}

extension Strike {
    init(_ past: PastAppointment) {
        self.init(
            appointment: past.appointment, department: past.department, minute: past.minute, conduct: past.conduct)
    }
}

extension PatientBook.Commitment {
    /// What these slots of a session mean for a patient.
    package init(_ times: SessionTimes, slot: UInt16, span: UInt8, department: DepartmentID) {
        self.init(
            department: department, startMinute: times.startMinute(ofSlot: slot),
            minutes: UInt16(span) * times.slotMinutes, date: times.date(ofSlot: slot))
    }
}
