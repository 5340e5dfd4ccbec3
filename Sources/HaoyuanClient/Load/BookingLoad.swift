package import NIOCore
package import Wire

/// Bookings one by one, or many to a frame: the engine's main job, counted.
package struct BookingLoad: LoadSource {
    /// What became of the bookings.
    package struct Summary: Sendable {
        package var done: UInt64 = 0
        package var refused: UInt64 = 0
        /// Failed, each or with their frame.
        package var failed: UInt64 = 0
        /// Answered as repetitions of an earlier try.
        package var repeated: UInt64 = 0
        /// From sending a frame to its answer, one for each frame.
        package var latencies = LatencyHistogram()
        /// The first error that came, where one did.
        package var firstError: HaoyuanError?

        package init() {}
    }

    package private(set) var summary = Summary()
    private let perFrame: Int
    private let nextBooking: (inout PBBookRequest) -> Bool
    private var booking = PBBookRequest()

    /// - Parameters:
    ///   - perFrame: 1 for frames of one booking; more for batches, at most `WireLimits.batchLength`.
    ///   - next: Fills in the next booking, of which the last one's values stand; false when there are no more. The
    ///     operator stays empty or has at most 40 bytes.
    package init(perFrame: Int, next: @escaping (inout PBBookRequest) -> Bool) {
        precondition((1...WireLimits.batchLength).contains(perFrame), "a frame carries 1 to 8,192 bookings")
        self.perFrame = perFrame
        nextBooking = next
    }

    package mutating func next(into payload: inout ByteBuffer) -> (method: Wire.Method, operations: Int)? {
        guard perFrame > 1 else {
            guard nextBooking(&booking) else { return nil }
            payload.writeBooking(booking)
            return (.book, 1)
        }
        var count = 0
        while count < perFrame, nextBooking(&booking) {
            payload.writeBatchBooking(booking)
            count += 1
        }
        return count == 0 ? nil : (.batch, count)
    }

    package mutating func answered(
        _ payload: ByteBuffer, method: Wire.Method, operations: Int, afterNanoseconds nanoseconds: UInt64
    ) {
        summary.latencies.add(nanoseconds)
        do throws(ProtocolError) {
            if method == .book {
                count(try PBOutcome(fastPayload: payload))
            } else {
                try PBBatchReply.forEachBooking(in: payload) { count($0) }
            }
        } catch {
            failed(HaoyuanError(error), operations: operations)
        }
    }

    package mutating func failed(_ error: HaoyuanError, operations: Int) {
        summary.failed += UInt64(operations)
        if summary.firstError == nil { summary.firstError = error }
    }

    private mutating func count(_ outcome: PBOutcome) {
        switch outcome.result {
        case .done: summary.done += 1
        case .refused: summary.refused += 1
        case .failed, .unspecified, .UNRECOGNIZED: summary.failed += 1
        }
        if outcome.again { summary.repeated += 1 }
    }
}
