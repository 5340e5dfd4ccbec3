import Engine

/// What the monitor answers to which path.
struct MonitorRoutes: Sendable {
    /// One answer: a status of HTTP, and a text.
    struct Answer: Sendable, Equatable {
        var status: Int
        var body: String
        var contentType = "text/plain; charset=utf-8"
        /// Further headers.
        var headers: [String: String] = [:]
    }

    /// How an answer comes about.
    enum Reply: Sendable {
        /// Known at once, whatever the rest of the process does: recovery may have every other thread.
        case now(Answer)
        /// The engine must be asked.
        case later(@Sendable () async -> Answer)
    }

    let state: ServingState
    let settings: MetricsPage.Settings

    /// - Parameters:
    ///   - method: of HTTP, in capitals.
    ///   - target: of the request line; what follows a question mark is not looked at.
    func reply(_ method: String, _ target: String) -> Reply {
        let path = target.prefix { $0 != "?" }
        guard ["/metrics", "/health", "/ready", "/"].contains(path) else {
            return .now(Answer(status: 404, body: "there are /metrics, /health and /ready\n"))
        }
        guard method == "GET" else {
            return .now(
                Answer(status: 405, body: method == "HEAD" ? "" : "only GET is answered\n", headers: ["Allow": "GET"]))
        }
        switch path {
        case "/metrics": return metrics()
        case "/ready": return ready()
        case "/health": return .now(Answer(status: 200, body: "ok\n"))
        default: return .now(Answer(status: 200, body: "\(Version.text): /metrics, /health and /ready\n"))
        }
    }

    private func metrics() -> Reply {
        let settings = settings
        guard case .serving(let running) = state.phase else { return .now(Answer(metrics: MetricsPage.text(settings))) }
        return .later { Answer(metrics: await MetricsPage.text(settings, of: running)) }
    }

    private func ready() -> Reply {
        switch state.phase {
        case .recovering(let sentence): .now(Answer(notReady: "recovering: \(sentence)"))
        case .stopping: .now(Answer(notReady: "stopping: answers what was taken, and takes nothing more"))
        case .serving(let running):
            .later {
                let status = await running.engine.status()
                let objection = Readiness.objection(status, running.engine.replication)
                // A wall clock that is wrong keeps no booking from being taken.
                let note = status.clock.trouble.isEmpty ? "" : "note: \(status.clock.trouble)\n"
                return objection.map { Answer(notReady: $0) } ?? Answer(status: 200, body: "ready\n" + note)
            }
        }
    }
}

extension MonitorRoutes.Answer {
    fileprivate init(metrics text: String) {
        self.init(status: 200, body: text, contentType: Exposition.contentType)
    }

    /// Bookings should not be sent here now.
    fileprivate init(notReady reason: String) { self.init(status: 503, body: reason + "\n") }
}
