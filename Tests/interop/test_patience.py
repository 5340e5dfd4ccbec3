"""What only time brings. It is begun before all other tests and looked at after them; the server's clock decides."""

from case import Case, port
from client import WAIT_S, Connection
from frames import ERROR, Wire
from hospital import Hospital, booking, day_zone
from messages import pb

# Long enough before its minute begins for a booking to be made and a question to be asked.
AHEAD_MS = 3_000


class Patience(Case):
    waiting = None

    @classmethod
    def begin(cls):
        """On one connection says nothing; on another books the next minute and asks for a no-show too early."""
        cls.silent = Wire(port())
        cls.waiting = connection = Connection(port())
        hospital = Hospital(connection)
        now_ms = connection.call(pb.StatusRequest()).now_ms
        start_ms = (now_ms + AHEAD_MS) // 60_000 * 60_000 + 60_000
        hour = now_ms // 3_600_000 + day_zone(now_ms)[1]
        cls.clinic = hospital.clinic(days=0, start=f"{hour % 24:02}:00", slot_minutes=1, capacities=(2,) * 120)
        cls.slot = (start_ms - cls.clinic.session.start_ms) // 60_000
        cls.outcome = hospital.book(cls.clinic, slot=cls.slot)
        cls.too_early = hospital.change(cls.outcome.appointment, pb.TRANSITION_NO_SHOW)
        # A hold that ends after that minute has begun is the alarm.
        cls.feed = connection.subscribe(latest=True)
        alarm = hospital.clinic(policy={"hold_seconds": (start_ms - now_ms) // 1000 + 1})
        cls.alarm = connection.call(booking(alarm, patient=hospital.patient(), hold=True))

    @classmethod
    def setUpClass(cls):
        if cls.waiting is None:
            cls.begin()

    @classmethod
    def tearDownClass(cls):
        cls.silent.close()
        cls.waiting.close()

    def test_a_no_show_is_too_early_before_the_start_and_lawful_after_it(self):
        self.assert_done(self.outcome)
        self.assert_refused(self.too_early, pb.RULE_TOO_EARLY)
        self.assert_done(self.alarm, pb.APPOINTMENT_STATE_HELD)
        while not any(
            event.appointment == self.alarm.appointment and event.state == pb.APPOINTMENT_STATE_EXPIRED
            for event in self.feed.next(2 * WAIT_S)
        ):
            pass
        self.assert_refused(self.hospital.book(self.clinic, slot=self.slot), pb.RULE_SLOT_PAST)
        done = self.hospital.change(self.outcome.appointment, pb.TRANSITION_NO_SHOW)
        self.assert_done(done, pb.APPOINTMENT_STATE_NO_SHOW)

    def test_silence_before_hello_is_ended_by_the_server(self):
        frame = self.silent.read()
        self.assertEqual(frame.flags & ERROR, ERROR, f"an answer to nothing: {frame}")
        self.assert_failure(pb.Failure.FromString(frame.payload), "HANDSHAKE_REQUIRED")
        self.assertIsNone(self.silent.read(), "the connection stays")
