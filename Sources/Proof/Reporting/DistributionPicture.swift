import Terminal

/// A distribution as two pictures: how often what was measured lay where, and the percentiles, both with the times on a
/// logarithmic axis: what matters of latencies are their tails.
struct DistributionPicture {
    let chart: DistributionChart

    private static let barGap = 1.0

    func svg(label: String) -> String {
        let measured = chart.series.filter { $0.count > 0 }
        guard !measured.isEmpty else { return "<p class=\"note\">nothing was measured</p>\n" }
        return histogram(measured, label) + percentiles(measured, label)
    }

    /// Shares of each series, side by side within a bucket.
    private func histogram(_ series: [DistributionChart.Series], _ label: String) -> String {
        let buckets = series.map { $0.buckets(perDoubling: 4) }
        var canvas = SVGCanvas(height: 220, label: "\(label): how often")
        let area = PlotArea(top: 12, bottom: 188)
        let edges = Set(buckets.joined().map(\.upTo)).sorted()
        let xAxis = Axis(
            covering: Self.range(edges.first, edges.last), unit: chart.unit, scale: .logarithmic,
            startsAtZero: false, about: 9)
        let highest =
            zip(series, buckets).map { one, its in its.map { Double($0.count) / Double(one.count) }.max() ?? 0 }.max()
            ?? 1
        let yAxis = Axis(covering: 0...(highest * 100), unit: .percent, startsAtZero: true, about: 4)
        area.drawRows(yAxis, .percent, on: &canvas)
        for tick in xAxis.ticks {
            canvas.tick(area.x(xAxis.place(tick)), area.bottom + 18, chart.unit.text(tick))
        }
        // Four buckets to a doubling.
        let width = max(2, (area.x(xAxis.place(xAxis.range.lowerBound * 1.19)) - area.left) - Self.barGap)
        for (index, one) in series.enumerated() {
            let share = width / Double(series.count)
            for bucket in buckets[index] where bucket.count > 0 {
                let percent = Double(bucket.count) / Double(one.count) * 100
                let y = area.y(yAxis.place(percent))
                canvas.bar(
                    area.x(xAxis.place(bucket.upTo)) - width + share * Double(index), y, share, area.bottom - y,
                    "bar s\(index % HTML.colours)",
                    "\(one.name), up to \(chart.unit.text(bucket.upTo)): \(Numbers.grouped(bucket.count))")
            }
        }
        return canvas.finished
    }

    private func percentiles(_ series: [DistributionChart.Series], _ label: String) -> String {
        var canvas = SVGCanvas(height: 220, label: "\(label): percentiles")
        let area = PlotArea(top: 12, bottom: 188)
        let most = series.map(\.count).max() ?? 1
        let last = most > 20_000 ? 99.999 : most > 2_000 ? 99.99 : 99.9
        let xAxis = NinesAxis(last: last)
        let lows = series.compactMap { $0.buckets.first?.upTo }
        let yAxis = Axis(
            covering: Self.range(lows.min(), series.map(\.most).max()), unit: chart.unit, scale: .logarithmic,
            startsAtZero: false, about: 5)
        area.drawRows(yAxis, chart.unit, on: &canvas)
        for percent in [0, 50, 90, 99, 99.9, 99.99, 99.999] where percent <= last {
            canvas.tick(area.x(xAxis.place(percent)), area.bottom + 18, Self.name(percent))
        }
        for (index, one) in series.enumerated() {
            let steps = 160
            let points = (0...steps).compactMap { step -> (Double, Double)? in
                let place = Double(step) / Double(steps)
                let percent = min(last, xAxis.percent(at: place))
                return one.percentile(percent).map { (area.x(place), area.y(yAxis.place($0))) }
            }
            canvas.path(points, "line s\(index % HTML.colours)")
        }
        return canvas.finished
    }

    /// The largest of all may lie below the upper edge of its bucket.
    private static func range(_ least: Double?, _ most: Double?) -> ClosedRange<Double> {
        let least = least ?? 1e-6
        return least...max(least, most ?? 1)
    }

    private static func name(_ percent: Double) -> String {
        "p\(percent == percent.rounded() ? "\(Int(percent))" : "\(percent)")"
    }
}
