import HaoyuanClient

/// One caller of a drill's load: it has patients of its own, asks for one thing at a time, and remembers what it was
/// told. So what each of its appointments must look like is known exactly, but for the one request whose answer did not
/// come.
struct DrillWorker: Sendable {
    /// An appointment as its last acknowledged write left it.
    struct Expected: Sendable {
        var patient: PatientID
        var slot: SlotID
        var state: AppointmentState
        var version: UInt32
        /// While it is held.
        var holdUntil: Instant?
    }

    /// A write that was answered.
    struct Answered: Sendable {
        var request: DrillRequest
        var answer: DrillAnswer
        var at: ContinuousClock.Instant
        /// The server said that it had given this answer before: an earlier try had been carried out.
        var isRepetition: Bool
        /// The caller had been told of an earlier try that it may have been carried out.
        var wasInDoubt: Bool
    }

    /// What a worker wants to do, as weights.
    struct Habits: Sendable {
        var book: UInt64 = 10
        var hold: UInt64 = 3
        var together: UInt64 = 1
        var confirm: UInt64 = 3
        var cancel: UInt64 = 3
        var move: UInt64 = 2
    }

    let number: Int
    private(set) var hospital: DrillHospital
    private let patients: ArraySlice<PatientID>
    private let keyHigh: UInt64
    private let habits: Habits
    private var random: SeededGenerator
    private var asked: UInt64 = 0
    /// Held or booked appointments, to change or to move.
    private(set) var live: [AppointmentID] = []

    /// Every appointment it was told of.
    private(set) var expected: [AppointmentID: Expected] = [:]
    /// Every write that was answered, with the answer; the newest last.
    private(set) var answered: [Answered] = []
    /// The write whose answer did not come: it may have been carried out.
    private(set) var inDoubt: DrillRequest?
    /// Writes that certainly were not carried out, by the error's name.
    private(set) var rejected: [String: Int] = [:]

    /// - Parameters:
    ///   - number: from 0, of `count` workers that share the hospital's patients.
    ///   - seed: what it does follows from it, and from the answers.
    init(_ number: Int, of count: Int, in hospital: DrillHospital, seed: UInt64, habits: Habits = Habits()) {
        self.number = number
        self.hospital = hospital
        self.habits = habits
        let share = hospital.patients.count
        patients = hospital.patients[(share * number / count)..<(share * (number + 1) / count)]
        precondition(!patients.isEmpty, "every worker has a patient")
        random = SeededGenerator(seed: seed, part: UInt64(number) + 1)
        keyHigh = random.next() | 1
    }

    /// What it asks next: the write in doubt, as any caller must, or something new.
    mutating func next() -> DrillRequest {
        if let inDoubt { return inDoubt }
        return request(action())
    }

    /// Something new, under a key of its own.
    mutating func request(_ action: DrillRequest.Action) -> DrillRequest {
        asked += 1
        return DrillRequest(key: IdempotencyKey(high: keyHigh, low: asked), action: action)
    }

    /// The same patients, other sessions.
    mutating func adopt(_ hospital: DrillHospital) {
        self.hospital = hospital
        live = []
    }

    /// An answer came.
    mutating func note(_ answer: DrillAnswer, to request: DrillRequest, isRepetition: Bool = false) {
        let wasInDoubt = inDoubt == request
        if wasInDoubt { inDoubt = nil }
        answered.append(
            Answered(request: request, answer: answer, at: .now, isRepetition: isRepetition, wasInDoubt: wasInDoubt))
        guard case .done(let appointments, let state, let version, let holdUntil, _) = answer else { return }
        let left = state == .held ? holdUntil : nil
        switch request.action {
        case .book(let patient, let slot, _): put(appointments, patient, [slot], state, left)
        case .together(let patient, let slots): put(appointments, patient, slots, state, left)
        case .change(let appointment, _):
            expected[appointment]?.state = state
            expected[appointment]?.version = version
            expected[appointment]?.holdUntil = left
            if state != .held, state != .booked { live.removeAll { $0 == appointment } }
        case .move(let appointment, let slot):
            guard let old = expected[appointment] else { break }
            expected[appointment]?.state = .moved
            expected[appointment]?.version = old.version + 1
            expected[appointment]?.holdUntil = nil
            live.removeAll { $0 == appointment }
            put(appointments, old.patient, [slot], state, left)
        }
    }

    /// An error came instead of an answer.
    mutating func note(_ error: HaoyuanError, to request: DrillRequest) {
        if error.code == .notFound {
            // The worker that looked for the appointment had looked for the key before: no try was carried out, or it
            // is undone.
            if inDoubt == request { inDoubt = nil }
            rejected["\(error.code)", default: 0] += 1
        } else if error.mayHaveBeenApplied || inDoubt == request {
            inDoubt = request
        } else {
            rejected["\(error.code)", default: 0] += 1
        }
    }

    /// Forgets answers but for a few, and appointments that have ended: for loads that go on for days.
    mutating func forget(keeping count: Int) {
        if answered.count > count { answered.removeFirst(answered.count - count) }
        expected = expected.filter { $0.value.state == .held || $0.value.state == .booked }
    }

    private mutating func put(
        _ appointments: [AppointmentID], _ patient: PatientID, _ slots: [SlotID], _ state: AppointmentState,
        _ holdUntil: Instant?
    ) {
        for (appointment, slot) in zip(appointments, slots) {
            expected[appointment] = Expected(
                patient: patient, slot: slot, state: state, version: 1, holdUntil: holdUntil)
            live.append(appointment)
        }
    }

    private mutating func action() -> DrillRequest.Action {
        let sum = habits.book + habits.hold + habits.together + habits.confirm + habits.cancel + habits.move
        var draw = random.next() % sum
        func falls(_ weight: UInt64) -> Bool {
            if draw < weight { return true }
            draw -= weight
            return false
        }
        if falls(habits.book) { return .book(patient(), slot(), hold: false) }
        if falls(habits.hold) { return .book(patient(), slot(), hold: true) }
        if falls(habits.together) { return .together(patient(), [slot(), slot()]) }
        guard let appointment = live.randomElement(using: &random) else { return .book(patient(), slot(), hold: false) }
        if falls(habits.confirm) { return .change(appointment, .confirm) }
        return falls(habits.cancel) ? .change(appointment, .cancel) : .move(appointment, to: slot())
    }

    private mutating func patient() -> PatientID { patients[Int.random(in: patients.indices, using: &random)] }

    private mutating func slot() -> SlotID {
        let session = hospital.sessions[Int.random(in: hospital.sessions.indices, using: &random)]
        return hospital.slot(Int.random(in: 0..<hospital.size.slotsPerSession, using: &random), of: session.id)
    }
}
