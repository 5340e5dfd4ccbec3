import HaoyuanClient
import Terminal

/// A follower of the change feed, as a front end would keep one: it resumes where it was after every restart, and has
/// of each appointment what the feed told of it. In the end that must be what the server says.
actor FeedMirror {
    struct Entry: Sendable {
        var patient: PatientID?
        var slot: SlotID?
        var state: AppointmentState
        var version: UInt32
    }

    private(set) var entries: [AppointmentID: Entry] = [:]
    /// Everything up to here has been told.
    private(set) var through = Position(rawValue: 0)
    /// What must not be in a feed.
    private(set) var problems: [String] = []
    private(set) var events = 0
    /// How often it was away for so long that the log before it had gone, and began anew.
    private(set) var begunAnew = 0
    private var following: Task<Void, Never>?
    private var isComplete: Bool

    /// - Parameter after: where it begins; 0 for the oldest that is kept.
    init(after: Position = .init(rawValue: 0)) {
        through = after
        isComplete = true
    }

    /// Follows from where it is, until it is told to stop.
    func follow(_ client: HaoyuanClient) {
        following?.cancel()
        following = Task { await self.run(client) }
    }

    private func run(_ client: HaoyuanClient) async {
        while !Task.isCancelled {
            do throws(HaoyuanError) {
                var pages = client.changePages(after: through).makeAsyncIterator()
                while let page = try await pages.next(isolation: self) { take(page) }
                return
            } catch {
                guard error.code == .positionTrimmed else { return }
                await beginAnew(client)
            }
        }
    }

    /// As the protocol says: what is not kept any more is read anew. Here it is enough to forget, for whatever changes
    /// from now on is told again.
    private func beginAnew(_ client: HaoyuanClient) async {
        guard let status = try? await client.status() else { return }
        begunAnew += 1
        isComplete = false
        entries = [:]
        through = Position(rawValue: max(status.oldestPosition.rawValue, 1) - 1)
    }

    private func take(_ page: ChangePage) {
        for event in page.events {
            events += 1
            // One record may be several events, and the catalogue's records may be longer than one position.
            if through.rawValue == 0, event.position.rawValue > 1 {
                // Asked from the very beginning, a feed begins with the oldest that is kept.
                isComplete = false
            } else if event.position.rawValue > through.rawValue + 1, event.kind != .catalogueChanged {
                note("after \(through) came \(event.position)")
            }
            if event.position < through { note("\(event.position) came after \(through)") }
            through = max(through, event.position)
            apply(event)
        }
        through = max(through, page.through)
    }

    private func apply(_ event: ChangeEvent) {
        guard let id = event.appointment, let state = event.state else { return }
        // A move is one event, at the new appointment; what it tells of the old one is that it has gone.
        if event.kind == .moved, let old = event.movedFrom, var entry = entries[old] {
            entry.state = .moved
            entry.version += 1
            entries[old] = entry
        }
        let version = event.version ?? 1
        if let known = entries[id] {
            if version != known.version + 1 {
                note("\(id.place): version \(version) at \(event.position) came after version \(known.version)")
            }
        } else if version != 1, isComplete {
            note("\(id.place): the feed begins with version \(version) at \(event.position)")
        }
        var entry = entries[id] ?? Entry(state: state, version: version)
        entry.state = state
        entry.version = version
        if let patient = event.patient { entry.patient = patient }
        if let slot = event.slot { entry.slot = slot }
        entries[id] = entry
    }

    private func note(_ problem: String) {
        if problems.count < Report.Check.mostProblems { problems.append(problem) }
    }

    /// Waits until everything up to a position has been told.
    /// - Returns: false when that took too long.
    func hasReached(_ position: Position, within limit: Duration = .seconds(20)) async -> Bool {
        let deadline = ContinuousClock.now + limit
        while through < position, ContinuousClock.now < deadline { try? await Task.sleep(for: .milliseconds(2)) }
        return through >= position
    }

    func stop() {
        following?.cancel()
        following = nil
    }

    /// Forgets appointments that were looked at and have ended.
    func forget(_ ended: Set<AppointmentID>) {
        for id in ended { entries[id] = nil }
        // What is told of them later has a version that follows on nothing.
        isComplete = false
    }
}
