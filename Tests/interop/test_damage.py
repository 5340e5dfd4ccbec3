"""Compression and checksums that are wrong, and neighbours who notice nothing."""

import threading

import raw_snappy
from case import BOTH, AbuseCase, padded, port
from client import hello, shake_hands
from frames import CRC32C, HEADER, PAYLOAD_LIMIT, REPLY, SNAPPY, Frame, Method, Wire, encode, encode_as_is
from hospital import booking
from messages import pb


class Compression(AbuseCase):
    def test_a_bomb_is_refused_by_the_length_it_announces(self):
        for stream in (
            b"\xff\xff\xff\xff\x0f\x00a",
            raw_snappy.run_of(0, PAYLOAD_LIMIT + 1),
            raw_snappy.varint(1 << 30),
        ):
            self.assert_undone(stream)

    def test_a_stream_that_is_none_is_refused(self):
        good = raw_snappy.compress(padded(40))
        for stream in (
            b"",
            b"\x80",
            b"\xff" * 10,
            b"\x05\x08abc",
            b"\x02\x08abc",
            b"\x04\x00a\x15\x02",
            good[:-1],
            good + b"\x00a",
            b"\x0a\x00a\x15\x00",
            b"\x10\xfc\xff\xff\xff\xff",
        ):
            self.assert_undone(stream)

    def assert_undone(self, stream):
        with self.subTest(stream=stream[:12]):
            wire = self.greeted(features=pb.FEATURE_SNAPPY)
            wire.send_bytes(encode_as_is(Frame(Method.STATUS, 5, stream, SNAPPY)))
            self.assert_ends(wire, "DECOMPRESSION_FAILED", request=5)

    def test_compression_that_is_off_is_refused(self):
        wire = self.greeted(features=pb.FEATURE_CRC32C)
        wire.send(Frame(Method.STATUS, 5, padded(40), SNAPPY | CRC32C))
        self.assert_ends(wire, "DECOMPRESSION_FAILED", request=5)

    def test_what_expands_to_just_the_limit_is_taken(self):
        wire = self.greeted(features=pb.FEATURE_SNAPPY)
        payload = padded(PAYLOAD_LIMIT)
        head = len(payload) - payload.count(0)
        # Literals for the tag and the length, then zeros by copying.
        zeros = raw_snappy.run_of(0, len(payload) - head)
        stream = (
            raw_snappy.varint(len(payload))
            + bytes([head - 1 << 2])
            + payload[:head]
            + zeros[self.varint_length(zeros) :]
        )
        self.assertEqual(raw_snappy.decompress(stream, PAYLOAD_LIMIT), payload)
        wire.send_bytes(encode_as_is(Frame(Method.STATUS, 5, stream, SNAPPY)))
        self.assertEqual(wire.read().request, 5)
        self.assert_answers(wire)

    def varint_length(self, data):
        return next(at for at, byte in enumerate(data) if byte < 0x80) + 1

    def test_a_message_inside_good_compression_may_still_be_malformed(self):
        wire = self.greeted(features=pb.FEATURE_SNAPPY)
        wire.send(Frame(Method.BOOK, 5, b"\xff" * 8, SNAPPY))
        self.assert_stays(wire, "MALFORMED_MESSAGE", request=5)


class Checksums(AbuseCase):
    def test_a_flipped_bit_is_noticed_and_nothing_is_done(self):
        request = booking(self.clinic, patient=self.hospital.patient())
        whole = encode(Frame(Method.BOOK, 5, request.SerializeToString(), CRC32C))
        for byte in (5, 8, 11, 15, 19, 20, 30, len(whole) - 5, len(whole) - 1):
            with self.subTest(byte=byte):
                wire = self.greeted(features=pb.FEATURE_CRC32C)
                flipped = bytearray(whole)
                flipped[byte] ^= 0x10
                wire.send_bytes(flipped)
                self.assert_ends(wire, "CHECKSUM_MISMATCH")
        self.assertFalse(self.connection.call(request).again, "a damaged request was carried out")

    def test_a_frame_without_its_checksum_ends_the_connection(self):
        for payload in (b"", padded(40)):
            with self.subTest(length=len(payload)):
                wire = self.greeted(features=pb.FEATURE_CRC32C)
                wire.send(Frame(Method.STATUS, 5, payload))
                self.assert_ends(wire, "CHECKSUM_MISMATCH", request=5)

    def test_a_checksum_nobody_agreed_on_ends_the_connection(self):
        wire = self.greeted()
        wire.send(Frame(Method.STATUS, 5, flags=CRC32C))
        self.assert_ends(wire, "MALFORMED_FRAME", request=5)

    def test_a_frame_too_short_for_its_checksum_ends_the_connection(self):
        wire = self.greeted(features=pb.FEATURE_CRC32C)
        wire.send_bytes(encode_as_is(Frame(Method.STATUS, 5, flags=CRC32C), length=18)[:22])
        self.assert_ends(wire, "CHECKSUM_MISMATCH")

    def test_the_checksum_covers_the_compressed_bytes(self):
        wire = self.greeted(features=BOTH)
        self.assert_answers(wire, flags=CRC32C | SNAPPY)

    def test_a_checksum_is_judged_before_compression(self):
        wire = self.greeted(features=BOTH)
        data = bytearray(encode_as_is(Frame(Method.STATUS, 5, b"\xff\xff\xff\xff\x0f", CRC32C | SNAPPY)))
        data[-1] ^= 1
        wire.send_bytes(data)
        self.assert_ends(wire, "CHECKSUM_MISMATCH")


class Bystanders(AbuseCase):
    def test_others_book_on_while_one_connection_after_the_other_misbehaves(self):
        clinic = self.hospital.clinic(capacities=(1_000,))
        requests = [booking(clinic, patient=patient) for patient in self.hospital.patients(1_000)]
        outcomes = []

        def book():
            for first in range(0, 1_000, 50):
                outcomes.extend(future.result(60) for future in self.connection.send_all(requests[first : first + 50]))

        worker = threading.Thread(target=book)
        worker.start()
        abuses = (
            encode(Frame(Method.STATUS, 0)),
            encode(Frame(Method.STATUS, 5, flags=REPLY)),
            encode(Frame(Method.STATUS, 5), length=3),
            HEADER.pack(2**32 - 1, 1, 2, 0, 5, 0, 0),
            encode_as_is(Frame(Method.STATUS, 5, b"\xff\xff\xff\xff\x0f\x00a", SNAPPY)),
            encode(Frame(Method.HELLO, 5, hello().SerializeToString())),
            encode(Frame(Method.BOOK, 5, b"\xff")) + encode(Frame(200, 6)) + b"\x00",
            encode(Frame(Method.BATCH, 5, b"\x0a\x00" * 9_000)),
        )
        rounds = 0
        while worker.is_alive() or rounds < 40:
            wire = Wire(port())
            shake_hands(wire, hello(features=pb.FEATURE_SNAPPY))
            try:
                wire.send_bytes(abuses[rounds % len(abuses)])
                wire.say_no_more()
                while wire.read() is not None:
                    pass
            except OSError:
                pass
            wire.close()
            rounds += 1
        worker.join(60)
        self.assertEqual([outcome.result for outcome in outcomes], [pb.RESULT_DONE] * 1_000)

    def test_a_client_that_reads_no_answers_stops_nobody(self):
        wire = self.greeted()
        question = encode(Frame(Method.GET_CATALOGUE, 5))
        # Ids of their own, sent until the socket takes no more or enough is sent; nothing is read.
        wire.give_up_after(2)
        try:
            for request in range(10, 20_010):
                wire.send_bytes(question[:8] + request.to_bytes(4, "big") + question[12:])
        except OSError:
            pass
        for _ in range(20):
            self.assert_done(self.hospital.book(self.clinic))
