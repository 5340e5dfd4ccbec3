"""Thousands in flight, batches, deadlines and the limit of what one connection may leave unanswered."""

import threading

from case import Case
from client import Failed
from hospital import booking, change
from messages import pb

IN_FLIGHT = 5_000
ROUNDS = 50


class Busy(Case):
    """A clinic with room for everybody."""

    def busy_clinic(self, patients):
        """A clinic with room for everybody, and a booking for each."""
        share = -(-patients // 48)
        clinic = self.hospital.clinic(capacities=(share,) * 48, slot_minutes=10)
        requests = [
            booking(clinic, slot=index % 48, patient=patient)
            for index, patient in enumerate(self.hospital.patients(patients))
        ]
        return clinic, requests

    def assert_all_booked(self, clinic, requests, outcomes):
        for outcome in outcomes:
            self.assert_done(outcome)
        self.assertEqual(len({outcome.appointment for outcome in outcomes}), len(requests))
        self.assertEqual(len({outcome.number for outcome in outcomes}), len(requests))
        session = self.hospital.session_now(clinic)
        self.assertEqual((sum(session.taken), session.appointments), (len(requests), len(requests)))


class Pipelining(Busy):
    def test_thousands_in_flight_are_each_answered_once(self):
        # The connection itself notes an answer that nobody waits for: a second one, or one to a request never sent.
        count = min(IN_FLIGHT, self.connection.welcome.in_flight_limit)
        clinic, requests = self.busy_clinic(count)
        outcomes = [future.result(60) for future in self.connection.send_all(requests)]
        self.assert_all_booked(clinic, requests, outcomes)
        by_patient = {
            each.patient: each.id
            for each in self.connection.call(pb.SessionAppointmentsRequest(session=clinic.session.id)).appointments
        }
        self.assertEqual(
            by_patient,
            {request.patient: outcome.appointment for request, outcome in zip(requests, outcomes)},
            "an answer went to another request",
        )

    def test_with_checksums_and_compression_it_is_the_same(self):
        connection = self.connect(features=pb.FEATURE_CRC32C | pb.FEATURE_SNAPPY)
        clinic, requests = self.busy_clinic(1_000)
        futures = connection.send_all(requests[:500], compress=True) + connection.send_all(requests[500:])
        self.assert_all_booked(clinic, requests, [future.result(60) for future in futures])

    def test_many_connections_with_many_in_flight(self):
        clinic, requests = self.busy_clinic(2_000)
        connections = [self.connect() for _ in range(10)]
        parts = [connection.send_all(requests[number::10]) for number, connection in enumerate(connections)]
        self.assert_all_booked(clinic, requests, [future.result(60) for part in parts for future in part])

    def test_reads_between_writes_never_show_what_was_not_answered_yet(self):
        # Whatever a read shows is durable: its position is on disk when the answer is there.
        clinic, requests = self.busy_clinic(500)
        for request in requests:
            write = self.connection.send(request)
            read = self.connection.call(pb.PatientAppointmentsRequest(patient=request.patient))
            status = self.connection.call(pb.StatusRequest())
            self.assertLessEqual(read.position, status.durable_position)
            self.assertLessEqual(status.durable_position, status.position)
            outcome = write.result(60)
            if read.appointments:
                self.assertEqual(read.appointments[0].id, outcome.appointment)

    def test_what_was_answered_is_seen_by_every_later_read(self):
        clinic, requests = self.busy_clinic(300)
        reader = self.connect()
        for request in requests:
            outcome = self.connection.call(request)
            found = reader.call(pb.PatientAppointmentsRequest(patient=request.patient))
            self.assertEqual([each.id for each in found.appointments], [outcome.appointment])
            self.assertGreaterEqual(found.position, outcome.position)


class Batches(Busy):
    def test_a_full_batch_has_an_outcome_for_each(self):
        limit = self.connection.welcome.batch_limit
        self.assertEqual(limit, 8192)
        clinic, requests = self.busy_clinic(limit)
        reply = self.connection.call(pb.BatchRequest(bookings=requests))
        self.assertEqual((len(reply.bookings), len(reply.changes)), (limit, 0))
        self.assert_all_booked(clinic, requests, reply.bookings)
        found = self.connection.call(
            pb.GetAppointmentsRequest(ids=[outcome.appointment for outcome in reply.bookings[:500]])
        )
        self.assertEqual([each.patient for each in found.appointments], [request.patient for request in requests[:500]])

    def test_one_more_is_too_long_and_does_nothing(self):
        clinic, requests = self.busy_clinic(10)
        limit = self.connection.welcome.batch_limit
        cancel = change(1, pb.TRANSITION_CANCEL)
        for batch in (
            pb.BatchRequest(bookings=[requests[at % 10] for at in range(limit + 1)]),
            pb.BatchRequest(changes=[cancel] * (limit + 1)),
            pb.BatchRequest(bookings=requests, changes=[cancel] * (limit - 9)),
        ):
            with self.fails("BATCH_TOO_LONG"):
                self.connection.call(batch)
        self.assertEqual(sum(self.hospital.session_now(clinic).taken), 0)

    def test_one_that_fails_stops_no_other(self):
        clinic = self.hospital.clinic(capacities=(2, 2, 1))
        patients = self.hospital.patients(6)
        known = self.hospital.book(clinic, slot=1, patient=patients[0])
        used = booking(clinic, slot=0, patient=patients[1])
        self.connection.call(used)
        reused = booking(clinic, slot=1, patient=patients[2], key_high=used.key_high, key_low=used.key_low)
        bookings = [
            booking(clinic, slot=0, patient=patients[3]),
            booking(clinic, slot=0, patient=patients[4], service=4_000_000),
            reused,
            booking(clinic, slot=2, patient=patients[5], key_high=0, key_low=0),
            booking(clinic, slot=1, patient=2**62),
            booking(clinic, slot=1, patient=patients[0]),
            used,
            booking(clinic, slot=2, patient=patients[5]),
        ]
        changes = [
            change(known.appointment, 99),
            change(known.appointment, pb.TRANSITION_CONFIRM),
            change(1, pb.TRANSITION_CANCEL),
        ]
        reply = self.connection.call(pb.BatchRequest(bookings=bookings, changes=changes))
        said = [self.in_a_word(outcome) for outcome in (*reply.bookings, *reply.changes)]
        self.assertEqual(
            said,
            [
                "DONE",
                "NOT_FOUND",
                "KEY_REUSED",
                "INVALID_ARGUMENT",
                "NOT_FOUND",
                "OVERLAP",
                "DONE again",
                "DONE",
                "INVALID_ARGUMENT",
                "STATE",
                "NOT_FOUND",
            ],
        )

    def in_a_word(self, outcome):
        if outcome.result == pb.RESULT_FAILED:
            return pb.ErrorCode.Name(outcome.error)[len("ERROR_CODE_") :]
        if outcome.result == pb.RESULT_REFUSED:
            return pb.Rule.Name(outcome.rule)[len("RULE_") :]
        return pb.Result.Name(outcome.result)[len("RESULT_") :] + (" again" if outcome.again else "")

    def test_bookings_and_changes_travel_together(self):
        clinic, requests = self.busy_clinic(300)
        booked = [future.result(60) for future in self.connection.send_all(requests[:100])]
        cancels = [change(outcome.appointment, pb.TRANSITION_CANCEL) for outcome in booked]
        reply = self.connection.call(pb.BatchRequest(bookings=requests[100:], changes=cancels))
        self.assertEqual([outcome.result for outcome in reply.bookings], [pb.RESULT_DONE] * 200)
        self.assertEqual([outcome.state for outcome in reply.changes], [pb.APPOINTMENT_STATE_CANCELLED] * 100)
        self.assertEqual(sum(self.hospital.session_now(clinic).taken), 200)

    def test_an_empty_batch_has_an_empty_answer(self):
        self.assertEqual(self.connection.call(pb.BatchRequest()), pb.BatchReply())

    def test_batches_in_flight_beside_one_another(self):
        clinic, requests = self.busy_clinic(2_000)
        futures = self.connection.send_all(
            [pb.BatchRequest(bookings=requests[at : at + 100]) for at in range(0, 2_000, 100)]
        )
        outcomes = [outcome for future in futures for outcome in future.result(60).bookings]
        self.assert_all_booked(clinic, requests, outcomes)


class Pressure(Busy):
    def test_more_than_the_limit_in_flight_is_overloaded_and_not_applied(self):
        limit = self.connection.welcome.in_flight_limit
        clinic, requests = self.busy_clinic(200)
        batch_limit = min(limit, self.connection.welcome.batch_limit)
        # Known keys cost the server little: the batch is as heavy on the count as any other.
        full = pb.BatchRequest(bookings=[requests[0]] * batch_limit)
        bystander = self.connect()
        for request in requests[1:ROUNDS]:
            *heavy, light = self.connection.send_all([full] * (limit // batch_limit + 1) + [request])
            try:
                outcome = light.result(60)
                self.assertFalse(outcome.again)
                overloaded = False
            except Failed as failed:
                self.assert_failure(failed.failure, "OVERLOADED")
                overloaded = True
            self.assert_done(bystander.call(requests[-1]))
            refused_batches = sum(self.is_overloaded(future) for future in heavy)
            if overloaded:
                self.assertFalse(self.connection.call(request).again, "OVERLOADED, and yet applied")
            if overloaded or refused_batches:
                return
        self.fail(f"never overloaded, with more than {limit} in flight")

    def is_overloaded(self, future):
        try:
            future.result(60)
        except Failed as failed:
            self.assert_failure(failed.failure, "OVERLOADED")
            return True
        return False

    def test_a_deadline_that_has_passed_says_whether_the_work_was_begun(self):
        clinic, requests = self.busy_clinic(8 * ROUNDS)
        in_front = pb.BatchRequest(bookings=[requests[0]] * min(4_000, self.connection.welcome.in_flight_limit // 2))
        exceeded = 0
        for first in range(1, len(requests) - 8, 8):
            hurried = requests[first : first + 8]
            self.connection.send(in_front)
            futures = self.connection.send_all(hurried, deadline_ms=1)
            for request, future in zip(hurried, futures):
                exceeded += self.answer_agrees_with_retry(request, future)
            if exceeded:
                return
        self.fail(f"no deadline of one millisecond was exceeded in {ROUNDS} rounds")

    def answer_agrees_with_retry(self, request, future):
        """Checks what the answer promised by asking again without a deadline; whether the deadline was exceeded."""
        try:
            first, begun, exceeded = future.result(60), True, False
        except Failed as failed:
            self.assertEqual(failed.code, "DEADLINE_EXCEEDED")
            self.assertTrue(failed.failure.retryable)
            first, begun, exceeded = None, failed.failure.maybe_applied, True
        retry = self.assert_done(self.connection.call(request))
        if first is not None:
            self.assert_same_answer(retry, first)
        elif not begun:
            self.assertFalse(retry.again, "the work was not to be done")
        return exceeded

    def test_a_long_deadline_changes_nothing(self):
        _, requests = self.busy_clinic(50)
        for future in self.connection.send_all(requests, deadline_ms=2**32 - 1):
            self.assert_done(future.result(60))

    def test_two_threads_on_one_connection_do_not_mix(self):
        clinic, requests = self.busy_clinic(400)
        outcomes = {}

        def book(number):
            for index in range(number, 400, 4):
                outcomes[index] = self.connection.call(requests[index])

        threads = [threading.Thread(target=book, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assert_all_booked(clinic, requests, [outcomes[index] for index in range(400)])
