import Testing

@testable import Engine

/// A primary's view of its standby, without either.
@Suite struct StandbyWatchTests {
    private static let synchronous = StandbyPolicy(acknowledgement: .standby)
    private static let lease = StandbyPolicy(acknowledgement: .local(leaseMilliseconds: 5_000))

    @Test
    func `a request to follow that came late leaves the standby that follows when it goes`() {
        var watch = StandbyWatch(Self.synchronous, isAlone: false, now: 0)
        watch.attached(1, "standby", asker: 7, now: 10)
        #expect(watch.confirmed(1, 7, beat: 5, last: 9, now: 11) == 7)
        watch.attached(2, "standby", asker: 7, now: 12)
        #expect(watch.follower?.id == 2)
        // It says what it has, and is not the one that counts.
        #expect(watch.confirmed(1, 8, beat: 6, last: 9, now: 13) == nil)
        watch.detached(2, now: 14)
        #expect(watch.follower?.id == 1 && watch.follower?.confirmed == 8)
        #expect(watch.silence(now: 15) == nil)
        #expect(watch.confirmed(1, 9, beat: 7, last: 9, now: 16) == 9)
        watch.detached(1, now: 17)
        #expect(watch.follower == nil && watch.silence(now: 18) != nil)
    }

    @Test
    func `a second standby is another; the same one that asks again is not`() {
        var watch = StandbyWatch(Self.synchronous, isAlone: false, now: 0)
        #expect(watch.other(than: 8) == nil)
        watch.attached(1, "standby", asker: 7, now: 10)
        watch.attached(2, "standby", asker: 7, now: 11)
        #expect(watch.other(than: 7) == nil && watch.other(than: 8) == "standby")
        watch.detached(2, now: 12)
        #expect(watch.other(than: 8) == "standby")
        watch.detached(1, now: 13)
        #expect(watch.other(than: 8) == nil)
    }

    @Test
    func `a standby that does not say which it is is another than every one that follows, be it as silent`() {
        var watch = StandbyWatch(Self.synchronous, isAlone: false, now: 0)
        #expect(watch.other(than: 0) == nil)
        watch.attached(1, "standby", asker: 0, now: 10)
        #expect(watch.other(than: 0) == "standby" && watch.other(than: 7) == "standby")
        watch.detached(1, now: 11)
        watch.attached(2, "standby", asker: 7, now: 12)
        #expect(watch.other(than: 0) == "standby" && watch.other(than: 7) == nil)
    }

    @Test
    func `a primary that goes on alone does so until its standby has everything, be it there or not`() {
        var watch = StandbyWatch(Self.synchronous, isAlone: false, now: 0)
        watch.attached(1, "standby", asker: 7, now: 10)
        _ = watch.confirmed(1, 100, beat: 5, last: 100, now: 11)
        watch.goOnAlone()
        #expect(watch.needs == .disk)
        // Its disk stands still: signs of life come all the same.
        for now in 12...20 as ClosedRange<Int64> { _ = watch.confirmed(1, 100, beat: now - 1, last: 200, now: now) }
        #expect(watch.isAlone && watch.needs == .disk)
        _ = watch.confirmed(1, 200, beat: 20, last: 200, now: 21)
        #expect(!watch.isAlone && watch.needs == .confirmation)
    }

    @Test
    func `with a lease, a lone primary stays so until its standby has given back a sign of life`() {
        var watch = StandbyWatch(Self.lease, isAlone: true, now: 0)
        watch.attached(1, "standby", asker: 7, now: 10_000)
        _ = watch.confirmed(1, 100, beat: nil, last: 100, now: 10_001)
        #expect(watch.isAlone && watch.silence(now: 10_002) == nil)
        _ = watch.confirmed(1, 100, beat: 10_002, last: 100, now: 10_003)
        #expect(!watch.isAlone && watch.silence(now: 10_004) == nil)
        #expect(watch.isLeaseOver(now: 15_003))
    }
}
