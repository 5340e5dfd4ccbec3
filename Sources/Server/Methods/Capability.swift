/// What a caller must be allowed to do before a method is carried out for it: a column of the table of methods.
/// Nothing enforces it yet: a caller that may connect may do everything. Rights per caller will read this column.
package enum Capability: Sendable, CaseIterable {
    case connect
    case readStatus
    case readCatalogue
    case writeCatalogue
    case findPatients
    case registerPatients
    case readSchedule
    case writeSchedule
    case readAppointments
    case book
    case readFeed
    case replicate
    case operate

    /// One line for the reference page.
    package var meaning: String {
        switch self {
        case .connect: "begin a connection, and hear that it ends"
        case .readStatus: "see how the server fares"
        case .readCatalogue: "read the hospital, its departments, resources, services, pools, policies and templates"
        case .writeCatalogue: "change what stands in the catalogue"
        case .findPatients: "learn which patient an identifier belongs to"
        case .registerPatients: "make patients known, and give them further identifiers"
        case .readSchedule: "see sessions, and search free slots"
        case .writeSchedule: "open sessions, and withdraw their slots"
        case .readAppointments: "read the appointments of any patient or session"
        case .book: "hold, book and move appointments, and change their state"
        case .readFeed: "hear of every change in the hospital"
        case .replicate: "be the other server of a pair: take in the log, and depose a former primary"
        case .operate:
            "decide which server of a pair is the primary, whether it waits for its standby, which clock is right, and "
                + "for whom the log is kept"
        }
    }
}
