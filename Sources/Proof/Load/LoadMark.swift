import Synchronization

/// Whether something is going on at the server whose effect on latencies is to be seen: a checkpoint, say. Set by one
/// who watches, read for every answer.
final class LoadMark: Sendable {
    private let value = Atomic(false)

    init() {}

    var isSet: Bool { value.load(ordering: .relaxed) }

    func set(_ isSet: Bool) { value.store(isSet, ordering: .relaxed) }
}
