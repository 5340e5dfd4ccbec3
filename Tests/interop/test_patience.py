"""What only time brings. The waits begin together and run side by side; the server's clock decides."""

from case import Case, port
from client import WAIT_S
from frames import ERROR, Wire
from messages import pb


class Patience(Case):
    @classmethod
    def setUpClass(cls):
        cls.silent = Wire(port())

    @classmethod
    def tearDownClass(cls):
        cls.silent.close()

    def test_a_no_show_is_too_early_before_the_start_and_lawful_after_it(self):
        clinic = self.hospital.clinic(days=0, start="00:00", slot_minutes=1, capacities=(1,) * 1440)
        soonest = self.hospital.free(service=clinic.service, limit=1)[0]
        outcome = self.assert_done(self.hospital.book(clinic, slot=clinic.slots.index(soonest.slot)))
        self.assert_refused(self.hospital.change(outcome.appointment, pb.TRANSITION_NO_SHOW), pb.RULE_TOO_EARLY)
        self.wait_until(soonest.start_ms)
        late = self.hospital.book(clinic, slot=clinic.slots.index(soonest.slot))
        self.assert_refused(late, pb.RULE_SLOT_PAST)
        done = self.hospital.change(outcome.appointment, pb.TRANSITION_NO_SHOW)
        self.assert_done(done, pb.APPOINTMENT_STATE_NO_SHOW)

    def wait_until(self, moment_ms):
        """Returns when the server's clock has passed the moment: a hold that ends after it is the alarm."""
        now_ms = self.connection.call(pb.StatusRequest()).now_ms
        seconds = (moment_ms - now_ms) // 1000 + 1
        alarm = self.hospital.clinic(policy={"hold_seconds": max(1, seconds)})
        feed = self.connection.subscribe(latest=True)
        held = self.hospital.book(alarm, hold=True)
        self.assertGreaterEqual(held.hold_until_ms, moment_ms)
        while not any(
            event.appointment == held.appointment and event.state == pb.APPOINTMENT_STATE_EXPIRED
            for event in feed.next(seconds + WAIT_S)
        ):
            pass

    def test_silence_before_hello_is_ended_by_the_server(self):
        while (frame := self.silent.read()) is not None:
            self.assertTrue(frame.flags & ERROR, f"an answer to nothing: {frame}")
