"""Payments that confirm, come late, come twice or go back; and the first of several slots."""

from case import Case
from client import new_key
from hospital import slot_of
from messages import pb


class Payments(Case):
    def setUp(self):
        super().setUp()
        self.clinic = self.hospital.clinic(capacities=(1, 1, 1), policy={"hold_seconds": 600})

    def pay(self, appointment, reference="4200002101", fen=2500, **fields):
        fields = {"payment_reference": reference, "amount_fen": fen, **new_key(), **fields}
        return self.connection.call(pb.ReportPaymentRequest(appointment=appointment, **fields))

    def close(self, refund, reference="back-1", **fields):
        fields = {"refund_reference": reference, **new_key(), **fields}
        return self.connection.call(pb.CloseRefundRequest(refund=refund, **fields))

    def due(self, clinic=None, **fields):
        request = pb.ListRefundsRequest(department=(clinic or self.clinic).department, **fields)
        return list(self.connection.call(request).refunds)

    def expired(self, clinic):
        """A hold of the clinic that has run out."""
        feed = self.connection.subscribe(latest=True)
        held = self.assert_done(self.hospital.book(clinic, hold=True), pb.APPOINTMENT_STATE_HELD)
        while not any(
            event.appointment == held.appointment and event.state == pb.APPOINTMENT_STATE_EXPIRED
            for event in feed.next()
        ):
            pass
        return held

    def test_a_confirmation_keeps_what_was_paid_and_old_clients_say_nothing_of_it(self):
        held = self.assert_done(self.hospital.book(self.clinic, hold=True))
        feed = self.connection.subscribe(latest=True)
        confirmed = self.hospital.change(
            held.appointment, pb.TRANSITION_CONFIRM, payment_reference="w1", amount_fen=1500
        )
        self.assert_done(confirmed, pb.APPOINTMENT_STATE_BOOKED)
        kept = self.hospital.appointment(held.appointment)
        self.assertEqual((kept.payment_reference, kept.amount_fen), ("w1", 1500))
        told = feed.events_through(confirmed.position)[-1]
        self.assertEqual((told.kind, told.payment_reference, told.amount_fen), (pb.EVENT_KIND_CHANGED, "w1", 1500))
        other = self.assert_done(self.hospital.book(self.clinic, slot=1, hold=True))
        self.assert_done(self.hospital.change(other.appointment, pb.TRANSITION_CONFIRM))
        self.assertEqual(self.hospital.appointment(other.appointment).payment_reference, "")
        with self.fails("INVALID_ARGUMENT"):
            self.hospital.change(other.appointment, pb.TRANSITION_CANCEL, payment_reference="w1")

    def test_a_payment_confirms_a_hold_and_is_one_payment_however_often_it_is_told(self):
        held = self.assert_done(self.hospital.book(self.clinic, hold=True))
        key = new_key()
        first = self.pay(held.appointment, **key)
        self.assertEqual((first.result, first.appointment), (pb.RESULT_DONE, held.appointment))
        self.assertEqual((first.state, first.version, first.refund), (pb.APPOINTMENT_STATE_BOOKED, 2, 0))
        self.assert_same_answer(self.pay(held.appointment, **key), first)
        known = self.pay(held.appointment)
        self.assertTrue(known.known)
        self.assertEqual((known.appointment, known.state, known.refund), (held.appointment, first.state, 0))
        twice = self.pay(held.appointment, reference="another")
        self.assertEqual((twice.result, twice.cause), (pb.RESULT_DONE, pb.REFUND_CAUSE_PAID_TWICE))
        self.assertEqual([refund.id for refund in self.due()], [twice.refund])
        with self.fails("KEY_REUSED"):
            self.pay(held.appointment, fen=1, **key)

    def test_a_late_payment_gets_the_number_again_while_it_is_free(self):
        clinic = self.hospital.clinic(capacities=(1,), policy={"hold_seconds": 1})
        held = self.expired(clinic)
        feed = self.connection.subscribe(latest=True)
        again = self.pay(held.appointment)
        self.assertEqual((again.result, again.state, again.refund), (pb.RESULT_DONE, pb.APPOINTMENT_STATE_BOOKED, 0))
        self.assertNotEqual(again.appointment, held.appointment)
        told = feed.events_through(again.position)[-1]
        self.assertEqual((told.kind, told.moved_from), (pb.EVENT_KIND_TAKEN_AGAIN, held.appointment))
        self.assertEqual((told.appointment, told.payment_reference), (again.appointment, "4200002101"))
        self.assertEqual(self.pay(held.appointment).appointment, again.appointment)
        self.assert_refused(self.hospital.book(clinic), pb.RULE_SLOT_FULL)
        self.assertEqual(self.due(clinic), [])

    def test_a_late_payment_for_a_number_that_is_gone_goes_back_and_is_closed_once(self):
        clinic = self.hospital.clinic(capacities=(1,), policy={"hold_seconds": 1})
        held = self.expired(clinic)
        self.assert_done(self.hospital.book(clinic))
        feed = self.connection.subscribe(latest=True)
        late = self.pay(held.appointment)
        self.assertEqual((late.result, late.cause), (pb.RESULT_DONE, pb.REFUND_CAUSE_LATE))
        self.assertEqual(late.rule, pb.RULE_SLOT_FULL)
        self.assertEqual(self.pay(held.appointment).refund, late.refund)
        refund = self.due(clinic)[0]
        self.assertEqual((refund.id, refund.appointment), (late.refund, held.appointment))
        self.assertEqual((refund.payment_reference, refund.amount_fen), ("4200002101", 2500))
        key = new_key()
        closed = self.close(late.refund, **key)
        self.assertEqual(closed.result, pb.RESULT_DONE)
        self.assert_same_answer(self.close(late.refund, **key), closed)
        refused = self.close(late.refund, reference="back-2")
        self.assertEqual((refused.result, refused.rule), (pb.RESULT_REFUSED, pb.RULE_STATE))
        self.assertEqual(self.due(clinic), [])
        told = [each for each in feed.events_through(closed.position) if each.refund == late.refund]
        self.assertEqual([each.kind for each in told], [pb.EVENT_KIND_REFUND] * 2)
        self.assertEqual([each.reason for each in told], ["", "back-1"])
        with self.fails("NOT_FOUND"):
            self.close(late.refund + 7)

    def test_what_is_paid_for_and_cancelled_goes_back(self):
        held = self.assert_done(self.hospital.book(self.clinic, hold=True))
        self.pay(held.appointment)
        feed = self.connection.subscribe(latest=True)
        self.assert_done(self.hospital.change(held.appointment, pb.TRANSITION_CANCEL))
        told = None
        while told is None:  # each read gives up by itself
            told = next((each for each in feed.next() if each.kind == pb.EVENT_KIND_REFUND), None)
        self.assertEqual((told.appointment, told.refund_cause), (held.appointment, pb.REFUND_CAUSE_CANCELLED))
        self.assertEqual([refund.id for refund in self.due()], [told.refund])

    def test_pages_of_refunds_and_what_names_no_payment(self):
        held = self.assert_done(self.hospital.book(self.clinic, hold=True))
        for number in range(4):
            self.pay(held.appointment, reference=f"w{number}")
        first = self.connection.call(pb.ListRefundsRequest(department=self.clinic.department, limit=2))
        self.assertTrue(first.more)
        rest = self.due(limit=2, after=first.refunds[-1].id)
        self.assertEqual([refund.payment_reference for refund in [*first.refunds, *rest]], ["w1", "w2", "w3"])
        for fields in ({"reference": ""}, {"fen": 0}, {"reference": "x" * 65}):
            with self.fails("INVALID_ARGUMENT"):
                self.pay(held.appointment, **fields)
        with self.fails("NOT_FOUND"):
            self.pay(held.appointment + 9)


class Choices(Case):
    def any_of(self, patient, slots, **fields):
        items = [pb.TogetherItem(slot=slot, service=self.clinic.service) for slot in slots]
        return self.connection.call(pb.BookAnyRequest(patient=patient, items=items, **{**new_key(), **fields}))

    def setUp(self):
        super().setUp()
        self.clinic = self.hospital.clinic(capacities=(1, 1, 1))

    def test_the_first_that_every_rule_allows_is_taken(self):
        patient = self.hospital.patient()
        self.assert_done(self.hospital.book(self.clinic, slot=0))
        key = new_key()
        first = self.any_of(patient, self.clinic.slots, **key)
        self.assert_done(first.outcome, pb.APPOINTMENT_STATE_BOOKED)
        self.assertEqual(first.item, 1)
        self.assertEqual([refusal.rule for refusal in first.refusals], [pb.RULE_SLOT_FULL])
        again = self.any_of(patient, self.clinic.slots, **key)
        self.assertTrue(again.outcome.again)
        self.assertEqual((again.outcome.appointment, again.item), (first.outcome.appointment, 1))
        self.assertEqual(again.refusals, first.refusals)
        none = self.any_of(patient, self.clinic.slots[:2])
        self.assert_refused(none.outcome, pb.RULE_OVERLAP)
        self.assertEqual([refusal.rule for refusal in none.refusals], [pb.RULE_SLOT_FULL, pb.RULE_OVERLAP])

    def test_a_choice_is_of_one_to_thirty_two_slots_that_exist(self):
        patient = self.hospital.patient()
        for slots in ([], self.clinic.slots[:1] * 33):
            with self.fails("INVALID_ARGUMENT"):
                self.any_of(patient, slots)
        with self.fails("NOT_FOUND"):
            self.any_of(patient, [self.clinic.slots[0], slot_of(self.clinic.session.id, 9)])
        self.assertEqual(self.hospital.appointments_of(patient), [])
