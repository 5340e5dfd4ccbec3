/// Prometheus' text format, read as strictly as its description allows: what this takes, every reader takes.
struct ExpositionText {
    struct Sample: Equatable {
        var name: String
        var labels: [String: String]
        var value: Double
    }

    struct Family {
        var name: String
        var help: String
        var kind: String
        var samples: [Sample] = []
    }

    /// What is wrong, with the line.
    struct Fault: Error, CustomStringConvertible {
        var description: String
    }

    private(set) var families: [Family] = []

    init(_ text: String) throws {
        guard text.hasSuffix("\n") else { throw Fault(description: "the last line has no end") }
        var help: (name: String, text: String)?
        for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
            if let match = line.wholeMatch(of: #/# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)/#) {
                guard help == nil else { throw Fault(description: "two helps: \(line)") }
                help = (String(match.1), String(match.2))
            } else if let match = line.wholeMatch(of: #/# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)/#) {
                guard let told = help, told.name == match.1 else { throw Fault(description: "no help before \(line)") }
                guard !families.contains(where: { $0.name == match.1 }) else {
                    throw Fault(description: "twice: \(line)")
                }
                families.append(Family(name: told.name, help: told.text, kind: String(match.2)))
                help = nil
            } else {
                guard help == nil else { throw Fault(description: "help without type before \(line)") }
                try add(try Self.sample(line), line)
            }
        }
        guard help == nil else { throw Fault(description: "help without type at the end") }
        for family in families { try check(family) }
    }

    private mutating func add(_ sample: Sample, _ line: Substring) throws {
        guard let last = families.indices.last else { throw Fault(description: "no type before \(line)") }
        let family = families[last]
        let names =
            family.kind == "histogram" ? ["_bucket", "_sum", "_count"].map { family.name + $0 } : [family.name]
        guard names.contains(sample.name) else { throw Fault(description: "not of \(family.name): \(line)") }
        guard !family.samples.contains(where: { $0.name == sample.name && $0.labels == sample.labels }) else {
            throw Fault(description: "the same series twice: \(line)")
        }
        families[last].samples.append(sample)
    }

    private static func sample(_ line: Substring) throws -> Sample {
        let form = #/([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)/#
        guard let match = line.wholeMatch(of: form), let value = Double(match.3) else {
            throw Fault(description: "no sample: \(line)")
        }
        var labels: [String: String] = [:]
        var rest = match.2 ?? ""
        while !rest.isEmpty {
            guard let label = rest.prefixMatch(of: #/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\["\\n])*)"(?:,(?=.)|$)/#)
            else {
                throw Fault(description: "labels of \(line)")
            }
            let plain = String(label.2).replacing(#/\\(.)/#) { $0.1 == "n" ? "\n" : String($0.1) }
            guard labels.updateValue(plain, forKey: String(label.1)) == nil else {
                throw Fault(description: "a label twice: \(line)")
            }
            rest = rest[label.range.upperBound...]
        }
        return Sample(name: String(match.1), labels: labels, value: value)
    }

    private func check(_ family: Family) throws {
        let fault = { (what: String) in Fault(description: "\(family.name): \(what)") }
        guard !family.samples.isEmpty else { throw fault("no samples") }
        guard (family.kind == "counter") == family.name.hasSuffix("_total") else {
            throw fault("\(family.kind) by name")
        }
        guard family.kind != "counter" || family.samples.allSatisfy({ $0.value >= 0 }) else { throw fault("negative") }
        guard family.kind == "histogram" else { return }
        let keys = Set(family.samples.map { $0.labels.filter { $0.key != "le" } })
        for key in keys {
            let mine = family.samples.filter { $0.labels.filter { $0.key != "le" } == key }
            let buckets = mine.filter { $0.name.hasSuffix("_bucket") }
            let bounds = try buckets.map { bucket -> Double in
                guard let text = bucket.labels["le"] else { throw fault("a bucket without a bound") }
                guard text != "+Inf" else { return .infinity }
                guard let bound = Double(text) else { throw fault("the bound \(text)") }
                return bound
            }
            guard bounds == bounds.sorted(), Set(bounds).count == bounds.count, bounds.last == .infinity else {
                throw fault("bounds \(bounds)")
            }
            let counts = buckets.map(\.value)
            guard counts == counts.sorted() else { throw fault("counts that fall: \(counts)") }
            guard mine.count(where: { $0.name.hasSuffix("_sum") }) == 1,
                mine.first(where: { $0.name.hasSuffix("_count") })?.value == counts.last
            else { throw fault("sum and count") }
        }
    }

    /// The value of a series.
    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        families.flatMap(\.samples).first { $0.name == name && $0.labels == labels }?.value
    }
}
