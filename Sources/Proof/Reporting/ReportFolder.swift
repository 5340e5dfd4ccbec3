import Foundation
package import Terminal

/// Where a report is kept: one folder with the page, the text and the document for machines.
package struct ReportFolder {
    let path: String

    package init(path: String) {
        self.path = path
    }

    /// Makes the folder if need be and writes all three under the report's name.
    /// - Returns: the page's path.
    @discardableResult
    package func write(_ report: Report) throws(CommandFailure) -> String {
        let text = TextReport(report: report).lines().joined(separator: "\n") + "\n"
        let page = "\(path)/\(report.name).html"
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try HTMLReport(report: report).page().write(toFile: page, atomically: true, encoding: .utf8)
            try text.write(toFile: "\(path)/\(report.name).txt", atomically: true, encoding: .utf8)
            try (report.json.text(isIndented: false) + "\n")
                .write(toFile: "\(path)/\(report.name).json", atomically: true, encoding: .utf8)
        } catch {
            throw CommandFailure(
                .inputOutput, "the report cannot be written to \(path): \(error.localizedDescription)",
                remedy: "name a folder that this process may write to")
        }
        return page
    }
}
