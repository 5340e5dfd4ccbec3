import Engine
import Foundation
import HaoyuanClient
import Hosting
import Journal
import Terminal

/// Damages copies of a data folder, page by page, and looks what `verify` and a start say of each: damage is named, or
/// what is served is the truth all the same. A backup taken before the damage must give the truth back.
package struct BitrotDrill {
    /// Random bits flipped in each region, besides the other damages.
    var flips: Int
    /// Cases at most; nil for all.
    var most: Int?
    var seed: UInt64
    var folder: DrillFolder
    var interruption = Interruption()
    var progress: (String) -> Void

    package init(
        flips: Int, most: Int? = nil, seed: UInt64, folder: DrillFolder, interruption: Interruption = Interruption(),
        progress: @escaping (String) -> Void
    ) {
        self.flips = flips
        self.most = most
        self.seed = seed
        self.folder = folder
        self.interruption = interruption
        self.progress = progress
    }

    struct Case: Sendable {
        var region: String
        var isUsed: Bool
        var damage: PageDamage
        var verify: Finding
        var start: Finding
        /// What was said of it first.
        var words: String
    }

    enum Finding: Equatable, Sendable {
        /// It said what is wrong.
        case named
        /// Nothing is wrong, it said; what was served was the truth.
        case sound
        /// The process died of it, without a word.
        case died
        /// What is not true was served.
        case lied
    }

    /// What the cases found.
    package struct Outcome: Sendable {
        var cases: [Case] = []
        var checks = DrillChecks()
        package var kept: String?
    }

    /// What every copy must serve, if it serves at all.
    private struct Truth {
        var session: DrillSession
        var history: [PatientID: [Appointment]]
        var map: PageMap
    }

    private static let loadFor = Duration.seconds(2)
    private static let patientsLookedAt = 20

    package func run() async throws -> Outcome {
        var outcome = Outcome()
        var random = SeededGenerator(seed: seed)
        // Once with a log that is kept whole, in one segment; once with one of many segments, trimmed.
        for (name, segments, share) in [("whole log", "64MiB", 2), ("trimmed log", "64KiB", 1)]
        where outcome.checks.hold && !interruption.hasCome {
            try folder.empty()
            progress("making a data folder: \(name)")
            let truth = try await makeTruth(segmentBytes: segments, seed: random.next())
            progress("\(name): backing it up")
            try await backUp()
            var cases = truth.map.cases(flips: flips, &random)
            cases.shuffle(using: &random)
            if let most { cases = Array(cases.prefix(most * share / 3 + 1)) }
            for (index, one) in cases.enumerated() where outcome.checks.hold && !interruption.hasCome {
                progress("\(name): \(index + 1) of \(cases.count): \(one.region.name), \(one.damage.sentence)")
                let found = try await look(one.damage, one.region, truth)
                judge(found, &outcome)
                outcome.cases.append(found)
            }
            progress("\(name): restoring the backup")
            let problem = try await restore(truth)
            outcome.checks.add(
                "what a backup restores is the truth", holds: problem == nil, otherwise: problem ?? "",
                at: "\(name) (again: --seed \(seed))")
        }
        if !outcome.checks.hold { outcome.kept = folder.path }
        return outcome
    }

    // MARK: The truth

    private func makeTruth(segmentBytes: String, seed: UInt64) async throws -> Truth {
        let past = try await PastHospital.make(in: folder.data)
        var setting = DrillSession.Setting.small(shards: 2, checkpointEvery: "300ms", segmentBytes: segmentBytes)
        setting.settings += ["--archive-after", "36500d"]
        let timeline = DrillTimeline(lasts: .seconds(10))
        var session = try await DrillSession.open(setting, in: folder, seed: seed, timeline: timeline)
        try await session.underLoad { _, _ in try await Task.sleep(for: Self.loadFor) }
        _ = try await session.audit()
        var history: [PatientID: [Appointment]] = [:]
        for patient in past.prefix(Self.patientsLookedAt).map({ PatientID(rawValue: $0) }) {
            history[patient] = try await session.client.appointments(of: patient, includingHistory: true)
        }
        await session.mirror.stop()
        session.client.close()
        await session.server.kill()
        let check = try session.auditAtRest()
        guard check.holds else {
            throw CommandFailure(.notRight, "the folder is damaged before the drill damages it: \(check.problems[0])")
        }
        return Truth(session: session, history: history, map: try PageMap.of(folder.data))
    }

    // MARK: One case

    private func look(_ damage: PageDamage, _ region: PageMap.Region, _ truth: Truth) async throws -> Case {
        let copy = folder.path + "/damaged"
        try Self.copyFolder(folder.data, to: copy)
        try damage.apply(to: copy + "/data.mdb", pageBytes: truth.map.pageBytes)
        let (verify, words) = try await self.verify(copy)
        let (start, said) = try await start(copy, truth)
        try? FileManager.default.removeItem(atPath: copy)
        return Case(
            region: region.name, isUsed: region.isUsed, damage: damage, verify: verify, start: start,
            words: words ?? said ?? "")
    }

    private static func copyFolder(_ from: String, to: String) throws {
        try? FileManager.default.removeItem(atPath: to)
        try FileManager.default.copyItem(atPath: from, toPath: to)
        // A copy has no readers, and nobody who has it open.
        for name in ["lock.mdb", "haoyuan.lock"] { try? FileManager.default.removeItem(atPath: "\(to)/\(name)") }
    }

    /// In a process of its own: whatever the damage does, it does there.
    private func verify(_ copy: String) async throws -> (Finding, String?) {
        let (ending, said) = try await own(["verify", copy])
        let words = said.first { $0.hasPrefix("WRONG") || $0.hasPrefix("haoyuan: ") }
        switch ending {
        case .exited(ExitStatus.ok.rawValue): return (.sound, nil)
        case .exited: return (words == nil ? .died : .named, words)
        case .killed: return (.died, nil)
        }
    }

    private func own(_ arguments: [String]) async throws -> (SpawnedProcess.Ending, [String]) {
        let log = folder.path + "/said"
        let process = try SpawnedProcess(ChildServer.ownExecutable, arguments, log: log)
        let ending = await process.end()
        let said = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        return (ending, said.split(whereSeparator: \.isNewline).map(String.init))
    }

    private func start(_ copy: String, _ truth: Truth) async throws -> (Finding, String?) {
        let server: ChildServer
        do {
            server = try await ChildServer.start(in: folder.path, data: copy, truth.session.setting.settings)
        } catch {
            return (error.problem.contains("said nothing") || error.status == .notRight ? .died : .named, error.problem)
        }
        let lie = await lie(server, truth)
        let ending = server.ending
        await server.kill()
        // Found while it served, it ends the process or the request with the reason: nothing of it was shown.
        if ending != nil || server.lastWords.contains(where: { $0.contains("corrupt") }) {
            return (.named, server.lastWords.last)
        }
        return lie.map { (.lied, $0) } ?? (.sound, nil)
    }

    /// What a server says that is not true; nil when all is.
    private func lie(_ server: ChildServer, _ truth: Truth) async -> String? {
        let client = DrillSession.client(of: server, truth.session.setting)
        defer { client.close() }
        do {
            let audit = DrillAudit(
                client: client, hospital: truth.session.hospital, workers: truth.session.load.workers, mirror: nil)
            for check in try await audit.run() {
                if let problem = check.problems.first { return problem }
            }
            for (patient, known) in truth.history {
                let found = try await client.appointments(of: patient, includingHistory: true)
                if Set(found) != Set(known) {
                    return "patient \(patient) has \(found.count) appointments, not the \(known.count) there were"
                }
            }
            return nil
        } catch {
            // An error shows nothing that is not true.
            return nil
        }
    }

    // MARK: The way back

    private var backups: String { folder.path + "/backups" }

    private func backUp() async throws {
        let (ending, said) = try await own(["backup", backups, "--data", folder.data])
        guard ending == .exited(ExitStatus.ok.rawValue) else {
            throw CommandFailure(.notRight, "the folder cannot be backed up: \(said.last ?? "\(ending)")")
        }
    }

    /// What is not as it was in the folder that the backup gives; nil when all is.
    private func restore(_ truth: Truth) async throws -> String? {
        let restored = folder.path + "/restored"
        defer { try? FileManager.default.removeItem(atPath: restored) }
        let (ending, said) = try await own(["restore", backups, "--data", restored])
        guard ending == .exited(ExitStatus.ok.rawValue) else { return said.last ?? "restore: \(ending)" }
        let (finding, words) = try await start(restored, truth)
        return finding == .sound ? nil : words ?? "the start: \(finding)"
    }

    // MARK: Verdict

    private func judge(_ one: Case, _ outcome: inout Outcome) {
        let place = "\(one.region), \(one.damage.sentence) (again: --seed \(seed))"
        outcome.checks.add(
            "nothing that is not true is served", holds: one.start != .lied, otherwise: one.words, at: place)
        outcome.checks.add(
            "no process dies of it without a word", holds: one.start != .died && one.verify != .died,
            otherwise: "verify \(one.verify), start \(one.start): \(one.words)", at: place)
        // What cuts the file off at a free page takes used ones with it, too.
        if !one.isUsed, one.region == PageMap.neverUsed || !one.damage.cutsOff {
            outcome.checks.add(
                "damage where nothing is kept does no harm", holds: one.start == .sound, otherwise: one.words, at: place
            )
        } else if case .flip = one.damage {
            // A bit in the unused part of a used page is nobody's; every other one is found by the checks above, or by
            // these.
        } else {
            outcome.checks.add(
                "a page torn, missing, misplaced or cut off is named, by verify or by the start",
                holds: one.verify == .named || one.start == .named || one.isHarmless, otherwise: "both found nothing",
                at: place)
        }
    }
}

extension BitrotDrill.Case {
    /// The second half of the page was empty, or the two pages were alike: nothing changed that anybody reads.
    fileprivate var isHarmless: Bool {
        if case .torn = damage { return verify == .sound && start == .sound }
        return false
    }
}
