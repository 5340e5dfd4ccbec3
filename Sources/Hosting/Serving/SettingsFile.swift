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
        do { root = try Yams.compose(yaml: text) } catch { throw YAMLProblem.failure(error, in: path) }
        guard let root else { return }
        guard case .mapping(let mapping) = root else {
            throw CommandFailure(.configuration, "\(path): the file must be a mapping, such as ‘port: 7440’")
        }
        for (key, value) in mapping {
            let place = "\(path) line \(key.mark?.line ?? 1)"
            guard let name = key.string, let text = value.scalar?.string else {
                throw CommandFailure(
                    .configuration, "\(place): ‘\(key.string ?? "?")’ must have one value",
                    remedy: "write it as name: value")
            }
            do throws(CommandFailure) { try settings.set(name, text) } catch {
                throw CommandFailure(.configuration, "\(place): \(error.problem)", remedy: error.remedy)
            }
        }
    }
}
