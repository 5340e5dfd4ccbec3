package import Logging
import Terminal

/// The log: one line an event on standard error, as text for people or as JSON for whatever collects it. Who logs never
/// waits for the log's reader.
package struct LogLines: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let format: ServeSettings.LogFormat
    private let now: @Sendable () -> Int64
    private let writer: LogWriter

    /// - Parameters:
    ///   - writer: where the lines go.
    ///   - now: milliseconds since 1970, for the lines.
    package init(
        label: String, level: Logger.Level, format: ServeSettings.LogFormat, to writer: LogWriter = .standardError,
        now: @escaping @Sendable () -> Int64
    ) {
        self.label = label
        logLevel = level
        self.format = format
        self.writer = writer
        self.now = now
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        writer.write(line(event)) { count in
            line(
                LogEvent(
                    level: .warning, message: "lines of this log were dropped, for its reader stood still",
                    metadata: ["lines": "\(count)"], source: "Hosting", file: #fileID, function: #function, line: #line)
            )
        }
    }

    func line(_ event: LogEvent) -> String {
        var all = metadata
        for (key, value) in metadataProvider?.get() ?? [:] { all[key] = value }
        for (key, value) in event.metadata ?? [:] { all[key] = value }
        if let error = event.error { all["error"] = "\(error)" }
        let fields = all.sorted { $0.key < $1.key }.map { (name: $0.key, value: "\($0.value)") }
        let moment = HospitalClock.utc.iso(now())
        switch format {
        case .text:
            let rest = fields.map { " \($0.name)=\(Self.quotedIfNeeded($0.value))" }.joined()
            return "\(moment) \(event.level.rawValue) \(Table.Cell("\(event.message)").text)\(rest)"
        case .json:
            var json: [JSON.Field] = [
                .init(name: "time", value: .text(moment)), .init(name: "level", value: .text(event.level.rawValue)),
                .init(name: "logger", value: .text(label)), .init(name: "message", value: .text("\(event.message)")),
            ]
            json += fields.map { JSON.Field(name: $0.name, value: .text($0.value)) }
            return JSON.object(json).text(isIndented: false)
        }
    }

    private static func quotedIfNeeded(_ text: String) -> String {
        let isPlain =
            !text.isEmpty
            && text.unicodeScalars.allSatisfy {
                $0.value > 0x20 && $0 != "\"" && $0 != "=" && $0.properties.generalCategory != .control
            }
        return isPlain ? text : JSON.text(text).text(isIndented: false)
    }
}
