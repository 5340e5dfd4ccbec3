"""Servers of their own with a setting that makes a limit easy to reach, or a door that is locked."""

from case import Case, padded
from client import Connection, Failed, new_key
from frames import Frame, Method, encode
from hospital import Hospital, booking
from messages import pb
from server import ServerProcess

ATTEMPTS = 10_000


class Narrow(Case):
    def serve(self, *options):
        """A server with these options; `self.connection` and `self.hospital` are then on it."""
        self.server = ServerProcess(*options)
        self.addCleanup(self.server.remove)
        self.start()

    def start(self):
        self.server.start()
        self.connection = self.connect(self.server.port)
        self.hospital = Hospital(self.connection)

    def stop_and_start(self, *options):
        """Stops in order, which writes a checkpoint, and starts on the same data."""
        self.assertEqual(self.server.stop(), 0, self.server.log_text())
        self.server.options = options
        self.start()

    def refused_writes(self, count):
        """Bookings that are refused, each under its own key: the cheapest way to fill a journal."""
        full = self.hospital.clinic(capacities=(1,))
        self.hospital.book(full)
        patient = self.hospital.patient()
        return [booking(full, patient=patient, operator="x" * 64) for _ in range(count)]


class Doors(Narrow):
    def test_who_does_not_bring_the_credential_is_not_let_in(self):
        server = ServerProcess()
        self.addCleanup(server.remove)
        secret = server.folder / "credential"
        secret.write_text("芝麻开门\nnot this line\n")
        server.options = ("--credential-file", secret)
        server.start()
        for credential in ("", "芝麻", "芝麻开门 ", "芝麻开门\n", "not this line"):
            with self.subTest(credential=credential), self.fails("UNAUTHENTICATED"):
                Connection(server.port, credential=credential)
        self.connect(server.port, credential="芝麻开门").call(pb.StatusRequest())

    def test_one_connection_too_many_is_told_so_until_another_has_gone(self):
        self.serve("--connections", "2")
        second = self.connect(self.server.port)
        with self.fails("TOO_MANY_CONNECTIONS") as raised:
            Connection(self.server.port)
        self.assertGreater(raised.exception.failure.retry_after_ms, 0)
        second.close()
        self.assertTrue(any(self.is_let_in() for _ in range(ATTEMPTS)), "a place that was left stays empty")

    def test_a_closed_connection_leaves_the_count(self):
        self.serve()
        Connection(self.server.port).close()
        # The server learns of the end on its own time; each question gives it some.
        counts = (self.connection.call(pb.StatusRequest()).connections for _ in range(ATTEMPTS))
        self.assertTrue(any(count == 1 for count in counts), "a closed connection is still counted")

    def is_let_in(self):
        try:
            Connection(self.server.port).close()
            return True
        except Failed as failed:
            self.assert_failure(failed.failure, "TOO_MANY_CONNECTIONS")
            return False


class Frames(Narrow):
    def test_a_server_may_take_less_than_the_protocol_allows(self):
        self.serve("--frame-bytes", "64KiB")
        self.assertEqual(self.connection.welcome.frame_limit, 65_536)
        wire = self.connection.wire
        wire.send(Frame(Method.GET_CATALOGUE, 4_000, padded(65_536)))
        self.connection.call(pb.StatusRequest())
        wire.send_bytes(encode(Frame(Method.GET_CATALOGUE, 4_001, padded(65_537)))[:20])
        self.connection.ended.result(60)
        # The answers under ids 4,000 and 4,001 had no futures waiting for them; the second says the limit.
        self.assertTrue(any("65536" in each for each in self.connection.violations))
        self.connection.violations.clear()

    def test_an_answer_larger_than_the_client_takes_is_said_to_be_and_the_connection_stays(self):
        self.serve()
        departments = [pb.Department(code=f"d{at}", name="长" * 80) for at in range(400)]
        self.hospital.put(departments=departments)
        small = self.connect(self.server.port, frame_limit=65_536)
        with self.fails("FRAME_TOO_LARGE"):
            small.call(pb.GetCatalogueRequest())
        small.call(pb.StatusRequest())
        self.assertEqual(len(self.hospital.catalogue().departments), 400)

    def test_a_client_that_takes_little_may_send_only_batches_whose_answer_it_takes(self):
        self.serve()
        writes = self.refused_writes(8_192)
        small = self.connect(self.server.port, frame_limit=65_536)
        limit = small.welcome.batch_limit
        self.assertLess(limit, self.connection.welcome.batch_limit)
        self.assertEqual(len(small.call(pb.BatchRequest(bookings=writes[:limit])).bookings), limit)
        with self.fails("BATCH_TOO_LONG"):
            small.call(pb.BatchRequest(bookings=writes[: limit + 1]))

    def test_a_feed_to_a_client_that_takes_little_comes_in_small_pushes(self):
        self.serve()
        writes = self.refused_writes(2_000)
        small = self.connect(self.server.port, frame_limit=65_536)
        feed = small.subscribe(latest=True)
        answers = self.connection.call(pb.BatchRequest(bookings=writes)).bookings
        last = max(answer.position for answer in answers)
        told = [event.position for event in feed.events_through(last)]
        self.assertEqual(told, sorted(answer.position for answer in answers))


class Crowds(Narrow):
    def test_one_more_in_flight_than_allowed_is_overloaded_and_not_applied(self):
        self.serve("--in-flight", "64", "--batch", "64")
        self.assertEqual((self.connection.welcome.in_flight_limit, self.connection.welcome.batch_limit), (64, 64))
        clinic = self.hospital.clinic(capacities=(100,))
        requests = [booking(clinic, patient=patient) for patient in self.hospital.patients(65)]
        batch, single = pb.BatchRequest(bookings=requests[:64]), requests[64]
        full, one_more = self.connection.send_all([batch, single])
        with self.fails("OVERLOADED") as raised:
            one_more.result(60)
        self.assertGreater(raised.exception.failure.retry_after_ms, 0)
        for outcome in full.result(60).bookings:
            self.assert_done(outcome)
        self.assertFalse(self.connection.call(single).again, "OVERLOADED, and yet applied")

    def test_a_subscription_more_than_the_setting_allows(self):
        self.serve("--subscriptions", "1")
        self.connection.subscribe(latest=True)
        with self.fails("TOO_MANY_SUBSCRIPTIONS"):
            self.connection.subscribe(latest=True)
        self.connect(self.server.port).subscribe(latest=True)


class Room(Narrow):
    SEGMENTS = ("--segment-bytes", "64KiB")

    def test_a_position_that_is_no_longer_kept_is_said_to_be_trimmed(self):
        self.serve(*self.SEGMENTS)
        first = self.connection.subscribe(after=0)
        seen = first.next()[0].position
        answers = self.connection.call(pb.BatchRequest(bookings=self.refused_writes(8_000))).bookings
        last = max(answer.position for answer in answers)
        self.stop_and_start(*self.SEGMENTS)

        status = self.connection.call(pb.StatusRequest())
        self.assertGreater(status.oldest_position, seen + 1)
        with self.fails("POSITION_TRIMMED"):
            self.connection.subscribe(after=seen).next()
        # What is kept is still told, from the oldest on; and `latest` begins anew.
        oldest = self.connection.subscribe(after=0)
        self.assertGreaterEqual(oldest.after + 1, status.oldest_position)
        latest = self.connection.subscribe(latest=True)
        self.assertGreaterEqual(latest.after, last)
        outcome = self.hospital.book(self.hospital.clinic())
        for feed in (oldest, latest):
            self.assertIn(outcome.position, [event.position for event in feed.events_through(outcome.position)])

    def test_a_full_store_refuses_writes_and_reads_go_on(self):
        narrow = ("--file-initial", "16MiB", "--file-growth", "1MiB", "--file-reserve", "1MiB")
        self.serve(*narrow, "--file-limit", "16MiB")
        clinic = self.hospital.clinic(capacities=(10,))
        done = self.assert_done(self.hospital.book(clinic))
        patient = self.hospital.patient()
        writes = self.refused_writes(8_192)
        refused = self.fill(writes)

        with self.fails("STORAGE_FULL"):
            self.hospital.book(clinic, patient=patient)
        with self.fails("STORAGE_FULL"):
            self.hospital.patient()
        with self.fails("STORAGE_FULL"):
            self.hospital.put(departments=[pb.Department(code="late", name="迟")])
        status = self.connection.call(pb.StatusRequest())
        self.assertFalse(status.accepting_writes)
        self.assertTrue(status.trouble)
        self.assertEqual(self.hospital.appointment(done.appointment).id, done.appointment)
        self.assertEqual(self.hospital.free(service=clinic.service, limit=1, next_free=True)[0].free, 9)

        self.server.kill()
        self.server.options = (*narrow, "--file-limit", "64MiB")
        self.start()
        again = self.connection.call(refused)
        self.assertEqual((again.result, again.again), (pb.RESULT_REFUSED, False), "STORAGE_FULL, and yet applied")
        self.assert_done(self.hospital.book(clinic, patient=patient))

    def fill(self, writes):
        """Writes until there is no room; a write that was answered STORAGE_FULL."""
        for _ in range(40):
            for write in writes:
                write.MergeFrom(pb.BookRequest(**new_key()))
            outcomes = self.connection.call(pb.BatchRequest(bookings=writes)).bookings
            for write, outcome in zip(writes, outcomes):
                if outcome.result == pb.RESULT_FAILED:
                    self.assertEqual(outcome.error, pb.ERROR_CODE_STORAGE_FULL)
                    return write
        self.fail("16 MiB hold all of it")
