/// The samples of one scrape, as `haoyuan top` reads them back.
package struct ScrapedMetrics: Sendable {
    struct Series: Hashable, Sendable {
        var name: String
        var labels: [String: String]
    }

    private(set) var samples: [Series: Double] = [:]

    /// Nil when a line is neither a comment nor a sample.
    package init?(_ text: String) {
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let (series, value) = Self.sample(line) else { return nil }
            samples[series] = value
        }
    }

    /// The value of a series; nil where the scrape has none.
    subscript(metric: Metric, labels: [String: String] = [:]) -> Double? {
        samples[Series(name: metric.name, labels: labels)]
    }

    /// Whether bookings should be sent there.
    package var isReady: Bool { self[.ready] == 1 }

    /// The values of one label that a metric's series have, with the sum of what stands under each.
    func sums(of metric: Metric, by label: String) -> [String: Double] {
        var sums: [String: Double] = [:]
        for (series, value) in samples where series.name == metric.name {
            if let key = series.labels[label] { sums[key, default: 0] += value }
        }
        return sums
    }

    /// The value of the label of the one series that is 1.
    func state(of metric: Metric) -> String? {
        for (series, value) in samples where series.name == metric.name && value == 1 {
            return series.labels.values.first
        }
        return nil
    }

    /// A histogram's cumulative counts by their upper bounds in seconds, the last one without a bound.
    func buckets(of metric: Metric, _ labels: [String: String] = [:]) -> [(bound: Double, count: Double)] {
        var buckets: [(bound: Double, count: Double)] = []
        for (series, value) in samples where series.name == metric.name + "_bucket" {
            var rest = series.labels
            guard let text = rest.removeValue(forKey: "le"), rest == labels else { continue }
            buckets.append((text == "+Inf" ? .infinity : Double(text) ?? .nan, value))
        }
        return buckets.sorted { $0.bound < $1.bound }
    }

    // MARK: Reading

    private static func sample(_ line: Substring) -> (Series, Double)? {
        guard let end = line.lastIndex(of: " "), let value = Double(line[line.index(after: end)...]) else { return nil }
        let head = line[..<end]
        guard let brace = head.firstIndex(of: "{") else { return (Series(name: String(head), labels: [:]), value) }
        guard head.last == "}", let labels = labels(head[head.index(after: brace)...].dropLast()) else { return nil }
        return (Series(name: String(head[..<brace]), labels: labels), value)
    }

    /// `a="x",b="y"`, with backslashes before quotes, backslashes and the n of a line's end.
    private static func labels(_ text: Substring) -> [String: String]? {
        var labels: [String: String] = [:]
        var rest = text
        while !rest.isEmpty {
            guard let equals = rest.firstIndex(of: "=") else { return nil }
            let name = String(rest[..<equals])
            rest = rest[rest.index(after: equals)...]
            guard rest.popFirst() == "\"" else { return nil }
            var value = ""
            reading: while true {
                switch rest.popFirst() {
                case "\"": break reading
                case "\\":
                    guard let escaped = rest.popFirst() else { return nil }
                    value.append(escaped == "n" ? "\n" : escaped)
                case let character?: value.append(character)
                case nil: return nil
                }
            }
            labels[name] = value
            if let comma = rest.popFirst(), comma != "," { return nil }
        }
        return labels
    }
}
