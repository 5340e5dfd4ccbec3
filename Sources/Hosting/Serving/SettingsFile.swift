package import Terminal
import Yams

/// Settings in a YAML file: a mapping from their names to their values.
package struct SettingsFile {
    let path: String

    package init(path: String) {
        self.path = path
    }

    package func apply(to settings: inout ServeSettings) throws(CommandFailure) {
        let text = try InputFile.text(path)
        let root: Node?
        do { root = try Yams.compose(yaml: text) } catch { throw YAMLText.failure(error, in: path) }
        guard let root else { return }
        guard case .mapping(let mapping) = root else {
            throw CommandFailure(.configuration, "\(path): the file must be a mapping, such as ‘port: 7440’")
        }
        for (key, value) in try YAMLText.pairs(of: mapping, in: path) {
            let place = "\(path) line \(key.mark?.line ?? 1)"
            let name = YAMLText.name(key)
            guard !name.isEmpty, let text = value.scalar.map(YAMLText.words) else {
                throw CommandFailure(
                    .configuration, "\(place): ‘\(name)’ must have one value",
                    remedy: "write it as name: value")
            }
            guard !text.isEmpty else {
                throw CommandFailure(
                    .configuration, "\(place): ‘\(name)’ is empty", remedy: "give it a value, or leave the line out")
            }
            do throws(CommandFailure) { try settings.set(name, text) } catch {
                throw CommandFailure(.configuration, "\(place): \(error.problem)", remedy: error.remedy)
            }
        }
    }
}
