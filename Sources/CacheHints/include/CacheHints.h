#ifndef CACHE_HINTS_H
#define CACHE_HINTS_H

/// Asks the processor to bring the cache line at `address` near, since it will be written soon. Never faults; returns at
/// once. Swift has no intrinsic for it.
static inline void prefetchForWriting(const void *address) { __builtin_prefetch(address, 1, 3); }

#endif
