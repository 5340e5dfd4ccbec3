import Glibc
import Scheduling

/// The machine's own clocks.
package struct SystemClock: EngineClock {
    package init() {}

    /// What passes is CLOCK_BOOTTIME's: it counts while the machine is suspended, so that waking up is no leap.
    package func reading() -> ClockReading {
        let passed = read(CLOCK_BOOTTIME)
        return ClockReading(wall: read(CLOCK_REALTIME), passed: passed)
    }

    package func boot() -> [UInt8] { Self.bootID }

    /// proc_sys_kernel(5): drawn anew at each boot.
    private static let bootID: [UInt8] = {
        let descriptor = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        return [UInt8](unsafeUninitializedCapacity: 64) { buffer, count in
            count = max(0, Glibc.read(descriptor, buffer.baseAddress, buffer.count))
        }
    }()

    package func monotonicNanoseconds() -> UInt64 { UInt64(read(CLOCK_MONOTONIC)) }

    package func sleep(milliseconds: Int64) async throws(CancellationError) {
        do { try await Task.sleep(for: .milliseconds(milliseconds)) } catch { throw CancellationError() }
    }

    /// adjtimex(2), which changes nothing where it is given zeros. False where the system does not have it.
    package func isSynchronised() -> Bool {
        guard let adjtimex = Self.adjtimex else { return false }
        // `struct timex` has 208 bytes on Linux, with room for more; of it the call's own result is enough.
        return withUnsafeTemporaryAllocation(byteCount: 512, alignment: 8) { timex in
            timex.initializeMemory(as: UInt8.self, repeating: 0)
            let state = adjtimex(timex.baseAddress)
            return state >= 0 && state != Self.timeError
        }
    }

    /// TIME_ERROR of `sys/timex.h`: the clock is not synchronised.
    private static let timeError: CInt = 5

    /// Swift's Glibc leaves the header out.
    private static let adjtimex: (@convention(c) (UnsafeMutableRawPointer?) -> CInt)? =
        dlsym(nil, "adjtimex").map { unsafeBitCast($0, to: (@convention(c) (UnsafeMutableRawPointer?) -> CInt).self) }

    /// Within what 64 bits of nanoseconds hold, whatever a clock is set to.
    private func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return min(max(0, Int64(time.tv_sec)), 4_000_000_000) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
