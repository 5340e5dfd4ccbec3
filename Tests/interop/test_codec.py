"""The client's own arithmetic, against published vectors. No server is asked."""

import unittest

import raw_snappy
from client import MAGIC
from crc32c import crc32c
from frames import CRC32C, SNAPPY, Frame, Method, ProtocolViolation, decode, encode
from messages import pb


class Checksum(unittest.TestCase):
    def test_the_vectors_of_rfc_3720_come_out(self):
        vectors = {
            bytes(32): 0x8A9136AA,
            bytes([0xFF]) * 32: 0x62A8AB43,
            bytes(range(32)): 0x46DD794E,
            b"123456789": 0xE3069283,
            b"": 0,
        }
        for data, expected in vectors.items():
            with self.subTest(data=data):
                self.assertEqual(crc32c(data), expected)


class Snappy(unittest.TestCase):
    def test_every_element_of_the_format_is_read(self):
        streams = {
            b"\x00": b"",
            b"\x03\x08abc": b"abc",
            b"\x0a\x00a\x15\x01": b"a" * 10,  # copy with a one-byte offset, overlapping itself
            b"\x41\x00a\xfe\x01\x00": b"a" * 65,  # two-byte offset
            b"\x08\x0cabcd\x0f\x04\x00\x00\x00": b"abcdabcd",  # four-byte offset
            b"\x3d\xf0\x3c" + b"x" * 61: b"x" * 61,  # literal with a one-byte length
        }
        for stream, expected in streams.items():
            with self.subTest(stream=stream):
                self.assertEqual(raw_snappy.decompress(stream, 100), expected)

    def test_what_is_compressed_comes_back(self):
        for length in (0, 1, 60, 61, 65536, 65537, 200_000):
            with self.subTest(length=length):
                data = bytes(at * 7 & 0xFF for at in range(length))
                self.assertEqual(raw_snappy.decompress(raw_snappy.compress(data), length), data)

    def test_a_run_expands_to_its_length(self):
        for length in (1, 2, 65, 66, 100_000):
            with self.subTest(length=length):
                self.assertEqual(raw_snappy.decompress(raw_snappy.run_of(7, length), length), bytes([7]) * length)

    def test_broken_streams_are_refused(self):
        for stream in (
            b"",
            b"\x80",
            b"\xff\xff\xff\xff\x7f",
            b"\x05\x08abc",
            b"\x02\x08abc",
            b"\x04\x00a\x15\x02",
            b"\x09\x10abc",
            b"\x04\x00a\xfe\x01",
            b"\x65" + b"\x00a",
        ):
            with self.subTest(stream=stream):
                self.assertRaises(raw_snappy.SnappyError, raw_snappy.decompress, stream, 100)


class Frames(unittest.TestCase):
    def test_the_first_exchange_of_the_page_comes_out_byte_by_byte(self):
        page = bytes.fromhex(
            "0000001d 01 01 0000 00000001 00000000 00000000 09 314e4155594f4148 10 01 18 01".replace(" ", "")
        )
        message = pb.Hello(magic=MAGIC, version_min=1, version_max=1)
        self.assertEqual(encode(Frame(Method.HELLO, 1, message.SerializeToString())), page)
        self.assertEqual(MAGIC, int.from_bytes(b"HAOYUAN1", "big"))

    def test_a_frame_survives_the_way_there_and_back(self):
        for flags in (0, CRC32C, SNAPPY, CRC32C | SNAPPY):
            with self.subTest(flags=flags):
                frame = Frame(Method.BOOK, 77, b"payload" * 50, flags, deadline_ms=9, epoch=3)
                data = encode(frame)
                self.assertEqual(int.from_bytes(data[:4], "big"), len(data) - 4)
                self.assertEqual(decode(data[:4], data[4:]), frame)

    def test_a_flipped_bit_anywhere_after_the_length_is_noticed(self):
        data = encode(Frame(Method.BOOK, 77, b"payload", CRC32C))
        for bit in range(32, len(data) * 8):
            flipped = bytearray(data)
            flipped[bit // 8] ^= 1 << bit % 8
            if bit // 8 in (6, 7):
                continue  # the flags themselves say whether there is a checksum
            with self.subTest(bit=bit):
                self.assertRaises(ProtocolViolation, decode, bytes(flipped[:4]), bytes(flipped[4:]))


if __name__ == "__main__":
    unittest.main()
