import Dispatch
import NIOConcurrencyHelpers

/// Independent jobs on several threads at once.
enum Concurrently {
    /// Carries out the jobs, the first ones first, and waits for all of them. What comes out does not depend on the
    /// number of threads: the jobs share nothing, and the outcomes stand in the order of the jobs.
    /// - Parameter threads: 1 for this thread alone, one job after the other.
    static func run<Output: Sendable>(threads: Int, _ jobs: [@Sendable () -> Output]) -> [Output] {
        guard threads > 1, jobs.count > 1 else { return jobs.map { job in job() } }
        let next = NIOLockedValueBox(0)
        let outcomes = NIOLockedValueBox([Output?](repeating: nil, count: jobs.count))
        DispatchQueue.concurrentPerform(iterations: min(threads, jobs.count)) { _ in
            while true {
                let index = next.withLockedValue { next in
                    defer { next += 1 }
                    return next
                }
                guard index < jobs.count else { return }
                let outcome = jobs[index]()
                outcomes.withLockedValue { $0[index] = outcome }
            }
        }
        return outcomes.withLockedValue { outcomes in
            outcomes.map { outcome in
                guard let outcome else { preconditionFailure("every job was carried out") }
                return outcome
            }
        }
    }
}
