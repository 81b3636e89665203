#include "device_memory.hpp"

#include <ATen/core/TensorBase.h>
#include <c10/core/CPUAllocator.h>
#include <c10/util/Exception.h>
#include <sys/mman.h>

#include <array>
#include <cstring>
#include <string>

#include "device_state.hpp"

namespace uniference {

namespace {

constexpr int64_t smallest_shared = 1 << 16;
constexpr int64_t addresses_of_device = int64_t(1) << 42;
/// The address of what no device accounts for.
constexpr uintptr_t nowhere = UINTPTR_MAX;

thread_local bool is_accounting = true;

void release_holding(void* context) {
  auto holding = static_cast<Holding*>(context);
  if (holding->device.is_cuda()) DeviceMemory::shared().device(holding->device.index()).release(holding->address);
  delete holding;
}

/// Addresses of a device, or of the CPU. Nothing is behind them until somebody writes there: what reads finds zeros.
uintptr_t addresses(c10::Device device) {
  static std::array<uintptr_t, 65> bases{};
  uintptr_t& base = bases.at(device.is_cuda() ? size_t(device.index()) : 64);
  if (base == 0) {
    void* mapped =
        mmap(nullptr, size_t(addresses_of_device), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    TORCH_CHECK(mapped != MAP_FAILED, "no address space is left for tensors without values on ", device);
    base = reinterpret_cast<uintptr_t>(mapped);
  }
  return base;
}

c10::Storage make_storage(Holding* holding, void* data, c10::Allocator* allocator) {
  c10::DataPtr pointer(data, holding, &release_holding, holding->device);
  return c10::Storage(
      c10::make_intrusive<c10::StorageImpl>(
          c10::StorageImpl::use_byte_size_t(), holding->size_bytes, std::move(pointer), allocator, true));
}

std::string human(int64_t bytes) {
  char text[32];
  if (bytes <= 1024)
    snprintf(text, sizeof text, "%lld bytes", static_cast<long long>(bytes));
  else if (bytes <= 1024 * 1024)
    snprintf(text, sizeof text, "%.2f KiB", double(bytes) / 1024);
  else if (bytes <= int64_t(1) << 30)
    snprintf(text, sizeof text, "%.2f MiB", double(bytes) / (1 << 20));
  else
    snprintf(text, sizeof text, "%.2f GiB", double(bytes) / double(int64_t(1) << 30));
  return text;
}

c10::Storage make_empty(c10::Device device) {
  return c10::Storage(
      c10::make_intrusive<c10::StorageImpl>(
          c10::StorageImpl::use_byte_size_t(), 0, c10::DataPtr(nullptr, device), &DeviceMemory::shared(), true));
}

c10::CachingDeviceAllocator::StatArray both(const Gauge& gauge) {
  c10::CachingDeviceAllocator::StatArray result;
  for (auto& stat : result) {
    stat.current = gauge.current;
    stat.peak = gauge.peak;
    stat.allocated = gauge.added;
    stat.freed = gauge.removed;
  }
  return result;
}

}  // namespace

Holding* holding_of(const c10::StorageImpl& storage) {
  auto& pointer = const_cast<c10::StorageImpl&>(storage)._mutable_data_ptr_no_checks();
  return pointer.get_deleter() == &release_holding ? static_cast<Holding*>(pointer.get_context()) : nullptr;
}

bool has_values(const at::TensorBase& tensor) {
  if (!tensor.defined() || !tensor.has_storage()) return true;
  Holding* holding = holding_of(*tensor.storage().unsafeGetStorageImpl());
  return holding == nullptr || holding->has_values;
}

void drop_values(c10::StorageImpl& storage) {
  if (Holding* holding = holding_of(storage)) {
    holding->has_values = false;
    return;
  }
  c10::DataPtr& pointer = storage._mutable_data_ptr_no_checks();
  if (!storage.device().is_cpu() || pointer.get() == nullptr) return;
  void* data = pointer.get();
  auto holding = new Holding{std::move(pointer), 0, storage.device(), int64_t(storage.nbytes()), false};
  storage.set_data_ptr_noswap(c10::DataPtr(data, holding, &release_holding, storage.device()));
}

c10::Storage adopt(c10::DataPtr host, int64_t size_bytes, c10::DeviceIndex device) {
  c10::Device place(c10::kCUDA, device);
  if (size_bytes == 0) return make_empty(place);
  uintptr_t address = DeviceMemory::shared().take(device, size_bytes);
  void* data = host.get();
  return make_storage(
      new Holding{std::move(host), address, place, size_bytes, true}, data, &DeviceMemory::shared());
}

c10::Storage make_with_values(int64_t size_bytes, c10::Device device) {
  if (size_bytes == 0) return make_empty(device);
  // The described device has to have room before this machine is asked for memory.
  auto holding = std::make_unique<Holding>(
      Holding{{}, DeviceMemory::shared().take(device.index(), size_bytes), device, size_bytes, true});
  try {
    holding->host = c10::GetCPUAllocator()->allocate(size_t(size_bytes));
  } catch (const c10::Error&) {
    DeviceMemory::shared().device(device.index()).release(holding->address);
    TORCH_CHECK(
        false, "this machine has no memory for the ", human(size_bytes), " of a tensor on ", device,
        ", though the described GPU has; use --fake, with which large tensors have no values");
  }
  void* data = holding->host.get();
  return make_storage(holding.release(), data, &DeviceMemory::shared());
}

c10::Storage make_valueless(int64_t size_bytes, c10::Device device) {
  if (device.is_cuda()) {
    if (size_bytes == 0) return make_empty(device);
    uintptr_t base = addresses(device);
    uintptr_t address = DeviceMemory::shared().take(device.index(), size_bytes);
    uintptr_t offset = address == nowhere ? 0 : address - uintptr_t(device.index()) * addresses_of_device;
    void* data = reinterpret_cast<void*>(base + offset);
    return make_storage(new Holding{{}, address, device, size_bytes, false}, data, &DeviceMemory::shared());
  }
  if (size_bytes <= smallest_shared) {
    // What becomes of a small one later can have values again.
    c10::DataPtr host = c10::GetCPUAllocator()->allocate(size_t(size_bytes));
    void* data = host.get();
    if (size_bytes > 0) std::memset(data, 0, size_t(size_bytes));
    return make_storage(new Holding{std::move(host), 0, device, size_bytes, false}, data, c10::GetCPUAllocator());
  }
  // Large tensors of the host without values share their addresses: only their sizes matter.
  void* data = reinterpret_cast<void*>(addresses(device));
  return make_storage(new Holding{{}, 0, device, size_bytes, false}, data, c10::GetCPUAllocator());
}

void resize(c10::StorageImpl& storage, int64_t size_bytes) {
  Holding* former = holding_of(storage);
  bool had_values = former == nullptr || former->has_values;
  c10::Device device = storage.device();
  c10::Storage made;
  if (!had_values) {
    made = make_valueless(size_bytes, device);
  } else if (device.is_cuda()) {
    made = make_with_values(size_bytes, device);
  } else {
    made = c10::Storage(
        c10::make_intrusive<c10::StorageImpl>(
            c10::StorageImpl::use_byte_size_t(), size_bytes, c10::GetCPUAllocator(), true));
  }
  size_t kept = std::min(storage.nbytes(), size_t(size_bytes));
  if (had_values && kept > 0) std::memcpy(made.mutable_data(), storage.data(), kept);
  storage.set_data_ptr_noswap(std::move(made.unsafeGetStorageImpl()->_mutable_data_ptr_no_checks()));
  storage.set_nbytes(size_t(size_bytes));
}

DeviceMemory& DeviceMemory::shared() {
  // Never destroyed: tensors of modules that live as long as the process come back to it.
  static auto memory = new DeviceMemory();
  return *memory;
}

void DeviceMemory::configure(c10::DeviceIndex devices, int64_t capacity_bytes, int64_t context_bytes) {
  total_bytes_ = capacity_bytes;
  context_bytes_ = context_bytes;
  devices_.clear();
  for (c10::DeviceIndex index = 0; index < devices; ++index) {
    devices_.push_back(
        std::make_unique<CachingAllocator>(
            uintptr_t(index) * uintptr_t(addresses_of_device), std::max<int64_t>(0, capacity_bytes - context_bytes)));
  }
}

CachingAllocator& DeviceMemory::device(c10::DeviceIndex index) {
  TORCH_CHECK(index >= 0 && index < device_count(), "Invalid device argument ", int(index), ": did you call init?");
  return *devices_[size_t(index)];
}

void DeviceMemory::set_accounting(bool is_on) { is_accounting = is_on; }

uintptr_t DeviceMemory::take(c10::DeviceIndex index, int64_t size_bytes) {
  if (!is_accounting) return nowhere;
  CachingAllocator& allocator = device(index);
  if (auto address = allocator.allocate(size_bytes, current_stream(index))) return *address;
  MemoryStatistics statistics = allocator.statistics();
  int64_t allocated = statistics.allocated_bytes.current, reserved = statistics.reserved_bytes.current;
  TORCH_CHECK_WITH(
      OutOfMemoryError, false, "CUDA out of memory. Tried to allocate ", human(size_bytes), ". GPU ", int(index),
      " has a total capacity of ", human(total_bytes_), " of which ",
      human(std::max<int64_t>(0, allocator.capacity() - reserved)), " is free. Including non-PyTorch memory, this process has ",
      human(reserved + context_bytes_), " memory in use. Of the allocated memory ", human(allocated),
      " is allocated by PyTorch, and ", human(reserved - allocated), " is reserved by PyTorch but unallocated.");
}

c10::DataPtr DeviceMemory::allocate(size_t size_bytes) {
  c10::DeviceIndex index = current_device();
  c10::Storage storage = make_with_values(int64_t(size_bytes), c10::Device(c10::kCUDA, index));
  return std::move(storage.unsafeGetStorageImpl()->_mutable_data_ptr_no_checks());
}

void DeviceMemory::copy_data(void* destination, const void* source, size_t count) const {
  std::memcpy(destination, source, count);
}

void DeviceMemory::emptyCache(c10::MempoolId_t) {
  for (auto& device : devices_) device->empty_cache();
}

c10::CachingDeviceAllocator::DeviceStats DeviceMemory::getDeviceStats(c10::DeviceIndex index) {
  MemoryStatistics statistics = device(index).statistics();
  c10::CachingDeviceAllocator::DeviceStats result;
  result.allocation = both(statistics.allocations);
  result.segment = both(statistics.segments);
  result.active = both(statistics.allocations);
  result.inactive_split = both(statistics.inactive_splits);
  result.allocated_bytes = both(statistics.allocated_bytes);
  result.reserved_bytes = both(statistics.reserved_bytes);
  result.active_bytes = both(statistics.allocated_bytes);
  result.inactive_split_bytes = both(statistics.inactive_split_bytes);
  result.requested_bytes = both(statistics.requested_bytes);
  result.num_alloc_retries = statistics.retries;
  result.num_ooms = statistics.out_of_memory;
  result.num_device_alloc = statistics.segments.added;
  result.num_device_free = statistics.segments.removed;
  return result;
}

void DeviceMemory::resetAccumulatedStats(c10::DeviceIndex index) { device(index).reset_totals(); }

void DeviceMemory::resetPeakStats(c10::DeviceIndex index) { device(index).reset_peaks(); }

std::pair<size_t, size_t> DeviceMemory::getMemoryInfo(c10::DeviceIndex index) {
  CachingAllocator& allocator = device(index);
  int64_t used = allocator.statistics().reserved_bytes.current;
  return {size_t(allocator.capacity() - used), size_t(total_bytes_)};
}

}  // namespace uniference
