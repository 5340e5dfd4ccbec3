import HaoyuanClient
import Wire

/// What the server said yes to, kept by the load: the audit holds the folder against it.
struct BenchLedger: Sendable {
    /// An appointment and the state that an acknowledged write led to.
    struct Entry: Sendable {
        var appointment: UInt64
        var patient: UInt64
        var state: PBAppointmentState
    }

    /// In the order of the answers; of one appointment the last counts.
    private(set) var entries: ContiguousArray<Entry> = []
    /// Refusals by their rule.
    private(set) var refusals: [PBRule: Int] = [:]
    /// Writes that were not answered and may have been applied, and the appointments whose state they leave open.
    private(set) var doubtful = 0
    private(set) var unsure: Set<UInt64> = []
    /// Answers that cannot be right, a sentence each.
    private(set) var problems: [String] = []
    /// Answers that were looked at for that.
    private(set) var looked = 0

    private static let mostProblems = 100

    mutating func acknowledged(_ appointment: UInt64, patient: UInt64, _ state: PBAppointmentState) {
        entries.append(Entry(appointment: appointment, patient: patient, state: state))
    }

    /// Makes room ahead for so many more, so that the load does not stand still to copy what it has.
    mutating func makeRoom(for entries: Int) { self.entries.reserveCapacity(self.entries.count + entries) }

    mutating func refused(_ rule: PBRule) { refusals[rule, default: 0] += 1 }

    /// A write failed.
    /// - Parameter appointment: the one it was to change, where it was no booking.
    mutating func failed(_ error: HaoyuanError, operations: Int, changing appointment: UInt64? = nil) {
        guard error.mayHaveBeenApplied else { return }
        doubtful += operations
        if let appointment { unsure.insert(appointment) }
    }

    /// Looks at an answer that a rule of the protocol binds.
    mutating func expect(_ holds: Bool, otherwise problem: @autoclosure () -> String) {
        looked += 1
        if !holds, problems.count < Self.mostProblems { problems.append(problem()) }
    }

    /// Adds what another event loop has; no appointment is in both.
    mutating func add(_ other: BenchLedger) {
        entries += other.entries
        for (rule, count) in other.refusals { refusals[rule, default: 0] += count }
        doubtful += other.doubtful
        unsure.formUnion(other.unsure)
        problems += other.problems
        looked += other.looked
    }
}

/// What a measurement needs of a load's source beyond requests: its task for a pass, and what became of it.
protocol BenchSource: LoadSource {
    /// - Parameters:
    ///   - pass: counts from 0; each has a day of its own.
    ///   - range: of the pass's operations, those of this source.
    func prepare(pass: Int, _ range: Range<Int>)

    var ledger: BenchLedger { get }
}
