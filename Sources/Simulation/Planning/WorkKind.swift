/// What clients ask for.
enum WorkKind: Int, CaseIterable {
    case book, hold, batch, together, confirm, cancel, move, progress, again, reusedKey
    case readByID, readPatient, readSession, search, find, readCatalogue
    case register, open, generate, putPolicy, putEntities

    var isOften: Bool {
        switch self {
        case .book, .hold, .batch, .together, .confirm, .cancel, .move: true
        default: false
        }
    }

    var usualWeight: Int {
        switch self {
        case .book: 6
        case .hold, .move, .together, .cancel: 5
        case .batch, .confirm, .progress: 4
        case .again, .readByID, .readPatient, .readSession, .search: 2
        case .reusedKey, .find, .readCatalogue, .register, .open, .generate, .putPolicy, .putEntities: 1
        }
    }
}
