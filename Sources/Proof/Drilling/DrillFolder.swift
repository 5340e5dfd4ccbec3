import Foundation
package import Terminal

/// Where a drill has its data: a folder of its own that goes when all went well, and stays, named, when it did not.
package struct DrillFolder: Sendable {
    let path: String

    /// - Parameter parent: where it is made; nil for the system's temporary folder.
    package static func make(_ name: String, in parent: String? = nil) throws(CommandFailure) -> DrillFolder {
        let parent = parent ?? NSTemporaryDirectory()
        let path =
            (parent.hasSuffix("/") ? parent : parent + "/")
            + "haoyuan-\(name)-\(UUID().uuidString.prefix(8).lowercased())"
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure(
                .inputOutput, "the folder \(path) cannot be made: \(error.localizedDescription)",
                remedy: "name another with --folder")
        }
        return DrillFolder(path: path)
    }

    var data: String { path + "/data" }

    package func remove() { try? FileManager.default.removeItem(atPath: path) }

    /// Removes what is in it.
    package func empty() throws(CommandFailure) {
        remove()
        do { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) } catch {
            throw CommandFailure(.inputOutput, "the folder \(path) cannot be made: \(error.localizedDescription)")
        }
    }
}
