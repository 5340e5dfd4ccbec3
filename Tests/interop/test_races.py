"""Many connections at one slot at once: what must hold in every order."""

import threading

from case import Case
from client import new_key
from hospital import booking
from messages import pb


class Races(Case):
    """Many connections at one slot at once. What must hold does not depend on who comes first."""

    def test_a_slot_for_ten_is_sold_to_ten(self):
        clinic = self.hospital.clinic(capacities=(10,))
        outcomes = self.at_once(lambda patient: booking(clinic, patient=patient), self.hospital.patients(100))
        done = [outcome for outcome in outcomes if outcome.result == pb.RESULT_DONE]
        self.assertEqual(len(done), 10)
        self.assertEqual(len({outcome.number for outcome in done}), 10)
        for outcome in outcomes:
            if outcome.result != pb.RESULT_DONE:
                self.assert_refused(outcome, pb.RULE_SLOT_FULL)
        self.assertEqual(list(self.hospital.session_now(clinic).taken), [10])

    def test_a_patient_is_in_one_place_at_a_time(self):
        clinics = [self.hospital.clinic(capacities=(1,)) for _ in range(8)]
        for days, patient in enumerate(self.hospital.patients(10), start=2):
            for clinic in clinics:
                clinic.session = self.hospital.session(clinic.code, days=days, capacities=(1,))
            outcomes = self.at_once(lambda clinic: booking(clinic, patient=patient), clinics)
            self.assertEqual(sum(outcome.result == pb.RESULT_DONE for outcome in outcomes), 1)

    def test_two_moves_into_one_slot_have_one_winner(self):
        clinic = self.hospital.clinic(capacities=(8, 1))
        old = [self.hospital.book(clinic) for _ in range(8)]
        outcomes = self.at_once(
            lambda each: pb.MoveRequest(appointment=each.appointment, slot=clinic.slots[1], **new_key()), old
        )
        self.assertEqual(sum(outcome.result == pb.RESULT_DONE for outcome in outcomes), 1)
        self.assertEqual(list(self.hospital.session_now(clinic).taken), [7, 1])

    def test_joint_bookings_that_cross_never_share_a_unit(self):
        ct, lab = (self.hospital.clinic(capacities=(5, 5)) for _ in range(2))

        def request(numbered):
            index, patient = numbered
            items = [(ct.slots[0], ct.service), (lab.slots[1], lab.service)]
            items = items if index % 2 else items[::-1]
            return pb.BookTogetherRequest(
                patient=patient,
                items=[pb.TogetherItem(slot=slot, service=service) for slot, service in items],
                **new_key(),
            )

        replies = self.at_once(request, list(enumerate(self.hospital.patients(40))))
        done = sum(reply.outcome.result == pb.RESULT_DONE for reply in replies)
        self.assertEqual(list(self.hospital.session_now(ct).taken), [done, 0])
        self.assertEqual(list(self.hospital.session_now(lab).taken), [0, done])
        self.assertEqual(done, 5)

    def test_a_cancel_and_a_move_of_one_appointment_end_in_one_of_the_two(self):
        for _ in range(20):
            clinic = self.hospital.clinic(capacities=(1, 1))
            outcome = self.hospital.book(clinic)
            cancel = pb.ChangeRequest(appointment=outcome.appointment, transition=pb.TRANSITION_CANCEL, **new_key())
            move = pb.MoveRequest(appointment=outcome.appointment, slot=clinic.slots[1], **new_key())
            answers = self.at_once(lambda request: request, [cancel, move])
            done = [answer.result == pb.RESULT_DONE for answer in answers]
            for answer in answers:
                self.assertIn(answer.rule, (pb.RULE_UNSPECIFIED, pb.RULE_STATE, pb.RULE_IN_PROGRESS))
            self.assertIn(done, ([True, False], [False, True]))
            self.assertEqual(list(self.hospital.session_now(clinic).taken), [0, 0] if done[0] else [0, 1])

    def at_once(self, request, things):
        """Sends request(thing) for each, from eight connections that start together; the answers in order."""
        connections = [self.connect() for _ in range(8)]
        messages = [request(thing) for thing in things]
        start, futures = threading.Barrier(8), {}

        def send(number):
            start.wait(60)
            for index in range(number, len(messages), 8):
                futures[index] = connections[number].send(messages[index])

        threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return [futures[index].result(60) for index in range(len(messages))]
