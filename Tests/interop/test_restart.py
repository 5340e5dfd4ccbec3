"""Servers of their own: killed in the middle of work, started again on the same data, and asked what they promised."""

import threading

from case import Case
from client import Connection, ConnectionEnded, Failed
from hospital import Hospital, booking, change
from messages import pb
from server import ServerProcess

KILLS = 3


class Restart(Case):
    def setUp(self):
        self.server = ServerProcess().start()
        self.addCleanup(self.server.remove)
        self.reconnect()

    def reconnect(self):
        """A connection to the server as it runs now, and the hospital behind it."""
        self.connection = self.connect(self.server.port)
        self.hospital = Hospital(self.connection)

    def kill_and_start(self):
        self.server.kill()
        self.server.start()
        self.reconnect()

    def answer_of(self, future):
        """The answer; None when the connection ended before it came."""
        try:
            return future.result(60)
        except ConnectionEnded:
            return None

    # -- killed -------------------------------------------------------------------------------------------------------

    def test_whatever_was_acknowledged_survives_a_kill(self):
        clinic = self.hospital.clinic(capacities=(4_000, 4_000))
        requests, first_answers = [], {}
        for _ in range(KILLS):
            new = [
                booking(clinic, slot=at % 2, patient=patient)
                for at, patient in enumerate(self.hospital.patients(2_000))
            ]
            requests += new
            self.kill_in_the_middle(new, first_answers)
            self.assert_promises_kept(first_answers)
        self.retry_everything(clinic, requests, first_answers)

    def kill_in_the_middle(self, requests, first_answers):
        """Sends all at once and kills when a quarter is answered; keeps the answers by key, then starts again."""
        enough = threading.Semaphore(0)
        futures = self.connection.send_all(requests)
        for future in futures:
            future.add_done_callback(lambda _: enough.release())
        for _ in range(len(requests) // 4):
            self.assertTrue(enough.acquire(timeout=60), "the server does not answer")
        self.kill_and_start()
        for request, future in zip(requests, futures):
            answer = self.answer_of(future)
            if answer is not None:
                first_answers[key_of(request)] = (request, self.assert_done(answer))

    def assert_promises_kept(self, first_answers):
        promised = list(first_answers.values())
        for first in range(0, len(promised), 500):
            part = promised[first : first + 500]
            ids = [outcome.appointment for _, outcome in part]
            found = {each.id: each for each in self.connection.call(pb.GetAppointmentsRequest(ids=ids)).appointments}
            for request, outcome in part:
                appointment = found.get(outcome.appointment)
                self.assertIsNotNone(appointment, f"acknowledged and gone: {outcome}")
                self.assertEqual((appointment.patient, appointment.slot), (request.patient, request.slot))
                self.assertEqual((appointment.number, appointment.state), (outcome.number, outcome.state))

    def retry_everything(self, clinic, requests, first_answers):
        """All again under their keys: the acknowledged get their answer, the others happen now or have happened."""
        answers = {}
        for request, future in zip(requests, self.connection.send_all(requests)):
            answers[key_of(request)] = self.assert_done(future.result(60))
        for key, (_, first) in first_answers.items():
            self.assert_same_answer(answers[key], first)
        self.assertEqual(len({outcome.appointment for outcome in answers.values()}), len(requests))
        self.assertEqual(len({outcome.number for outcome in answers.values()}), len(requests))
        session = self.hospital.session_now(clinic)
        self.assertEqual((sum(session.taken), session.appointments), (len(requests), len(requests)))

    def test_every_kind_of_answer_is_remembered_over_a_kill(self):
        clinic = self.hospital.clinic(capacities=(1, 1, 1, 1, 1, 1))
        lab = self.hospital.clinic()
        patient = self.hospital.patient()
        held = booking(clinic, slot=0, patient=patient, hold=True)
        writes = [(held, self.connection.call(held))]

        def write(message):
            writes.append((message, self.connection.call(message)))
            return writes[-1][1]

        appointment = writes[0][1].appointment
        write(change(appointment, pb.TRANSITION_CONFIRM))
        write(booking(clinic, slot=0, patient=self.hospital.patient()))  # refused: full
        moved = write(pb.MoveRequest(appointment=appointment, slot=clinic.slots[1], key_high=1, key_low=7))
        items = [
            pb.TogetherItem(slot=clinic.slots[3], service=clinic.service),
            pb.TogetherItem(slot=lab.slots[5], service=lab.service),
        ]
        write(pb.BookTogetherRequest(patient=patient, items=items, key_high=1, key_low=8))
        write(pb.BookTogetherRequest(patient=self.hospital.patient(), items=items, key_high=1, key_low=9))  # refused
        write(change(moved.appointment, pb.TRANSITION_CANCEL, reason="不来了"))
        write(change(moved.appointment, pb.TRANSITION_CANCEL))  # refused: state

        self.kill_and_start()
        for message, first in writes:
            with self.subTest(message=str(message)[:60]):
                again = self.connection.call(message)
                if isinstance(first, pb.TogetherReply):
                    self.assertEqual(list(again.appointments), list(first.appointments))
                    self.assertEqual(again.refused_item, first.refused_item)
                    again, first = again.outcome, first.outcome
                self.assert_same_answer(again, first)

    def test_everything_else_is_still_there_and_ids_are_not_given_twice(self):
        clinic = self.hospital.clinic(capacities=(3, 3), policy={"per_day_department": 1})
        patient = self.hospital.patient()
        outcome = self.hospital.book(clinic, patient=patient)
        catalogue, session = self.hospital.catalogue(), self.hospital.session_now(clinic)
        appointments = self.hospital.appointments_of(patient)
        welcome = self.connection.welcome

        self.kill_and_start()
        self.assertEqual(self.hospital.catalogue(), catalogue)
        self.assertEqual(self.hospital.session_now(clinic), session)
        self.assertEqual(self.hospital.appointments_of(patient), appointments)
        self.assertEqual(self.connection.welcome.cluster, welcome.cluster)
        self.assertGreaterEqual(self.connection.welcome.epoch, welcome.epoch)
        self.assert_refused(self.hospital.book(clinic, slot=1, patient=patient), pb.RULE_PER_DAY_DEPARTMENT, limit=1)
        self.assertNotEqual(self.hospital.patient(), patient)
        later = self.assert_done(self.hospital.book(clinic))
        self.assertGreater(later.number, outcome.number)
        self.assertGreater(later.position, outcome.position)
        self.assertNotIn(self.hospital.clinic().pool, [pool.id for pool in catalogue.pools])

    def test_a_hold_expires_though_the_server_was_down_when_its_time_came(self):
        clinic = self.hospital.clinic(capacities=(1,), policy={"hold_seconds": 1})
        feed_from = self.connection.call(pb.StatusRequest()).durable_position
        held = self.assert_done(self.hospital.book(clinic, hold=True))
        self.kill_and_start()
        feed = self.connection.subscribe(after=feed_from)
        while not any(
            event.appointment == held.appointment and event.state == pb.APPOINTMENT_STATE_EXPIRED
            for event in feed.next()
        ):
            pass
        self.assert_done(self.hospital.book(clinic))

    def test_the_feed_goes_on_over_a_kill_without_a_gap(self):
        clinic = self.hospital.clinic(capacities=(100,))
        feed = self.connection.subscribe(after=0)
        before = [self.hospital.book(clinic).position for _ in range(20)]
        seen = feed.events_through(before[10])
        through = feed.through
        self.kill_and_start()
        after = [self.hospital.book(clinic).position for _ in range(20)]
        seen += self.connection.subscribe(after=through).events_through(after[-1])
        whole = self.connection.subscribe(after=0).events_through(after[-1])
        self.assertEqual(
            [event for event in seen if event.position <= after[-1]],
            [event for event in whole if event.position <= after[-1]],
        )
        booked = [event.position for event in whole if event.kind == pb.EVENT_KIND_BOOKED]
        self.assertEqual(booked[:40], before + after)

    # -- asked to stop ------------------------------------------------------------------------------------------------

    def test_a_stopping_server_says_goodbye_and_keeps_what_it_took(self):
        clinic = self.hospital.clinic(capacities=(3_000,))
        requests = [booking(clinic, patient=patient) for patient in self.hospital.patients(3_000)]
        connection = self.connection
        futures = connection.send_all(requests)
        futures[0].result(60)
        self.server.ask_to_stop()
        goodbye = connection.goodbye.result(60)
        self.assertTrue(goodbye.reason)
        answers = [self.answer_or_draining(future) for future in futures]
        self.assertEqual(self.server.wait(), 0, self.server.log_text())
        for request, future, answer in zip(requests, futures, answers):
            if future.request <= goodbye.last_request:
                self.assertIsNotNone(answer, "taken, and not answered before the end")
            if answer is not None:
                self.assert_done(answer)

        self.server.start()
        self.reconnect()
        for request, future, first in zip(requests, futures, answers):
            again = self.assert_done(self.connection.call(request))
            if first is not None:
                self.assert_same_answer(again, first)
            elif future.request > goodbye.last_request:
                self.assertFalse(again.again, "after the last request, and yet applied")

    def answer_or_draining(self, future):
        try:
            return self.answer_of(future)
        except Failed as failed:
            self.assert_failure(failed.failure, "DRAINING")
            return None

    def test_an_idle_server_stops_at_once_and_starts_again(self):
        for _ in range(2):
            outcome = self.assert_done(self.hospital.book(self.hospital.clinic()))
            connection = self.connection
            self.server.ask_to_stop()
            self.assertGreater(connection.goodbye.result(60).last_request, 0)
            self.assertEqual(self.server.wait(), 0, self.server.log_text())
            connection.ended.result(60)
            self.server.start()
            self.reconnect()
            self.assertIsNotNone(self.hospital.appointment(outcome.appointment))

    def test_a_second_server_on_the_same_data_is_refused_and_harms_nothing(self):
        outcome = self.hospital.book(self.hospital.clinic())
        second = ServerProcess()
        self.addCleanup(second.remove)
        second.data = self.server.data
        with self.assertRaisesRegex(RuntimeError, "the server ended with [1-9]"):
            second.start()
        self.assertIsNotNone(self.hospital.appointment(outcome.appointment))
        with Connection(self.server.port) as another:
            self.assertEqual(another.welcome.cluster, self.connection.welcome.cluster)


def key_of(request):
    return request.key_high, request.key_low
