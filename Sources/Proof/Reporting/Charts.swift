import Foundation
import HaoyuanClient

/// Something over time, or over any other number: one or several lines, with moments marked.
struct LineChart: Sendable {
    struct Point: Sendable {
        var x: Double
        /// Nil breaks the line: nothing was measured there.
        var y: Double?
    }

    struct Series: Sendable {
        var name: String
        var points: [Point]
    }

    /// A moment worth knowing while looking at the lines.
    struct Mark: Sendable {
        var x: Double
        var text: String
    }

    enum Scale: String, Sendable { case linear, logarithmic }

    var xUnit = Unit.seconds
    var yUnit: Unit
    var yScale = Scale.linear
    var series: [Series]
    var marks: [Mark] = []

    /// Smallest and largest of all lines and marks; nil where there is no point at all.
    var xRange: ClosedRange<Double>? { Self.range(series.flatMap { $0.points.map(\.x) } + marks.map(\.x)) }

    var yRange: ClosedRange<Double>? { Self.range(series.flatMap { $0.points.compactMap(\.y) }) }

    private static func range(_ numbers: [Double]) -> ClosedRange<Double>? {
        guard let least = numbers.min(), let most = numbers.max() else { return nil }
        return least...most
    }
}

/// How often what was measured lay where, and what a share of it did not exceed.
struct DistributionChart: Sendable {
    struct Bucket: Sendable {
        /// The largest number that falls into it.
        var upTo: Double
        var count: UInt64
    }

    struct Series: Sendable {
        var name: String
        /// Ascending; those that are empty may be left out.
        var buckets: [Bucket]
        /// The largest of all.
        var most: Double

        var count: UInt64 { buckets.reduce(0) { $0 + $1.count } }

        /// The buckets put together for the eye, so many to each doubling.
        func buckets(perDoubling: Double) -> [Bucket] {
            var merged: [Bucket] = []
            var last = -Double.infinity
            for bucket in buckets {
                let place = bucket.upTo > 0 ? (log2(bucket.upTo) * perDoubling).rounded(.up) : last
                if place == last, !merged.isEmpty {
                    merged[merged.count - 1].count += bucket.count
                } else {
                    merged.append(Bucket(upTo: place.isFinite ? exp2(place / perDoubling) : 0, count: bucket.count))
                }
                last = place
            }
            return merged
        }

        /// What `percent` (0 to 100) of all did not exceed, as exact as the buckets are; nil when there are none.
        func percentile(_ percent: Double) -> Double? {
            let total = count
            guard total > 0 else { return nil }
            let wanted = max(1, UInt64((Double(total) * percent / 100).rounded(.up)))
            var seen: UInt64 = 0
            for bucket in buckets {
                seen += bucket.count
                if seen >= wanted { return min(most, bucket.upTo) }
            }
            return most
        }
    }

    var unit = Unit.seconds
    var series: [Series]

    /// The shares that tables and charts name.
    static let percents: [Double] = [50, 90, 99, 99.9, 99.99]
}

extension DistributionChart.Series {
    /// Durations of a histogram, in seconds.
    init(_ name: String, _ histogram: LatencyHistogram) {
        self.init(
            name: name,
            buckets: histogram.filledBuckets.map { .init(upTo: Double($0.upTo) / 1e9, count: $0.count) },
            most: Double(histogram.longest) / 1e9)
    }
}
