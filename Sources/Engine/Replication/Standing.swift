import Journal
import NIOConcurrencyHelpers
import Scheduling
import Synchronization

/// What an engine is to the others: the one that decides, one that follows it, or one that was.
package enum Role: Hashable, Sendable {
    case primary
    case standby
    /// Another has begun this epoch. What this one has not acknowledged may be undone, so it serves nothing any more.
    case deposed(by: UInt32)
}

/// What every request is held against: cheap to ask for.
package struct Tenure: Hashable, Sendable {
    /// The epoch of the engine's log.
    package var epoch: UInt32
    /// Another server has begun a higher one, and this one serves nothing any more.
    package var isDeposed: Bool
}

/// News of an engine's standing, for logs and for the keeper of its process.
package enum StandingNews: Hashable, Sendable {
    /// The standby is away, and the policy made the primary go on without it.
    case wentAlone
    /// A standby has caught up; a yes needs it again where the policy says so.
    case standbyCaughtUp(String)
    /// Another server has begun this epoch; this one decides nothing any more.
    case deposed(by: UInt32)
    /// This standby is the primary of this epoch now.
    case promoted(epoch: UInt32)
    /// The wall clock differs by more than is made up, or by much more or less than was told before.
    case clockDiffers(ClockState)
    /// The wall clock and the engine's time are one again.
    case clockAgrees
    /// A person accepted the wall clock, which differed so.
    case clockAccepted(ClockState)
    /// The machine's zone tables and the hospital's rules show different times to come, or the table cannot be read.
    case zoneDiffers(ZoneStanding)
    /// Sessions were opened for the days ahead, or that did not come off.
    case rolled(RollReport)
}

/// An engine's role and epoch: read for every batch, changed by promotion and by news of another primary.
package final class Standing: Sendable {
    struct State: Sendable {
        var role: Role
        var epochs: Epochs
        /// It was a primary, and has not yet heard from the one that is whether what its log ends with is to be taken
        /// back.
        var isWithheld = false
        /// It is being promoted; nobody is told of the epoch before that is on disk.
        var isBeingPromoted = false
        /// It is about to take back what its primary does not have, or to make room for a copy.
        var isSteppingBack = false
        /// The highest epoch it was told of: its own, if it begins one, must be higher.
        var heard: UInt32 = 0
        /// The highest epoch that the next process knows of as well: its own log's, or as told.
        var heardOnDisk: UInt32 = 0

        fileprivate var packed: UInt64 {
            if case .deposed = role { return UInt64(epochs.current) | 1 << 32 }
            return UInt64(epochs.current)
        }
    }

    private let state: NIOLockedValueBox<State>

    /// The epoch, and above it a bit that says deposed: read for every frame, where a lock would be felt.
    private let packed: Synchronization.Atomic<UInt64>

    init(_ role: Role, _ epochs: Epochs, isWithheld: Bool = false, heard: UInt32 = 0) {
        let state = State(
            role: role, epochs: epochs, isWithheld: isWithheld, heard: heard, heardOnDisk: max(heard, epochs.current))
        self.state = NIOLockedValueBox(state)
        packed = Synchronization.Atomic(state.packed)
    }

    package var tenure: Tenure {
        let packed = packed.load(ordering: .acquiring)
        return Tenure(epoch: UInt32(truncatingIfNeeded: packed), isDeposed: packed >> 32 != 0)
    }

    var current: State { state.withLockedValue { $0 } }
    var role: Role { state.withLockedValue { $0.role } }
    var isWithheld: Bool { state.withLockedValue { $0.isWithheld } }
    var epoch: UInt32 { state.withLockedValue { $0.epochs.current } }

    func update<Value>(_ body: (inout State) -> Value) -> Value {
        state.withLockedValue { state in
            defer { packed.store(state.packed, ordering: .releasing) }
            return body(&state)
        }
    }

    // MARK: The durable form: what the next process may be

    static let metadataName = "role"
    static let withheldName = "withheld"
    static let heardName = "heard"

    /// The highest epoch that an earlier process was told of.
    static func heard(_ journal: Journal) throws -> UInt32 {
        let bytes = try journal.metadata(heardName) ?? []
        return bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    static func encode(heard epoch: UInt32) -> [UInt8] { withUnsafeBytes(of: epoch.littleEndian) { Array($0) } }

    static let confirmedName = "confirmed"

    /// Up to where the standby had confirmed when an earlier process of the same epoch last looked: what was told, and
    /// may be told again. Zero where no process of this epoch kept it.
    static func confirmed(_ journal: Journal, in epoch: UInt32) throws -> Position {
        try position(confirmedName, of: journal, in: epoch) ?? .zero
    }

    static let followedName = "followed"

    /// Up to where a standby that followed an earlier process of the same epoch had confirmed, or a little before; nil
    /// where none has followed, or a person said that none counts any more.
    static func followed(_ journal: Journal, in epoch: UInt32) throws -> Position? {
        try position(followedName, of: journal, in: epoch)
    }

    private static func position(_ name: String, of journal: Journal, in epoch: UInt32) throws -> Position? {
        guard let bytes = try journal.metadata(name), bytes.count == 12 else { return nil }
        let numbers = bytes.withUnsafeBytes { raw in
            (
                UInt32(littleEndian: raw.loadUnaligned(as: UInt32.self)),
                UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 4, as: UInt64.self))
            )
        }
        return numbers.0 == epoch ? Position(numbers.1) : nil
    }

    static func encode(confirmed position: Position, in epoch: UInt32) -> [UInt8] {
        withUnsafeBytes(of: epoch.littleEndian) { Array($0) }
            + withUnsafeBytes(of: position.rawValue.littleEndian) { Array($0) }
    }

    /// Whether a standby's log may end with records that were never acknowledged: it was a primary's, and no primary
    /// has said yet that it goes on there.
    static func mayHaveMore(_ journal: Journal) throws -> Bool {
        guard journal.lastPosition > .zero else { return false }
        return try journal.metadata(metadataName)?.first != 1 || journal.metadata(withheldName) != nil
    }

    /// - Throws: when the folder belongs to a standby or to a deposed primary and is to be served as a primary's.
    static func check(_ journal: Journal, as role: Role) throws {
        guard role == .primary, let kept = try journal.metadata(metadataName), let first = kept.first else { return }
        switch first {
        case 1: throw WrongRole(isDeposed: false)
        case 2: throw WrongRole(isDeposed: true)
        default: return
        }
    }

    static func encode(_ role: Role) -> [UInt8] {
        switch role {
        case .primary: [0]
        case .standby: [1]
        case .deposed: [2]
        }
    }
}

/// A folder was opened for a role that it must not have without somebody saying so.
package struct WrongRole: Error, CustomStringConvertible {
    package let isDeposed: Bool

    package var description: String {
        isDeposed
            ? "another server has become primary since this folder was served; start it with --follow HOST:PORT of that one"
            : "this folder is a standby's; start it with --follow HOST:PORT, and promote it when its primary is gone"
    }
}

extension EngineError {
    /// This server decides nothing; the message says where to ask.
    package static func notPrimary(_ role: Role) -> EngineError {
        switch role {
        case .deposed(let epoch):
            EngineError(
                .notPrimary, "another server has become primary with epoch \(epoch); send it there",
                retryAfterMilliseconds: 100)
        case .standby, .primary:
            EngineError(.notPrimary, "this server is a standby; send it to the primary", retryAfterMilliseconds: 100)
        }
    }

    static let withheld = EngineError(
        .notPrimary, "this server was a primary and has not reached the one that is; ask that one",
        retryAfterMilliseconds: 100)
}
