import Foundation
import Glibc

/// What a process takes of the machine at one moment.
struct ProcessSample: Sendable {
    /// Seconds since the drill began.
    var at: Double
    /// Which start of the server it is, from 0.
    var life: Int
    /// Memory of its own; without the pages of the data file that it has mapped.
    var ownBytes: Int
    /// All of its memory, mapped pages included.
    var residentBytes: Int
    var descriptors: Int
    /// Of the data file.
    var fileBytes: Int
    var appointments = 0
    var keys = 0

    /// Nil when the process is gone.
    static func take(_ processID: pid_t, at: Double, life: Int, file: String) -> ProcessSample? {
        guard let status = try? String(contentsOfFile: "/proc/\(processID)/status", encoding: .utf8),
            let own = kilobytes("RssAnon:", in: status), let all = kilobytes("VmRSS:", in: status),
            let descriptors = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(processID)/fd").count
        else { return nil }
        var info = stat()
        let fileBytes = stat(file, &info) == 0 ? Int(info.st_blocks) * 512 : 0
        return ProcessSample(
            at: at, life: life, ownBytes: own * 1_024, residentBytes: all * 1_024, descriptors: descriptors,
            fileBytes: fileBytes)
    }

    private static func kilobytes(_ name: String, in status: String) -> Int? {
        status.split(separator: "\n").first { $0.hasPrefix(name) }?.split(whereSeparator: { !$0.isNumber }).first
            .flatMap { Int($0) }
    }
}

/// How something moved over time, by what it usually did: outliers do not count.
struct Trend: Sendable {
    /// For each second.
    let slope: Double
    let median: Double

    /// The median of the slopes between all pairs of points (Theil 1950, Sen 1968): a third of the points may be
    /// anything. Nil for fewer than eight points. Of many, some hundred are taken.
    init?(_ points: [(x: Double, y: Double)]) {
        guard points.count >= 8 else { return nil }
        let step = max(1, points.count / 300)
        let some = stride(from: 0, to: points.count, by: step).map { points[$0] }
        var slopes: [Double] = []
        for (index, a) in some.enumerated() {
            for b in some[(index + 1)...] where b.x > a.x { slopes.append((b.y - a.y) / (b.x - a.x)) }
        }
        guard !slopes.isEmpty else { return nil }
        slope = slopes.sorted()[slopes.count / 2]
        median = some.map(\.y).sorted()[some.count / 2]
    }
}
