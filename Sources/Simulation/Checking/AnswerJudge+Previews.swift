import Engine
import Oracle
import Scheduling

// What a generation would do: it opens what a template said at a moment between question and answer, where nothing was
// in the way all the time. It tells of sessions that are on disk, and of all that lived in them.
extension AnswerJudge {
    func preview(_ preview: GenerationPreview, from: LocalDate, to: LocalDate) {
        let places = preview.rows.map(\.place)
        expect(
            zip(places, places.dropFirst()).allSatisfy { $0 < $1 }, "its rows are out of order, or one is there twice")
        expect(preview.rows.allSatisfy { (from...to).contains($0.date) }, "it tells of days that nobody asked for")
        func count(_ fate: GenerationPreview.Fate) -> Int { preview.rows.count { $0.fate == fate } }
        expect(
            (count(.opens), count(.stands), count(.withdrawn))
                == (preview.sum.opened, preview.sum.unchanged, preview.sum.withdrawn), "its sum is not that of its rows"
        )
        let sentences = preview.rows.compactMap(\.sentence)
        expect(sentences.sorted() == preview.sum.conflicts.sorted(), "its conflicts are not those of its rows")
        for row in preview.rows {
            if row.fate == .opens { opens(row) }
            if let session = row.session { tells(row, of: session) }
        }
    }

    private func opens(_ row: GenerationPreview.Row) {
        guard let id = row.template, let pool = row.pool, let times = row.times else {
            return chronicle.fail("it opens what no template says")
        }
        let positions = low...max(low, high)
        let zones = model.hospital.inForce(positions).map(\.zone)
        let isSaid = (NaiveModel.versions(id.rawValue, of: model.templates)?.inForce(positions) ?? []).contains {
            template in
            model.says(template, on: row.date, in: positions).contains { day in
                guard case .session(_, _, let slots, let capacity) = day, slots * capacity == Int(row.units) else {
                    return false
                }
                let capacities = Array(repeating: capacity, count: slots)
                return zones.contains { NaiveModel.isSaid(day, of: template, times, capacities, in: pool, $0) }
            }
        }
        expect(isSaid, "it opens a session of template \(id.rawValue) on \(row.date), which the template does not say")
        if execution.isOfPrimary { expect(times.end > execution.notBefore, "it opens a session that is over") }
        // What was opened by hand goes for no generation.
        let time = Int(times.startMinute)..<Int(times.endMinute)
        for case let sitting? in (model.sittingsOfPool[pool] ?? []).map({ model.sittings[$0] })
        where sitting.template == nil && sitting.opened <= low && sitting.archived == nil
            && !(model.mayBeArchived(sitting.id)
                && sitting.start(sitting.capacities.count) <= chronicle.latestMoment)
        {
            expect(
                !sitting.time(0..<sitting.capacities.count).overlaps(time),
                "it opens a session on \(row.date) where \(sitting.id) stands")
        }
    }

    private func tells(_ row: GenerationPreview.Row, of session: SessionID) {
        guard let sitting = model.sittings[session], sitting.opened <= high else {
            return chronicle.fail("it tells of \(session), which is not on disk")
        }
        expect(sitting.archived.map { $0 > low } ?? true, "it tells of \(session), which was gone before")
        expect(row.pool == session.pool, "it tells of \(session) in another pool")
        expect(row.times?.startMinute == sitting.times.startMinute, "it tells of \(session) at another time")
        for id in row.appointments {
            guard let visit = model.visits[id], visit.made <= high, id.session == session else {
                return chronicle.fail("it tells of \(id), which is not on disk")
            }
            expect(
                since(visit).contains { $0.position <= high && !$0.state.isFinal },
                "it tells of \(id), which had ended before it was asked")
        }
        for id in sitting.visits where !row.appointments.contains(id) {
            guard let visit = model.visits[id], visit.made <= low else { continue }
            expect(since(visit).contains(where: \.state.isFinal), "it leaves out \(id), which lives in \(session)")
        }
    }

    /// The states that an appointment has had since the question, that at the question first.
    private func since(_ visit: NaiveModel.Visit) -> ArraySlice<NaiveModel.Version> {
        visit.versions[(visit.versions.lastIndex { $0.position <= low } ?? 0)...]
    }
}
