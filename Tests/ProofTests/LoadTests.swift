import HaoyuanClient
import NIOCore
import NIOPosix
import Server
import Testing
import Wire

@testable import Proof

@Suite struct `A load` {
    /// A thousand bookings of which fifty keys come twice: five slots of a hundred units, asked for by two hundred
    /// patients each.
    private final class Bookings: LoadSource {
        private let patients: [UInt64]
        private let slots: [UInt64]
        private let service: UInt32
        private let perFrame: Int
        private var index = 0
        private(set) var outcome = LoadOutcome()
        private(set) var errors: [HaoyuanError] = []

        init(_ served: LoadedHospital, perFrame: Int) {
            (patients, slots) = (served.patientNumbers, (0..<10).map { served.slotNumber($0) })
            service = served.clinicNumber
            self.perFrame = perFrame
        }

        func next(into payload: inout ByteBuffer) -> LoadRequest? {
            let count = min(perFrame, 1_050 - index)
            guard count > 0 else { return nil }
            for _ in 0..<count {
                var booking = PBBookRequest()
                booking.keyLow = UInt64(index % 1_000) + 1
                booking.patient = patients[index % 200]
                booking.slot = slots[index % 1_000 / 200 * 2]
                booking.service = service
                if perFrame == 1 { payload.writeBooking(booking) } else { payload.writeBatchBooking(booking) }
                index += 1
            }
            return LoadRequest(perFrame == 1 ? .book : .batch, operations: count)
        }

        func answered(_ request: LoadRequest, _ payload: ByteBuffer) throws(ProtocolError) -> LoadOutcome {
            var counted = LoadOutcome()
            if perFrame == 1 {
                counted.count(try PBOutcome(fastPayload: payload))
            } else {
                try PBBatchReply.forEachBooking(in: payload) { counted.count($0) }
            }
            outcome = outcome + counted
            return counted
        }

        func failed(_ request: LoadRequest, _ error: HaoyuanError) { errors.append(error) }
    }

    private func group(_ served: LoadedHospital, perFrame: Int) async throws -> LoadGroup<Bookings> {
        try await LoadGroup(
            on: MultiThreadedEventLoopGroup.singleton.next(), depth: 8, kinds: 1, mark: LoadMark(),
            makeSource: { Bookings(served, perFrame: perFrame) }, asSource: { $0 })
    }

    @Test(arguments: [1, 100], [false, true])
    func `counts what became of every booking, in a closed loop and in an open one`(
        perFrame: Int, isOpen: Bool
    ) async throws {
        try await withHospital { served in
            let group = try await group(served, perFrame: perFrame)
            try await group.connect(3, served.clientConfiguration())
            let frames = (1_050 + perFrame - 1) / perFrame
            let schedule = isOpen ? LoadSchedule(.poisson, perSecond: 1e6, count: frames, seed: 1) : nil
            let figures = try await group.run(schedule, at: .now()) { _ in }
            let seen = try await group.look { $0.outcome }
            try await group.close()
            #expect(figures.outcome == seen)
            #expect(seen.done + seen.refused == 1_050 && seen.failed == 0 && seen.repeated == 50)
            #expect(seen.done >= 500 && seen.done <= 550)
            let kind = figures.kinds[0]
            #expect(kind.requests == UInt64(frames) && kind.latencies.count == UInt64(frames))
            #expect(figures.lateness.count == (isOpen ? UInt64(frames) : 0))
            #expect(figures.moments.reduce(0) { $0 + $1.operations } == 1_050)
            #expect(figures.bytesSent > 1_050 * 20 && figures.bytesReceived > 1_050 * 10)
        }
    }

    @Test func `ends when the schedule does, though the source has more`() async throws {
        try await withHospital { served in
            let group = try await group(served, perFrame: 1)
            try await group.connect(1, served.clientConfiguration())
            let figures = try await group.run(
                LoadSchedule(.constant, perSecond: 1e6, count: 70, seed: 1), at: .now()
            ) { _ in }
            #expect(figures.operations == 70 && figures.requests == 70)
            let rest = try await group.run(nil, at: .now()) { _ in }
            #expect(rest.operations == 980)
            try await group.close()
        }
    }

    @Test func `says what a server does not take`() async throws {
        try await withHospital({ $0.credential = "sesame" }) { served in
            let group = try await group(served, perFrame: 1)
            await #expect {
                try await group.connect(1, served.clientConfiguration())
            } throws: { ($0 as? HaoyuanError)?.code == .unauthenticated }
        }
    }

    @Test func `a batch that is too long fails as a whole, and is counted`() async throws {
        try await withHospital({ $0.limits.batchLength = 64 }) { served in
            let group = try await group(served, perFrame: 100)
            try await group.connect(1, served.clientConfiguration())
            let figures = try await group.run(nil, at: .now()) { _ in }
            #expect(figures.outcome.failed == 1_000 && figures.errors[.batchTooLong]?.count == 10)
            #expect(try await group.look { $0.errors.count } == 10)
            try await group.close()
        }
    }
}

@Suite struct `A schedule of arrivals` {
    @Test func `has the rate that was asked for, whichever way they arrive`() {
        for arrivals in Arrivals.allCases {
            let moments = LoadSchedule(arrivals, perSecond: 10_000, count: 100_000, seed: 7).moments
            let seconds = Double(moments.last ?? 0) / 1e9
            #expect(moments.count == 100_000 && abs(seconds - 10) < 0.2, "\(arrivals): \(seconds)")
            #expect(zip(moments, moments.dropFirst()).allSatisfy { $0 <= $1 })
        }
    }

    @Test func `of many people clumps as chance does, and evenly where it is constant`() {
        // Arrivals in each of 10,000 stretches that have one on average: independent ones leave e⁻¹ of the stretches
        // empty.
        func empty(_ arrivals: Arrivals) -> Int {
            let moments = LoadSchedule(arrivals, perSecond: 1_000, count: 10_000, seed: 3).moments
            return 10_000 - Set(moments.map { ($0 - 1) / 1_000_000 }.filter { $0 < 10_000 }).count
        }
        #expect(abs(Double(empty(.poisson)) / 10_000 - 0.368) < 0.02)
        #expect(empty(.constant) < 10)
    }

    @Test func `follows from its seed`() {
        let one = LoadSchedule(.poisson, perSecond: 50, count: 100, seed: 1).moments
        #expect(one == LoadSchedule(.poisson, perSecond: 50, count: 100, seed: 1).moments)
        #expect(one != LoadSchedule(.poisson, perSecond: 50, count: 100, seed: 2).moments)
    }
}

@Suite struct `A histogram of latencies` {
    @Test(arguments: [(LatencyHistogram(), 1.25), (LatencyHistogram.fine(), 1.008)])
    func `tells percentiles that are never too low and hardly too high`(empty: LatencyHistogram, most: Double) {
        var histogram = empty
        #expect(histogram.percentile(99) == 0)
        for value in 1...1_000 as ClosedRange<UInt64> { histogram.add(value * 1_000) }
        var sum = empty
        sum.add(histogram)
        sum.add(histogram)
        #expect(sum.count == 2_000 && sum.longest == 1_000_000)
        for percent in [1.0, 50, 90, 99, 100] {
            let exact = max(1_000, percent * 10_000)
            let told = Double(sum.percentile(percent))
            #expect(told >= exact && told <= exact * most, "p\(percent): \(told)")
        }
    }

    @Test(arguments: [0, 1, 2, 127, 128, 129, 1 << 20, 1 << 40, .max] as [UInt64])
    func `has a place for every duration`(nanoseconds: UInt64) {
        for empty in [LatencyHistogram(), .fine()] {
            var histogram = empty
            histogram.add(nanoseconds)
            #expect(histogram.percentile(50) == nanoseconds)
            let bucket = histogram.filledBuckets[0]
            #expect(histogram.filledBuckets.count == 1 && bucket.upTo >= nanoseconds && bucket.count == 1)
        }
    }
}
