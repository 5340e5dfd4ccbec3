"""锁号: units of slots withdrawn, given back, and listed while they are withdrawn."""

import threading

from case import Case
from client import new_key
from messages import pb

# As schedule.proto has it: locks of one session, ended ones too.
LOCKS_OF_A_SESSION = 64


class Locks(Case):
    def setUp(self):
        super().setUp()
        self.clinic = self.hospital.clinic(capacities=(2,) * 4)
        self.session = self.clinic.session.id

    def lock(self, **fields):
        fields = {"session": self.session, "reason": "检修", "owner": "设备科", **new_key(), **fields}
        return self.connection.call(pb.LockSlotsRequest(**fields))

    def unlock(self, number, **fields):
        fields = {"session": self.session, "lock": number, **new_key(), **fields}
        return self.connection.call(pb.UnlockSlotsRequest(**fields))

    def listed(self, **query):
        days = {"from": self.hospital.date(0), "to": self.hospital.date(2), "pool": self.clinic.pool}
        return list(self.connection.call(pb.ListLocksRequest(**{**days, **query})).locks)

    def assert_locked(self, reply, number):
        self.assertEqual(reply.result, pb.RESULT_DONE, f"not done: {reply}")
        self.assertEqual((reply.lock, reply.rule), (number, pb.RULE_UNSPECIFIED))
        self.assertGreater(reply.position, 0)

    def test_what_is_locked_is_neither_free_nor_sold_until_it_is_unlocked(self):
        self.assert_locked(self.lock(first=1, slots=2), 1)
        tomorrow = {"from": self.hospital.date(1), "to": self.hospital.date(1)}
        free = {slot.slot & 0xFFFFF for slot in self.hospital.free(service=self.clinic.service, **tomorrow)}
        self.assertEqual(free, {0, 3})
        self.assert_refused(self.hospital.book(self.clinic, slot=1), pb.RULE_SLOT_FULL)
        self.assert_done(self.hospital.book(self.clinic, slot=0))
        self.assert_locked(self.unlock(1), 1)
        self.assert_done(self.hospital.book(self.clinic, slot=1))

    def test_a_list_says_what_was_asked_for_and_what_it_came_to(self):
        until = self.clinic.session.start_ms
        self.lock(first=2, units=1, until_ms=until)
        self.lock(units=9)
        first, second = self.listed()
        self.assertEqual((first.session, first.lock, first.first, first.slots, first.units), (self.session, 1, 2, 2, 1))
        self.assertEqual((first.owner, first.reason, first.until_ms), ("设备科", "检修", until))
        self.assertEqual((second.lock, second.first, second.slots, second.units, second.until_ms), (2, 0, 4, 2, 0))
        self.unlock(1)
        self.assertEqual([lock.lock for lock in self.listed()], [2])
        self.assertEqual(self.listed(department=self.clinic.department), self.listed())
        self.assertEqual(self.listed(**{"from": self.hospital.date(3), "to": self.hospital.date(4)}), [])

    def test_locks_add_up_and_booked_places_stay_booked(self):
        booked = self.assert_done(self.hospital.book(self.clinic))
        self.lock(slots=1, units=1)
        self.assert_refused(self.hospital.book(self.clinic), pb.RULE_SLOT_FULL)
        self.lock(slots=1, units=1)
        self.assertEqual(self.hospital.appointment(booked.appointment).state, pb.APPOINTMENT_STATE_BOOKED)
        self.assert_done(self.hospital.change(booked.appointment, pb.TRANSITION_CANCEL))
        self.assert_refused(self.hospital.book(self.clinic), pb.RULE_SLOT_FULL)
        self.unlock(2)
        self.assert_done(self.hospital.book(self.clinic))

    def test_a_key_is_answered_once_whatever_happened_since(self):
        key = new_key()
        first = self.lock(**key)
        self.assert_locked(self.unlock(1), 1)
        again = self.lock(**key)
        self.assert_same_answer(again, first)
        self.assertEqual(self.listed(), [])
        with self.fails("KEY_REUSED"):
            self.lock(slots=1, **key)
        with self.fails("KEY_REUSED"):
            self.unlock(1, **key)

    def test_what_has_ended_has_passed_or_is_too_much_is_refused(self):
        self.assert_refused(self.lock(until_ms=1), pb.RULE_SLOT_PAST)
        past = self.hospital.clinic(days=-1)
        self.assert_refused(self.lock(session=past.session.id), pb.RULE_SLOT_PAST)
        self.lock()
        self.unlock(1)
        self.assert_refused(self.unlock(1), pb.RULE_STATE)
        for _ in range(LOCKS_OF_A_SESSION - 1):
            self.lock()
        self.assert_refused(self.lock(), pb.RULE_NUMBERS_EXHAUSTED, limit=LOCKS_OF_A_SESSION)

    def test_what_is_not_there_is_not_found_and_nonsense_is_named(self):
        for wrong in ({"first": 4}, {"first": 3, "slots": 2}, {"session": self.session + (1 << 40)},
                      {"session": self.session + (1 << 60)}):
            with self.subTest(wrong=wrong), self.fails("NOT_FOUND"):
                self.lock(**wrong)
        for number in (0, 1, 4_000_000_000):
            with self.subTest(number=number), self.fails("NOT_FOUND"):
                self.unlock(number)
        nonsense = ({"first": 1 << 31}, {"slots": 1 << 31}, {"units": 1 << 31}, {"until_ms": -1},
                    {"until_ms": (1 << 63) - 1})
        for wrong in (*nonsense, {"owner": "长" * 10_000}, {"reason": "长" * 10_000}):
            with self.subTest(wrong=str(wrong)[:40]), self.fails("INVALID_ARGUMENT"):
                self.lock(**wrong)
        self.assertEqual(self.listed(), [])

    def test_the_feed_tells_of_a_lock_and_of_its_end(self):
        feed = self.connection.subscribe(latest=True)
        self.lock(first=1)
        last = self.unlock(1)
        told = [event for event in feed.events_through(last.position) if event.session == self.session]
        kinds = [pb.EVENT_KIND_SLOTS_LOCKED, pb.EVENT_KIND_SLOTS_UNLOCKED]
        self.assertEqual([event.kind for event in told], kinds)
        self.assertEqual((told[0].reason, told[0].units, told[0].entity), ("检修", 2, "lock 1 of 设备科"))

    def test_a_lock_and_bookings_at_once_never_sell_what_is_withdrawn(self):
        patients = self.hospital.patients(8)
        start = threading.Barrier(3)
        taken = []

        def book(connection, mine):
            start.wait()
            for patient in mine:
                for index in range(4):
                    slot = self.session << 20 | index
                    request = pb.BookRequest(slot=slot, service=self.clinic.service, patient=patient, **new_key())
                    outcome = connection.call(request)
                    if outcome.result == pb.RESULT_DONE:
                        taken.append(outcome.position)

        workers = [
            threading.Thread(target=book, args=(self.connect(), patients[first : first + 4])) for first in (0, 4)
        ]
        for worker in workers:
            worker.start()
        start.wait()
        locked = self.lock()
        for worker in workers:
            worker.join()
        self.assertTrue(all(position < locked.position for position in taken), "sold after it was withdrawn")
