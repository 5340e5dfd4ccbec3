"""PROTOCOL.md §6: named readers of the change feed, reading anew without a gap, and what no failover takes back."""

from case import Case
from client import new_key
from hospital import Hospital
from messages import pb
from server import ServerProcess


def name():
    return f"reader-{new_key()['key_high']:x}"


class Readers(Case):
    def setUp(self):
        super().setUp()
        self.clinic = self.hospital.clinic(capacities=(40, 40), policy={"per_day_department": 1})

    def confirm(self, reader, feed, connection=None):
        request = pb.ConfirmEventsRequest(name=reader, through=feed.through, epoch=feed.epoch)
        (connection or self.connection).call(request)

    def reader(self, reader):
        readers = {each.name: each for each in self.connection.call(pb.ListReadersRequest()).readers}
        self.assertEqual(list(readers), sorted(readers))
        return readers.get(reader)

    def test_a_name_goes_on_behind_what_it_has_confirmed(self):
        reader = name()
        first = self.connection.subscribe(name=reader, latest=True, resume=True)
        one = self.hospital.book(self.clinic)
        first.events_through(one.position)
        self.confirm(reader, first)
        two = self.hospital.book(self.clinic)
        first.events_through(two.position)
        self.connection.unsubscribe(first)

        again = self.connect().subscribe(name=reader, latest=True, resume=True)
        self.assertLess(again.after, two.position)
        self.assertGreaterEqual(again.after, one.position)
        self.assertIn(two.position, [event.position for event in again.events_through(two.position)])

    def test_what_a_reader_that_resumes_has_stored_is_held_against_the_log(self):
        reader = name()
        feed = self.connection.subscribe(name=reader, latest=True)
        outcome = self.hospital.book(self.clinic)
        feed.events_through(outcome.position)
        with self.fails("INVALID_ARGUMENT"):
            self.connection.subscribe(
                name=reader, latest=True, resume=True, after=feed.through + 1_000_000, after_epoch=feed.epoch
            )
        again = self.connection.subscribe(
            name=reader, latest=True, resume=True, after=feed.through, after_epoch=feed.epoch
        )
        self.assertEqual(again.after, feed.after)
        with self.fails("INVALID_ARGUMENT"):
            self.connection.subscribe(after=feed.through, after_epoch=feed.epoch + 1)
        with self.fails("INVALID_ARGUMENT"):
            request = pb.ConfirmEventsRequest(name=reader, through=feed.through, epoch=feed.epoch + 1)
            self.connection.call(request)

    def test_only_a_confirmation_moves_the_position_and_never_back(self):
        reader = name()
        feed = self.connection.subscribe(name=reader, latest=True)
        outcome = self.hospital.book(self.clinic)
        feed.events_through(outcome.position)
        self.connection.subscribe(name=reader, latest=True)
        self.assertEqual(self.reader(reader).confirmed, feed.after)
        self.confirm(reader, feed)
        self.connection.call(pb.ConfirmEventsRequest(name=reader, through=feed.after))
        self.assertEqual(self.reader(reader).confirmed, feed.through)

    def test_the_list_says_who_is_how_far_behind(self):
        reader = name()
        feed = self.connection.subscribe(name=reader, latest=True)
        outcome = self.hospital.book(self.clinic)
        feed.events_through(outcome.position)
        behind = self.reader(reader)
        self.assertEqual((behind.subscriptions, behind.trimmed), (1, False))
        self.assertGreater(behind.behind_records, 0)
        self.confirm(reader, feed)
        self.assertEqual(self.reader(reader).behind_records, 0)
        status = {each.name: each for each in self.connection.call(pb.StatusRequest()).readers}
        self.assertEqual(status[reader].confirmed, feed.through)

    def test_a_dropped_name_is_unknown(self):
        reader = name()
        feed = self.connection.subscribe(name=reader, latest=True)
        self.connection.call(pb.DropReaderRequest(name=reader))
        self.assertIsNone(self.reader(reader))
        with self.fails("NOT_FOUND"):
            self.confirm(reader, feed)
        with self.fails("NOT_FOUND"):
            self.connection.call(pb.DropReaderRequest(name=reader))
        outcome = self.hospital.book(self.clinic)
        self.assertIn(outcome.position, [event.position for event in feed.events_through(outcome.position)])
        # Who resumes it is told that it is a new one, once.
        said = [self.connection.subscribe(name=reader, latest=True, resume=True).is_new for _ in range(2)]
        self.assertEqual(said, [True, False])

    def test_bad_names_and_positions_are_refused(self):
        for bad in ("a b", "号", "n" * 65, "n" * 4_000_000):
            with self.subTest(name=bad[:65]):
                with self.fails("INVALID_ARGUMENT"):
                    self.connection.subscribe(name=bad, latest=True)
                with self.fails("INVALID_ARGUMENT"):
                    self.connection.call(pb.ConfirmEventsRequest(name=bad, through=1))
                with self.fails("INVALID_ARGUMENT"):
                    self.connection.call(pb.DropReaderRequest(name=bad))
        with self.fails("INVALID_ARGUMENT"):
            self.connection.subscribe(resume=True)
        reader = name()
        feed = self.connection.subscribe(name=reader, latest=True)
        with self.fails("INVALID_ARGUMENT"):
            self.connection.call(pb.ConfirmEventsRequest(name=reader, through=feed.after + 1_000_000))

    def test_a_refusal_names_its_patient_where_that_is_asked_for(self):
        silent = self.connection.subscribe(latest=True)
        telling = self.connection.subscribe(latest=True, refused_patients=True)
        patient = self.hospital.patient()
        booked = self.hospital.book(self.clinic, patient=patient)
        by_patient = self.hospital.book(self.clinic, slot=1, patient=patient)
        by_appointment = self.hospital.change(booked.appointment, pb.TRANSITION_CONFIRM)
        for feed, expected in ((silent, [0, 0]), (telling, [patient, patient])):
            events = feed.events_through(by_appointment.position)
            refused = [event for event in events if event.kind == pb.EVENT_KIND_REFUSED]
            self.assertEqual([event.position for event in refused], [by_patient.position, by_appointment.position])
            self.assertEqual([event.patient for event in refused], expected)

    def test_the_state_is_read_anew_without_a_gap_while_others_write(self):
        booked = [self.hospital.book(self.clinic) for _ in range(6)]
        feed = self.connection.subscribe(name=name(), latest=True)
        # Between the subscription and the reading, and after it.
        self.hospital.change(booked[0].appointment, pb.TRANSITION_CANCEL)
        self.hospital.book(self.clinic)
        reading = self.connection.call(pb.SessionAppointmentsRequest(session=self.clinic.session.id))
        self.hospital.change(booked[1].appointment, pb.TRANSITION_CANCEL)
        last = self.hospital.book(self.clinic, slot=1)

        mirror = {each.id: (each.version, each.state) for each in reading.appointments}
        for event in feed.events_through(last.position):
            known = mirror.get(event.appointment, (0, 0))
            if event.appointment and event.version > known[0]:
                mirror[event.appointment] = (event.version, event.state)
        now = self.connection.call(pb.SessionAppointmentsRequest(session=self.clinic.session.id))
        self.assertEqual(mirror, {each.id: (each.version, each.state) for each in now.appointments})


class ReadersOfALoneServer(Case):
    """Of a server that no standby has ever followed."""

    def setUp(self):
        self.server = ServerProcess().start()
        self.addCleanup(self.server.remove)
        self.connection = self.connect(self.server.port)
        self.hospital = Hospital(self.connection)

    def test_a_kill_forgets_no_name_and_nothing_is_missed(self):
        clinic = self.hospital.clinic()
        feed = self.connection.subscribe(name="sql-mirror", latest=True)
        one = self.hospital.book(clinic)
        feed.events_through(one.position)
        self.connection.call(pb.ConfirmEventsRequest(name="sql-mirror", through=feed.through, epoch=feed.epoch))
        two = self.hospital.book(clinic)
        self.server.kill()
        self.server.start()
        again = self.connect(self.server.port).subscribe(name="sql-mirror", resume=True)
        # The last second of confirmations may be forgotten, and then is told again.
        self.assertIn(again.after, (feed.after, feed.through))
        self.assertIn(two.position, [event.position for event in again.events_through(two.position)])

    def test_on_a_lone_server_what_is_pushed_is_settled(self):
        feed = self.connection.subscribe(latest=True)
        outcome = self.hospital.book(self.hospital.clinic())
        feed.events_through(outcome.position)
        self.assertGreaterEqual(feed.settled, feed.through)
        self.assertEqual(feed.epoch, self.connection.welcome.epoch)
