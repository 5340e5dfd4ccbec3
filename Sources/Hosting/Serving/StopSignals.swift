import Dispatch
import Glibc

/// SIGTERM and SIGINT: the first asks for an orderly end, the second ends the process at once. SIGHUP asks for an
/// orderly end where a terminal started the process, for then it has been closed.
package struct StopSignals {
    private let sources: [any DispatchSourceSignal]
    private let first: AsyncStream<String>
    /// One for each source that is in place.
    private let registrations: AsyncStream<Void>

    /// - Parameter hangUp: called at each SIGHUP of a process that no terminal started: a service manager's wish to
    ///   load anew. Without it such a process does with SIGHUP what it did before.
    package init(hangUp: (@Sendable () -> Void)? = nil) {
        let (stream, continuation) = AsyncStream.makeStream(of: String.self)
        first = stream
        let (registrations, registration) = AsyncStream.makeStream(of: Void.self)
        self.registrations = registrations
        let queue = DispatchQueue(label: "haoyuan.signals")
        // Touched only on the queue, which runs one block at a time.
        nonisolated(unsafe) var count = 0
        func source(_ number: Int32, _ act: @escaping @Sendable () -> Void) -> any DispatchSourceSignal {
            // The default would end the process before anybody could be told.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler(handler: act)
            source.setRegistrationHandler { registration.yield() }
            source.resume()
            return source
        }
        var sources = [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT")].map { number, name in
            source(number) {
                count += 1
                if count > 1 { _exit(128 + number) }
                continuation.yield(name)
                continuation.finish()
            }
        }
        if isatty(STDIN_FILENO) == 1 {
            // `nohup` has it ignored, and that is to stay. A terminal that closes may send it more than once.
            if !Self.isIgnored(SIGHUP) {
                sources.append(
                    source(SIGHUP) {
                        continuation.yield("SIGHUP")
                        continuation.finish()
                    })
            }
        } else if let hangUp {
            sources.append(source(SIGHUP, hangUp))
        }
        self.sources = sources
    }

    /// Waits until every signal has the descriptor it comes by. A process that gives all descriptors to its callers
    /// before would never hear of its end.
    package func ready() async {
        var awaited = registrations.makeAsyncIterator()
        for _ in sources { await awaited.next() }
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        sigaction(number, nil, &action)
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
    }

    /// Waits for the first of them, and gives its name.
    package func wait() async -> String {
        for await name in first { return name }
        return ""
    }
}
