/// Who can be spoken to.
enum NodeName: Hashable, Sendable {
    case server(Int)
    case client(Int)
}

/// A message on its way.
struct Envelope<Message: Sendable>: Sendable {
    var from: NodeName
    var to: NodeName
    var message: Message
}

/// What becomes of messages between named nodes: it loses them, doubles them, holds them up, and by that lets them
/// overtake each other. It knows nothing of what they say.
struct Network<Message: Sendable> {
    private var random: SeededGenerator
    private let lossPermille: Int
    private let duplicationPermille: Int
    private let delayMilliseconds: Int
    /// Nodes that nobody reaches and that reach nobody.
    private(set) var cutOff: Set<NodeName> = []
    /// Servers that do not reach another, in this direction.
    private(set) var severed: [(from: Int, to: Int)] = []
    /// From now on everything arrives, once and soon.
    var isPerfect = false

    init(_ plan: Plan) {
        random = SeededGenerator(seed: plan.seed, stream: Stream.network)
        lossPermille = plan.lossPermille
        duplicationPermille = plan.duplicationPermille
        delayMilliseconds = plan.delayMilliseconds
    }

    mutating func cut(_ node: NodeName) { cutOff.insert(node) }
    mutating func mend(_ node: NodeName) { cutOff.remove(node) }

    mutating func sever(from: Int, to: Int) { severed.append((from, to)) }
    mutating func rejoin(from: Int, to: Int) {
        if let place = severed.firstIndex(where: { $0 == (from, to) }) { severed.remove(at: place) }
    }
    func isSevered(from: Int, to: Int) -> Bool { !isPerfect && severed.contains { $0 == (from, to) } }

    /// After how many milliseconds a piece of a connection between servers arrives, if the connection holds that long.
    mutating func peerDelay(from: Int, to: Int) -> Int64? {
        if isPerfect { return 1 }
        // A message that a sound connection loses is sent again; only a long silence tears it.
        return isSevered(from: from, to: to) || random.chance(lossPermille / 20) ? nil : delay()
    }

    /// After how many milliseconds the message arrives: never, once or twice.
    mutating func arrivals(from: NodeName, to: NodeName) -> [Int64] {
        if isPerfect { return [1] }
        guard !cutOff.contains(from), !cutOff.contains(to) else { return [] }
        var arrivals: [Int64] = []
        if !random.chance(lossPermille) { arrivals.append(delay()) }
        if random.chance(duplicationPermille) { arrivals.append(delay()) }
        return arrivals
    }

    /// Mostly short, sometimes the longest: a network whose delays are all alike hardly reorders anything.
    private mutating func delay() -> Int64 {
        let most = random.chance(300) ? delayMilliseconds : max(1, delayMilliseconds / 8)
        return Int64(random.between(0...most))
    }
}
