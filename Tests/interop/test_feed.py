"""PROTOCOL.md §6: the change feed is in order, without gaps, from any position."""

from case import Case, port
from client import hello, shake_hands
from frames import PUSH, Frame, Method, Wire
from hospital import booking, change
from messages import pb


class Feed(Case):
    def setUp(self):
        super().setUp()
        self.clinic = self.hospital.clinic(capacities=(40, 40), policy={"per_day_department": 1})

    def position(self):
        return self.connection.call(pb.StatusRequest()).durable_position

    def busy_hour(self, count=20):
        """Bookings, cancellations, moves and refusals; the position of each answer, in the order of the answers."""
        positions = []
        for patient in self.hospital.patients(count):
            booked = self.hospital.book(self.clinic, patient=patient)
            refused = self.hospital.book(self.clinic, slot=1, patient=patient)
            moved = self.hospital.move(booked.appointment, self.clinic.slots[1])
            cancelled = self.hospital.change(moved.appointment, pb.TRANSITION_CANCEL)
            positions += [outcome.position for outcome in (booked, refused, moved, cancelled)]
        return positions

    def test_every_kind_of_event_tells_what_happened(self):
        feed = self.connection.subscribe(latest=True)
        patient = self.hospital.patient()
        held = self.hospital.book(self.clinic, patient=patient, hold=True)
        confirmed = self.hospital.change(held.appointment, pb.TRANSITION_CONFIRM)
        refused = self.hospital.book(self.clinic, patient=patient, slot=1)
        moved = self.hospital.move(held.appointment, self.clinic.slots[1], reason="改期")
        cancelled = self.hospital.change(moved.appointment, pb.TRANSITION_CANCEL, reason="不来了")
        events = feed.events_through(cancelled.position)
        self.assert_feed_in_order(events)
        at = {event.position: event for event in events}

        self.assertEqual(
            [event.patient for event in events if event.kind == pb.EVENT_KIND_PATIENT_REGISTERED], [patient]
        )
        made = at[held.position]
        self.assertEqual((made.kind, made.state), (pb.EVENT_KIND_BOOKED, pb.APPOINTMENT_STATE_HELD))
        self.assertEqual((made.appointment, made.patient, made.slot), (held.appointment, patient, self.clinic.slots[0]))
        self.assertEqual((made.slots, made.units, made.service), (1, 1, self.clinic.service))
        self.assertEqual((made.version, made.hold_until_ms), (held.version, held.hold_until_ms))
        self.assertEqual((made.channel, made.operator), (pb.CHANNEL_APP, "interop"))
        now = at[confirmed.position]
        self.assertEqual((now.kind, now.state), (pb.EVENT_KIND_CHANGED, pb.APPOINTMENT_STATE_BOOKED))
        self.assertEqual((now.appointment, now.version), (held.appointment, confirmed.version))
        no = at[refused.position]
        self.assertEqual((no.kind, no.rule), (pb.EVENT_KIND_REFUSED, pb.RULE_PER_DAY_DEPARTMENT))
        self.assertEqual((no.channel, no.operator), (pb.CHANNEL_APP, "interop"))
        gone = at[moved.position]
        self.assertEqual(
            (gone.kind, gone.appointment, gone.moved_from), (pb.EVENT_KIND_MOVED, moved.appointment, held.appointment)
        )
        self.assertEqual(
            (gone.slot, gone.state, gone.reason), (self.clinic.slots[1], pb.APPOINTMENT_STATE_BOOKED, "改期")
        )
        over = at[cancelled.position]
        self.assertEqual(
            (over.kind, over.state, over.reason), (pb.EVENT_KIND_CHANGED, pb.APPOINTMENT_STATE_CANCELLED, "不来了")
        )

    def test_catalogue_and_sessions_are_told_too(self):
        feed = self.connection.subscribe(latest=True)
        clinic = self.hospital.clinic()
        events = feed.events_through(self.position())
        entities = [event.entity for event in events if event.kind == pb.EVENT_KIND_CATALOGUE_CHANGED]
        for kind in ("department", "resource", "service", "pool"):
            self.assertIn(f"{kind} {clinic.code}", entities)
        opened = [event.session for event in events if event.kind == pb.EVENT_KIND_SESSION_OPENED]
        self.assertEqual(opened, [clinic.session.id])

    def test_a_joint_booking_is_several_events_at_one_position(self):
        other = self.hospital.clinic()
        feed = self.connection.subscribe(latest=True)
        items = [(self.clinic.slots[0], self.clinic.service), (other.slots[5], other.service)]
        reply = self.hospital.together(self.hospital.patient(), items)
        events = [
            event for event in feed.events_through(reply.outcome.position) if event.position == reply.outcome.position
        ]
        self.assertEqual([event.appointment for event in events], list(reply.appointments))
        self.assertEqual({event.itinerary for event in events}, {reply.appointments[0]})

    def test_every_answer_is_told_once_and_in_order(self):
        feed = self.connection.subscribe(latest=True)
        positions = self.busy_hour()
        told = [event.position for event in feed.events_through(positions[-1])]
        self.assertEqual([position for position in told if position in set(positions)], positions)

    def test_the_past_is_the_same_for_everybody(self):
        self.busy_hour(5)
        live = self.connection.subscribe(latest=True)
        start = live.after
        self.busy_hour(5)
        end = self.position()
        whole = self.connection.subscribe(after=0).events_through(end)
        self.assert_feed_in_order(whole)
        tail = [event for event in whole if start < event.position <= end]
        self.assertEqual([event for event in live.events_through(end) if event.position <= end], tail)
        resumed = self.connect().subscribe(after=start)
        self.assertEqual(resumed.after, start)
        self.assertEqual([event for event in resumed.events_through(end) if event.position <= end], tail)

    def test_a_resumed_feed_goes_on_where_the_last_one_stood(self):
        before = self.position()
        positions = self.busy_hour(40)
        whole = [
            event
            for event in self.connection.subscribe(after=before).events_through(positions[-1])
            if event.position <= positions[-1]
        ]
        joined, through = [], before
        while through < positions[-1]:
            connection = self.connect()
            feed = connection.subscribe(after=through)
            joined += feed.next()
            through = feed.through
            connection.close()
        self.assertEqual([event for event in joined if event.position <= positions[-1]], whole)
        # And from every position on the way, not only from where a push happened to end.
        for after in positions[::16]:
            feed = self.connection.subscribe(after=after)
            events = [event for event in feed.events_through(positions[-1]) if event.position <= positions[-1]]
            self.assertEqual(events, [event for event in whole if event.position > after])
            self.connection.unsubscribe(feed)

    def test_latest_tells_nothing_old(self):
        positions = self.busy_hour(3)
        feed = self.connection.subscribe(latest=True, after=1)
        self.assertGreaterEqual(feed.after, positions[-1])
        outcome = self.hospital.book(self.clinic)
        self.assertGreater(min(event.position for event in feed.events_through(outcome.position)), positions[-1])

    def test_only_what_is_durable_is_pushed(self):
        feed = self.connection.subscribe(latest=True)
        patients = self.hospital.patients(30)
        futures = self.connection.send_all([booking(self.clinic, patient=patient) for patient in patients])
        last = max(future.result(60).position for future in futures)
        while feed.through < last:
            feed.next()
            self.assertLessEqual(feed.through, self.position())

    def test_after_the_answer_to_unsubscribe_nothing_comes(self):
        # The connection notes a push that belongs to no subscription.
        feed = self.connection.subscribe(latest=True)
        writer = self.connect()
        crowded = self.hospital.clinic(capacities=(40,))
        futures = writer.send_all([booking(crowded, patient=patient) for patient in self.hospital.patients(40)])
        self.connection.unsubscribe(feed)
        for future in futures:
            future.result(60)
        self.busy_hour(3)
        self.assertEqual(self.connection.violations, [])

    def test_several_subscriptions_of_one_connection_each_get_everything(self):
        feeds = [self.connection.subscribe(latest=True) for _ in range(3)]
        positions = self.busy_hour(5)
        self.connection.unsubscribe(feeds[1])
        more = self.busy_hour(5)
        for feed, expected in ((feeds[0], positions + more), (feeds[2], positions + more)):
            told = [event.position for event in feed.events_through(more[-1])]
            self.assertEqual([position for position in told if position in set(expected)], expected)

    def test_a_position_that_is_not_durable_yet_is_refused(self):
        with self.fails("INVALID_ARGUMENT"):
            self.connection.subscribe(after=self.position() + 1_000_000)

    def test_sixteen_subscriptions_and_not_one_more(self):
        feeds = [self.connection.subscribe(latest=True) for _ in range(16)]
        with self.fails("TOO_MANY_SUBSCRIPTIONS"):
            self.connection.subscribe(latest=True)
        self.connection.unsubscribe(feeds[0])
        feeds[0] = self.connection.subscribe(latest=True)
        outcome = self.hospital.book(self.clinic)
        for feed in feeds:
            self.assertIn(outcome.position, [event.position for event in feed.events_through(outcome.position)])

    def test_unsubscribing_from_nothing_is_an_error(self):
        for subscription in (0, 77):
            with self.subTest(subscription=subscription), self.fails("NOT_FOUND"):
                self.connection.call(pb.UnsubscribeRequest(subscription=subscription))

    def test_a_reader_that_sleeps_slows_only_itself_and_misses_nothing(self):
        # Reads nothing for a while, on a socket whose buffers fill up long before the news ends.
        wire = Wire(port())
        self.addCleanup(wire.close)
        shake_hands(wire, hello())
        before = self.position()
        wire.send(Frame(Method.SUBSCRIBE, 9, pb.SubscribeRequest(after=before).SerializeToString()))
        clinic = self.hospital.clinic(capacities=(9_000,) * 2)
        patients = self.hospital.patients(4_000)
        booked = self.connection.call(pb.BatchRequest(bookings=[booking(clinic, patient=each) for each in patients]))
        changes = [
            change(outcome.appointment, pb.TRANSITION_CANCEL, reason="很长的理由" * 12) for outcome in booked.bookings
        ]
        cancelled = self.connection.call(pb.BatchRequest(changes=changes))
        last = max(outcome.position for outcome in cancelled.changes)

        reply = pb.SubscribeReply.FromString(wire.read().payload)
        self.assertEqual(reply.after, before)
        events, through = [], before
        while through < last:
            frame = wire.read()
            self.assertEqual((frame.method, frame.request, frame.flags & PUSH), (Method.SUBSCRIBE, 9, PUSH))
            push = pb.FeedPush.FromString(frame.payload)
            events += push.events
            through = push.through
        self.assert_feed_in_order(events)
        told = {event.position for event in events}
        expected = {outcome.position for outcome in (*booked.bookings, *cancelled.changes)}
        self.assertLessEqual(expected, told)
        self.assertEqual(len([event for event in events if event.kind == pb.EVENT_KIND_CHANGED]), 4_000)
