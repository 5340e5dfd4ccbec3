import HaoyuanClient
import Hosting
import Terminal

/// A whole replay: plan, hospital, passes, audit.
package struct ReplayRun {
    let plan: TracePlan
    let passes: Int
    let connections: Int
    let perDayDepartment: UInt32

    package init(plan: TracePlan, passes: Int, connections: Int, perDayDepartment: UInt32) {
        self.plan = plan
        self.passes = passes
        self.connections = connections
        self.perDayDepartment = perDayDepartment
    }

    /// - Parameters:
    ///   - report: already knows the trace; is told the rest.
    ///   - progress: told what is going on.
    package func run(on stage: ReplayStage, _ report: inout ReplayReport, progress: (String) -> Void) async throws {
        var configuration = ClientConfiguration(
            addresses: [.init(host: "127.0.0.1", port: stage.port)], channel: .window, operatorName: "replay")
        configuration.clientName = Version.text
        configuration.connections = connections
        // Deadlines are told in the engine's time, which runs through months while this waits for an answer.
        configuration.requestTimeout = nil
        let client = HaoyuanClient(configuration)
        defer { client.close() }
        progress("bringing the hospital in")
        var first: [ReplayPass.Answer]?
        var hospital: ReplayHospital?
        for number in 1...passes {
            let before = try await client.status().position.rawValue
            let furnished = try await ReplayHospital.furnish(client, plan, perDayDepartment: perDayDepartment)
            var pass = ReplayPass(plan, furnished, client) { stage.move(to: $0) }
            let began = ContinuousClock.now
            try await pass.run {
                progress("pass \(number): \(Numbers.grouped($0)) of \(Numbers.grouped(plan.bookings.count))")
            }
            let took = ContinuousClock.now - began
            let after = try await client.status().position.rawValue
            report.add(pass, took: took, before: before, after: after)
            if let first { report.checkRepetition(pass, number, first, before: before, after: after) }
            if first == nil { first = pass.answers }
            hospital = furnished
        }
        guard let answers = first, let hospital else { preconditionFailure("a replay has at least one pass") }
        report.sum(answers, plan)
        let audit = ReplayAudit(
            plan: plan, hospital: hospital, answers: answers, perDayDepartment: perDayDepartment, client: client)
        report.checks += try await audit.run { progress("audit: \($0)") }
        report.checks.append(
            .init(name: "the engine’s invariants hold", count: answers.count, problems: await stage.violations()))
        let journal = try await client.status().journal
        report.recordBytes = journal.bytes
        report.logBytes = journal.logBytes
        report.fileBytes = journal.fileBytes
    }
}

extension ReplayReport {
    fileprivate mutating func add(_ pass: ReplayPass, took: Duration, before: UInt64, after: UInt64) {
        let tally = pass.tally
        passes.append(
            Pass(
                bookings: tally.bookings, writes: tally.writes, repeated: tally.repeated, batches: tally.batches,
                took: took,
                before: before, after: after))
        checks.append(
            .init(
                name: "pass \(passes.count): every check-in and no-show is accepted",
                count: tally.writes - tally.bookings,
                problems: tally.refusedChanges))
    }

    /// A repetition changes nothing: every answer was given before, is the same, and the journal does not grow.
    fileprivate mutating func checkRepetition(
        _ pass: ReplayPass, _ number: Int, _ first: [ReplayPass.Answer], before: UInt64, after: UInt64
    ) {
        var problems: [String] = []
        if before != after { problems.append("the journal went from position \(before) to \(after)") }
        let anew = pass.tally.writes - pass.tally.repeated
        if anew > 0 { problems.append("\(Numbers.grouped(anew)) writes were carried out anew") }
        let others = zip(pass.answers, first).count { $0 != $1 }
        if others > 0 { problems.append("\(Numbers.grouped(others)) bookings got another answer") }
        checks.append(.init(name: "pass \(number) changes nothing", count: pass.tally.writes, problems: problems))
    }

    fileprivate mutating func sum(_ answers: [ReplayPass.Answer], _ plan: TracePlan) {
        var rules: [String: Int] = [:]
        for (index, answer) in answers.enumerated() {
            if answer.taken != nil {
                booked += 1
                if plan.bookings[index].cameNot { noShows += 1 } else { completed += 1 }
            } else {
                refused += 1
            }
            for refusal in answer.refusals { rules[refusal.rule.name, default: 0] += 1 }
        }
        refusals = rules.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        checks.append(
            .init(
                name: "every booking got an answer", count: answers.count,
                problems: answers.indices.filter { answers[$0].taken == nil && answers[$0].refusals.isEmpty }
                    .map { "line \(plan.bookings[$0].line) got none" }))
    }
}
