import Engine
import Foundation
import Hosting
import Journal
import Scheduling
package import Terminal

/// The records of a file that a deposed primary wrote when it took them back, for people to look into. What the
/// catalogue was then is not in it, so things go by their numbers.
package struct TakenBackView {
    package let records: [RecordView]

    package init(path: String) throws(CommandFailure) {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw CommandFailure(.inputOutput, "\(path) cannot be read", remedy: "name a file taken-back-….chunks")
        }
        do {
            records = try TakenBackFile(bytes: [UInt8](bytes)).records().map { record in
                RecordView(position: record.position, event: try record.event(), catalogue: Catalogue())
            }
        } catch let error as JournalError {
            throw CommandFailure(error)
        } catch {
            throw CommandFailure(.inputOutput, "\(path) holds what this version cannot read: \(error)")
        }
    }
}
