import Glibc

/// What happens to the log's tail before a journal can be written to.
struct TailOpening {
    let options: JournalOptions

    /// Lets the log take up what stands in the tail, whether one is wanted or not, and gives out the tail where one is.
    ///
    /// Before the first piece goes there, the journal has a format that programs without a tail refuse: they would not
    /// see what stands in it. Where there is no room for that, it goes on without a tail, unless its owner needs the
    /// format.
    /// - Parameter image: gets the new format.
    func run(
        _ storage: any JournalStorage, _ image: inout MetaImage, _ writer: inout LogWriter
    ) throws(JournalError) -> (any LogTail)? {
        var found = try storage.tail()
        if found == nil { found = try file() }
        guard let tail = found else {
            if options.needsNewestFormat, let lack = try raiseFormat(&image, storage) { throw lack }
            return nil
        }
        do throws(JournalError) {
            try takeUp(tail, &writer, storage)
            let isWanted = options.storage != nil || options.tailBytes > 0
            let lack = isWanted || options.needsNewestFormat ? try raiseFormat(&image, storage) : nil
            if let lack, options.needsNewestFormat { throw lack }
            if isWanted, lack == nil { return tail }
        } catch {
            tail.close()
            throw error
        }
        tail.close()
        return nil
    }

    /// The tail in the directory, made when there is none and one is wanted. Where there is no room for one, a later
    /// start makes it.
    private func file() throws(JournalError) -> (any LogTail)? {
        guard options.storage == nil else { return nil }
        let path = options.directory + TailFile.name
        if access(path, F_OK) != 0 {
            guard options.tailBytes > 0 else { return nil }
            do throws(JournalError) {
                try TailFile.make(path, size: options.tailBytes)
            } catch {
                guard error.isLackOfRoom else { throw error }
                return nil
            }
        }
        let file = try TailFile(path: path)
        guard options.simulatedSyncDelayNanoseconds > 0 else { return file }
        return DelayedTail(file, delayNanoseconds: options.simulatedSyncDelayNanoseconds)
    }

    /// The log takes up what stands in the tail alone. Then nothing of it is left there: positions may be given anew,
    /// to others.
    private func takeUp(
        _ tail: any LogTail, _ writer: inout LogWriter, _ storage: any JournalStorage
    ) throws(JournalError) {
        let contents = try tail.contents()
        if let chunks = try contents.following(writer.end) {
            var work = PendingWork(after: writer.end.last)
            work.add(chunks)
            if case .none(let reason) = storage.makeRoom(for: work.roomNeeded) { throw reason }
            let transaction = try storage.beginWrite()
            do throws(JournalError) {
                try writer.stage(work, into: transaction)
            } catch {
                transaction.abort()
                throw error
            }
            try transaction.commit()
            _ = writer.adopt()
        }
        if !contents.pieces.isEmpty || !contents.strays.isEmpty { try tail.clear() }
    }

    /// Writes the newest format in the place of an older one, durably.
    /// - Returns: What there is no room for; the old format stays then.
    private func raiseFormat(
        _ image: inout MetaImage, _ storage: any JournalStorage
    ) throws(JournalError) -> JournalError? {
        guard image.format < MetaEntry.formats.upperBound else { return nil }
        if case .none(let lack) = storage.makeRoom(for: PendingWork(after: image.shape.next.previous).roomNeeded) {
            return lack
        }
        do throws(JournalError) {
            let transaction = try storage.beginWrite()
            do throws(JournalError) {
                let meta = try transaction.table(MetaEntry.table, .bytes)
                let key = Array(MetaEntry.formatKey.utf8)
                var envelope: [UInt8] = []
                ValueEnvelope.write(
                    MetaEntry.encodeFormat(creationID: image.creationID), table: MetaEntry.table, key: key,
                    reflects: .zero, compress: false, into: &envelope)
                try transaction.put(meta, key: key, value: envelope)
            } catch {
                transaction.abort()
                throw error
            }
            try transaction.commit()
        } catch {
            guard error.isLackOfRoom else { throw error }
            return error
        }
        image.format = MetaEntry.formats.upperBound
        return nil
    }
}
