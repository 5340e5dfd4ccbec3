import HaoyuanClient
import NIOConcurrencyHelpers
import Terminal

/// What became of a load's requests, by the time they were answered: what the charts are drawn from.
final class DrillTimeline: Sendable {
    private struct Step {
        var done = 0
        var refused = 0
        var failed = 0
        var latencies = LatencyHistogram()
    }

    private struct State {
        var steps: [Step] = []
        var latencies = LatencyHistogram()
        var done = 0
        var refused = 0
        var errors: [String: Int] = [:]
        var marks: [LineChart.Mark] = []
    }

    private let began = ContinuousClock.now
    private let interval: Duration
    private let mostSteps: Int
    private let state = NIOLockedValueBox(State())

    /// - Parameter lasts: about how long it will go on; the charts have some hundred steps of it.
    init(lasts: Duration, steps: Int = 240) {
        interval = max(.milliseconds(20), lasts / steps)
        mostSteps = steps * 20
    }

    /// Seconds since it began.
    var now: Double { Numbers.seconds(ContinuousClock.now - began) }

    func add(_ answer: DrillAnswer, after latency: Duration) {
        let nanoseconds = UInt64(max(0, Numbers.seconds(latency) * 1e9))
        change { state, step in
            state.latencies.add(nanoseconds)
            step.latencies.add(nanoseconds)
            if case .done = answer {
                state.done += 1
                step.done += 1
            } else {
                state.refused += 1
                step.refused += 1
            }
        }
    }

    func add(_ error: HaoyuanError) {
        change { state, step in
            state.errors["\(error.code)", default: 0] += 1
            step.failed += 1
        }
    }

    /// Something happened that explains the lines.
    func mark(_ text: String) {
        let x = now
        state.withLockedValue { $0.marks.append(.init(x: x, text: text)) }
    }

    private func change(_ body: (inout State, inout Step) -> Void) {
        let index = min(mostSteps - 1, Int((ContinuousClock.now - began) / interval))
        state.withLockedValue { state in
            while state.steps.count <= index { state.steps.append(Step()) }
            var step = state.steps[index]
            // Not copied when it is changed: nobody else has it.
            state.steps[index] = Step()
            body(&state, &step)
            state.steps[index] = step
        }
    }

    // MARK: What it says

    var done: Int { state.withLockedValue { $0.done } }
    var refused: Int { state.withLockedValue { $0.refused } }
    var errors: [(code: String, count: Int)] {
        state.withLockedValue { state in state.errors.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
    }
    var latencies: LatencyHistogram { state.withLockedValue { $0.latencies } }
    var marks: [LineChart.Mark] { state.withLockedValue { $0.marks } }

    /// Answers a second over time.
    var rates: LineChart {
        let width = Numbers.seconds(interval)
        return state.withLockedValue { state in
            func line(_ name: String, _ count: (Step) -> Int) -> LineChart.Series {
                .init(
                    name: name,
                    points: state.steps.enumerated().map {
                        .init(x: Double($0.offset) * width, y: Double(count($0.element)) / width)
                    })
            }
            return LineChart(
                yUnit: .perSecond,
                series: [line("done", \.done), line("refused", \.refused), line("not answered", \.failed)],
                marks: state.marks)
        }
    }

    /// Latencies over time.
    var delays: LineChart {
        let width = Numbers.seconds(interval)
        return state.withLockedValue { state in
            func line(_ name: String, _ percent: Double) -> LineChart.Series {
                .init(
                    name: name,
                    points: state.steps.enumerated().map { index, step in
                        .init(
                            x: Double(index) * width,
                            y: step.latencies.count == 0 ? nil : Double(step.latencies.percentile(percent)) / 1e9)
                    })
            }
            return LineChart(
                yUnit: .seconds, yScale: .logarithmic,
                series: [line("p50", 50), line("p99", 99), line("longest", 100)],
                marks: state.marks)
        }
    }

    var distribution: DistributionChart { DistributionChart(series: [.init("answers", latencies)]) }
}
