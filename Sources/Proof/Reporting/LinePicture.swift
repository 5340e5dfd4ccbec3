/// A line chart as SVG.
struct LinePicture {
    let chart: LineChart

    /// Points that a line is thinned to: about one a pixel, the extremes kept.
    private static let columns = 700

    func svg(label: String) -> String {
        guard let xs = chart.xRange, let ys = chart.yRange else {
            return "<p class=\"note\">nothing was measured</p>\n"
        }
        var canvas = SVGCanvas(height: 270, label: label)
        let area = PlotArea(top: chart.marks.isEmpty ? 12 : 26, bottom: 238)
        let xAxis = Axis(exactly: xs, unit: chart.xUnit, about: 9)
        let yAxis = Axis(
            covering: ys, unit: chart.yUnit, scale: chart.yScale, startsAtZero: chart.yScale == .linear, about: 5)
        area.drawRows(yAxis, chart.yUnit, on: &canvas)
        for tick in xAxis.ticks {
            canvas.tick(area.x(xAxis.place(tick)), area.bottom + 18, chart.xUnit.text(tick))
        }
        draw(chart.marks, xAxis, area, on: &canvas)
        for (index, series) in chart.series.enumerated() {
            for stretch in Self.stretches(series.points) {
                let points = Self.thinned(stretch).map { (area.x(xAxis.place($0.x)), area.y(yAxis.place($0.y))) }
                canvas.path(points, "line s\(index % HTML.colours)")
            }
        }
        return canvas.finished
    }

    private func draw(_ marks: [LineChart.Mark], _ axis: Axis, _ area: PlotArea, on canvas: inout SVGCanvas) {
        // Marks whose words would run into the words before share those.
        var labelledUpTo = -Double.infinity
        for mark in marks.sorted(by: { $0.x < $1.x }) {
            let x = area.x(axis.place(mark.x))
            canvas.line(x, area.top, x, area.bottom, "mark")
            let room = SVGCanvas.room(for: mark.text)
            let isAtTheEnd = x + room > SVGCanvas.width
            guard (isAtTheEnd ? x - room : x) >= labelledUpTo else { continue }
            labelledUpTo = isAtTheEnd ? x : x + room
            canvas.words(isAtTheEnd ? x - 3 : x + 3, area.top - 8, mark.text, isAtTheEnd ? "marked end" : "marked")
        }
    }

    /// The line's parts between what was not measured.
    private static func stretches(_ points: [LineChart.Point]) -> [[(x: Double, y: Double)]] {
        var all: [[(x: Double, y: Double)]] = [[]]
        for point in points {
            if let y = point.y {
                all[all.count - 1].append((point.x, y))
            } else if !all[all.count - 1].isEmpty {
                all.append([])
            }
        }
        return all.filter { !$0.isEmpty }
    }

    /// At most two points a column: the lowest and the highest, in their order.
    static func thinned(_ points: [(x: Double, y: Double)]) -> [(x: Double, y: Double)] {
        guard points.count > columns * 2 else { return points }
        return (0..<columns).flatMap { column -> [(x: Double, y: Double)] in
            let part = points[(points.count * column / columns)..<(points.count * (column + 1) / columns)]
            guard let least = part.indices.min(by: { part[$0].y < part[$1].y }),
                let most = part.indices.max(by: { part[$0].y < part[$1].y })
            else { return [] }
            return least == most ? [part[least]] : [part[min(least, most)], part[max(least, most)]]
        }
    }
}
