import Foundation
import Glibc
import HaoyuanClient
import Terminal

/// The server that is measured: one of this run's own, in a process of its own and with a folder of its own, so that
/// its processor time and its writes are its alone; or one that runs already, of which only what it tells is known.
final class BenchServer: Sendable {
    let address: ClientConfiguration.Address
    private let process: SpawnedProcess?
    private let folder: String?

    private init(_ address: ClientConfiguration.Address, _ process: SpawnedProcess?, folder: String?) {
        self.address = address
        self.process = process
        self.folder = folder
    }

    /// The program that runs now, whatever it was called by.
    static let ownExecutable =
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "haoyuan"

    /// How long a new server may take until it listens.
    private static let patience = Duration.seconds(60)

    static func start(_ plan: BenchPlan, _ tell: (String) -> Void) async throws -> BenchServer {
        if let address = plan.address { return BenchServer(address, nil, folder: nil) }
        let folder = NSTemporaryDirectory() + "haoyuan-bench-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var arguments = [
            "serve", "--data", folder + "/data", "--port", "0", "--port-file", folder + "/port", "--log-level",
            "warning", "--monitor", "off", "--connections", "\(max(1_000, plan.shape.connections + 64))",
        ]
        if let loops = plan.serverLoops { arguments += ["--loops", "\(loops)", "--shards", "\(loops)"] }
        if let delay = plan.syncDelay { arguments += ["--simulate-sync-delay", delay.description] }
        do {
            if plan.resident > 0 {
                let hospital = BenchHospital(
                    patients: max(1, plan.resident / 2), days: max(2, plan.resident / 16_000), system: BenchSite.system)
                try await hospital.fill(folder + "/data", name: BenchSite.name, tell)
            }
            let process = try SpawnedProcess(plan.executable, arguments, log: folder + "/log")
            let port = try await port(of: process, in: folder)
            return BenchServer(.init(host: "127.0.0.1", port: port), process, folder: folder)
        } catch {
            try? FileManager.default.removeItem(atPath: folder)
            throw error
        }
    }

    private static func port(of process: SpawnedProcess, in folder: String) async throws -> Int {
        let deadline = ContinuousClock.now + patience
        while ContinuousClock.now < deadline {
            if let text = try? String(contentsOfFile: folder + "/port", encoding: .utf8),
                let port = Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
            {
                return port
            }
            if let ending = process.ending {
                let said = try? String(contentsOfFile: folder + "/log", encoding: .utf8)
                throw CommandFailure(
                    .internal, "the server \(ending): \(said?.split(separator: "\n").last ?? "it said nothing")")
            }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw CommandFailure(.temporary, "the server did not listen within \(Numbers.duration(patience))")
    }

    var isOwn: Bool { process != nil }

    /// Its data folder, where it is this run's own.
    var data: String? { folder.map { $0 + "/data" } }

    /// Ends a server of this run's own as kill -9 does: what it said yes to must be on disk already.
    func kill() async {
        process?.signal(SIGKILL)
        _ = await process?.end()
    }

    func removeFolder() {
        if let folder { try? FileManager.default.removeItem(atPath: folder) }
    }

    func sample(_ client: HaoyuanClient) async throws -> ServerSample {
        let status = try await client.status()
        return ServerSample(
            commits: status.journal.commits, records: status.journal.records, recordBytes: status.journal.bytes,
            fileBytes: status.journal.fileBytes, process: process.flatMap { ProcessTimes(of: $0.processID) })
    }
}

/// What a server had done by one moment.
struct ServerSample: Sendable {
    var commits: UInt64
    var records: UInt64
    var recordBytes: UInt64
    var fileBytes: UInt64
    /// Nil for a server that is not this run's own.
    var process: ProcessTimes?
}

/// What the system knows of a process.
struct ProcessTimes: Sendable {
    /// Processor seconds, in the program and in the system for it.
    var processorSeconds: Double
    /// Bytes that it made the file system send to the disk, whole pages.
    var writtenBytes: UInt64
    /// Memory of its own, without the pages of the data file that it has mapped.
    var ownBytes: UInt64

    /// Nil when the process is gone, or belongs to somebody else.
    init?(of process: pid_t) {
        guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let io = try? String(contentsOfFile: "/proc/\(process)/io", encoding: .utf8),
            let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        else { return nil }
        // The name, in parentheses, may hold anything; utime and stime are the 12th and 13th field behind it.
        let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else { return nil }
        processorSeconds = (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
        writtenBytes = Self.number(after: "write_bytes:", in: io) ?? 0
        ownBytes = (Self.number(after: "RssAnon:", in: status) ?? 0) * 1_024
    }

    private static func number(after name: String, in text: String) -> UInt64? {
        text.split(separator: "\n").first { $0.hasPrefix(name) }?.split(whereSeparator: { !$0.isNumber }).first
            .flatMap { UInt64($0) }
    }

    /// Processor seconds of this process.
    static var own: Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
    }
}
