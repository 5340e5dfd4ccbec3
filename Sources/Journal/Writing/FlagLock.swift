import Glibc

/// A lock with a flag. One thread at a time may sleep until the flag is raised, for a bounded time if it likes.
///
/// The bound runs on the monotonic clock: a second stays a second when the machine's time is set meanwhile.
///
/// `@unchecked Sendable`: the pointers are constants, to what threads may share by its nature; the flag is touched only
/// by the holder of the lock.
final class FlagLock: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let raised = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var isRaised = false

    /// Nobody has it, and the flag is down.
    init() {
        mutex.initialize(to: pthread_mutex_t())
        raised.initialize(to: pthread_cond_t())
        var attributes = pthread_condattr_t()
        Self.demand(pthread_mutex_init(mutex, nil))
        Self.demand(pthread_condattr_init(&attributes))
        Self.demand(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC))
        Self.demand(pthread_cond_init(raised, &attributes))
        Self.demand(pthread_condattr_destroy(&attributes))
    }

    deinit {
        Self.demand(pthread_cond_destroy(raised))
        Self.demand(pthread_mutex_destroy(mutex))
        raised.deallocate()
        mutex.deallocate()
    }

    /// Waits until nobody has the lock, and takes it.
    func lock() { Self.demand(pthread_mutex_lock(mutex)) }

    /// Lets go of it; the flag stays as it is.
    func unlock() { Self.demand(pthread_mutex_unlock(mutex)) }

    /// Raises or lowers the flag, wakes who sleeps until it is raised, and lets go of the lock.
    func unlock(raising flag: Bool) {
        let wakes = flag && !isRaised
        isRaised = flag
        if wakes { Self.demand(pthread_cond_signal(raised)) }
        unlock()
    }

    /// Lets go of the lock until the flag is raised, and has it again on return. Called with the lock, by one thread at
    /// a time.
    /// - Parameter seconds: how long at most; `nil` for as long as it takes.
    /// - Returns: Whether the flag is raised.
    func waitUntilRaised(atMost seconds: Double?) -> Bool {
        guard let seconds else {
            while !isRaised { Self.demand(pthread_cond_wait(raised, mutex)) }
            return true
        }
        var deadline = Self.fromNow(seconds)
        while !isRaised {
            let status = pthread_cond_timedwait(raised, mutex, &deadline)
            if status == ETIMEDOUT { break }
            Self.demand(status)
        }
        return isRaised
    }

    private static func fromNow(_ seconds: Double) -> timespec {
        var time = timespec()
        demand(clock_gettime(CLOCK_MONOTONIC, &time))
        let nanoseconds = time.tv_nsec + Int(seconds * 1e9)
        return timespec(tv_sec: time.tv_sec + nanoseconds / 1_000_000_000, tv_nsec: nanoseconds % 1_000_000_000)
    }

    private static func demand(_ status: Int32) {
        precondition(status == 0, "A lock was used as it may not be: \(status).")
    }
}
