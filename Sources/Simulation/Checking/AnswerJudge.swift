import Engine
import Journal
import Oracle
import Scheduling

/// Judges what a caller is told at the moment it is told: nothing that a crash could still undo, nothing that is not
/// so, and to the same key the same for ever.
struct AnswerJudge {
    let chronicle: Chronicle
    let execution: Execution
    let speaker: Speaker

    var model: NaiveModel { chronicle.model }
    /// What an answer may reflect: from what was applied everywhere when its question came, to what is shown now.
    var low: UInt64 { execution.settled }
    var high: UInt64 { speaker.shown }
    func expect(_ holds: Bool, _ sentence: @autoclosure () -> String) { chronicle.expect(holds, sentence()) }

    func check(_ response: Response) {
        switch (execution.operation.request, response) {
        case (.writes(let writes), .answers(let answers)):
            expect(answers.count == writes.count, "\(writes.count) writes got \(answers.count) answers")
            for (write, answer) in zip(writes, answers) { check(write, answer) }
        case (_, .failed(let error)): check(error)
        case (.events(let after, _), .events(let events, let through)): feed(after, events, through)
        case (.resume(let name, _), .resumed(let start, let events, let through, let settled)):
            let from = start.through
            resumed(name, from)
            // Whatever becomes of the log behind it, a name goes only when it is dropped.
            expect(!start.isOfNewName || mark(of: name) == nil, "it does not know reader \(name), and the log does")
            feed(from, events, through)
            if let safe = speaker.safe { expect(settled.rawValue <= safe, "it calls \(settled) safe, and \(safe) is") }
        case (.confirm, .confirmed), (.drop, .dropped): break
        default: reading(response)
        }
    }

    func durable(_ position: Position) {
        expect(position.rawValue <= high, "it was told before it was on disk: \(position)")
    }

    // MARK: Keyed writes

    private func check(_ write: Write, _ answer: Answer) {
        switch answer.outcome {
        case .failed(let error): check(error, write)
        case .told(let fact) where write.key.isZero:
            durable(answer.position)
            let objection = Situation(model, now: Instant(rawValue: 0)).objection(to: fact, as: Wish(write))
            if let objection { chronicle.fail(objection) }
        case .done, .refused, .told:
            chronicle.coverage.note(answer.again ? "answers given again" : "answers")
            let position = answer.position.rawValue
            guard position >= 1, position <= high else {
                return chronicle.fail("its answer stands at \(position), and only \(high) is on disk")
            }
            guard let event = chronicle.events[Int(position) - 1] else {
                return chronicle.fail("no record stands at \(position)")
            }
            expect(event.answer?.key == write.key, "record \(position) answers another key")
            expect(answer.outcome.says(event.fact), "record \(position) \(event.brief) says otherwise")
            expect(
                Wish(write).asks(for: event.fact), "record \(position) \(event.brief) is about something else")
            if let last = chronicle.recordsByKey[write.key]?.last(where: { $0 <= execution.durable }) {
                expect(position >= last, "record \(position) is older than the answer at \(last)")
            }
        }
    }

    private func check(_ error: EngineError, _ write: Write) {
        chronicle.coverage.note("failures: \(error.code)")
        if !error.maybeApplied { chronicle.casebook.noteNothingApplied(write.key) }
        switch error.code {
        case .notFound: expect(!model.knows(Wish(write), at: low), "it says there is no such thing: \(error.message)")
        case .keyReused:
            let contents = Set((chronicle.writesByKey[write.key] ?? []).map { "\($0.command)" })
            expect(contents.count > 1, "its key was used for nothing else")
        case .deadlineExceeded: expect(write.deadline != nil, "it had no deadline")
        case .overloaded, .storageFull, .draining: break
        case .notPrimary where speaker.mayBeNoPrimary: break
        case .standbyAway where speaker.mayMissStandby: break
        case .internal where speaker.mayHaveRenounced: break
        case .invalidArgument where mayClash(write.command) || decidesOwn(write): break
        case .invalidArgument, .positionTrimmed, .notPrimary, .standbyAway, .internal:
            chronicle.fail("\(error.code): \(error.message)")
        }
    }

    /// Whether a catalogue may have been refused because a resource would be in two places. What stands in its way may
    /// not be on disk yet, so no more is asked than that it gives a pool resources.
    private func mayClash(_ command: Command) -> Bool {
        guard case .putCatalogue(let draft, _) = command else { return false }
        return draft.pools.contains { !$0.resources.isEmpty }
    }

    /// Whether a write decides on an appeal that was filed in its own name.
    private func decidesOwn(_ write: Write) -> Bool {
        guard case .decideAppeal(let step) = write.command else { return false }
        return model.appeals[step.appointment]?.filer == write.by.operatorName
    }

    // MARK: Everything else

    private func check(_ error: EngineError) {
        chronicle.coverage.note("failures: \(error.code)")
        switch (error.code, execution.operation.request) {
        case (.overloaded, _), (.storageFull, _), (.draining, _): break
        case (.notPrimary, _) where speaker.mayBeNoPrimary: break
        case (.standbyAway, _) where speaker.mayMissStandby: break
        case (.internal, _) where speaker.mayHaveRenounced: break
        case (.positionTrimmed, .events(let after, _)):
            expect(after.next < speaker.oldest, "the feed says \(after) is gone, the log begins at \(speaker.oldest)")
        case (.positionTrimmed, .resume(let name, _)):
            expect(
                speaker.mayLackLog || speaker.readersBeforeLog.contains(name) || mark(of: name) == nil
                    || chronicle.casebook.retired.contains(name),
                "the log that reader \(name) needs is gone")
        // It was asked for twice, or with the last words of the reader behind it.
        case (.notFound, .drop): break
        case (.notFound, .confirm(let name, _, _)) where chronicle.casebook.retired.contains(name): break
        // A failover may have taken back that a name is known, or what it was told.
        case (.notFound, .confirm(let name, _, _)):
            expect(mark(of: name) == nil || chronicle.plan.standby != nil, "it does not know reader \(name)")
        case (.invalidArgument, .confirm(_, let position, let epoch)) where chronicle.plan.standby != nil:
            expect(wasTakenBack(position.rawValue, since: epoch), "it says that \(position) was taken back")
        case (.notFound, .ofPatient(let patient, _)):
            expect(!model.knows(patient, at: low), "it says there is no such patient")
        case (.notFound, .inSession(let id)):
            expect(model.sittings[id].map { $0.opened > low } ?? true, "it says there is no such session")
        case (.notFound, .search(let query)):
            let known = query.department.map { isThere($0.rawValue, model.departments) } ?? true
            let offered = query.service.map { isThere($0.rawValue, model.services) } ?? true
            let registered = query.patient.map { model.knows($0, at: low) } ?? true
            expect(!known || !offered || !registered, "it says there is no such thing")
        case (.notFound, .days(let query)):
            let known = query.departments.allSatisfy { isThere($0.rawValue, model.departments) }
            let pooled = query.pools.allSatisfy { isThere($0.rawValue, model.pools) }
            let offered = query.service.map { isThere($0.rawValue, model.services) } ?? true
            let registered = query.patient.map { model.knows($0, at: low) } ?? true
            expect(!known || !pooled || !offered || !registered, "it says there is no such thing")
        case (.notFound, .counts(let query)):
            let known = query.departments.allSatisfy { isThere($0.rawValue, model.departments) }
            let pooled = query.pools.allSatisfy { isThere($0.rawValue, model.pools) }
            expect(!known || !pooled, "it says there is no such thing")
        // A standby may not have heard of the hospital yet.
        case (.invalidArgument, .preview):
            expect(model.hospital.value(at: low) == nil, "it does not preview: \(error.message)")
        case (.notFound, .explain(let question)):
            expect(!model.knows(question.wish, at: low), "it says there is no such thing: \(error.message)")
        default: chronicle.fail("\(error.code): \(error.message)")
        }
    }

    /// Whether something of the catalogue was there when the question came.
    private func isThere<Entity>(_ id: UInt32, _ all: [NaiveModel.Versions<Entity>]) -> Bool {
        NaiveModel.versions(id, of: all)?.value(at: low) != nil
    }

    /// Whether what stands at a position is, or may be, another thing than what was told there in an epoch.
    private func wasTakenBack(_ position: UInt64, since epoch: UInt32) -> Bool {
        if position > execution.durable || epoch > chronicle.epoch { return true }
        return chronicle.events.prefix(Int(position)).contains { event in
            if case .epochBegan(let number)? = event?.fact { number > epoch } else { false }
        }
    }

    /// What the log says, at the question, of what a reader has confirmed; nil where it is not known.
    private func mark(of name: String) -> UInt64? {
        model.readers[name]?.last(where: { $0.position <= low })?.through
    }

    /// A reader goes on behind what it confirmed, or earlier, and never behind what the log says.
    private func resumed(_ name: String, _ from: Position) {
        chronicle.coverage.note("named readers that went on")
        let casebook = chronicle.casebook
        guard let mark = mark(of: name), let confirmed = casebook.confirmed[name] else {
            // What a name is told first is its beginning; a failover may have taken back that it was known.
            casebook.confirmed[name] = max(casebook.confirmed[name] ?? .zero, from)
            return
        }
        expect(from.rawValue >= mark, "reader \(name) had confirmed \(mark), and is told from \(from) on")
        expect(from <= confirmed, "reader \(name) confirmed \(confirmed), and misses what stands up to \(from)")
    }

    private func feed(_ after: Position, _ events: [PositionedEvent], _ through: Position) {
        chronicle.coverage.note("events read from the feed", events.count)
        var next = after.rawValue + 1
        for event in events {
            while next <= high, chronicle.events[Int(next) - 1] == nil { next += 1 }
            guard event.position.rawValue == next else {
                return chronicle.fail("the feed goes on at \(event.position) after \(next - 1)")
            }
            guard next <= high else { return chronicle.fail("the feed shows \(next), not on disk yet") }
            expect(event.event == chronicle.events[Int(next) - 1], "the feed tells \(next) otherwise")
            next += 1
        }
        expect(!events.isEmpty, "the feed answered with nothing")
        expect(through.rawValue == next - 1, "the feed says it came to \(through)")
    }
}

extension Answer.Outcome {
    /// Whether this is what a fact tells the caller, read off the fact alone.
    func says(_ fact: Fact) -> Bool {
        switch (self, fact) {
        case (.refused(let refusal, let item), .refused(let other, let place, _)): refusal == other && item == place
        case (.told(let told), _): told == fact
        case (.done(let receipt), .booked(let taken)), (.done(let receipt), .takenAgain(let taken)):
            receipt
                == Receipt(
                    appointment: taken.appointment, state: taken.state, version: 1, holdUntil: taken.holdUntil)
        case (.done(let receipt), .moved(_, let taken)):
            receipt
                == Receipt(
                    appointment: taken.appointment, state: taken.state, version: 1, holdUntil: taken.holdUntil)
        case (.done(let receipt), .bookedTogether(let all)):
            receipt
                == Receipt(
                    appointment: all[0].appointment, state: all[0].state, version: 1, holdUntil: all[0].holdUntil,
                    together: all.map(\.appointment))
        case (.done(let receipt), .changed(let change)):
            receipt
                == Receipt(
                    appointment: change.appointment, state: change.state, version: change.version, holdUntil: nil)
        default: false
        }
    }
}
