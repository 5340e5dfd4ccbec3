"""爽约与信用: strikes, blocks with their end, limits over a period, and appeals that another person decides."""

from case import Case
from client import Failed, new_key
from messages import pb


class Conduct(Case):
    def setUp(self):
        super().setUp()
        self.clinic = self.hospital.clinic(capacities=(3,) * 4)
        self.patient = self.hospital.patient()

    def policy(self, *terms):
        self.hospital.put(policies=[pb.Policy(department=self.clinic.code, terms=list(terms))])

    def ladder(self, **fields):
        ordinary = dict(rule=pb.RULE_BLOCKED, limit=1, days=90, block_days=30, minutes=2880, weight=100)
        return pb.PolicyTerm(**{**ordinary, **fields})

    def strike(self):
        """A cancellation of what is tomorrow."""
        booked = self.assert_done(self.hospital.book(self.clinic, patient=self.patient))
        self.assert_done(self.hospital.change(booked.appointment, pb.TRANSITION_CANCEL))
        return booked.appointment

    def standing(self, patient=None):
        return self.connection.call(pb.PatientStandingRequest(patient=self.patient if patient is None else patient))

    def file(self, connection, appointment):
        fields = dict(patient=self.patient, appointment=appointment, reason="地铁停运")
        return connection.call(pb.FileAppealRequest(**fields, **new_key()))

    def decide(self, connection, appointment, granted=True):
        fields = dict(patient=self.patient, appointment=appointment, reason="属实", granted=granted)
        return connection.call(pb.DecideAppealRequest(**fields, **new_key()))

    def test_a_ladder_blocks_until_its_end_and_the_standing_says_so(self):
        self.policy(self.ladder())
        appointment = self.strike()
        refused = self.assert_refused(self.hospital.book(self.clinic, patient=self.patient), pb.RULE_BLOCKED)
        standing = self.standing()
        (strike,) = standing.strikes
        self.assertEqual((strike.appointment, strike.late_cancellation, strike.struck_out), (appointment, True, False))
        (block,) = standing.blocks
        self.assertEqual((block.department, block.until_ms), (self.clinic.code, refused.limit * 60_000))
        self.assertEqual(block.until_ms, strike.start_ms + 30 * 86_400_000)
        self.assertEqual(block.policy_version, refused.policy_version)
        self.assert_done(self.hospital.book(self.clinic))

    def test_a_channel_that_is_not_named_books(self):
        self.policy(self.ladder(channels=[pb.CHANNEL_APP]))
        self.strike()
        for channel, rule in ((pb.CHANNEL_APP, pb.RULE_BLOCKED), (pb.CHANNEL_WINDOW, pb.RULE_UNSPECIFIED)):
            days = {"from": self.hospital.date(1), "to": self.hospital.date(1)}
            free = self.hospital.free(service=self.clinic.service, patient=self.patient, channel=channel, **days)
            self.assertEqual(free == [], rule == pb.RULE_BLOCKED)

    def test_an_appeal_is_decided_by_another_person_and_lifts_the_block(self):
        self.policy(self.ladder())
        appointment = self.strike()
        filer, chief = self.connect(operator="filer"), self.connect(operator="chief")
        self.assertEqual(self.file(filer, appointment).result, pb.RESULT_DONE)
        self.assertEqual(self.file(chief, appointment).rule, pb.RULE_STATE)
        self.assertIn(appointment, [appeal.appointment for appeal in self.standing(0).appeals])
        with self.assertRaises(Failed) as raised:
            self.decide(filer, appointment)
        self.assertEqual(raised.exception.failure.code, pb.ERROR_CODE_INVALID_ARGUMENT)
        self.assertEqual(self.decide(chief, appointment).result, pb.RESULT_DONE)
        self.assertEqual(self.decide(chief, appointment).rule, pb.RULE_STATE)
        standing = self.standing()
        (appeal,) = standing.appeals
        self.assertEqual((appeal.state, appeal.decided_by), (pb.APPEAL_STATE_GRANTED, "chief"))
        self.assertEqual((len(standing.blocks), standing.strikes[0].struck_out), (0, True))
        self.assert_done(self.hospital.book(self.clinic, patient=self.patient))

    def test_what_is_no_strike_has_no_appeal(self):
        booked = self.assert_done(self.hospital.book(self.clinic, patient=self.patient))
        with self.assertRaises(Failed) as raised:
            self.file(self.connection, booked.appointment)
        self.assertEqual(raised.exception.failure.code, pb.ERROR_CODE_NOT_FOUND)

    def test_so_many_in_a_period(self):
        self.policy(pb.PolicyTerm(rule=pb.RULE_PER_PERIOD, limit=1, days=7))
        self.assert_done(self.hospital.book(self.clinic, patient=self.patient))
        refused = self.assert_refused(self.hospital.book(self.clinic, slot=1, patient=self.patient), pb.RULE_PER_PERIOD)
        self.assertEqual((refused.limit, refused.authority), (1, pb.AUTHORITY_DEPARTMENT))

    def test_terms_that_say_nothing_are_named(self):
        for term, said in (
            (self.ladder(limit=0), "limit: 0"),
            (self.ladder(days=0), "days: 0"),
            (self.ladder(block_days=0), "block_days: 0"),
            (self.ladder(weight=0), "weight: 0"),
            (self.ladder(minutes=0), "weight without minutes"),
            (self.ladder(minutes=2881), "minutes: 2881"),
            (pb.PolicyTerm(rule=pb.RULE_PER_PERIOD, limit=1, days=30), "days: 30"),
            (pb.PolicyTerm(rule=pb.RULE_PER_PERIOD, days=7), "limit: 0"),
            (pb.PolicyTerm(rule=pb.RULE_QUOTA, limit=1, channels=[pb.CHANNEL_APP], block_days=3), "block_days"),
        ):
            with self.subTest(said), self.assertRaises(Failed) as raised:
                self.policy(term)
            self.assertEqual(raised.exception.failure.code, pb.ERROR_CODE_INVALID_ARGUMENT)
            self.assertIn(said, raised.exception.failure.message)
