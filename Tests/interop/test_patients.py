"""REGISTER_PATIENTS and FIND_PATIENTS: one id for one person, on every connection."""

import secrets

from case import Case
from messages import pb


def identifier(system="card", value=None):
    return pb.Identifier(system=system, value=value or secrets.token_hex(8))


class Registering(Case):
    def register(self, *patients):
        """Registers patients, each a list of identifiers; their outcomes."""
        message = pb.RegisterPatientsRequest(patients=[pb.Patient(identifiers=each) for each in patients])
        return list(self.connection.call(message).outcomes)

    def find(self, *identifiers):
        return list(self.connection.call(pb.FindPatientsRequest(identifiers=identifiers)).patients)

    def test_a_new_patient_gets_an_id_and_is_found_by_every_identifier(self):
        card, passport = identifier(), identifier("passport")
        (outcome,) = self.register([card, passport])
        self.assertTrue(outcome.created)
        self.assertGreater(outcome.patient, 0)
        self.assertEqual(self.find(passport, identifier(), card), [outcome.patient, 0, outcome.patient])

    def test_a_known_identifier_keeps_the_id_and_brings_the_others_in(self):
        card, passport = identifier(), identifier("passport")
        (first,) = self.register([card])
        (again,) = self.register([passport, card])
        self.assertEqual((again.patient, again.created), (first.patient, False))
        self.assertEqual(self.find(passport), [first.patient])

    def test_the_same_value_of_another_system_is_another_patient(self):
        value = secrets.token_hex(8)
        one, other = self.register([identifier("card", value)], [identifier("insurance", value)])
        self.assertNotEqual(one.patient, other.patient)

    def test_blanks_around_an_identifier_say_nothing_and_case_does(self):
        value = secrets.token_hex(8) + "x"
        (first,) = self.register([identifier("card", value)])
        (again,) = self.register([identifier(" card\t", f"\u3000{value}\u200b ")])
        self.assertEqual((again.patient, again.created), (first.patient, False))
        self.assertEqual(self.find(identifier("card", f" {value}"), identifier("card", value.upper())), [first.patient, 0])
        (blank,) = self.register([identifier("card", "\u3000")])
        self.assertEqual(blank.patient, 0)
        self.assertTrue(blank.problem)

    def test_identifiers_of_two_patients_fail_only_that_item(self):
        card, passport, fresh = identifier(), identifier("passport"), identifier()
        one, other = self.register([card], [passport])
        clash, good = self.register([card, passport], [fresh])
        self.assertEqual((clash.patient, clash.created), (0, False))
        self.assertTrue(clash.problem)
        self.assertTrue(good.created)
        self.assertEqual(self.find(card, passport, fresh), [one.patient, other.patient, good.patient])

    def test_a_clash_teaches_nothing(self):
        card, passport, fresh = identifier(), identifier("passport"), identifier()
        self.register([card], [passport])
        (clash,) = self.register([card, fresh, passport])
        self.assertEqual(clash.patient, 0)
        self.assertEqual(self.find(fresh), [0])

    def test_one_patient_twice_in_a_request_is_one_patient(self):
        card = identifier()
        one, other = self.register([card], [card])
        self.assertEqual(one.patient, other.patient)
        self.assertEqual([one.created, other.created], [True, False])

    def test_an_item_that_cannot_be_understood_fails_the_request_whole(self):
        bad = (
            [],
            [identifier() for _ in range(17)],
            [pb.Identifier(value="1")],
            [pb.Identifier(system="card")],
            [identifier(value="x" * 129)],
            [identifier(system="x" * 129)],
            [identifier(value="x" * 100_000)],
        )
        for identifiers in bad:
            with self.subTest(identifiers=str(identifiers)[:60]):
                good = identifier()
                with self.fails("INVALID_ARGUMENT"):
                    self.register([good], list(identifiers))
                self.assertEqual(self.find(good), [0])

    def test_more_identifiers_than_a_patient_may_have_fail_only_that_item(self):
        card, fresh = identifier(), identifier()
        self.register([card, *(identifier() for _ in range(15))])
        full, good = self.register([card, identifier()], [fresh])
        self.assertEqual((full.patient, full.created), (0, False))
        self.assertTrue(full.problem)
        self.assertEqual(self.find(fresh), [good.patient])

    def test_a_request_carries_8192_and_not_one_more(self):
        identifiers = [pb.Identifier(system="card", value=f"nobody {at}") for at in range(8_193)]
        self.assertEqual(self.find(*identifiers[:-1]), [0] * 8_192)
        with self.fails("INVALID_ARGUMENT"):
            self.find(*identifiers)

    def test_none_at_all_is_answered_with_none(self):
        self.assertEqual(self.register(), [])
        self.assertEqual(self.find(), [])

    def test_two_connections_that_register_one_person_get_one_id(self):
        connections = [self.connect() for _ in range(8)]
        for _ in range(20):
            message = pb.RegisterPatientsRequest(patients=[pb.Patient(identifiers=[identifier()])])
            futures = [connection.send(message) for connection in connections]
            outcomes = [future.result(60).outcomes[0] for future in futures]
            self.assertEqual(len({outcome.patient for outcome in outcomes}), 1)
            self.assertEqual(sum(outcome.created for outcome in outcomes), 1)
