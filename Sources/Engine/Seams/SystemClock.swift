import Glibc
package import Scheduling

/// The machine's own clocks.
package struct SystemClock: EngineClock {
    package init() {}

    package func now() -> Instant {
        let time = read(CLOCK_REALTIME)
        return Instant(rawValue: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
    }

    package func monotonicNanoseconds() -> UInt64 {
        let time = read(CLOCK_MONOTONIC)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    package func sleep(milliseconds: Int64) async throws(CancellationError) {
        do { try await Task.sleep(for: .milliseconds(milliseconds)) } catch { throw CancellationError() }
    }

    private func read(_ clock: clockid_t) -> timespec {
        var time = timespec()
        clock_gettime(clock, &time)
        return time
    }
}
