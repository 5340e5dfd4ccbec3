/// What `haoyuan top` shows: the difference of two scrapes as rates and percentiles, and the gauges of the later one.
package struct TopReading: Sendable {
    /// Requests of one method between the scrapes.
    struct Method: Sendable {
        var name: String
        var perSecond: Double
        /// Of those: refused, failed, or unheard.
        var notDonePerSecond: Double
        /// Seconds; nil where none ended.
        var median: Double?
        var p99: Double?
    }

    /// A reason for which something was not done.
    struct Reason: Sendable {
        /// `refused` or `failed`.
        var kind: String
        var name: String
        var perSecond: Double
        /// Since the server's start.
        var total: Double
    }

    let now: ScrapedMetrics
    private let before: ScrapedMetrics
    private let seconds: Double

    /// - Parameter seconds: what lies between the scrapes.
    package init(before: ScrapedMetrics, now: ScrapedMetrics, seconds: Double) {
        precondition(seconds > 0, "a rate needs some time")
        self.before = before
        self.now = now
        self.seconds = seconds
    }

    /// How much a counter grew a second; 0 where it began anew because the server was started again.
    func rate(_ metric: Metric, _ labels: [String: String] = [:]) -> Double {
        max(0, (now[metric, labels] ?? 0) - (before[metric, labels] ?? 0)) / seconds
    }

    /// The methods that were asked for between the scrapes or ever, the busiest first.
    var methods: [Method] {
        let (sums, earlier) = (now.sums(of: .requests, by: "method"), before.sums(of: .requests, by: "method"))
        return sums.filter { $0.value > 0 }.map { name, sum in
            Method(
                name: name, perSecond: max(0, sum - (earlier[name] ?? 0)) / seconds,
                notDonePerSecond: ["refused", "failed", "unheard"].reduce(0) {
                    $0 + rate(.requests, ["method": name, "outcome": $1])
                },
                median: percentile(50, of: .requestDurations, ["method": name]),
                p99: percentile(99, of: .requestDurations, ["method": name]))
        }
        .sorted { ($1.perSecond, $0.name) < ($0.perSecond, $1.name) }
    }

    /// Rules that refused and errors that were told, ever, the most frequent of late first.
    var reasons: [Reason] {
        (reasons("refused", .refusals, by: "rule") + reasons("failed", .errors, by: "code"))
            .sorted { ($1.perSecond, $1.total, $0.name) < ($0.perSecond, $0.total, $1.name) }
    }

    private func reasons(_ kind: String, _ metric: Metric, by label: String) -> [Reason] {
        now.sums(of: metric, by: label).filter { $0.value > 0 }.map { name, total in
            Reason(kind: kind, name: name, perSecond: rate(metric, [label: name]), total: total)
        }
    }

    /// The duration, in seconds, that so many percent of those between the scrapes did not exceed: within its bucket by
    /// proportion, as Prometheus' `histogram_quantile` has it, and the longest bound where it lies beyond. Nil when
    /// there were none.
    func percentile(_ percent: Double, of metric: Metric, _ labels: [String: String] = [:]) -> Double? {
        let (later, earlier) = (now.buckets(of: metric, labels), before.buckets(of: metric, labels))
        let counts = later.enumerated().map { index, bucket in
            max(0, bucket.count - (earlier.indices.contains(index) ? earlier[index].count : 0))
        }
        guard let all = counts.last, all > 0 else { return nil }
        let wanted = all * percent / 100
        guard let place = counts.firstIndex(where: { $0 >= wanted }) else { return nil }
        let lower = place == 0 ? 0 : later[place - 1].bound
        guard later[place].bound.isFinite else { return lower }
        let below = place == 0 ? 0 : counts[place - 1]
        return lower + (later[place].bound - lower) * (wanted - below) / (counts[place] - below)
    }
}
