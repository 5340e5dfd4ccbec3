import Engine
import NIOConcurrencyHelpers
import NIOCore
import Scheduling
import Wire

/// Catalogues that come in parts, because no frame holds them: kept in memory until the last part is there, and then
/// one put like any other. What is never finished is forgotten, and nothing of it was done.
final class CatalogueParts: Sendable {
    private struct Upload: Sendable {
        /// How many parts its first one said there are.
        let count: Int
        var parts: [(catalogue: PBCatalogue, bytes: Int)] = []
        var touched: NIODeadline

        var bytes: Int { parts.reduce(0) { $0 + $1.bytes } }
    }

    private let uploads = NIOLockedValueBox<[IdempotencyKey: Upload]>([:])
    private let now: @Sendable () -> NIODeadline

    init(now: @escaping @Sendable () -> NIODeadline = { .now() }) { self.now = now }

    /// Whether no catalogue is on its way.
    var isEmpty: Bool { uploads.withLockedValue { $0.isEmpty } }

    /// Takes a part in.
    /// - Parameters:
    ///   - part: which one, from 1.
    ///   - bytes: of its message.
    /// - Returns: The whole catalogue when this was the last part; nil before. Whatever becomes of it then, its parts
    ///   are not kept.
    func take(
        _ part: Int, of count: Int, _ catalogue: PBCatalogue, bytes: Int, key: IdempotencyKey
    ) throws(EngineError) -> PBCatalogue? {
        let now = now()
        let outcome = uploads.withLockedValue { uploads -> Result<PBCatalogue?, EngineError> in
            Self.forget(&uploads, idleFor: WireLimits.catalogueUploadMilliseconds, at: now)
            // A part may come again, where its answer was lost; with the first, all begins anew.
            let known = part == 1 ? nil : uploads[key]
            var upload = known ?? Upload(count: count, touched: now)
            guard part <= upload.parts.count + 1 else { return .failure(.partMissing(upload.parts.count + 1)) }
            guard count == upload.count else { return .failure(.otherCount(count, upload.count)) }
            guard uploads[key] != nil || part == count || Self.makePlace(&uploads, at: now) else {
                return .failure(.manyUploads)
            }
            upload.parts.removeSubrange((part - 1)...)
            upload.parts.append((catalogue, bytes))
            upload.touched = now
            guard upload.bytes <= WireLimits.catalogueUploadBytes else {
                uploads[key] = nil
                return .failure(.uploadTooLong)
            }
            guard part == count else {
                uploads[key] = upload
                return .success(nil)
            }
            uploads[key] = nil
            return .success(upload.parts.reduce(into: PBCatalogue()) { $0.append($1.catalogue) })
        }
        return try outcome.get()
    }

    /// Forgets those that were broken off, so that they hold no memory.
    func forgetIdle() {
        let now = now()
        uploads.withLockedValue { Self.forget(&$0, idleFor: WireLimits.catalogueUploadMilliseconds, at: now) }
    }

    private static func forget(
        _ uploads: inout [IdempotencyKey: Upload], idleFor milliseconds: Int64, at now: NIODeadline
    ) {
        uploads = uploads.filter { now - $0.value.touched < .milliseconds(milliseconds) }
    }

    /// Whether another catalogue may begin. The one that has been idle longest goes for it, where it seems broken off.
    private static func makePlace(_ uploads: inout [IdempotencyKey: Upload], at now: NIODeadline) -> Bool {
        if uploads.count < WireLimits.catalogueUploads { return true }
        guard let oldest = uploads.min(by: { $0.value.touched < $1.value.touched }),
            now - oldest.value.touched >= .milliseconds(WireLimits.catalogueUploadIdleMilliseconds)
        else { return false }
        uploads[oldest.key] = nil
        return true
    }
}

extension PBPutCatalogueRequest {
    /// Whether it is one part of several, and good as that.
    func isPart() throws(ProtocolError) -> Bool {
        guard part != 0 || parts != 0 else { return false }
        guard parts >= 1, parts <= UInt32(WireLimits.catalogueParts) else {
            throw ProtocolError.invalid("parts", "\(parts), it must be 1 to \(WireLimits.catalogueParts)")
        }
        guard part >= 1, part <= parts else {
            throw ProtocolError.invalid("part", "\(part), it must be 1 to \(parts)")
        }
        guard keyHigh != 0 || keyLow != 0 else {
            throw ProtocolError.invalid("key_high, key_low", "parts of one catalogue belong together by their key")
        }
        return true
    }
}

extension EngineError {
    fileprivate static let manyUploads = EngineError(
        .overloaded, "\(WireLimits.catalogueUploads) catalogues are coming in parts already; try again later",
        retryAfterMilliseconds: 1_000)

    fileprivate static let uploadTooLong = EngineError(
        .invalidArgument,
        "catalogue: its parts are more than \(WireLimits.catalogueUploadBytes) bytes together; shorten texts, preparation "
            + "above all")

    fileprivate static func otherCount(_ count: Int, _ known: Int) -> EngineError {
        EngineError(
            .invalidArgument,
            "parts: \(count), but the parts before said \(known); send all with the same number, or begin again with "
                + "part 1")
    }

    fileprivate static func partMissing(_ part: Int) -> EngineError {
        EngineError(
            .notFound,
            "part: part \(part) is not here: this server was started since, or its catalogue was idle and forgotten; "
                + "begin again with part 1")
    }
}
