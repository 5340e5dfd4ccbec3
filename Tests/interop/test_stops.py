"""停诊: a session that does not take place: planned, carried out, told by the feed, sold again."""

import threading

from case import Case
from client import new_key
from hospital import slot_of
from messages import pb


class Stops(Case):
    def setUp(self):
        super().setUp()
        self.clinic = self.hospital.clinic(capacities=(2,) * 4)
        self.session = self.clinic.session.id

    def stop(self, **fields):
        fields = {"session": self.session, "reason": "医生病假", **new_key(), **fields}
        return self.connection.call(pb.StopSessionRequest(**fields))

    def resume(self, **fields):
        return self.connection.call(pb.ResumeSessionRequest(**{"session": self.session, **new_key(), **fields}))

    def plan(self, **fields):
        return self.connection.call(pb.PlanStopRequest(**{"session": self.session, **fields}))

    def listed(self):
        days = {"from": self.hospital.date(0), "to": self.hospital.date(2), "pool": self.clinic.pool}
        return next(one for one in self.hospital.sessions(**days) if one.id == self.session)

    def state(self, outcome):
        return self.hospital.appointment(outcome.appointment).state

    def assert_stopped(self, reply, number, appointments, confirmed):
        self.assertEqual(reply.result, pb.RESULT_DONE, f"not done: {reply}")
        self.assertEqual((reply.stop, reply.appointments, reply.confirmed), (number, appointments, confirmed))
        self.assertEqual(reply.rule, pb.RULE_UNSPECIFIED)
        self.assertGreater(reply.position, 0)

    def test_what_is_held_or_booked_ends_and_nothing_is_sold_until_it_is_resumed(self):
        held = self.assert_done(self.hospital.book(self.clinic, hold=True))
        booked = self.assert_done(self.hospital.book(self.clinic, slot=3))
        self.assert_stopped(self.stop(), 1, 2, 1)
        for outcome in (held, booked):
            self.assertEqual(self.state(outcome), pb.APPOINTMENT_STATE_STOPPED)
            self.assertEqual(self.hospital.appointment(outcome.appointment).version, 2)
        self.assertEqual(self.hospital.free(service=self.clinic.service, next_free=True), [])
        refused = self.assert_refused(self.hospital.book(self.clinic, slot=1), pb.RULE_SESSION_STOPPED)
        self.assertEqual(refused.authority, pb.AUTHORITY_DEPARTMENT)
        self.assert_refused(self.hospital.change(booked.appointment, pb.TRANSITION_NO_SHOW), pb.RULE_STATE)
        session = self.listed()
        self.assertEqual((session.stop, session.stopped_from, session.stop_reason), (1, 0, "医生病假"))
        self.assertEqual((session.appointments, sum(session.taken)), (0, 0))
        self.assert_stopped(self.resume(), 1, 0, 0)
        self.assertEqual(self.listed().stop, 0)
        self.assert_done(self.hospital.book(self.clinic, slot=3))
        self.assertEqual(self.state(booked), pb.APPOINTMENT_STATE_STOPPED)

    def test_from_a_slot_on_and_then_from_an_earlier_one(self):
        early = self.assert_done(self.hospital.book(self.clinic, slot=0))
        late = self.assert_done(self.hospital.book(self.clinic, slot=2))
        self.assert_stopped(self.stop(from_slot=2), 1, 1, 1)
        self.assertEqual(self.state(early), pb.APPOINTMENT_STATE_BOOKED)
        self.assertEqual(self.state(late), pb.APPOINTMENT_STATE_STOPPED)
        self.assert_refused(self.hospital.move(early.appointment, self.clinic.slots[3]), pb.RULE_SESSION_STOPPED)
        self.assert_done(self.hospital.book(self.clinic, slot=1))
        self.assert_refused(self.stop(from_slot=3), pb.RULE_SESSION_STOPPED)
        self.assert_stopped(self.stop(), 2, 2, 2)
        self.assert_refused(self.stop(), pb.RULE_SESSION_STOPPED)

    def test_a_plan_gives_each_other_units_and_changes_nothing(self):
        booked = [self.assert_done(self.hospital.book(self.clinic, slot=slot)) for slot in (0, 0, 1)]
        substitute = self.hospital.session(self.clinic.code, capacities=(1, 1), days=2)
        plan = self.plan(substitute=substitute.id)
        self.assertEqual([row.appointment for row in plan.rows], [outcome.appointment for outcome in booked])
        self.assertEqual((plan.appointments, plan.confirmed, plan.substituted), (3, 3, 2))
        self.assertEqual((plan.rebookable, plan.without), (0, 1))
        given = [row.substitute_slot for row in plan.rows]
        self.assertEqual(given, [slot_of(substitute.id, 0), slot_of(substitute.id, 1), 0])
        self.assertEqual([row.next_slot for row in plan.rows], [0, 0, 0])
        page = self.plan(substitute=substitute.id, limit=2)
        self.assertEqual((len(page.rows), page.more, page.appointments), (2, True, 3))
        rest = self.plan(substitute=substitute.id, limit=2, after=page.next)
        self.assertEqual([row.appointment for row in rest.rows], [booked[2].appointment])
        self.assertFalse(rest.more)
        for outcome in booked:
            self.assertEqual(self.state(outcome), pb.APPOINTMENT_STATE_BOOKED)

    def test_a_key_is_answered_once_whatever_happened_since(self):
        self.assert_done(self.hospital.book(self.clinic))
        key = new_key()
        first = self.stop(**key)
        self.assert_stopped(self.resume(), 1, 0, 0)
        again = self.stop(**key)
        self.assert_same_answer(again, first)
        self.assertEqual(self.listed().stop, 0)
        with self.fails("KEY_REUSED"):
            self.stop(from_slot=1, **key)
        with self.fails("KEY_REUSED"):
            self.resume(**key)

    def test_the_feed_tells_the_session_and_each_appointment_once(self):
        feed = self.connection.subscribe(latest=True)
        booked = [self.assert_done(self.hospital.book(self.clinic, slot=slot)) for slot in range(3)]
        stopped = self.stop(from_slot=1)
        last = self.resume()
        told = [event for event in feed.events_through(last.position) if event.session == self.session]
        told = [event for event in told if event.kind in (pb.EVENT_KIND_SESSION_STOPPED, pb.EVENT_KIND_SESSION_RESUMED)]
        self.assertEqual(len(told), 4)
        session, *ended, resumed = told
        self.assertEqual((session.appointment, session.slot), (0, slot_of(self.session, 1)))
        self.assertEqual((session.reason, session.position), ("医生病假", stopped.position))
        self.assertEqual([event.appointment for event in ended], [outcome.appointment for outcome in booked[1:]])
        for event in ended:
            self.assertEqual((event.state, event.version), (pb.APPOINTMENT_STATE_STOPPED, 2))
            self.assertGreater(event.patient, 0)
        self.assertEqual(resumed.kind, pb.EVENT_KIND_SESSION_RESUMED)

    def test_what_is_over_or_not_stopped_is_refused(self):
        self.assert_refused(self.resume(), pb.RULE_STATE)
        past = self.hospital.clinic(days=-1)
        self.assert_refused(self.stop(session=past.session.id), pb.RULE_SLOT_PAST)
        self.assert_refused(self.resume(session=past.session.id), pb.RULE_SLOT_PAST)
        with self.fails("INVALID_ARGUMENT"):
            self.plan(session=past.session.id)

    def test_what_is_not_there_is_not_found_and_nonsense_is_named(self):
        for wrong in ({"from_slot": 4}, {"session": self.session + (1 << 40)}, {"session": self.session + (1 << 60)}):
            with self.subTest(wrong=wrong):
                with self.fails("NOT_FOUND"):
                    self.stop(**wrong)
                with self.fails("NOT_FOUND"):
                    self.plan(**wrong)
        with self.fails("NOT_FOUND"):
            self.resume(session=self.session + (1 << 40))
        with self.fails("NOT_FOUND"):
            self.plan(substitute=self.session + (1 << 40))
        for wrong in ({"reason": ""}, {"reason": "长" * 86}, {"from_slot": 1 << 31}):
            with self.subTest(wrong=str(wrong)[:40]), self.fails("INVALID_ARGUMENT"):
                self.stop(**wrong)
        for wrong in ({"substitute": self.session}, {"from_slot": 1 << 31}, {"after": 1}):
            with self.subTest(wrong=wrong), self.fails("INVALID_ARGUMENT"):
                self.plan(**wrong)
        self.assertEqual(self.listed().stop, 0)

    def test_a_stop_and_bookings_at_once_leave_none_in_a_stopped_session(self):
        patients = self.hospital.patients(8)
        start = threading.Barrier(3)
        taken = []

        def book(connection, mine):
            start.wait()
            for index, patient in enumerate(mine):
                slot = slot_of(self.session, index)
                request = pb.BookRequest(slot=slot, service=self.clinic.service, patient=patient, **new_key())
                outcome = connection.call(request)
                if outcome.result == pb.RESULT_DONE:
                    taken.append(outcome)

        workers = [
            threading.Thread(target=book, args=(self.connect(), patients[first : first + 4])) for first in (0, 4)
        ]
        for worker in workers:
            worker.start()
        start.wait()
        stopped = self.stop()
        for worker in workers:
            worker.join()
        self.assertEqual(stopped.appointments, len(taken))
        for outcome in taken:
            self.assertLess(outcome.position, stopped.position)
            self.assertEqual(self.state(outcome), pb.APPOINTMENT_STATE_STOPPED)
