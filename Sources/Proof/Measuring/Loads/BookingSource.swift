import HaoyuanClient
import NIOCore
import Wire

/// Bookings from a list, one by one or many to a frame.
final class BookingSource: BenchSource {
    private(set) var ledger = BenchLedger()
    private let site: BenchSite
    private let perFrame: Int
    private let keys: UInt64
    private let seed: UInt64
    private var booking = PBBookRequest()
    private var pass = 0
    private var range = 0..<0

    /// - Parameter keys: high half of the run's keys.
    init(_ site: BenchSite, perFrame: Int, keys: UInt64, seed: UInt64) {
        precondition((1...WireLimits.batchLength).contains(perFrame), "a frame carries 1 to 8,192 bookings")
        self.site = site
        self.perFrame = perFrame
        self.keys = keys
        self.seed = seed
        booking.service = site.service
        booking.keyHigh = keys
    }

    func prepare(pass: Int, _ range: Range<Int>) {
        self.pass = pass
        self.range = range
        ledger.makeRoom(for: range.count)
    }

    /// The slot that a person of a storm wants.
    static func wish(ofPerson person: Int, among slots: Int, seed: UInt64) -> Int {
        var random = LoadRandom(seed: seed &+ UInt64(person))
        return random.below(slots)
    }

    func next(into payload: inout ByteBuffer) -> LoadRequest? {
        guard let first = range.first else { return nil }
        let count = min(perFrame, range.count)
        for index in first..<first + count {
            fill(index)
            if perFrame == 1 { payload.writeBooking(booking) } else { payload.writeBatchBooking(booking) }
        }
        range = first + count..<range.upperBound
        return LoadRequest(
            perFrame == 1 ? .book : .batch, kind: BenchKind.book.rawValue, operations: count, tag: UInt64(first))
    }

    private func fill(_ index: Int) {
        let patient = index % site.patients.count
        booking.keyLow = UInt64(pass) << 40 | UInt64(index)
        booking.patient = site.patients[patient]
        if site.scarce.isEmpty {
            booking.slot = site.slot(ofPatient: patient, day: pass)
        } else {
            booking.slot = site.scarce[Self.wish(ofPerson: index, among: site.scarce.count, seed: seed)].slot
        }
    }

    func answered(_ request: LoadRequest, _ payload: ByteBuffer) throws(ProtocolError) -> LoadOutcome {
        var outcome = LoadOutcome()
        var index = Int(request.tag)
        if request.method == .book {
            count(try PBOutcome(fastPayload: payload), index, &outcome)
        } else {
            try PBBatchReply.forEachBooking(in: payload) {
                count($0, index, &outcome)
                index += 1
            }
        }
        return outcome
    }

    private func count(_ answer: PBOutcome, _ index: Int, _ outcome: inout LoadOutcome) {
        outcome.count(answer)
        switch answer.result {
        case .done:
            ledger.acknowledged(
                answer.appointment, patient: site.patients[index % site.patients.count], answer.state)
        case .refused: ledger.refused(answer.rule)
        case .failed, .unspecified, .UNRECOGNIZED: break
        }
    }

    func failed(_ request: LoadRequest, _ error: HaoyuanError) {
        ledger.failed(error, operations: request.operations)
    }
}
