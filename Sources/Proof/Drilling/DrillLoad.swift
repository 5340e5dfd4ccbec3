import HaoyuanClient
import NIOConcurrencyHelpers

/// Callers that write until they are told to stop, at a bounded rate, over real sockets.
struct DrillLoad: Sendable {
    /// Set once, from anywhere.
    final class Stop: Sendable {
        private let flag = NIOLockedValueBox(false)
        var isSet: Bool { flag.withLockedValue { $0 } }
        func set() { flag.withLockedValue { $0 = true } }
    }

    private(set) var workers: [DrillWorker]
    /// Of all workers together.
    let requestsPerSecond: Double
    /// Of one try.
    let timeout: Duration
    let timeline: DrillTimeline

    /// A worker that was not answered waits so long before it asks again.
    private static let pause = Duration.milliseconds(10)

    /// - Parameter timeout: how long a caller waits before it counts its request as in doubt and sends it again.
    init(
        _ hospital: DrillHospital, workers count: Int, requestsPerSecond: Double, timeout: Duration, seed: UInt64,
        habits: DrillWorker.Habits = .init(), timeline: DrillTimeline
    ) {
        workers = (0..<count).map { DrillWorker($0, of: count, in: hospital, seed: seed, habits: habits) }
        self.requestsPerSecond = requestsPerSecond
        self.timeout = timeout
        self.timeline = timeline
    }

    /// Writes until `stop` is set; what is under way then is waited for, or stays in doubt when the client was closed.
    mutating func run(_ client: HaoyuanClient, until stop: Stop) async {
        let interval = Duration.seconds(Double(workers.count) / requestsPerSecond)
        let (timeout, timeline, all) = (timeout, timeline, workers)
        workers = await withTaskGroup(of: DrillWorker.self) { group in
            for worker in all {
                group.addTask { await Self.run(worker, client, stop, interval, timeout, timeline) }
            }
            var back: [DrillWorker] = []
            for await worker in group { back.append(worker) }
            return back.sorted { $0.number < $1.number }
        }
    }

    private static func run(
        _ worker: DrillWorker, _ client: HaoyuanClient, _ stop: Stop, _ interval: Duration, _ timeout: Duration,
        _ timeline: DrillTimeline
    ) async -> DrillWorker {
        var worker = worker
        // Spread over the interval, so that they do not all ask at once.
        var due = ContinuousClock.now + interval * (Double(worker.number % 64) / 64)
        while !stop.isSet {
            if due > .now { try? await Task.sleep(until: due, clock: .continuous) }
            if stop.isSet { break }
            let began = ContinuousClock.now
            due = max(due + interval, began - interval)
            let request = worker.next()
            do throws(HaoyuanError) {
                let (answer, isRepetition) = try await request.send(
                    to: client, service: worker.hospital.service, timeout: timeout)
                worker.note(answer, to: request, isRepetition: isRepetition)
                timeline.add(answer, after: ContinuousClock.now - began)
            } catch {
                worker.note(error, to: request)
                timeline.add(error)
                try? await Task.sleep(for: pause)
            }
        }
        return worker
    }

    /// Sends each request in doubt again until it is answered, as its caller would, and then once more.
    /// - Parameter mayBeUndone: whether what a request builds on may have been lost, so that it is lawfully told so.
    /// - Returns: how many there were, and what is wrong with the answers.
    mutating func settle(_ client: HaoyuanClient, mayBeUndone: Bool = false) async -> Report.Check {
        var check = Report.Check(
            name: "every write in doubt is answered when it is sent again, and the same each time", count: 0)
        for index in workers.indices {
            guard let request = workers[index].inDoubt else { continue }
            check.count += 1
            do throws(HaoyuanError) {
                let (first, isKnown) = try await request.send(to: client, service: workers[index].hospital.service)
                workers[index].note(first, to: request, isRepetition: isKnown)
                let (second, isRepetition) = try await request.send(
                    to: client, service: workers[index].hospital.service)
                if first != second { check.problems.append("\(request.key): \(first), then \(second)") }
                if !isRepetition {
                    check.problems.append("\(request.key): the second answer was not marked as given before")
                }
            } catch {
                guard mayBeUndone, error.code == .notFound else {
                    check.problems.append("\(request.key): \(error)")
                    continue
                }
                workers[index].note(error, to: request)
            }
        }
        return check
    }

    mutating func forget(keeping count: Int) { for index in workers.indices { workers[index].forget(keeping: count) } }

    mutating func adopt(_ hospital: DrillHospital) { for index in workers.indices { workers[index].adopt(hospital) } }

    /// Appointments that are held or booked, as far as the load knows.
    var live: Set<AppointmentID> { Set(workers.flatMap(\.live)) }

    /// Cancels all of them, as their callers. Nothing may be in doubt.
    mutating func retire(_ client: HaoyuanClient) async throws {
        workers = try await withThrowingTaskGroup(of: DrillWorker.self) { group in
            for worker in workers {
                group.addTask {
                    var worker = worker
                    for appointment in worker.live {
                        let request = worker.request(.change(appointment, .cancel))
                        let (answer, _) = try await request.send(to: client, service: worker.hospital.service)
                        worker.note(answer, to: request)
                    }
                    return worker
                }
            }
            var back: [DrillWorker] = []
            for try await worker in group { back.append(worker) }
            return back.sorted { $0.number < $1.number }
        }
    }

    var inDoubt: Int { workers.count { $0.inDoubt != nil } }
    var answered: Int { workers.reduce(0) { $0 + $1.answered.count } }
}
