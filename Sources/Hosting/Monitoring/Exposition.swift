import Journal

/// Prometheus' text format, version 0.0.4: families one after the other, each with its help and its kind first.
///
/// <https://prometheus.io/docs/instrumenting/exposition_formats/>
struct Exposition {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var text = ""
    private var written: Set<Metric> = []

    /// A family of one series.
    mutating func add(_ metric: Metric, _ value: some BinaryInteger) { add(metric, "\(value)") }

    /// The same with a value that need not be whole.
    mutating func add(_ metric: Metric, _ value: Double) { add(metric, Self.number(value)) }

    /// A family of one label: a series for each of its values.
    mutating func add(_ metric: Metric, _ series: [(label: String, value: UInt64)]) {
        precondition(metric.labels.count == 1, "\(metric.name) has one label")
        guard !series.isEmpty else { return }
        begin(metric)
        for (label, value) in series { sample(metric.name, [(metric.labels[0], label)], "\(value)") }
    }

    /// A family of several labels.
    mutating func add(_ metric: Metric, _ series: [(labels: [String], value: UInt64)]) {
        guard !series.isEmpty else { return }
        begin(metric)
        for (labels, value) in series {
            precondition(labels.count == metric.labels.count, "\(metric.name) has a value for each of its labels")
            sample(metric.name, Array(zip(metric.labels, labels)), "\(value)")
        }
    }

    /// A histogram without labels.
    mutating func add(_ metric: Metric, _ durations: DurationBuckets) {
        begin(metric)
        histogram(metric, [], durations)
    }

    /// A histogram for each value of its label.
    mutating func add(_ metric: Metric, _ series: [(label: String, durations: DurationBuckets)]) {
        precondition(metric.labels.count == 1, "\(metric.name) has one label")
        guard !series.isEmpty else { return }
        begin(metric)
        for (label, durations) in series { histogram(metric, [(metric.labels[0], label)], durations) }
    }

    private mutating func add(_ metric: Metric, _ value: String) {
        precondition(metric.labels.isEmpty, "\(metric.name) has labels")
        begin(metric)
        sample(metric.name, [], value)
    }

    private mutating func begin(_ metric: Metric) {
        precondition(written.insert(metric).inserted, "the series of \(metric.name) stand together")
        text += "# HELP \(metric.name) \(Self.escaped(metric.help, quotes: false))\n"
        text += "# TYPE \(metric.name) \(metric.kind.rawValue)\n"
    }

    private mutating func histogram(_ metric: Metric, _ labels: [(String, String)], _ durations: DurationBuckets) {
        precondition(metric.kind == .histogram, "\(metric.name) is no histogram")
        var sum: UInt64 = 0
        for (count, bound) in zip(durations.counts, DurationBuckets.bounds) {
            sum += count
            sample(metric.name + "_bucket", labels + [("le", Self.number(Double(bound) / 1e9))], "\(sum)")
        }
        let count = durations.count
        sample(metric.name + "_bucket", labels + [("le", "+Inf")], "\(count)")
        sample(metric.name + "_sum", labels, Self.number(Double(durations.nanoseconds) / 1e9))
        sample(metric.name + "_count", labels, "\(count)")
    }

    private mutating func sample(_ name: String, _ labels: [(String, String)], _ value: String) {
        text += name
        if !labels.isEmpty {
            text += "{"
            text += labels.map { "\($0.0)=\"\(Self.escaped($0.1, quotes: true))\"" }.joined(separator: ",")
            text += "}"
        }
        text += " \(value)\n"
    }

    /// Whole numbers without a point: `0.0025`, `5`.
    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
    }

    /// In a help text backslashes and line ends are escaped, in a label's value quotes too.
    static func escaped(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
