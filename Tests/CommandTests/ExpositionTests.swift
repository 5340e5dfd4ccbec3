import Journal
import Testing

@testable import Hosting

@Suite struct `What is exported follows Prometheus' text format` {
    @Test
    func `any label comes through, whatever its characters`() throws {
        let nasty = "a\"b\\c\nd,e=\"{心内科}\" "
        var page = Exposition()
        page.add(.build, [(nasty, 1)])
        let read = try ExpositionText(page.text)
        #expect(read.value("haoyuan_build_info", ["version": nasty]) == 1)
        let back = try #require(ScrapedMetrics(page.text))
        #expect(back[.build, ["version": nasty]] == 1)
        #expect(Exposition.escaped("a\\b\nc\"", quotes: false) == "a\\\\b\\nc\"")
    }

    @Test
    func `a histogram's buckets add up, and its last one is its count`() throws {
        var durations = DurationBuckets()
        durations.add(100_000, times: 3)
        durations.add(2_000_000)
        durations.add(9_000_000_000)
        var page = Exposition()
        page.add(.requestDurations, [("book", durations), ("move", DurationBuckets())])
        let read = try ExpositionText(page.text)
        let name = "haoyuan_request_duration_seconds"
        #expect(read.value(name + "_bucket", ["method": "book", "le": "0.0001"]) == 3)
        #expect(read.value(name + "_bucket", ["method": "book", "le": "0.001"]) == 3)
        #expect(read.value(name + "_bucket", ["method": "book", "le": "0.0025"]) == 4)
        #expect(read.value(name + "_bucket", ["method": "book", "le": "5"]) == 4)
        #expect(read.value(name + "_bucket", ["method": "book", "le": "+Inf"]) == 5)
        #expect(read.value(name + "_count", ["method": "book"]) == 5)
        #expect(read.value(name + "_sum", ["method": "book"]) == 9.0023)
        #expect(read.value(name + "_count", ["method": "move"]) == 0)
    }

    @Test(arguments: [
        "a 1", "# TYPE a gauge\na 1\n", "# HELP a b\n# TYPE a gauge\na 1",
        "# HELP a b\n# TYPE a gauge\na 1\na 2\n", "# HELP a b\n# TYPE a gauge\nb 1\n",
        "# HELP a b\n# TYPE a gauge\na{x=\"1\"} 1\na{x=\"1\"} 2\n", "# HELP a b\n# TYPE a gauge\na{x=\"1} 1\n",
        "# HELP a b\n# TYPE a gauge\na{x=\"\\t\"} 1\n", "# HELP a b\n# TYPE a counter\na 1\n",
        "# HELP a b\n# TYPE a gauge\na one\n", "# HELP a b\n# TYPE a gauge\n",
        "# HELP a b\n# TYPE a gauge\na 1\n\n",
        "# HELP a b\n# TYPE a gauge\na 1\n# HELP a b\n# TYPE a gauge\na{x=\"1\"} 1\n",
        "# HELP h b\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 2\nh_sum 1\nh_count 1\n",
        "# HELP h b\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_sum 1\nh_count 1\n",
        "# HELP h b\n# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n",
    ])
    func `the reader of these tests takes nothing else`(text: String) {
        #expect(throws: ExpositionText.Fault.self) { try ExpositionText(text) }
    }

    @Test
    func `names follow the conventions, and none is given twice`() {
        #expect(Set(Metric.all.map(\.name)).count == Metric.all.count)
        for metric in Metric.all {
            #expect(metric.name.hasPrefix("haoyuan_") || metric.name.hasPrefix("process_"), "\(metric.name)")
            #expect((metric.kind == .counter) == metric.name.hasSuffix("_total"), "\(metric.name)")
            #expect(!metric.name.contains(#/_(ms|milliseconds|us|kb|mb|kib|mib)(_|$)/#), "\(metric.name): base units")
        }
    }
}
