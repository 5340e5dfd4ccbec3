import Engine
import NIOCore
import Scheduling
import Wire

/// How the outcomes of one batch frame are put together: what went to the engine, in order, and what was wrong from the
/// start.
struct BatchPlan {
    /// A request that is not lawful; the others of its batch go on without it.
    struct Unlawful {
        var index: Int
        var code: ErrorCode
    }

    private(set) var bookings = 0
    private(set) var changes = 0
    private var unlawfulBookings: [Unlawful] = []
    private var unlawfulChanges: [Unlawful] = []

    /// Requests in all.
    var count: Int { bookings + changes }
    /// Requests that went to the engine.
    var writes: Int { count - unlawfulBookings.count - unlawfulChanges.count }

    /// Reads a batch and appends its writes: the bookings first, then the changes. When the payload is no batch,
    /// nothing is appended.
    init(
        _ payload: ByteBuffer, on connection: ConnectionOrigin, deadline: UInt64?, into writes: inout [Write]
    ) throws(ProtocolError) {
        let start = writes.count
        var changeWrites: [Write] = []
        do throws(ProtocolError) {
            try PBBatchRequest.forEach(in: payload) { element in
                switch element {
                case .booking(let message): add(message, connection, deadline, &writes)
                case .change(let message): add(message, connection, deadline, &changeWrites)
                }
            }
        } catch {
            writes.removeSubrange(start...)
            throw error
        }
        writes.append(contentsOf: changeWrites)
    }

    @inline(__always)
    private mutating func add(
        _ message: PBBookRequest, _ connection: ConnectionOrigin, _ deadline: UInt64?, _ writes: inout [Write]
    ) {
        do throws(ProtocolError) {
            writes.append(try Write(message, on: connection, deadline: deadline))
        } catch {
            unlawfulBookings.append(Unlawful(index: bookings, code: error.code))
        }
        bookings += 1
    }

    private mutating func add(
        _ message: PBChangeRequest, _ connection: ConnectionOrigin, _ deadline: UInt64?, _ writes: inout [Write]
    ) {
        do throws(ProtocolError) {
            writes.append(try Write(message, on: connection, deadline: deadline))
        } catch {
            unlawfulChanges.append(Unlawful(index: changes, code: error.code))
        }
        changes += 1
    }

    /// The errors among the outcomes, in no particular order.
    func errors(_ answers: ArraySlice<Answer>) -> [ErrorCode] {
        var errors = (unlawfulBookings + unlawfulChanges).map(\.code)
        for answer in answers {
            if case .failed(let error) = answer.outcome { errors.append(ErrorCode(error.code)) }
        }
        return errors
    }

    /// Writes a `BatchReply` of these answers, which stand in the order in which the writes were appended.
    func write(_ answers: ArraySlice<Answer>, into buffer: inout ByteBuffer) {
        precondition(answers.count == writes, "the engine answers every write")
        buffer.reserveCapacity(minimumWritableBytes: count * 32)
        var next = answers.startIndex
        for (length, unlawful, isChange) in [(bookings, unlawfulBookings, false), (changes, unlawfulChanges, true)] {
            var wrong = unlawful[...]
            for index in 0..<length {
                if let first = wrong.first, first.index == index {
                    buffer.writeBatchOutcome(PBOutcome(failed: first.code), isChange: isChange)
                    wrong.removeFirst()
                } else {
                    buffer.writeBatchOutcome(PBOutcome(answers[next]), isChange: isChange)
                    next += 1
                }
            }
        }
    }
}
