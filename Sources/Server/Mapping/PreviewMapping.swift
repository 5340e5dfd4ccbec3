import Engine
import Journal
import Scheduling
import Wire

extension PBPreviewSessionsReply {
    init(_ reading: Reading<GenerationPreview>, _ catalogue: Scheduling.Catalogue) {
        self.init()
        rows = reading.value.rows.map { PBPreviewRow($0, in: catalogue) }
        opened = UInt32(clamping: reading.value.sum.opened)
        unchanged = UInt32(clamping: reading.value.sum.unchanged)
        withdrawn = UInt32(clamping: reading.value.sum.withdrawn)
        conflicts = reading.value.sum.conflicts
        position = reading.position.rawValue
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
    }
}
