// Memory of described GPUs as torch sees it: storages whose elements lie in this machine's memory, or nowhere.
#pragma once

#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/Storage.h>

#include "caching_allocator.hpp"

namespace uniference {

/// What stands behind the data pointer of a storage on a described GPU, or of one without values on the CPU.
struct Holding {
  /// The elements in this machine's memory; empty where there are none.
  c10::DataPtr host;
  /// Its place in the memory of the device.
  uintptr_t address = 0;
  c10::Device device;
  int64_t size_bytes = 0;
  /// Whether the elements are what a program computed. Without ``--fake`` they always are.
  bool has_values = true;
};

/// The holding behind a storage; null for one that torch itself has allocated.
Holding* holding_of(const c10::StorageImpl& storage);

/// Whether the elements of a tensor's storage are what a program computed.
bool has_values(const at::TensorBase& tensor);

/// Makes a storage one whose elements are not what a program computed. Memory that torch has allocated stays its memory.
void drop_values(c10::StorageImpl& storage);

/// A new storage of a described GPU around memory that a CPU kernel has filled.
c10::Storage adopt(c10::DataPtr host, int64_t size_bytes, c10::DeviceIndex device);

/// A new storage of a described GPU with memory for values.
c10::Storage make_with_values(int64_t size_bytes, c10::Device device);

/// A new storage without values, on a described GPU or the CPU.
c10::Storage make_valueless(int64_t size_bytes, c10::Device device);

/// Gives a storage another size, keeping the elements that both have.
void resize(c10::StorageImpl& storage, int64_t size_bytes);

/// Torch's allocator of CUDA memory, which accounts for it with a `CachingAllocator` for each device.
class DeviceMemory final : public c10::DeviceAllocator {
 public:
  static DeviceMemory& shared();

  /// Describes the devices, before any memory is allocated.
  void configure(c10::DeviceIndex devices, int64_t capacity_bytes, int64_t context_bytes);

  c10::DeviceIndex device_count() const { return c10::DeviceIndex(devices_.size()); }
  CachingAllocator& device(c10::DeviceIndex index);
  int64_t total_bytes() const { return total_bytes_; }
  int64_t context_bytes() const { return context_bytes_; }

  /// Whether what the thread allocates is a device's. What is not has no address there.
  static void set_accounting(bool is_on);

  /// Takes so much of a device's memory. Throws `c10::OutOfMemoryError` where it has no more.
  uintptr_t take(c10::DeviceIndex index, int64_t size_bytes);

  c10::DataPtr allocate(size_t size_bytes) override;
  c10::DeleterFnPtr raw_deleter() const override { return nullptr; }
  void copy_data(void* destination, const void* source, size_t count) const override;
  bool initialized() override { return !devices_.empty(); }
  void emptyCache(c10::MempoolId_t pool) override;
  void recordStream(const c10::DataPtr& pointer, c10::Stream stream) override {}
  c10::CachingDeviceAllocator::DeviceStats getDeviceStats(c10::DeviceIndex index) override;
  void resetAccumulatedStats(c10::DeviceIndex index) override;
  void resetPeakStats(c10::DeviceIndex index) override;
  std::pair<size_t, size_t> getMemoryInfo(c10::DeviceIndex index) override;

 private:
  std::vector<std::unique_ptr<CachingAllocator>> devices_;
  int64_t total_bytes_ = 0;
  int64_t context_bytes_ = 0;
};

}  // namespace uniference
