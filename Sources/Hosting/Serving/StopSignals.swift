import Dispatch
import Glibc

/// SIGTERM and SIGINT: the first asks for an orderly end, the second ends the process at once.
package struct StopSignals {
    private let sources: [any DispatchSourceSignal]
    private let first: AsyncStream<String>

    package init() {
        let (stream, continuation) = AsyncStream.makeStream(of: String.self)
        first = stream
        let queue = DispatchQueue(label: "haoyuan.signals")
        // Touched only on the queue, which runs one block at a time.
        nonisolated(unsafe) var count = 0
        sources = [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT")].map { number, name in
            // The default would end the process before anybody could be told.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                count += 1
                if count > 1 { _exit(128 + number) }
                continuation.yield(name)
                continuation.finish()
            }
            source.resume()
            return source
        }
    }

    /// Waits for the first of them, and gives its name.
    package func wait() async -> String {
        for await name in first { return name }
        return ""
    }
}
