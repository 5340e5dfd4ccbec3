"""Snappy's raw format (google/snappy, format_description.txt): a varint with the length, then literals and copies."""


class SnappyError(ValueError):
    """The bytes are not one Snappy stream."""


def compress(data):
    """A valid stream of literals only: it does not shrink, and every reader must take it."""
    out = bytearray(varint(len(data)))
    for start in range(0, len(data), 65536):
        literal = data[start : start + 65536]
        if len(literal) <= 60:
            out.append(len(literal) - 1 << 2)
        else:
            out.append(61 << 2)
            out += (len(literal) - 1).to_bytes(2, "little")
        out += literal
    return bytes(out)


def run_of(byte, length):
    """A stream that expands to `length` times one byte, in about a twentieth of the room: a small bomb."""
    out = bytearray(varint(length))
    out += bytes([0, byte])
    left = length - 1
    while left > 0:
        piece = min(left, 64)
        out.append(piece - 1 << 2 | 2)
        out += b"\x01\x00"
        left -= piece
    return bytes(out)


def decompress(data, limit):
    """What `data` says, refused before any work when it announces more than `limit` bytes."""
    announced, at = _read_varint(data)
    if announced > limit:
        raise SnappyError(f"announces {announced} bytes, at most {limit} are taken")
    out = bytearray()
    while at < len(data):
        tag = data[at]
        at += 1
        if tag & 3 == 0:
            length = tag >> 2
            if length >= 60:
                width = length - 59
                length = int.from_bytes(_take(data, at, width), "little")
                at += width
            length += 1
            out += _take(data, at, length)
            at += length
        else:
            if tag & 3 == 1:
                length, offset = (tag >> 2 & 7) + 4, tag >> 5 << 8 | _take(data, at, 1)[0]
                at += 1
            else:
                width = 2 if tag & 3 == 2 else 4
                length, offset = (tag >> 2) + 1, int.from_bytes(_take(data, at, width), "little")
                at += width
            if not 1 <= offset <= len(out):
                raise SnappyError(f"a copy reaches {offset} bytes back, {len(out)} are written")
            start = len(out) - offset
            piece = out[start : start + length]
            while len(piece) < length:
                piece += piece[: length - len(piece)]
            out += piece
        if len(out) > announced:
            raise SnappyError(f"announces {announced} bytes and goes on")
    if len(out) != announced:
        raise SnappyError(f"announces {announced} bytes and holds {len(out)}")
    return bytes(out)


def _take(data, at, count):
    if at + count > len(data):
        raise SnappyError("ends in the middle of an element")
    return data[at : at + count]


def varint(value):
    """Seven bits a byte, lowest first: the length in front of a stream, and protobuf's too."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _read_varint(data):
    value = 0
    for at, byte in enumerate(data[:5]):
        value |= (byte & 0x7F) << 7 * at
        if byte < 0x80:
            if value > 0xFFFFFFFF:
                break
            return value, at + 1
    raise SnappyError("no length at the beginning")
