import HaoyuanClient
import Terminal

/// The pictures of a page of counts.
struct CountPictures {
    let view: CountView

    // MARK: A week

    /// What share of the offered units was sold, by weekday and hour; nil where nothing was offered.
    var week: String? {
        let rows = view.rows(.hour).filter { $0.offered > 0 }
        guard let first = rows.map({ Int($0.key % 24) }).min(), let last = rows.map({ Int($0.key % 24) }).max() else {
            return nil
        }
        let byKey = Dictionary(rows.map { (Int($0.key), $0) }) { first, _ in first }
        let (left, top, height) = (64.0, 8.0, 34.0)
        let width = min(92, (SVGCanvas.width - left - 8) / Double(last - first + 1))
        // Where it is open all day there is room for two digits.
        let isNarrow = width < 44
        var canvas = SVGCanvas(height: top + height * 7 + 28, label: view.say("一周热力图", "heat map of a week"))
        for weekday in 0..<7 {
            let y = top + height * Double(weekday)
            canvas.words(left - 10, y + height / 2 + 4, view.weekdays[weekday], "tick end")
            for hour in first...last {
                let x = left + width * Double(hour - first)
                guard let row = byKey[weekday * 24 + hour], let share = row.utilisation else {
                    canvas.bar(x + 1, y + 1, width - 2, height - 2, "cell none", "–")
                    continue
                }
                let tip =
                    "\(view.weekdays[weekday]) \(hour):00  \(row.soldUnits)/\(row.offered)  "
                    + view.percent(row.soldUnits, of: row.offered)
                let step = min(10, Int((share * 10).rounded()))
                canvas.bar(x + 1, y + 1, width - 2, height - 2, "cell h\(step)", tip)
                let words = "\(Int((share * 100).rounded()))\(isNarrow ? "" : "%")"
                canvas.words(x + width / 2, y + height / 2 + 4, words, step >= 6 ? "lit middle" : "dark middle")
            }
        }
        for hour in first...last {
            let x = left + width * (Double(hour - first) + 0.5)
            let digits = hour < 10 ? "0\(hour)" : "\(hour)"
            canvas.tick(x, top + height * 7 + 18, isNarrow ? digits : digits + ":00")
        }
        return canvas.finished
    }

    // MARK: Bars

    struct Bar {
        let name: String
        let value: UInt64
    }

    /// A bar for each, as long as its share of all.
    func bars(_ bars: [Bar], label: String, unit: String) -> String? {
        let all = bars.reduce(0) { $0 + $1.value }
        guard all > 0, let most = bars.map(\.value).max() else { return nil }
        let (left, height) = (150.0, 27.0)
        let width = SVGCanvas.width - left - 150
        var canvas = SVGCanvas(height: height * Double(bars.count) + 8, label: label)
        for (index, bar) in bars.enumerated() {
            let y = 4 + height * Double(index)
            canvas.words(left - 10, y + height / 2 + 4, bar.name, "tick end")
            let length = max(bar.value > 0 ? 1 : 0, width * Double(bar.value) / Double(most))
            let words = "\(Numbers.grouped(bar.value)) \(unit)  \(view.percent(bar.value, of: all))"
            canvas.bar(left, y + 3, length, height - 8, "bar s0", "\(bar.name)  \(words)")
            canvas.words(left + length + 8, y + height / 2 + 4, words, "tick")
        }
        return canvas.finished
    }

    var channels: String? {
        let rows = view.rows(.channel).filter { $0.booked > 0 }.sorted { ($1.booked, $0.key) < ($0.booked, $1.key) }
        return bars(
            rows.map { Bar(name: view.label($0).name, value: $0.booked) },
            label: view.say("渠道占比", "shares of channels"), unit: view.say("人次", "booked"))
    }

    var selling: String? {
        guard let total = view.total else { return nil }
        return bars(
            zip(view.sellingNames, total.selling).map { Bar(name: $0, value: $1) },
            label: view.say("约满用时", "time to sell out"), unit: view.say("班次", "sessions"))
    }

    // MARK: Lines

    /// The share of all bookings that were made by so long before the visit.
    var curve: String? {
        guard let lead = view.total?.lead, lead.count == view.leadNames.count else { return nil }
        let all = lead.reduce(0, +)
        guard all > 0 else { return nil }
        var sum: UInt64 = 0
        let shares = lead.reversed().map { count -> Double? in
            sum += count
            return Double(sum) / Double(all) * 100
        }
        let names =
            view.language == .chinese
            ? ["28 天前", "14 天前", "7 天前", "3 天前", "2 天前", "1 天前", "2 小时前", "就诊时"]
            : ["28 d", "14 d", "7 d", "3 d", "2 d", "1 d", "2 h", "visit"]
        return lines(names, [("", shares)], most: 100, label: view.say("约号进度曲线", "sell-out curve"))
    }

    /// Of the visits that were due, the share that the patient missed: by day, or by week where there are many.
    var noShows: String? {
        let groups = days.map { rows in
            (name: String(rows[0].day?.description.dropFirst(5) ?? ""), rows: rows)
        }
        let shares = groups.map { group -> Double? in
            let missed = group.rows.reduce(0) { $0 + $1.noShow }
            let due = missed + group.rows.reduce(0) { $0 + $1.completed }
            return due == 0 ? nil : Double(missed) / Double(due) * 100
        }
        guard let most = shares.compactMap(\.self).max() else { return nil }
        return lines(
            groups.map(\.name), [("", shares)], most: min(100, max(5, most * 1.2)),
            label: view.say("爽约率趋势", "trend of no-shows"))
    }

    /// Units that were offered and sold.
    var volume: String? {
        let groups = days
        guard groups.contains(where: { $0.contains { $0.offered > 0 } }) else { return nil }
        let sums = [
            (view.say("放号", "offered"), groups.map { Double($0.reduce(0) { $0 + $1.offered }) as Double? }),
            (view.say("售出", "sold"), groups.map { Double($0.reduce(0) { $0 + $1.soldUnits }) as Double? }),
        ]
        let most = sums.flatMap { $0.1.compactMap(\.self) }.max() ?? 1
        return lines(
            groups.map { String($0[0].day?.description.dropFirst(5) ?? "") }, sums, most: max(1, most), unit: .count,
            label: view.say("放号与售出", "offered and sold"))
    }

    var isByWeek: Bool { view.rows(.day).count > 62 }

    private var days: [[CountRow]] {
        let rows = view.rows(.day)
        guard isByWeek else { return rows.map { [$0] } }
        // 1970-01-05 was a Monday.
        let weeks = Dictionary(grouping: rows) { (Int($0.key) - 4) / 7 }
        return weeks.keys.sorted().compactMap { weeks[$0] }
    }

    /// Lines over named places, the same distance apart.
    private func lines(
        _ names: [String], _ series: [(name: String, values: [Double?])], most: Double, unit: Unit = .percent,
        label: String
    ) -> String {
        var canvas = SVGCanvas(height: 250, label: label)
        let area = PlotArea(top: 12, bottom: 218)
        let axis = Axis(covering: 0...most, unit: .count, startsAtZero: true, about: 5)
        for tick in axis.ticks where tick <= 100 || unit != .percent {
            let y = area.y(axis.place(tick))
            canvas.line(area.left, y, area.right, y, tick == 0 ? "axis" : "grid")
            let words = Unit.count.text(tick) + (unit == .percent ? " %" : "")
            canvas.words(area.left - 8, y + 4, words, "tick end")
        }
        let x = { (index: Int) in area.x(names.count < 2 ? 0.5 : Double(index) / Double(names.count - 1)) }
        let step = max(1, (names.count + 9) / 10)
        for index in stride(from: 0, to: names.count, by: step) {
            canvas.tick(x(index), area.bottom + 18, names[index])
        }
        for (number, line) in series.enumerated() {
            var stretch: [(Double, Double)] = []
            for (index, value) in line.values.enumerated() {
                if let value { stretch.append((x(index), area.y(axis.place(value)))) }
                if value == nil || index == line.values.count - 1 {
                    canvas.path(stretch, "line s\(number % HTML.colours)")
                    stretch = []
                }
            }
        }
        return canvas.finished
    }
}
