import Engine
import Journal
import Logging
import Scheduling
import Server
import Terminal

/// What `serve` does between its start and the signal that ends it: a primary serves; a standby follows, starts its
/// engine anew where it must, and serves as primary once it is promoted. Cancelling the task that runs it ends it in
/// order.
struct ServingProcess: Sendable {
    let settings: ServeSettings
    let credential: String?
    /// Told how far it has come, for the monitor.
    let state: ServingState
    let logger: Logger
    /// Changes what the settings do not reach: the probes of a drill.
    let adjust: @Sendable (inout EngineConfiguration) -> Void
    /// Once the engine serves for the first time.
    let onServing: @Sendable () -> Void
    let clock = SystemClock()

    func run() async throws {
        if settings.follow.isEmpty {
            let running = try await start(.primary, port: settings.port, followed: nil)
            try await announce(running)
            await untilCancelled()
            await stop(running)
        } else {
            try await runStandby()
        }
    }

    // MARK: A standby

    private func runStandby() async throws {
        var port = settings.port
        var isAnnounced = false
        while true {
            try await takeCopyWhereNeeded()
            guard !Task.isCancelled else { return }
            let followed = FollowedPrimary(address: settings.follow[0].description)
            let running = try await start(.standby, port: port, followed: followed)
            port = running.port
            if !isAnnounced { try await announce(running) }
            isAnnounced = true
            let following = Following(
                running.engine, addresses: settings.follow, greeting: greeting(port), followed: followed, logger: logger
            )
            switch await following.run() {
            case .promoted:
                await serveAfterPromotion(running)
                return
            case .cancelled:
                await stop(running)
                return
            case .failed(let why):
                state.stopping()
                await running.stop(reason: "this standby cannot follow", writingCheckpoint: false)
                throw CommandFailure(
                    .inputOutput, why,
                    remedy: "run haoyuan verify on the folder, or start this standby with an empty one")
            case .cutBack(let tip):
                state.recovering("taking back what the primary does not have")
                await running.stop(
                    reason: "this standby takes back what its primary does not have", writingCheckpoint: false)
                try takeBack(to: tip)
            case .copyNeeded:
                state.recovering("making room for a copy")
                await running.stop(reason: "this standby takes a copy of its primary", writingCheckpoint: false)
                try makeRoom()
            }
        }
    }

    private func takeBack(to tip: LogTip) throws(CommandFailure) {
        let (kept, isDone) = try folder.takeBack(to: tip)
        if let kept {
            logger.warning(
                "records that the primary does not have are taken back; what this server acknowledged of them alone is lost",
                metadata: ["after": "\(tip.last)", "records": "\(kept.records)", "kept": "\(kept.file)"])
        }
        if !isDone { try makeRoom() }
    }

    private func makeRoom() throws(CommandFailure) {
        let kept = try folder.moveAside()
        logger.warning(
            "the data does not follow on the primary's; a copy is taken, and what only this server had is lost to it",
            metadata: ["kept": "\(kept)"])
    }

    private func serveAfterPromotion(_ running: RunningEngine) async {
        let status = await running.engine.status()
        let address = PeerAddress(host: settings.host, port: running.port).description
        let greeting = greeting(running.port)
        let tellers = settings.follow.map { peer in
            let deposing = Deposing(peer, greeting: greeting, cluster: status.cluster, logger: logger)
            return Task { await deposing.tell(epoch: status.epoch, primary: address) }
        }
        await untilCancelled()
        for teller in tellers { teller.cancel() }
        await stop(running)
    }

    // MARK: The copy

    private func takeCopyWhereNeeded() async throws {
        var attempt = 0
        var told: String?
        while !Task.isCancelled {
            switch try folder.contents() {
            case .journal: return
            case .unfinishedCopy: try folder.removeUnfinished()
            case .nothing: break
            }
            let address = settings.follow[attempt % settings.follow.count]
            attempt += 1
            let options = settings.engine { _ in }.journal
            let report = CopyReport(state) { logger.info("copying", metadata: ["done": "\($0)"]) }
            defer { report.end() }
            try CommandFailure.checkRoom(for: options)
            do {
                try await CopyTransfer(from: address, greeting: greeting(settings.port)).take(into: options) {
                    report.tell($0)
                }
                logger.notice("copy taken", metadata: ["from": "\(address)"])
                return
            } catch let error as JournalError {
                if case .corrupt = error {} else { throw CommandFailure(error, opening: options) }
                logger.error(
                    "the copy was damaged; trying again",
                    metadata: ["from": "\(address)", "why": "\(error.description)"])
            } catch {
                let why = "\(error)"
                if told != why {
                    logger.warning("no copy yet; trying again", metadata: ["from": "\(address)", "why": "\(why)"])
                }
                told = why
            }
            try? await Task.sleep(for: .milliseconds(500))
        }
    }

    // MARK: The pieces

    private var folder: DataFolder {
        DataFolder(options: settings.engine { _ in }.journal) { [clock] in clock.now().rawValue }
    }

    private func greeting(_ port: Int) -> PeerGreeting {
        PeerGreeting(
            name: "\(PeerAddress(host: settings.host, port: port)) \(Version.text)", credential: credential ?? "")
    }

    private func start(_ role: Role, port: Int, followed: FollowedPrimary?) async throws -> RunningEngine {
        let report = RecoveryReport(state) { [logger] in logger.info("recovering", metadata: ["done": "\($0)"]) }
        defer { report.end() }
        var engine = settings.engine { report.tell($0) }
        adjust(&engine)
        engine.role = role
        engine.news = { [logger] in $0.log(logger) }
        var server = settings.server(credential: credential)
        server.port = port
        server.followed = followed
        let running = try await RunningEngine.start(engine, server, logger: logger)
        if let news = running.engine.zoneNews() { StandingNews.zoneDiffers(news).log(logger) }
        for sentence in running.engine.clashes(most: EngineLimits.clashesNamed) {
            logger.warning("\(sentence): move one template's hours and generate, or withdraw one of the two")
        }
        state.serving(running)
        return running
    }

    private func announce(_ running: RunningEngine) async throws {
        onServing()
        do {
            if settings.sample {
                try await SampleHospital.load(port: running.port, host: settings.host, credential: credential)
            }
            try settings.portFile.map { PortFile(path: $0) }?.write(running.port)
        } catch {
            state.stopping()
            await running.stop(reason: "the start failed")
            throw error
        }
        await Banner(running: running, settings: settings).show()
    }

    private func stop(_ running: RunningEngine) async {
        state.stopping()
        settings.portFile.map { PortFile(path: $0) }?.remove()
        // A task of its own: this one is cancelled, and what is left to do must not be.
        await Task { await running.stop(reason: "the server is stopping") }.value
    }

    private func untilCancelled() async {
        let (never, continuation) = AsyncStream.makeStream(of: Never.self)
        for await _ in never {}
        continuation.finish()
    }
}

extension StandingNews {
    /// Says it as loudly as it is.
    func log(_ logger: Logger) {
        switch self {
        case .wentAlone:
            logger.critical("the standby is away: going on alone; what is acknowledged now is on this disk only")
        case .standbyCaughtUp(let name):
            logger.notice("the standby has caught up", metadata: ["standby": "\(name)"])
        case .deposed(let epoch):
            logger.critical(
                "deposed: another server is primary now; this one serves nothing but its status, and rejoins with --follow",
                metadata: ["epoch": "\(epoch)"])
        case .promoted(let epoch):
            logger.critical(
                "promoted: this server is the primary now, alone until a standby has caught up",
                metadata: ["epoch": "\(epoch)"])
        case .clockDiffers(let clock):
            logger.error("\(clock.trouble)", metadata: ["ahead_ms": "\(clock.aheadMilliseconds)"])
        case .clockAgrees: logger.notice("the machine's clock and the engine's time are one again")
        case .clockAccepted(let clock):
            logger.warning(
                "the machine's clock was accepted", metadata: ["ahead_ms": "\(clock.aheadMilliseconds)"])
        case .rolled(let report): report.log(logger)
        case .zoneDiffers(let standing):
            if let sentence = standing.sentence { logger.warning("\(sentence)") }
        }
    }
}

extension RollReport {
    /// What a roll did, and the first of what it did not open.
    fileprivate func log(_ logger: Logger) {
        guard trouble.isEmpty else {
            return logger.error("the days ahead could not be opened; trying again", metadata: ["why": "\(trouble)"])
        }
        logger.notice(
            "sessions are opened for the days ahead",
            metadata: [
                "through": "\(through?.description ?? "")", "opened": "\(opened)", "withdrawn": "\(withdrawn)",
                "not_opened": "\(conflicts.count)",
            ])
        for conflict in conflicts.prefix(EngineLimits.clashesNamed) { logger.warning("not opened: \(conflict)") }
    }
}
