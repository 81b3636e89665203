#ifndef SHA256_INSTRUCTIONS_H
#define SHA256_INSTRUCTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Whether this processor has instructions for SHA-256 that `sha256_compress` uses: Intel's SHA extensions, which AMD has
/// since Zen and Intel since Ice Lake.
bool sha256_has_instructions(void);

/// Compresses blocks of 64 bytes each into the state, as FIPS 180-4, section 6.2.2, says. Only to be called where there are
/// instructions for it.
///
/// - `state`: the eight words a to h.
/// - `constants`: the 64 constants of section 4.2.2.
void sha256_compress(uint32_t *state, const uint32_t *constants, const uint8_t *bytes, size_t block_count);

#endif
