import HaoyuanClient
import NIOConcurrencyHelpers
import Terminal

/// What an operator would have seen: the server's status, asked for several times a second, and a reading beside it.
final class StatusWatch: Sendable {
    struct Sample: Sendable {
        /// Seconds since the timeline's beginning.
        var at: Double
        /// Nil when the server did not answer within a second.
        var isAcceptingWrites: Bool?
        var trouble = ""
        var pendingBytes: UInt64 = 0
        /// How long the reading took; nil when it was not answered within a second.
        var readSeconds: Double?
    }

    private let samples = NIOLockedValueBox<[Sample]>([])
    private let timeline: DrillTimeline
    private let task: NIOLockedValueBox<Task<Void, Never>?>

    private static let interval = Duration.milliseconds(100)
    private static let patience = Duration.seconds(1)

    /// Watches until it is stopped. The reading is of what is free: the one that patients wait for.
    init(_ client: HaoyuanClient, _ hospital: DrillHospital, _ timeline: DrillTimeline) {
        self.timeline = timeline
        task = NIOLockedValueBox(nil)
        let query = SlotQuery(service: hospital.service, from: hospital.days.lowerBound, limit: 50)
        let watching = Task {
            while !Task.isCancelled {
                await self.look(client, query)
                try? await Task.sleep(for: Self.interval)
            }
        }
        task.withLockedValue { $0 = watching }
    }

    private func look(_ client: HaoyuanClient, _ query: SlotQuery) async {
        var sample = Sample(at: timeline.now)
        let options = RequestOptions(timeout: Self.patience)
        if let status = try? await client.status(options: options) {
            sample.isAcceptingWrites = status.isAcceptingWrites
            sample.trouble = status.trouble
            sample.pendingBytes = status.journal.pendingBytes
        }
        let began = ContinuousClock.now
        if (try? await client.searchSlots(query, options: options)) != nil {
            sample.readSeconds = Numbers.seconds(ContinuousClock.now - began)
        }
        samples.withLockedValue { [sample] in $0.append(sample) }
    }

    /// Waits until the newest sample is as wanted.
    /// - Returns: false when that did not come in time.
    func waitUntil(within limit: Duration, _ isWanted: (Sample) -> Bool) async -> Bool {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            if let last = samples.withLockedValue({ $0.last }), isWanted(last) { return true }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return false
    }

    func stop() { task.withLockedValue { $0?.cancel() } }

    var all: [Sample] { samples.withLockedValue { $0 } }

    func between(_ from: Double, _ to: Double) -> [Sample] { all.filter { $0.at >= from && $0.at <= to } }

    /// The sentences that status said, each with when it was said first and how often. Figures in it may differ.
    var troubles: ReportTable {
        var table = ReportTable(["from", "times", "what status said"])
        var order: [String] = []
        var seen: [String: (from: Double, count: Int)] = [:]
        for sample in all where !sample.trouble.isEmpty {
            let words = String(sample.trouble.map { $0.isNumber ? "…" : $0 }).replacing(/…+/, with: "…")
            if seen[words] == nil { order.append(words) }
            seen[words, default: (sample.at, 0)].count += 1
        }
        for words in order {
            guard let (from, count) = seen[words] else { continue }
            table.add([.seconds(from), .count(count), .text(words)])
        }
        return table
    }

    var chart: LineChart {
        LineChart(
            yUnit: .seconds, yScale: .logarithmic,
            series: [.init(name: "a search for free slots", points: all.map { .init(x: $0.at, y: $0.readSeconds) })],
            marks: timeline.marks)
    }
}
