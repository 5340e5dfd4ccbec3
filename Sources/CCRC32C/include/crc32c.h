#pragma once

#include <stddef.h>
#include <stdint.h>

/// CRC-32C (Castagnoli, RFC 3720 appendix B.4) of `length` bytes, continuing from `crc` (0 to begin).
/// Uses the processor's own instruction where it has one; the result is the same everywhere.
uint32_t crc32c_extend(uint32_t crc, const void *bytes, size_t length);
