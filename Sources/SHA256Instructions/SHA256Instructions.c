#include "SHA256Instructions.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

bool sha256_has_instructions(void) {
  unsigned int a, b, c, d;
  if (!__get_cpuid_count(1, 0, &a, &b, &c, &d) || (c & bit_SSE4_1) == 0 || (c & bit_SSSE3) == 0) return false;
  // Leaf 7, EBX, bit 29: the SHA extensions (Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2A, CPUID).
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b >> 29 & 1) != 0;
}

// The instructions keep the state as two vectors, ABEF and CDGH, highest word first; each sha256rnds2 does two rounds, with
// the sums of two words of the schedule and two constants in the lower half of its third operand. sha256msg1 and sha256msg2
// make four further words of the schedule of the sixteen before (the same manual, volume 2B).
__attribute__((target("sha,sse4.1,ssse3")))
void sha256_compress(uint32_t *state, const uint32_t *constants, const uint8_t *bytes, size_t block_count) {
  const __m128i reversed = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
  const __m128i dcba = _mm_loadu_si128((const __m128i *)state);
  const __m128i hgfe = _mm_loadu_si128((const __m128i *)(state + 4));
  const __m128i cdab = _mm_shuffle_epi32(dcba, 0xB1);
  const __m128i efgh = _mm_shuffle_epi32(hgfe, 0x1B);
  __m128i abef = _mm_alignr_epi8(cdab, efgh, 8);
  __m128i cdgh = _mm_blend_epi16(efgh, cdab, 0xF0);

  for (size_t block = 0; block < block_count; block++, bytes += 64) {
    const __m128i abef_before = abef, cdgh_before = cdgh;
    __m128i schedule[4];
    for (int quarter = 0; quarter < 4; quarter++) {
      const __m128i words = _mm_loadu_si128((const __m128i *)(bytes + 16 * quarter));
      schedule[quarter] = _mm_shuffle_epi8(words, reversed);
    }
#pragma clang loop unroll(full)
    for (int step = 0; step < 16; step++) {
      const __m128i words = schedule[step & 3];
      __m128i sums = _mm_add_epi32(words, _mm_loadu_si128((const __m128i *)(constants + 4 * step)));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sums);
      sums = _mm_shuffle_epi32(sums, 0x0E);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, sums);
      if (step < 12) {
        const __m128i last = schedule[(step + 3) & 3];
        __m128i next = _mm_sha256msg1_epu32(words, schedule[(step + 1) & 3]);
        next = _mm_add_epi32(next, _mm_alignr_epi8(last, schedule[(step + 2) & 3], 4));
        schedule[step & 3] = _mm_sha256msg2_epu32(next, last);
      }
    }
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
  }

  const __m128i feba = _mm_shuffle_epi32(abef, 0x1B);
  const __m128i dchg = _mm_shuffle_epi32(cdgh, 0xB1);
  _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(feba, dchg, 0xF0));
  _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

#else

bool sha256_has_instructions(void) { return false; }

void sha256_compress(uint32_t *state, const uint32_t *constants, const uint8_t *bytes, size_t block_count) {
  // Nobody calls it here.
  (void)state, (void)constants, (void)bytes, (void)block_count;
  __builtin_trap();
}

#endif
