import Foundation

/// One direction of a chart: from numbers to places, and the round numbers to write beside it.
struct Axis {
    let range: ClosedRange<Double>
    let scale: LineChart.Scale
    let ticks: [Double]

    /// - Parameters:
    ///   - range: of what is drawn; widened to round numbers.
    ///   - about: how many ticks there is room for.
    init(
        covering range: ClosedRange<Double>, unit: Unit, scale: LineChart.Scale = .linear, startsAtZero: Bool,
        about: Int
    ) {
        self.scale = scale
        switch scale {
        case .linear:
            let step = Self.step(range, startsAtZero, unit, about)
            let low = startsAtZero && range.lowerBound >= 0 ? 0 : (range.lowerBound / step).rounded(.down) * step
            let high = max(low + step, (range.upperBound / step).rounded(.up) * step)
            self.range = low...high
            ticks = stride(from: low, through: high + step / 2, by: step).map { $0 }
        case .logarithmic:
            let least = max(range.lowerBound, 1e-9)
            let low = log10(least).rounded(.down)
            let high = max(low + 1, log10(max(range.upperBound, least)).rounded(.up))
            self.range = pow(10, low)...pow(10, high)
            ticks = stride(from: low, through: high, by: max(1, ((high - low) / Double(about)).rounded(.up))).map {
                pow(10, $0)
            }
        }
    }

    /// An axis that begins and ends where its numbers do.
    init(exactly range: ClosedRange<Double>, unit: Unit, about: Int) {
        scale = .linear
        let step = Self.step(range, false, unit, about)
        self.range = range.lowerBound < range.upperBound ? range : range.lowerBound...(range.lowerBound + 1)
        let first = (range.lowerBound / step).rounded(.up) * step
        ticks = stride(from: first, through: range.upperBound + step / 1e6, by: step).map { $0 }
    }

    /// Where a number lies: 0 at the lower end, 1 at the upper.
    func place(_ number: Double) -> Double {
        switch scale {
        case .linear: (number - range.lowerBound) / (range.upperBound - range.lowerBound)
        case .logarithmic:
            (log10(max(number, range.lowerBound)) - log10(range.lowerBound))
                / (log10(range.upperBound) - log10(range.lowerBound))
        }
    }

    private static func step(_ range: ClosedRange<Double>, _ startsAtZero: Bool, _ unit: Unit, _ about: Int) -> Double {
        let low = startsAtZero ? min(0, range.lowerBound) : range.lowerBound
        let width = max(range.upperBound - low, abs(range.upperBound) * 1e-3, 1e-9)
        let rough = width / Double(max(about, 1))
        if unit == .seconds, rough >= 20 {
            let steps: [Double] = [30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400]
            return steps.first { $0 >= rough } ?? (rough / 86_400).rounded(.up) * 86_400
        }
        let base = unit.isBinary ? pow(1_024, (log(rough) / log(1_024)).rounded(.down)) : 1
        let scaled = rough / base
        let power = pow(10, log10(scaled).rounded(.down))
        let factor = [1, 2, 5, 10].first { $0 * power >= scaled * 0.999 } ?? 10
        return factor * power * base
    }
}

/// The x axis of a percentile chart: each nine takes as much room as the one before.
struct NinesAxis {
    /// The largest share that it reaches.
    let last: Double

    /// 0 for 0 %, 1 for ``last``.
    func place(_ percent: Double) -> Double { Self.nines(min(percent, last)) / Self.nines(last) }

    /// The share at a place between 0 and 1.
    func percent(at place: Double) -> Double { (1 - pow(10, -place * Self.nines(last))) * 100 }

    private static func nines(_ percent: Double) -> Double { -log10(1 - percent / 100) }
}
