import Dispatch
import Glibc
import NIOConcurrencyHelpers
import Testing

@testable import Journal

@Suite struct FlagLockTests {
    @Test
    func `a bounded wait sleeps until the flag is raised, by the clock that nobody sets`() throws {
        // Held against another clock, the end of such a wait lies in the past, and it would find the flag down.
        for _ in 0..<20 {
            let lock = FlagLock()
            let hasLock = DispatchSemaphore(value: 0)
            let found = NIOLockedValueBox<Bool?>(nil)
            let thread = try CommitThread.start {
                lock.lock()
                hasLock.signal()
                found.withLockedValue { $0 = lock.waitUntilRaised(atMost: 3_600) }
                lock.unlock()
            }
            hasLock.wait()
            // The caller that gets the lock now does so because the other sleeps, or has given up, for which it has its
            // chances here.
            for _ in 0..<1_000 {
                lock.lock()
                lock.unlock()
                sched_yield()
            }
            lock.lock()
            lock.unlock(raising: true)
            thread.join()
            #expect(found.withLockedValue { $0 } == true)
        }
    }

    @Test
    func `a wait whose time is over finds the flag down, and has the lock`() {
        let lock = FlagLock()
        lock.lock()
        #expect(!lock.waitUntilRaised(atMost: 0))
        lock.unlock(raising: true)
        lock.lock()
        #expect(lock.waitUntilRaised(atMost: 0))
        #expect(lock.waitUntilRaised(atMost: nil))
        lock.unlock(raising: false)
        lock.lock()
        #expect(!lock.waitUntilRaised(atMost: 0))
        lock.unlock()
    }

    @Test
    func `every raising wakes who sleeps without a bound`() throws {
        let lock = FlagLock()
        let (asked, answered) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let thread = try CommitThread.start {
            for _ in 0..<200 {
                lock.lock()
                asked.signal()
                _ = lock.waitUntilRaised(atMost: nil)
                lock.unlock(raising: false)
                answered.signal()
            }
        }
        for _ in 0..<200 {
            asked.wait()
            lock.lock()
            lock.unlock(raising: true)
            answered.wait()
        }
        thread.join()
        lock.lock()
        #expect(!lock.waitUntilRaised(atMost: 0))
        lock.unlock()
    }
}
