"""Frames as PROTOCOL.md §1 draws them, and the socket they travel on. Knows bytes, not bookings."""

from __future__ import annotations

import dataclasses
import enum
import socket
import struct

import raw_snappy
from crc32c import crc32c

HEADER = struct.Struct(">IBBHIII")
HEADER_AFTER_LENGTH = HEADER.size - 4
PAYLOAD_LIMIT = 4 * 1024 * 1024

REPLY, ERROR, CRC32C, SNAPPY, PUSH = 1, 2, 4, 8, 16
KNOWN_FLAGS = REPLY | ERROR | CRC32C | SNAPPY | PUSH


class Method(enum.IntEnum):
    """PROTOCOL.md §3."""

    HELLO = 1
    STATUS = 2
    ACCEPT_CLOCK = 3
    PUT_CATALOGUE = 10
    GET_CATALOGUE = 11
    REGISTER_PATIENTS = 12
    FIND_PATIENTS = 13
    FIND_ENTITIES = 14
    COUNT_REPORT = 15
    BOOK_ANY = 16
    GENERATE_SESSIONS = 20
    OPEN_SESSIONS = 21
    LIST_SESSIONS = 22
    SEARCH_SLOTS = 23
    DAY_COUNTS = 27
    LOCK_SLOTS = 24
    UNLOCK_SLOTS = 25
    LIST_LOCKS = 26
    PREVIEW_SESSIONS = 28
    EXPLAIN_SLOT = 29
    BOOK = 30
    CHANGE = 31
    MOVE = 32
    BOOK_TOGETHER = 33
    BATCH = 34
    STOP_SESSION = 35
    RESUME_SESSION = 36
    PLAN_STOP = 37
    FILE_APPEAL = 38
    DECIDE_APPEAL = 39
    GET_APPOINTMENTS = 40
    PATIENT_APPOINTMENTS = 41
    SESSION_APPOINTMENTS = 42
    PATIENT_STANDING = 43
    SUBSCRIBE = 50
    UNSUBSCRIBE = 51
    CONFIRM_EVENTS = 52
    LIST_READERS = 53
    DROP_READER = 54
    LIST_REFUNDS = 57
    REPORT_PAYMENT = 58
    CLOSE_REFUND = 59
    GOODBYE = 60
    FOLLOW = 70
    CONFIRMATION = 71
    PROMOTE = 72
    DEPOSE = 73
    GO_ALONE = 74


class ProtocolViolation(Exception):
    """The peer sent what PROTOCOL.md does not allow."""


@dataclasses.dataclass
class Frame:
    """One frame; `payload` is the bare message, neither compressed nor with its checksum."""

    method: int
    request: int
    payload: bytes = b""
    flags: int = 0
    deadline_ms: int = 0
    epoch: int = 0
    version: int = 1


def encode(frame, *, length=None):
    """The frame's bytes. Flags SNAPPY and CRC32C are carried out; `length` overrides the true one, to lie with."""
    body = raw_snappy.compress(frame.payload) if frame.flags & SNAPPY else frame.payload
    return encode_as_is(dataclasses.replace(frame, payload=body), length=length)


def encode_as_is(frame, *, length=None):
    """Like `encode`, but the payload goes out untouched, whatever the SNAPPY flag says about it."""
    body = frame.payload
    if length is None:
        length = HEADER_AFTER_LENGTH + len(body) + (4 if frame.flags & CRC32C else 0)
    head = HEADER.pack(length, frame.version, frame.method, frame.flags, frame.request, frame.deadline_ms, frame.epoch)
    if frame.flags & CRC32C:
        body += struct.pack(">I", crc32c(head[4:] + body))
    return head + body


def decode(length, rest):
    """The frame in `rest`, the `length` bytes after the length field."""
    _, version, method, flags, request, deadline_ms, epoch = HEADER.unpack(length + rest[:HEADER_AFTER_LENGTH])
    body = rest[HEADER_AFTER_LENGTH:]
    if version != 1 or flags & ~KNOWN_FLAGS:
        raise ProtocolViolation(f"version {version}, flags {flags:#x}")
    if flags & CRC32C:
        if len(body) < 4:
            raise ProtocolViolation("no room for the checksum")
        stated, body = struct.unpack(">I", body[-4:])[0], body[:-4]
        if stated != crc32c(rest[:-4]):
            raise ProtocolViolation("the checksum is wrong")
    if len(body) > PAYLOAD_LIMIT:
        raise ProtocolViolation(f"a payload of {len(body)} bytes")
    if flags & SNAPPY:
        body = raw_snappy.decompress(body, PAYLOAD_LIMIT)
    return Frame(method, request, body, flags, deadline_ms, epoch, version)


class Wire:
    """One TCP connection that carries frames, or any bytes a test wants to send."""

    def __init__(self, port, *, host="127.0.0.1", timeout_s=60):
        self._socket = socket.create_connection((host, port), timeout=timeout_s)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._input = self._socket.makefile("rb", buffering=1 << 18)

    def give_up_after(self, timeout_s):
        """Sending and reading raise an OSError when the peer takes or gives nothing for so long."""
        self._socket.settimeout(timeout_s)

    def wait_without_end(self):
        """Reading may from now on wait for ever; writing still gives up after a minute."""
        self._socket.settimeout(None)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 60, 0))

    def send_bytes(self, data):
        self._socket.sendall(data)

    def send(self, frame):
        self._socket.sendall(encode(frame))

    def read(self):
        """The next frame; None when the peer has closed."""
        try:
            length = self._input.read(4)
            if not length:
                return None
            count = int.from_bytes(length, "big")
            if not HEADER_AFTER_LENGTH <= count <= HEADER_AFTER_LENGTH + PAYLOAD_LIMIT + 4:
                raise ProtocolViolation(f"a frame of {count} bytes")
            rest = self._input.read(count)
        except ConnectionResetError:
            return None
        if len(rest) < count:
            return None
        return decode(length, rest)

    def say_no_more(self):
        """Half-closes: the server sees the end of our stream and may still answer."""
        self._socket.shutdown(socket.SHUT_WR)

    def close(self):
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()
