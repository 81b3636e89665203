// Which memory of a described GPU is in use, by the rules of torch's caching allocator.
//
// Blocks are ranges of addresses; no memory stands behind them here. Sizes, pools, splitting, merging and the order in
// which free blocks are taken are those of `c10/cuda/CUDACachingAllocator.cpp` (torch 2.13) with its default settings,
// so that `memory_allocated` and `memory_reserved` are what a GPU would say.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <unordered_map>

namespace uniference {

/// A figure that goes up and down, and the highest that it has been.
struct Gauge {
  int64_t current = 0;
  int64_t peak = 0;
  int64_t added = 0;
  int64_t removed = 0;

  void add(int64_t amount);
  void reset_peak() { peak = current; }
  void reset_totals() { added = removed = 0; }
};

struct MemoryStatistics {
  Gauge allocations, segments, inactive_splits;
  Gauge allocated_bytes, reserved_bytes, inactive_split_bytes, requested_bytes;
  int64_t retries = 0;
  int64_t out_of_memory = 0;

  std::array<Gauge*, 7> gauges() {
    return {&allocations,    &segments,       &inactive_splits,     &allocated_bytes,
            &reserved_bytes, &inactive_split_bytes, &requested_bytes};
  }
};

/// The memory of one device.
class CachingAllocator {
 public:
  /// `base`: the first address. `capacity`: bytes that segments can take, without what a CUDA context takes.
  CachingAllocator(uintptr_t base, int64_t capacity);
  ~CachingAllocator();

  /// The address of a new block, or nothing where the device has no room.
  std::optional<uintptr_t> allocate(int64_t size_bytes, int64_t stream);
  /// Gives a block back. Those next to it that are free become one with it.
  void release(uintptr_t address);
  /// Gives free segments back to the device, as `torch.cuda.empty_cache` does.
  void empty_cache();

  int64_t capacity() const { return capacity_; }
  MemoryStatistics statistics() const;
  void reset_peaks();
  void reset_totals();
  /// How many bytes a process may take of the capacity: `torch.cuda.set_per_process_memory_fraction`.
  void set_limit(int64_t limit_bytes);

 private:
  struct Block;
  struct Order {
    bool operator()(const Block* left, const Block* right) const;
  };
  struct Pool {
    bool is_small;
    std::set<Block*, Order> free;
  };

  Block* find_free(Pool& pool, int64_t size, int64_t stream);
  Block* add_segment(Pool& pool, int64_t size, int64_t stream);
  Block* split(Block* block, int64_t size);
  void merge(Block* block, Block* neighbour);
  void release_free_segments();
  void release_segments(Pool& pool);
  uintptr_t reserve_addresses(int64_t size);

  mutable std::mutex mutex_;
  int64_t capacity_;
  int64_t limit_;
  Pool small_{true, {}}, large_{false, {}};
  std::unordered_map<uintptr_t, Block*> allocated_;
  std::map<uintptr_t, int64_t> gaps_;
  MemoryStatistics statistics_;
};

}  // namespace uniference
