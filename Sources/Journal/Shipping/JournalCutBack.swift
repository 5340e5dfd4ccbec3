extension Journal {
    /// Takes back what stands after `tip` in a journal that nobody has open: records that were never acknowledged, and
    /// that another journal of the same origin has replaced by others. Save them first (``copy(after:)``).
    /// - Returns: `false`, and nothing is changed, when that cannot be done: the log does not have that tip, or state
    ///   tables reflect what would be taken back. The whole journal must then be copied anew.
    /// - Throws: As ``open(_:progress:)``.
    package static func cutBack(_ options: JournalOptions, to tip: LogTip) throws(JournalError) -> Bool {
        var options = options
        options.driving = .manual
        let journal = try Journal.open(options)
        do throws(JournalError) {
            let isPossible = try journal.canCutBack(to: tip)
            if isPossible { try journal.cutBack(to: tip) }
            // Not closed in order: that would commit, and what is in memory is no longer what is on disk.
            journal.abandon()
            return isPossible
        } catch {
            journal.abandon()
            throw error
        }
    }

    private func canCutBack(to tip: LogTip) throws(JournalError) -> Bool {
        do throws(JournalError) {
            guard try contains(tip) else { return false }
        } catch {
            if case .positionTrimmed = error { return false }
            throw error
        }
        guard checkpoint <= tip.next else { return false }
        let names = try storage.tableNames()
        let snapshot = try storage.snapshot()
        defer { snapshot.close() }
        for name in names {
            guard let table = StateTable.table(of: name), let cursor = try snapshot.cursor(name) else { continue }
            defer { cursor.close() }
            var entry = try cursor.first()
            while let current = entry {
                let envelope = ValueEnvelope.read(current.value, table: table, key: current.key)
                let reflects = try envelope.get {
                    JournalError.corrupt(StateTable.report($0, table: table, key: current.key))
                }.reflects
                if reflects >= tip.next { return false }
                entry = try cursor.next()
            }
        }
        return true
    }

    private func cutBack(to tip: LogTip) throws(JournalError) {
        let shape = currentShape
        guard tip.next < shape.next, let index = shape.segment(holding: tip.next) else { return }
        let kept = Array(shape.segments[...index])
        let keys = try keys(of: kept[index].name, from: tip.next)
        if case .none(let reason) = storage.makeRoom(for: (keys.count + 64) * 8_192) { throw reason }
        let transaction = try storage.beginWrite()
        do throws(JournalError) {
            for segment in shape.segments[(index + 1)...] {
                let isGone = try transaction.drop(segment.name)
                precondition(isGone, "Somebody reads a journal that nobody has open.")
            }
            let table = try transaction.table(kept[index].name, .integers)
            for key in keys {
                let outcome = withUnsafeBytes(of: key) { bytes in
                    Result { () throws(JournalError) in try transaction.delete(table, key: bytes) }
                }
                try outcome.get()
            }
            let meta = try transaction.table(MetaEntry.table, .bytes)
            let cut = LogShape(next: tip.next, chain: tip.chain, segments: kept, checkpoint: shape.checkpoint)
            for (name, value) in [
                (MetaEntry.logKey, MetaEntry.encodeLog(cut)),
                (MetaEntry.segmentsKey, MetaEntry.encodeSegments(kept)),
            ] {
                var envelope: [UInt8] = []
                let key = Array(name.utf8)
                ValueEnvelope.write(
                    value, table: MetaEntry.table, key: key, reflects: tip.last, compress: false, into: &envelope)
                try transaction.put(meta, key: key, value: envelope)
            }
        } catch {
            transaction.abort()
            throw error
        }
        try transaction.commit()
    }

    private func keys(of segment: String, from position: Position) throws(JournalError) -> [UInt64] {
        let snapshot = try storage.snapshot()
        defer { snapshot.close() }
        guard let cursor = try snapshot.cursor(segment) else { return [] }
        defer { cursor.close() }
        var keys: [UInt64] = []
        var entry = try cursor.seek(atOrAfter: position.rawValue)
        while let current = entry {
            if let key = current.integerKey { keys.append(key) }
            entry = try cursor.next()
        }
        return keys
    }
}
