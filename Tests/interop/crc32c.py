"""CRC-32C (Castagnoli), as RFC 3720 appendix B.4 defines it: reflected polynomial 0x82F63B78, all ones in and out."""


def _table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return tuple(table)


_TABLE = _table()


def crc32c(data):
    """The checksum of `data` as an unsigned 32-bit number."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF
