#include "crc32c.h"

#include <string.h>

// The portable way, bit by bit. It answers wherever the processor has no CRC-32C instruction.
static uint32_t extend_by_bit(uint32_t crc, const uint8_t *bytes, size_t length) {
    static const uint32_t polynomial = 0x82f63b78;  // reflected Castagnoli
    for (size_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (polynomial & (0u - (crc & 1)));
    }
    return crc;
}

#if defined(__x86_64__)
#include <nmmintrin.h>

__attribute__((target("sse4.2")))
static uint32_t extend_by_instruction(uint32_t crc, const uint8_t *bytes, size_t length) {
    uint64_t wide = crc;
    while (length >= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        wide = _mm_crc32_u64(wide, word);
        bytes += 8;
        length -= 8;
    }
    crc = (uint32_t)wide;
    while (length-- > 0) crc = _mm_crc32_u8(crc, *bytes++);
    return crc;
}

static int has_instruction(void) { return __builtin_cpu_supports("sse4.2"); }

#elif defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>

static uint32_t extend_by_instruction(uint32_t crc, const uint8_t *bytes, size_t length) {
    while (length >= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        crc = __crc32cd(crc, word);
        bytes += 8;
        length -= 8;
    }
    while (length-- > 0) crc = __crc32cb(crc, *bytes++);
    return crc;
}

static int has_instruction(void) { return 1; }

#else
static uint32_t extend_by_instruction(uint32_t crc, const uint8_t *bytes, size_t length) {
    return extend_by_bit(crc, bytes, length);
}
static int has_instruction(void) { return 0; }
#endif

uint32_t crc32c_extend(uint32_t crc, const void *bytes, size_t length) {
    crc = ~crc;
    crc = has_instruction() ? extend_by_instruction(crc, bytes, length) : extend_by_bit(crc, bytes, length);
    return ~crc;
}
