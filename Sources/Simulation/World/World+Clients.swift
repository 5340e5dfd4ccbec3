import Engine
import Journal
import Scheduling

/// Somebody who reads the change feed, from where it came to.
struct FeedReader {
    let index: Int
    var position = Position.zero
    /// Nil for one without a name, which remembers its position itself.
    var name: String?
    /// The question it waits for.
    var asked = 0

    static let firstOperation = 1_000_000
}

extension Operation {
    var isReaders: Bool { (FeedReader.firstOperation..<Self.firstOfAudit).contains(index) }
    /// From here on are the world's own questions, which nobody sends.
    static let firstOfAudit = 2_000_000
}

// The clients: they think of something, send it, wait, and ask again with the same key until they have an answer or
// give up.
extension World {
    func think(_ client: Int) {
        guard thought < plan.operations else { return }
        guard openOperations[client] < plan.pipeline else {
            queue.put(.idea(client: client), at: now + Int64(plan.thinkMilliseconds))
            return
        }
        let index = thought
        thought += 1
        for strike in plan.strikes where strike.operation == index {
            strikes.append((turns + strike.turns, strike))
        }
        let pause = Int64(random.below(plan.thinkMilliseconds * 2) + 1)
        queue.put(.idea(client: client), at: now + pause)
        guard !plan.overrides.skipped.contains(index),
            let request = workload.request(
                index, model: chronicle.model, earlier: history, clock: nodes[believed[client]].clock,
                now: max(World.beginning, Instant(rawValue: nodes[believed[client]].time.earliest)))
        else { return }
        let operation = Operation(index: index, client: client, request: request)
        operations[index] = operation
        history.append(operation)
        openOperations[client] += 1
        casebook.coverage.note("operations")
        send(operation)
    }

    func send(_ operation: Operation) {
        guard !operation.isSettled, !operation.isGivenUp else { return }
        operation.attempt += 1
        if operation.attempt > 1 { casebook.coverage.note("retries") }
        say("client \(operation.client) sends \(operation.index).\(operation.attempt): \(operation.request.brief)")
        send(
            .request(
                operation: operation.index, attempt: operation.attempt, epoch: seenEpochs[operation.client]),
            from: .client(operation.client), to: .server(address(operation)))
        // A client that knows another server asks it when the one is silent.
        let patience: Int64 = isHealed ? nodes.count == 1 ? 50 : 5 : 1
        queue.put(
            .timeout(operation: operation.index, attempt: operation.attempt),
            at: now + Int64(plan.timeoutMilliseconds) * patience)
    }

    /// Where a client sends it: to what it takes for the primary; a reading perhaps to the other.
    private func address(_ operation: Operation) -> Int {
        let believed = believed[operation.client]
        guard let standby = plan.standby, operation.request.isReading, !isHealed,
            linkRandom.chance(standby.astrayPermille)
        else { return believed }
        casebook.coverage.note("readings asked of the other server")
        return 1 - believed
    }

    private func turnAway(_ client: Int, from server: Int) {
        if nodes.count > 1, believed[client] == server { believed[client] = 1 - server }
    }

    func timeOut(_ index: Int, _ attempt: Int) {
        guard let operation = operations[index], operation.attempt == attempt, !operation.isSettled else { return }
        turnAway(operation.client, from: believed[operation.client])
        if operation.isReaders {
            readers[operation.client - plan.clients].asked = 0
            operation.isGivenUp = true
            queue.put(.reader(operation.client - plan.clients), at: now + 1)
        } else if attempt >= plan.attempts, !isHealed {
            operation.isGivenUp = true
            openOperations[operation.client] -= 1
            casebook.coverage.note("operations given up")
        } else {
            send(operation)
        }
    }

    func hear(_ operation: Operation, _ response: Response, from server: Int, epoch: UInt32) {
        if nodes.count > 1 {
            seenEpochs[operation.client] = max(seenEpochs[operation.client], epoch)
            if response.saysNotPrimary { turnAway(operation.client, from: server) }
        }
        if operation.isReaders { return hearFeed(operation, response, epoch: epoch) }
        guard !operation.isSettled, !operation.isGivenUp else { return }
        if response.asksForRetry {
            // One retry for each attempt, however many answers it got, and later ones wait longer.
            guard operation.retried < operation.attempt else { return }
            operation.retried = operation.attempt
            let pause = random.between(5...50) * min(10, operation.attempt)
            queue.put(.retry(operation: operation.index), at: now + Int64(pause))
            return
        }
        operation.isSettled = true
        openOperations[operation.client] -= 1
    }

    // MARK: The change feed

    func readOn(_ reader: Int) {
        guard readers[reader].asked == 0 else { return }
        let index = FeedReader.firstOperation + operations.count
        let limit = 1 + random.below(40)
        let operation = Operation(
            index: index, client: plan.clients + reader,
            request: readers[reader].name.map { .resume(name: $0, limit: limit) }
                ?? .events(after: readers[reader].position, limit: limit))
        operations[index] = operation
        readers[reader].asked = index
        send(operation)
    }

    /// A named reader tells what it has.
    private func confirm(_ name: String, _ reader: Int, _ position: Position, epoch: UInt32) {
        casebook.confirmed[name] = max(casebook.confirmed[name] ?? .zero, position)
        tell(.confirm(name: name, position, epoch: epoch), as: reader)
    }

    /// A named reader does not come back; one of another name begins in its place.
    private func retire(_ name: String, _ reader: Int) {
        casebook.coverage.note("named readers that were dropped")
        casebook.retired.insert(name)
        readers[reader].name = name + "-"
        tell(.drop(name: name), as: reader)
    }

    /// Sends what a reader does not wait for the answer to.
    private func tell(_ request: Request, as reader: Int) {
        let index = FeedReader.firstOperation + operations.count
        let operation = Operation(index: index, client: plan.clients + reader, request: request)
        operation.isSettled = true
        operations[index] = operation
        send(
            .request(operation: index, attempt: 1, epoch: seenEpochs[operation.client]),
            from: .client(operation.client), to: .server(believed[operation.client]))
    }

    private func hearFeed(_ operation: Operation, _ response: Response, epoch: UInt32) {
        let reader = operation.client - plan.clients
        guard readers[reader].asked == operation.index else { return }
        operation.isSettled = true
        readers[reader].asked = 0
        switch response {
        case .events(_, let through): readers[reader].position = through
        case .failed(let error) where error.code == .positionTrimmed:
            casebook.coverage.note("feed readers that came too late")
            let last = Position(min(chronicle.durable, node.promised))
            readers[reader].position = Position(chronicle.durable)
            // It has read the state anew.
            if let name = readers[reader].name { confirm(name, reader, last, epoch: epoch) }
        case .resumed(_, _, let through, _):
            guard let name = readers[reader].name else { break }
            if random.chance(700) { confirm(name, reader, through, epoch: epoch) }
            if random.chance(150) {
                casebook.coverage.note("named readers that went away")
                return queue.put(.reader(reader), at: now + Int64(random.between(500...20_000)))
            }
            if random.chance(40), !name.hasSuffix("---") { retire(name, reader) }
        default: break
        }
        queue.put(.reader(reader), at: now + Int64(random.between(1...200)))
    }
}
