#include "caching_allocator.hpp"

#include <algorithm>

namespace uniference {

namespace {

// CUDACachingAllocator's constants.
constexpr int64_t smallest_block = 512;
constexpr int64_t small_size = 1 << 20;
constexpr int64_t small_segment = 2 << 20;
constexpr int64_t large_segment = 20 << 20;
constexpr int64_t smallest_own_segment = 10 << 20;
constexpr int64_t large_rounding = 2 << 20;

// Addresses are not scarce: gaps between segments keep them apart, so that only blocks of one segment are neighbours.
constexpr int64_t address_space = int64_t(1) << 42;

int64_t rounded_up(int64_t size, int64_t unit) { return (size + unit - 1) / unit * unit; }

int64_t block_size(int64_t size) { return std::max(smallest_block, rounded_up(size, smallest_block)); }

int64_t segment_size(int64_t size) {
  if (size <= small_size) return small_segment;
  if (size < smallest_own_segment) return large_segment;
  return rounded_up(size, large_rounding);
}

}  // namespace

void Gauge::add(int64_t amount) {
  current += amount;
  peak = std::max(peak, current);
  (amount > 0 ? added : removed) += amount > 0 ? amount : -amount;
}

struct CachingAllocator::Block {
  uintptr_t address;
  int64_t size;
  int64_t stream;
  Pool* pool;
  int64_t requested = 0;
  bool is_allocated = false;
  Block* previous = nullptr;
  Block* next = nullptr;

  bool is_split() const { return previous != nullptr || next != nullptr; }
};

bool CachingAllocator::Order::operator()(const Block* left, const Block* right) const {
  if (left->stream != right->stream) return left->stream < right->stream;
  if (left->size != right->size) return left->size < right->size;
  return left->address < right->address;
}

CachingAllocator::CachingAllocator(uintptr_t base, int64_t capacity) : capacity_(capacity), limit_(capacity) {
  gaps_[base] = address_space;
}

CachingAllocator::~CachingAllocator() = default;

std::optional<uintptr_t> CachingAllocator::allocate(int64_t size_bytes, int64_t stream) {
  std::lock_guard lock(mutex_);
  int64_t size = block_size(size_bytes);
  Pool& pool = size <= small_size ? small_ : large_;
  Block* block = find_free(pool, size, stream);
  if (block == nullptr) block = add_segment(pool, size, stream);
  if (block == nullptr) {
    statistics_.retries += 1;
    release_free_segments();
    block = add_segment(pool, size, stream);
  }
  if (block == nullptr) {
    statistics_.out_of_memory += 1;
    return std::nullopt;
  }
  if (block->is_split()) {
    statistics_.inactive_splits.add(-1);
    statistics_.inactive_split_bytes.add(-block->size);
  }
  int64_t rest = block->size - size;
  if (pool.is_small ? rest >= smallest_block : rest > small_size) {
    Block* remaining = split(block, size);
    pool.free.insert(remaining);
    statistics_.inactive_splits.add(1);
    statistics_.inactive_split_bytes.add(remaining->size);
  }
  block->is_allocated = true;
  block->requested = size_bytes;
  allocated_[block->address] = block;
  statistics_.allocations.add(1);
  statistics_.allocated_bytes.add(block->size);
  statistics_.requested_bytes.add(size_bytes);
  return block->address;
}

void CachingAllocator::release(uintptr_t address) {
  std::lock_guard lock(mutex_);
  auto found = allocated_.find(address);
  if (found == allocated_.end()) return;
  Block* block = found->second;
  allocated_.erase(found);
  statistics_.allocations.add(-1);
  statistics_.allocated_bytes.add(-block->size);
  statistics_.requested_bytes.add(-block->requested);
  block->is_allocated = false;
  for (Block* neighbour : {block->previous, block->next}) {
    if (neighbour != nullptr && !neighbour->is_allocated) merge(block, neighbour);
  }
  block->pool->free.insert(block);
  if (block->is_split()) {
    statistics_.inactive_splits.add(1);
    statistics_.inactive_split_bytes.add(block->size);
  }
}

void CachingAllocator::empty_cache() {
  std::lock_guard lock(mutex_);
  release_free_segments();
}

MemoryStatistics CachingAllocator::statistics() const {
  std::lock_guard lock(mutex_);
  return statistics_;
}

void CachingAllocator::reset_peaks() {
  std::lock_guard lock(mutex_);
  for (Gauge* gauge : statistics_.gauges()) gauge->reset_peak();
}

void CachingAllocator::reset_totals() {
  std::lock_guard lock(mutex_);
  for (Gauge* gauge : statistics_.gauges()) gauge->reset_totals();
  statistics_.retries = statistics_.out_of_memory = 0;
}

void CachingAllocator::set_limit(int64_t limit_bytes) {
  std::lock_guard lock(mutex_);
  limit_ = std::min(limit_bytes, capacity_);
}

/// The smallest free block that is large enough, of the same stream; its place in memory decides between equal ones.
CachingAllocator::Block* CachingAllocator::find_free(Pool& pool, int64_t size, int64_t stream) {
  Block wanted{0, size, stream, &pool};
  auto found = pool.free.lower_bound(&wanted);
  if (found == pool.free.end() || (*found)->stream != stream) return nullptr;
  Block* block = *found;
  pool.free.erase(found);
  return block;
}

CachingAllocator::Block* CachingAllocator::add_segment(Pool& pool, int64_t size, int64_t stream) {
  int64_t bytes = segment_size(size);
  if (bytes > limit_ - statistics_.reserved_bytes.current) return nullptr;
  statistics_.segments.add(1);
  statistics_.reserved_bytes.add(bytes);
  return new Block{reserve_addresses(bytes), bytes, stream, &pool};
}

/// The rest of a block behind its first `size` bytes.
CachingAllocator::Block* CachingAllocator::split(Block* block, int64_t size) {
  auto rest = new Block{block->address + uintptr_t(size), block->size - size, block->stream, block->pool};
  rest->previous = block;
  rest->next = block->next;
  if (rest->next != nullptr) rest->next->previous = rest;
  block->next = rest;
  block->size = size;
  return rest;
}

/// Makes a free neighbour part of the block.
void CachingAllocator::merge(Block* block, Block* neighbour) {
  block->pool->free.erase(neighbour);
  statistics_.inactive_splits.add(-1);
  statistics_.inactive_split_bytes.add(-neighbour->size);
  if (neighbour == block->previous) {
    block->address = neighbour->address;
    block->previous = neighbour->previous;
    if (block->previous != nullptr) block->previous->next = block;
  } else {
    block->next = neighbour->next;
    if (block->next != nullptr) block->next->previous = block;
  }
  block->size += neighbour->size;
  delete neighbour;
}

void CachingAllocator::release_free_segments() {
  release_segments(small_);
  release_segments(large_);
}

void CachingAllocator::release_segments(Pool& pool) {
  for (auto place = pool.free.begin(); place != pool.free.end();) {
    Block* block = *place;
    if (block->is_split()) {
      ++place;
      continue;
    }
    place = pool.free.erase(place);
    statistics_.segments.add(-1);
    statistics_.reserved_bytes.add(-block->size);
    gaps_[block->address] = block->size;
    delete block;
  }
}

uintptr_t CachingAllocator::reserve_addresses(int64_t size) {
  for (auto place = gaps_.begin(); place != gaps_.end(); ++place) {
    auto [address, room] = *place;
    if (room < size) continue;
    gaps_.erase(place);
    if (room > size) gaps_[address + uintptr_t(size)] = room - size;
    return address;
  }
  return 0;
}

}  // namespace uniference
