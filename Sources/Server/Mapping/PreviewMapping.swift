import Engine
import Journal
import Scheduling
import Wire

extension PBPreviewSessionsReply {
    /// - Parameter after: where the page before ended; nil at the beginning.
    init(
        _ reading: Reading<GenerationPreview>, _ catalogue: Scheduling.Catalogue, after: GenerationPreview.Place?,
        _ page: Page
    ) {
        self.init()
        opened = UInt32(clamping: reading.value.sum.opened)
        unchanged = UInt32(clamping: reading.value.sum.unchanged)
        withdrawn = UInt32(clamping: reading.value.sum.withdrawn)
        position = reading.position.rawValue
        guard page.limit != nil else {
            rows = reading.value.rows.map { PBPreviewRow($0, in: catalogue) }
            conflicts = reading.value.sum.conflicts
            return
        }
        var room = page.room
        var last: GenerationPreview.Place?
        for row in reading.value.rows where after.map({ $0 < row.place }) ?? true {
            let item = PBPreviewRow(row, in: catalogue)
            let sentence = row.sentence.map { $0.utf8.count + 6 } ?? 0
            guard room.takes(item.bytesInList + sentence) else {
                more = true
                next = last.map { PBPreviewCursor($0) } ?? PBPreviewCursor()
                return
            }
            rows.append(item)
            if let sentence = row.sentence { conflicts.append(sentence) }
            last = row.place
        }
    }
}

extension PBPreviewCursor {
    fileprivate init(_ place: GenerationPreview.Place) {
        self.init()
        date = place.date.description
        startMs = place.start
        pool = place.pool
        template = place.template
        session = place.session
    }

    /// - Throws: where it is none that a reply told.
    func place() throws(ProtocolError) -> GenerationPreview.Place {
        guard let date = LocalDate(date) else { throw .invalid("after", "date: ‘\(date)’ is no day, YYYY-MM-DD") }
        return GenerationPreview.Place(date: date, start: startMs, pool: pool, template: template, session: session)
    }
}

extension PBPreviewRow {
    fileprivate init(_ row: GenerationPreview.Row, in catalogue: Scheduling.Catalogue) {
        self.init()
        switch row.fate {
        case .opens: kind = .opens
        case .stands: kind = .stands
        case .withdrawn: kind = .withdrawn
        case .conflict(let sentence): (kind, reason) = (.conflict, sentence)
        case .absent(let words): (kind, reason) = (.absent, words)
        case .unjudged(let calendar): (kind, reason) = (.notJudged, calendar)
        }
        date = row.date.description
        template = row.template.flatMap { catalogue.templates[$0.rawValue]?.code } ?? ""
        pool = row.pool.flatMap { catalogue.pools[$0.rawValue]?.code } ?? ""
        startMs = row.times?.start.rawValue ?? 0
        endMs = row.times?.end.rawValue ?? 0
        units = row.units
        session = row.session?.rawValue ?? 0
        appointments = row.appointments.map(\.rawValue)
        if let isOfZone = row.isOfZone { cause = isOfZone ? .clockChanges : .hours }
    }
}
