"""EXPLAIN_SLOT: every rule of a booking speaks, and the first that refuses is what the booking is answered with."""

from case import Case
from messages import pb

# In the order of PROTOCOL.md.
RULES = [
    pb.RULE_SLOT_PAST,
    pb.RULE_SERVICE_NOT_OFFERED,
    pb.RULE_CHANNEL_CLOSED,
    pb.RULE_RESOURCE_ELSEWHERE,
    pb.RULE_PER_DAY_DEPARTMENT,
    pb.RULE_PER_DAY,
    pb.RULE_OVERLAP,
    pb.RULE_PATIENT_APPOINTMENTS,
    pb.RULE_NUMBERS_EXHAUSTED,
    pb.RULE_SLOT_FULL,
]


class Explaining(Case):
    def ask(self, clinic, **fields):
        """Asks about the clinic's first slot, unless `fields` name another; the ExplainSlotReply."""
        known = {"slot": clinic.slots[0], "service": clinic.service}
        return self.connection.call(pb.ExplainSlotRequest(**(known | fields)))

    def explain(self, clinic, *, slot=0, **fields):
        """Asks about the clinic's slot with this index; the ExplainSlotReply."""
        return self.ask(clinic, slot=clinic.slots[slot], **fields)

    def refusing(self, reply):
        return [each for each in reply.verdicts if each.judgement == pb.JUDGEMENT_REFUSES]

    def test_every_rule_speaks_once_in_the_order_of_a_booking(self):
        clinic = self.hospital.clinic()
        rules = [each.rule for each in self.explain(clinic, patient=self.hospital.patient()).verdicts]
        self.assertEqual([rule for rule in rules if rule in RULES], RULES)
        self.assertEqual(len(rules), len(set(rules)))

    def test_what_the_first_refuses_with_is_what_a_booking_is_answered(self):
        clinic = self.hospital.clinic(capacities=(1, 1), policy={"per_day_department": 1})
        patient, other = self.hospital.patients(2)
        booked = self.assert_done(self.hospital.book(clinic, patient=patient))
        reply = self.explain(clinic, patient=patient)
        self.assertGreaterEqual(reply.position, booked.position)
        self.assertEqual(
            [each.rule for each in self.refusing(reply)],
            [pb.RULE_PER_DAY_DEPARTMENT, pb.RULE_OVERLAP, pb.RULE_SLOT_FULL],
        )
        for who, slot in ((patient, 0), (patient, 1), (other, 0)):
            first = self.refusing(self.explain(clinic, patient=who, slot=slot))[0]
            outcome = self.assert_refused(self.hospital.book(clinic, patient=who, slot=slot), first.rule)
            self.assertEqual(
                (outcome.policy_version, outcome.authority, outcome.limit),
                (first.policy_version, first.authority, first.limit),
            )
        self.assertEqual(self.refusing(self.explain(clinic, patient=other, slot=1)), [])
        self.assert_done(self.hospital.book(clinic, patient=other, slot=1))

    def test_what_is_not_named_is_not_judged(self):
        clinic = self.hospital.clinic()
        needs = {
            each.rule: list(each.needs)
            for each in self.explain(clinic).verdicts
            if each.judgement == pb.JUDGEMENT_NOT_JUDGED
        }
        for rule in (pb.RULE_PER_DAY_DEPARTMENT, pb.RULE_PER_DAY, pb.RULE_OVERLAP, pb.RULE_PATIENT_APPOINTMENTS):
            self.assertEqual(needs[rule], [pb.NAMING_PATIENT])

    def test_the_channel_is_the_one_that_asks(self):
        clinic = self.hospital.clinic()
        term = pb.PolicyTerm(rule=pb.RULE_CHANNEL_CLOSED, channels=[pb.CHANNEL_WINDOW])
        self.hospital.put(policies=[pb.Policy(department=clinic.code, terms=[term])])
        self.assertEqual([each.rule for each in self.refusing(self.explain(clinic))], [pb.RULE_CHANNEL_CLOSED])
        self.assertEqual(self.refusing(self.explain(clinic, channel=pb.CHANNEL_WINDOW)), [])

    def test_what_is_not_there_is_named(self):
        clinic = self.hospital.clinic()
        wrong = ({"slot": clinic.slots[-1] + 1}, {"slot": 7}, {"service": 9_999_999}, {"patient": 1 << 50})
        for fields in wrong:
            with self.subTest(fields=fields), self.fails("NOT_FOUND"):
                self.ask(clinic, **fields)
