import Glibc
package import Journal
import NIOConcurrencyHelpers

/// A disk in memory that fails on command: what tests and the simulator put under a journal.
///
/// It outlives the journals opened on it: ``attach()`` gives a store to open one with, ``crash()`` cuts that store off
/// as a power failure would, and the next ``attach()`` finds what was durable.
package final class MemoryDisk: Sendable {
    /// What the next sync does.
    package enum Sync: Sendable {
        /// Makes the transaction durable and says so.
        case succeed
        /// Says `errno`; whether the transaction reached the disk all the same is `persisted`.
        case fail(errno: Int32, persisted: Bool)
    }

    struct Image: Sendable {
        var durable: [String: OrderedTable] = [:]
        var nextSync = Sync.succeed
        var capacity: Int?
        var attachment = 0
        var commits = 0
        /// Pieces that the tail has room for, and what stands in each place; `nil` where nothing can be read.
        var tailPieces = 0
        var tail: [[UInt8]?] = []
        /// Tables that open snapshots look at, by how many.
        var users: [String: Int] = [:]

        var bytes: Int { durable.values.reduce(0) { $0 + $1.bytes } }
    }

    let image = NIOLockedValueBox(Image())

    /// An empty disk.
    package init() {}

    /// A store on this disk; one attached before is cut off.
    package func attach() -> MemoryStorage {
        MemoryStorage(disk: self, attachment: image.withLockedValue { $0.attach() })
    }

    /// Cuts the attached store off: whatever it had not committed is gone, and it can do nothing any more.
    package func crash() { image.withLockedValue { _ = $0.attach() } }

    /// Decides what the next commit's sync does; those after it succeed again.
    package func failNextSync(errno: Int32 = EIO, persisted: Bool = false) {
        image.withLockedValue { $0.nextSync = .fail(errno: errno, persisted: persisted) }
    }

    /// Lets the next sync succeed, whatever was decided before.
    package func failNextSyncNoMore() { image.withLockedValue { $0.nextSync = .succeed } }

    /// Gives the disk a tail for so many pieces; 0 for none.
    package func setTail(pieces: Int) { image.withLockedValue { $0.tailPieces = pieces } }

    /// Changes a piece of the tail behind the journal's back, as a failing disk does; returning `nil` makes it
    /// unreadable.
    package func tamperTail(_ place: Int, _ change: ([UInt8]) -> [UInt8]?) {
        image.withLockedValue { $0.tail[place] = $0.tail[place].flatMap(change) }
    }

    /// Limits how many bytes of keys and values the disk holds; `nil` lifts the limit.
    package func setCapacity(_ bytes: Int?) { image.withLockedValue { $0.capacity = bytes } }

    /// Bytes of keys and values that are durable.
    package var usedBytes: Int { image.withLockedValue { $0.bytes } }

    /// How many transactions became durable.
    package var commits: Int { image.withLockedValue { $0.commits } }

    /// Changes a durable value behind the journal's back, as a failing disk does: `nil` removes it, as does returning
    /// it.
    package func tamper(_ table: String, key: [UInt8], _ change: ([UInt8]) -> [UInt8]?) -> Bool {
        image.withLockedValue { image in
            guard let index = key.withUnsafeBytes({ image.durable[table]?.find($0) }),
                let old = image.durable[table]?[index]
            else { return false }
            if let new = change([UInt8](old.value.bytes)) {
                image.durable[table]?.put(.init(key: old.key, value: new.withUnsafeBytes { Blob($0) }))
            } else {
                image.durable[table]?.remove(old.key.bytes)
            }
            return true
        }
    }

    /// Removes a durable table behind the journal's back.
    package func tamperRemoving(_ table: String) { image.withLockedValue { $0.durable[table] = nil } }

    /// Stores a value behind the journal's back.
    package func tamperPutting(_ table: String, key: [UInt8], value: [UInt8]) {
        let entry = OrderedTable.Entry(
            key: key.withUnsafeBytes { Blob($0) }, value: value.withUnsafeBytes { Blob($0) })
        image.withLockedValue { $0.durable[table]?.put(entry) }
    }

    /// A durable value as it stands.
    package func value(_ table: String, key: [UInt8]) -> [UInt8]? {
        image.withLockedValue { image in
            guard let table = image.durable[table], let index = key.withUnsafeBytes({ table.find($0) }) else {
                return nil
            }
            return [UInt8](table[index].value.bytes)
        }
    }

    /// The keys of a durable table, in order.
    package func keys(_ table: String) -> [[UInt8]] {
        image.withLockedValue { image in
            guard let table = image.durable[table] else { return [] }
            return sequence(first: table.first, next: { $0.flatMap { table.index(after: $0) } })
                .compactMap { $0 }.map { [UInt8](table[$0].key.bytes) }
        }
    }
}

extension MemoryDisk.Image {
    mutating func attach() -> Int {
        attachment += 1
        users = [:]
        return attachment
    }
}

/// A store on a ``MemoryDisk``. Keeps what is not committed apart from what is, as LMDB does.
package final class MemoryStorage: JournalStorage {
    let disk: MemoryDisk
    private let attachment: Int
    private let isClosed = NIOLockedValueBox(false)

    init(disk: MemoryDisk, attachment: Int) {
        self.disk = disk
        self.attachment = attachment
    }

    /// The disk's image, if this store is still the attached one.
    func withImage<Outcome>(
        _ body: (inout MemoryDisk.Image) -> Outcome
    ) throws(JournalError) -> Outcome {
        if isClosed.withLockedValue({ $0 }) { throw .closed }
        let outcome = disk.image.withLockedValue { image in image.attachment == attachment ? body(&image) : nil }
        guard let outcome else { throw .io(errno: EIO, call: "a store cut off by a crash") }
        return outcome
    }

    package func tableNames() throws(JournalError) -> [String] { try withImage { $0.durable.keys.sorted() } }

    package func tableFootprint(_ name: String) throws(JournalError) -> TableFootprint? {
        try withImage { image in
            image.durable[name].map { TableFootprint(entries: $0.count, bytes: $0.bytes) }
        }
    }

    package func makeRoom(for bytes: Int) -> StorageRoom {
        let room = try? withImage { image in image.capacity.map { $0 - image.bytes } ?? Int.max }
        // What cannot be asked any more answers when it is written to.
        guard let room else { return .ample }
        return room > bytes ? .ample : .scarce(.storageFull)
    }

    package func beginWrite() throws(JournalError) -> any StorageTransaction {
        MemoryTransaction(self, existing: try withImage { Set($0.durable.keys) })
    }

    package func snapshot() throws(JournalError) -> any StorageSnapshot {
        MemorySnapshot(self, tables: try withImage { $0.durable })
    }

    package func footprint() -> StorageFootprint {
        var footprint = StorageFootprint()
        footprint.usedBytes = disk.usedBytes
        footprint.fileBytes = footprint.usedBytes
        footprint.mapBytes = disk.image.withLockedValue { $0.capacity } ?? footprint.usedBytes
        footprint.syncsPerCommit = 1
        return footprint
    }

    package func tail() throws(JournalError) -> (any LogTail)? {
        let pieces = try withImage { $0.tailPieces }
        return pieces > 0 ? MemoryTail(self, pieces: pieces) : nil
    }

    package func close() { isClosed.withLockedValue { $0 = true } }
}

/// The tail of a ``MemoryDisk``: a place for each piece.
private final class MemoryTail: LogTail {
    private let storage: MemoryStorage
    private let pieces: Int
    private let next = NIOLockedValueBox(0)

    init(_ storage: MemoryStorage, pieces: Int) {
        self.storage = storage
        self.pieces = pieces
    }

    func append(_ piece: [UInt8]) throws(JournalError) -> Bool {
        let place = next.withLockedValue { $0 }
        guard place < pieces else { return false }
        let failure = try storage.withImage { image -> JournalError? in
            let sync = image.nextSync
            image.nextSync = .succeed
            while image.tail.count <= place { image.tail.append(nil) }
            guard case .fail(let number, let persisted) = sync else {
                image.tail[place] = piece
                return nil
            }
            // What stood there is gone in either case.
            image.tail[place] = persisted ? piece : nil
            return number == ENOSPC ? .storageFull : .syncFailed(errno: number)
        }
        if let failure { throw failure }
        next.withLockedValue { $0 += 1 }
        return true
    }

    func restart() { next.withLockedValue { $0 = 0 } }

    func contents() throws(JournalError) -> TailContents {
        let tail = try storage.withImage { $0.tail }
        var contents = TailContents()
        let whole = tail.firstIndex { $0 == nil } ?? tail.count
        contents.pieces = tail[..<whole].compactMap { $0 }
        contents.strays = tail[whole...].compactMap { $0 }
        return contents
    }

    func clear() throws(JournalError) {
        try storage.withImage { $0.tail = [] }
        restart()
    }

    func close() {}
}

/// What a transaction wants to change, kept apart until it is synced.
private final class MemoryTransaction: StorageTransaction {
    private enum Change {
        case create(String, StorageKeys)
        case put(UInt32, OrderedTable.Entry)
        case delete(UInt32, Blob)
        case drop(String)
    }

    private let storage: MemoryStorage
    private let existing: Set<String>
    private var names: [String] = []
    private var unsynced: [Change] = []
    private var isOver = false

    init(_ storage: MemoryStorage, existing: Set<String>) {
        self.storage = storage
        self.existing = existing
    }

    func table(_ name: String, _ keys: StorageKeys) throws(JournalError) -> StorageTable {
        if let index = names.firstIndex(of: name) { return StorageTable(id: UInt32(index)) }
        if !existing.contains(name) { unsynced.append(.create(name, keys)) }
        names.append(name)
        return StorageTable(id: UInt32(names.count - 1))
    }

    func put(
        _ table: StorageTable, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, appending: Bool
    ) throws(JournalError) {
        unsynced.append(.put(table.id, .init(key: Blob(key), value: Blob(value))))
    }

    func delete(_ table: StorageTable, key: UnsafeRawBufferPointer) throws(JournalError) {
        unsynced.append(.delete(table.id, Blob(key)))
    }

    func drop(_ name: String) throws(JournalError) -> Bool {
        guard try storage.withImage({ ($0.users[name] ?? 0) == 0 }) else { return false }
        unsynced.append(.drop(name))
        return true
    }

    func commit() throws(JournalError) {
        precondition(!isOver, "A write transaction was ended twice.")
        isOver = true
        let changes = unsynced
        let names = names
        let failure = try storage.withImage { image -> JournalError? in
            let sync = image.nextSync
            image.nextSync = .succeed
            if case .fail(let number, false) = sync { return Self.failure(number) }
            if let capacity = image.capacity, image.bytes + Self.growth(changes) > capacity { return .storageFull }
            Self.apply(changes, names: names, to: &image)
            image.commits += 1
            if case .fail(let number, true) = sync { return Self.failure(number) }
            return nil
        }
        if let failure { throw failure }
    }

    func abort() {
        precondition(!isOver, "A write transaction was ended twice.")
        isOver = true
    }

    private static func failure(_ number: Int32) -> JournalError {
        number == ENOSPC ? .storageFull : .syncFailed(errno: number)
    }

    private static func growth(_ changes: [Change]) -> Int {
        changes.reduce(0) { sum, change in
            guard case .put(_, let entry) = change else { return sum }
            return sum + entry.key.bytes.count + entry.value.bytes.count
        }
    }

    private static func apply(_ changes: [Change], names: [String], to image: inout MemoryDisk.Image) {
        for change in changes {
            switch change {
            case .create(let name, let keys): image.durable[name] = OrderedTable(keys)
            case .put(let table, let entry): image.durable[names[Int(table)]]?.put(entry)
            case .delete(let table, let key): image.durable[names[Int(table)]]?.remove(key.bytes)
            case .drop(let name): image.durable[name] = nil
            }
        }
    }
}

private final class MemorySnapshot: StorageSnapshot {
    private let storage: MemoryStorage
    private let tables: [String: OrderedTable]
    private var used: [String] = []

    init(_ storage: MemoryStorage, tables: [String: OrderedTable]) {
        self.storage = storage
        self.tables = tables
    }

    func cursor(_ table: String) throws(JournalError) -> (any StorageCursor)? {
        guard let content = tables[table] else { return nil }
        try storage.withImage { $0.users[table, default: 0] += 1 }
        used.append(table)
        return MemoryCursor(content)
    }

    func value(_ table: String, key: UnsafeRawBufferPointer) throws(JournalError) -> UnsafeRawBufferPointer? {
        guard let content = tables[table], let index = content.find(key) else { return nil }
        return content[index].value.bytes
    }

    func entries(_ table: String) throws(JournalError) -> Int { tables[table]?.count ?? 0 }

    func close() {
        // A store that was cut off meanwhile has forgotten its users with everything else.
        for table in used { try? storage.withImage { $0.users[table, default: 1] -= 1 } }
        used = []
    }
}

private final class MemoryCursor: StorageCursor {
    private let table: OrderedTable
    private var place: OrderedTable.Index?

    init(_ table: OrderedTable) { self.table = table }

    func seek(atOrAfter key: UnsafeRawBufferPointer) throws(JournalError) -> StorageEntry? {
        move(to: table.index(atOrAfter: key))
    }

    func first() throws(JournalError) -> StorageEntry? { move(to: table.first) }
    func last() throws(JournalError) -> StorageEntry? { move(to: table.last) }
    func next() throws(JournalError) -> StorageEntry? { move(to: place.flatMap { table.index(after: $0) }) }
    func previous() throws(JournalError) -> StorageEntry? { move(to: place.flatMap { table.index(before: $0) }) }

    private func move(to index: OrderedTable.Index?) -> StorageEntry? {
        guard let index else { return nil }
        place = index
        let entry = table[index]
        return StorageEntry(key: entry.key.bytes, value: entry.value.bytes)
    }

    func fileOffset(of value: UnsafeRawBufferPointer) -> UInt64? { nil }
    func close() {}
}
