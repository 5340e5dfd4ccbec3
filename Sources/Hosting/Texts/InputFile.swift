import Foundation
package import Terminal

/// Files that are read whole.
package enum InputFile {
    /// The largest file that is taken: 1 GiB, far more than any of them has.
    private static let largest = 1 << 30

    package static func bytes(_ path: String) throws(CommandFailure) -> [UInt8] {
        do {
            let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
            guard size <= largest else {
                throw CommandFailure(.inputOutput, "\(path) has \(size) bytes, more than \(largest)")
            }
            return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            let reason = FileManager.default.fileExists(atPath: path) ? "cannot be read" : "does not exist"
            throw CommandFailure(.inputOutput, "\(path) \(reason)", remedy: "check the path and its permissions")
        }
    }

    /// The file's text without a byte order mark. Where it is GB18030, a line on standard error says so.
    package static func text(_ path: String) throws(CommandFailure) -> String {
        let bytes = try bytes(path)
        do throws(WrittenText.Unreadable) {
            let decoded = try WrittenText.decode(bytes)
            if decoded.isGB18030 { Output.complain("haoyuan: \(path) is not UTF-8; it is read as GB18030") }
            return decoded.text
        } catch {
            throw CommandFailure(
                .configuration, "\(path) line \(error.line): \(error.problem)", remedy: "save the file as UTF-8")
        }
    }
}
