"""PROTOCOL.md §4: a write with a key happens once, however often and over whichever connection it is repeated."""

from case import Case
from client import new_key
from hospital import booking, change
from messages import pb


class Keys(Case):
    def setUp(self):
        super().setUp()
        self.clinic = self.hospital.clinic(capacities=(5, 5, 5, 5))
        self.patient = self.hospital.patient()

    def writes(self):
        """One write of each kind that can be done now, by name."""
        appointments = [self.hospital.book(self.clinic, slot=index).appointment for index in (0, 1)]
        items = [pb.TogetherItem(slot=slot, service=self.clinic.service) for slot in self.clinic.slots[2:4]]
        return {
            "book": booking(self.clinic, slot=1, patient=self.hospital.patient()),
            "hold": booking(self.clinic, slot=1, patient=self.hospital.patient(), hold=True),
            "change": change(appointments[0], pb.TRANSITION_CANCEL, reason="不来了"),
            "move": pb.MoveRequest(appointment=appointments[1], slot=self.clinic.slots[0], reason="改期", **new_key()),
            "together": pb.BookTogetherRequest(patient=self.patient, items=items, **new_key()),
        }

    def outcome(self, reply):
        return reply.outcome if isinstance(reply, pb.TogetherReply) else reply

    def assert_repeats(self, again, first):
        """The same answer; for several together, the same appointments too."""
        if isinstance(first, pb.TogetherReply):
            self.assertEqual(list(again.appointments), list(first.appointments))
            self.assertEqual(again.refused_item, first.refused_item)
        self.assert_same_answer(self.outcome(again), self.outcome(first))

    def test_the_same_write_again_gets_the_first_answer(self):
        for name, write in self.writes().items():
            with self.subTest(write=name):
                first = self.connection.call(write)
                self.assert_done(self.outcome(first))
                taken = list(self.hospital.session_now(self.clinic).taken)
                self.assert_repeats(self.connection.call(write), first)
                self.assert_repeats(self.connect().call(write), first)
                self.assertEqual(list(self.hospital.session_now(self.clinic).taken), taken)

    def test_the_first_answer_stays_when_the_appointment_has_moved_on(self):
        write = booking(self.clinic, patient=self.patient)
        first = self.connection.call(write)
        self.hospital.change(first.appointment, pb.TRANSITION_CANCEL)
        self.assert_repeats(self.connection.call(write), first)
        self.assertEqual(self.hospital.appointment(first.appointment).state, pb.APPOINTMENT_STATE_CANCELLED)

    def test_a_refusal_is_remembered_until_a_new_key_asks(self):
        clinic = self.hospital.clinic(capacities=(1,))
        holder = self.hospital.book(clinic)
        write = booking(clinic, patient=self.patient)
        first = self.assert_refused(self.connection.call(write), pb.RULE_SLOT_FULL)
        self.hospital.change(holder.appointment, pb.TRANSITION_CANCEL)
        self.assert_repeats(self.connection.call(write), first)
        self.assert_done(self.hospital.book(clinic, patient=self.patient))

    def test_refusals_of_every_kind_of_write_are_remembered(self):
        full = self.hospital.clinic(capacities=(1,))
        self.hospital.book(full)
        appointment = self.hospital.book(self.clinic).appointment
        other = self.hospital.clinic(services=[full.code], department=full.code)
        mine = self.connection.call(booking(other, slot=1, patient=self.patient))
        items = [pb.TogetherItem(slot=slot, service=full.service) for slot in (other.slots[3], full.slots[0])]
        for write in (
            change(appointment, pb.TRANSITION_CONFIRM),
            pb.MoveRequest(appointment=mine.appointment, slot=full.slots[0], **new_key()),
            pb.BookTogetherRequest(patient=self.hospital.patient(), items=items, **new_key()),
        ):
            with self.subTest(write=type(write).__name__):
                first = self.connection.call(write)
                self.assertEqual(self.outcome(first).result, pb.RESULT_REFUSED)
                self.assert_repeats(self.connection.call(write), first)

    def test_an_error_is_not_remembered(self):
        write = booking(self.clinic, patient=self.patient, service=4_000_000)
        with self.fails("NOT_FOUND"):
            self.connection.call(write)
        write.service = self.clinic.service
        outcome = self.assert_done(self.connection.call(write))
        self.assertFalse(outcome.again)

    def test_other_content_under_a_used_key_is_refused(self):
        writes = self.writes()
        for write in writes.values():
            self.connection.call(write)
        slot, patient = self.clinic.slots[3], self.hospital.patient()
        service = self.hospital.clinic().service
        other = {
            "book": ({"patient": patient}, {"slot": slot}, {"service": service}, {"hold": True}),
            "hold": ({"hold": False},),
            "change": (
                {"appointment": 77},
                {"transition": pb.TRANSITION_ARRIVE},
                {"if_version": 1},
                {"reason": "别的"},
            ),
            "move": ({"appointment": 77}, {"slot": slot}, {"if_version": 1}, {"reason": ""}),
            "together": ({"patient": patient}, {"hold": True}, {"items": []}),
        }
        taken = list(self.hospital.session_now(self.clinic).taken)
        for name, differences in other.items():
            for difference in differences:
                with self.subTest(write=name, difference=difference):
                    changed = type(writes[name])()
                    changed.CopyFrom(writes[name])
                    for field, value in difference.items():
                        if field == "items":
                            changed.items.append(
                                pb.TogetherItem(slot=self.clinic.slots[0], service=self.clinic.service)
                            )
                        else:
                            setattr(changed, field, value)
                    with self.fails("KEY_REUSED"):
                        self.connection.call(changed)
        self.assertEqual(list(self.hospital.session_now(self.clinic).taken), taken)

    def test_a_used_key_under_another_method_is_refused(self):
        writes = self.writes()
        for write in writes.values():
            self.connection.call(write)
        for used in writes.values():
            for name, write in writes.items():
                if type(write) is type(used):
                    continue
                with self.subTest(key_of=type(used).__name__, write=name):
                    changed = type(write)()
                    changed.CopyFrom(write)
                    changed.key_high, changed.key_low = used.key_high, used.key_low
                    with self.fails("KEY_REUSED"):
                        self.connection.call(changed)

    def test_channel_and_operator_are_no_content(self):
        for name, write in self.writes().items():
            with self.subTest(write=name):
                first = self.connection.call(write)
                write.channel, write.operator = pb.CHANNEL_WINDOW, "another"
                self.assert_repeats(self.connection.call(write), first)

    def test_a_retry_may_travel_in_a_batch_and_back(self):
        write = booking(self.clinic, patient=self.patient)
        first = self.connection.call(write)
        cancel = change(first.appointment, pb.TRANSITION_CANCEL)
        cancelled = self.connection.call(cancel)
        reply = self.connection.call(pb.BatchRequest(bookings=[write], changes=[cancel]))
        self.assert_repeats(reply.bookings[0], first)
        self.assert_repeats(reply.changes[0], cancelled)

    def test_one_key_sent_many_times_at_once_is_one_booking(self):
        connections = [self.connect() for _ in range(8)]
        for index in range(20):
            clinic = self.clinic if index % 5 else self.hospital.clinic(capacities=(5,))
            write = booking(clinic, slot=0, patient=self.hospital.patient())
            futures = [future for connection in connections for future in connection.send_all([write] * 3)]
            outcomes = [future.result(60) for future in futures]
            self.assertEqual(len({outcome.appointment for outcome in outcomes}), 1)
            self.assertEqual(len({outcome.position for outcome in outcomes}), 1)
            self.assertEqual(sum(not outcome.again for outcome in outcomes), 1)

    def test_one_key_twice_in_a_batch_is_one_booking(self):
        write = booking(self.clinic, patient=self.patient)
        reply = self.connection.call(pb.BatchRequest(bookings=[write, write]))
        self.assertEqual([outcome.result for outcome in reply.bookings], [pb.RESULT_DONE] * 2)
        self.assertEqual(reply.bookings[0].appointment, reply.bookings[1].appointment)
        self.assertEqual([outcome.again for outcome in reply.bookings].count(False), 1)

    def test_a_known_key_answers_before_anything_else_is_asked(self):
        write = booking(self.clinic, patient=self.patient)
        first = self.connection.call(write)
        self.hospital.put(policies=[pb.Policy(department=self.clinic.code, per_day=1)])
        self.assert_repeats(self.connection.call(write), first)
