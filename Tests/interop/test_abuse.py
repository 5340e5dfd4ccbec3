"""Every error class a client can provoke, on a connection of its own while another one works on undisturbed."""

import random

from case import BOTH, AbuseCase, padded
from frames import CRC32C, ERROR, HEADER, PAYLOAD_LIMIT, PUSH, REPLY, SNAPPY, Frame, Method, encode
from hospital import booking
from messages import pb


class Frames(AbuseCase):
    def test_a_length_without_room_for_a_header_is_malformed(self):
        for length in (0, 1, 15):
            with self.subTest(length=length):
                wire = self.greeted()
                wire.send_bytes(encode(Frame(Method.STATUS, 5), length=length))
                self.assert_ends(wire, "MALFORMED_FRAME")

    def test_flags_nobody_knows_are_malformed(self):
        for flags in (32, 64, 1 << 15, 0xFFE0):
            with self.subTest(flags=flags):
                wire = self.greeted()
                wire.send(Frame(Method.STATUS, 5, flags=flags))
                self.assert_ends(wire, "MALFORMED_FRAME", request=5)

    def test_a_client_may_not_reply_or_push(self):
        for flags in (REPLY, PUSH, REPLY | ERROR, REPLY | PUSH):
            with self.subTest(flags=flags):
                wire = self.greeted()
                wire.send(Frame(Method.STATUS, 5, flags=flags))
                self.assert_ends(wire, "MALFORMED_FRAME", request=5)

    def test_request_id_0_is_reserved(self):
        wire = self.greeted()
        wire.send(Frame(Method.STATUS, 0))
        self.assert_ends(wire, "MALFORMED_FRAME", request=0)

    def test_an_id_in_use_is_malformed(self):
        wire = self.greeted()
        wire.send(Frame(Method.SUBSCRIBE, 5, pb.SubscribeRequest(latest=True).SerializeToString()))
        self.assertEqual(wire.read().request, 5)
        wire.send(Frame(Method.STATUS, 5))
        self.assert_ends(wire, "MALFORMED_FRAME", request=5)

    def test_an_id_may_be_used_again_once_it_is_answered(self):
        wire = self.greeted()
        for _ in range(3):
            self.assert_answers(wire, request=1)
        wire.send(Frame(Method.SUBSCRIBE, 5, pb.SubscribeRequest(latest=True).SerializeToString()))
        wire.read()
        wire.send(Frame(Method.UNSUBSCRIBE, 6, pb.UnsubscribeRequest(subscription=5).SerializeToString()))
        while wire.read().request != 6:
            pass
        self.assert_answers(wire, request=5)

    def test_another_version_in_a_header_ends_the_connection(self):
        for version in (0, 2, 255):
            with self.subTest(version=version):
                wire = self.greeted()
                wire.send(Frame(Method.STATUS, 5, version=version))
                self.assert_ends(wire, "UNSUPPORTED_VERSION", request=5)

    def test_a_frame_beyond_the_limit_is_refused_on_its_length_alone(self):
        for length in (16 + PAYLOAD_LIMIT + 4 + 1, 16 + 2 * PAYLOAD_LIMIT, 2**31 - 1, 2**31, 2**32 - 1):
            with self.subTest(length=length):
                wire = self.greeted()
                wire.send_bytes(HEADER.pack(length, 1, Method.STATUS, 0, 5, 0, 0))
                self.assert_ends(wire, "FRAME_TOO_LARGE")

    def test_the_largest_payload_is_taken_and_one_byte_more_is_not(self):
        wire = self.greeted()
        wire.send(Frame(Method.STATUS, 5, padded(PAYLOAD_LIMIT)))
        frame = wire.read()
        self.assertEqual((frame.request, frame.flags & (REPLY | ERROR)), (5, REPLY))
        wire.send_bytes(encode(Frame(Method.STATUS, 6, padded(PAYLOAD_LIMIT + 1)))[:20])
        self.assert_ends(wire, "FRAME_TOO_LARGE")

    def test_a_frame_that_never_ends_is_forgotten_with_its_connection(self):
        whole = encode(Frame(Method.BOOK, 5, booking(self.clinic, patient=self.hospital.patient()).SerializeToString()))
        taken = sum(self.hospital.session_now(self.clinic).taken)
        for length in (1, 3, 4, 5, 19, 20, 21, len(whole) - 1):
            with self.subTest(length=length):
                wire = self.greeted()
                wire.send_bytes(whole[:length])
                wire.say_no_more()
                while (frame := wire.read()) is not None:
                    self.assertTrue(frame.flags & ERROR, f"an answer to a torn frame: {frame}")
        self.assertEqual(sum(self.hospital.session_now(self.clinic).taken), taken)

    def test_a_frame_may_come_byte_by_byte(self):
        wire = self.greeted(features=BOTH)
        for byte in encode(Frame(Method.STATUS, 5, padded(30), CRC32C | SNAPPY)):
            wire.send_bytes(bytes([byte]))
        self.assertEqual(wire.read().request, 5)

    def test_good_requests_before_a_bad_frame_are_executed(self):
        request = booking(self.clinic, patient=self.hospital.patient())
        wire = self.greeted()
        wire.send_bytes(encode(Frame(Method.BOOK, 5, request.SerializeToString())) + encode(Frame(Method.STATUS, 0)))
        while wire.read() is not None:
            pass
        # The answer may be lost with the connection; the booking is not.
        outcome = self.assert_done(self.connection.call(request))
        self.assertTrue(outcome.again, "a request taken before the bad frame was not executed")

    def test_an_epoch_of_another_time_does_not_confuse_the_answer(self):
        wire = self.greeted()
        wire.send(Frame(Method.STATUS, 5, epoch=wire.welcome.epoch))
        frame = wire.read()
        self.assertEqual((frame.request, frame.epoch, frame.flags & ERROR), (5, wire.welcome.epoch, 0))

    def test_garbage_after_the_handshake_ends_only_its_connection(self):
        generator = random.Random(7440)
        for round_number in range(60):
            with self.subTest(round=round_number):
                wire = self.greeted()
                try:
                    wire.send_bytes(generator.randbytes(generator.randrange(1, 3000)))
                    wire.say_no_more()
                except OSError:
                    pass  # the server has already hung up
                while (frame := wire.read()) is not None:
                    self.assertTrue(frame.flags & ERROR, f"an answer to garbage: {frame}")


class Payloads(AbuseCase):
    def test_a_method_nobody_knows_is_answered_and_the_connection_stays(self):
        for method in (0, 5, 9, 119, 61, 128, 255):
            with self.subTest(method=method):
                wire = self.greeted()
                wire.send(Frame(method, 5, b"\xff\xff"))
                self.assert_stays(wire, "UNKNOWN_METHOD", request=5)

    def test_a_client_says_no_goodbye(self):
        wire = self.greeted()
        wire.send(Frame(Method.GOODBYE, 5))
        self.assert_stays(wire, "UNKNOWN_METHOD", request=5)

    def test_what_is_not_the_methods_message_is_malformed(self):
        broken = (
            b"\xff",  # a tag that never ends
            b"\x09\x01",  # a fixed64 with one byte
            b"\x0a\x7f\x01",  # a length beyond the end
            b"\x0b",  # a group that never ends
            b"\x07",  # wire type 7
            b"\x00\x00",  # field number 0
            b"\xff" * 11,  # a varint of eleven bytes
            b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f",  # a length beyond all bounds
        )
        methods = [method for method in Method if method not in (Method.HELLO, Method.GOODBYE)]
        for method in methods:
            for payload in broken:
                with self.subTest(method=method.name, payload=payload):
                    wire = self.greeted()
                    wire.send(Frame(method, 5, payload))
                    self.assert_stays(wire, "MALFORMED_MESSAGE", request=5)
                    wire.close()

    def test_a_string_that_is_no_utf_8_is_malformed(self):
        for bad in (b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xc0\x80", b"\xf5\x80\x80\x80", "好".encode("gb18030")):
            identifier = b"\x0a" + bytes([len(bad)]) + bad
            text_field = {
                Method.FIND_PATIENTS: b"\x0a" + bytes([len(identifier)]) + identifier,
                Method.BOOK: b"\x42" + bytes([len(bad)]) + bad,
                Method.CHANGE: b"\x32" + bytes([len(bad)]) + bad,
                Method.SEARCH_SLOTS: b"\x22" + bytes([len(bad)]) + bad,
            }
            for method, payload in text_field.items():
                with self.subTest(method=method.name, bad=bad):
                    wire = self.greeted()
                    wire.send(Frame(method, 5, payload))
                    self.assert_stays(wire, "MALFORMED_MESSAGE", request=5)
                    wire.close()

    def test_fields_nobody_knows_are_skipped(self):
        request = booking(self.clinic, patient=self.hospital.patient()).SerializeToString()
        wire = self.greeted()
        wire.send(Frame(Method.BOOK, 5, request + b"\xfa\x01\x03new" + b"\xf8\x07\x01" + padded(40)))
        outcome = pb.Outcome.FromString(wire.read().payload)
        self.assert_done(outcome)

    def test_a_message_cut_anywhere_never_books_what_was_not_asked(self):
        request = booking(self.clinic, patient=self.hospital.patient(), operator="甲乙").SerializeToString()
        wire = self.greeted()
        for length in range(len(request)):
            wire.send(Frame(Method.BOOK, 100 + length, request[:length]))
        failed = 0
        for _ in range(len(request)):
            frame = wire.read()
            if frame.flags & ERROR:
                failure = pb.Failure.FromString(frame.payload)
                self.assert_failure(failure, "MALFORMED_MESSAGE", "INVALID_ARGUMENT", "NOT_FOUND", "KEY_REUSED")
                failed += 1
            else:
                # Cut between two fields a message is still one: it asks for less, here for no operator.
                self.assert_done(pb.Outcome.FromString(frame.payload))
        self.assertGreaterEqual(failed, len(request) - 3)
