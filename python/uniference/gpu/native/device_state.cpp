// The parts by which torch finds described GPUs: the guard, the hooks, generators, and what kind of accelerator it is.
#include "device_state.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/DeviceAccelerator.h>
#include <ATen/EmptyTensor.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>

#include <array>
#include <atomic>

#include "device_memory.hpp"
#include "generators.hpp"

namespace uniference {

namespace {

constexpr size_t most_devices = 64;

thread_local c10::DeviceIndex device_of_thread = 0;
thread_local std::array<c10::StreamId, most_devices> streams_of_thread{};

std::atomic<c10::StreamId> last_stream{0};
std::atomic<int64_t> last_event{0};

c10::DeviceIndex resolved(c10::Device device) { return device.has_index() ? device.index() : current_device(); }

/// What an event of torch's C++ code holds.
int64_t event_id(void* event) { return static_cast<int64_t>(reinterpret_cast<intptr_t>(event)); }

struct Guard final : c10::impl::DeviceGuardImplInterface {
  c10::DeviceType type() const override { return c10::kCUDA; }
  c10::Device exchangeDevice(c10::Device device) const override {
    c10::Device former = getDevice();
    if (device.has_index() && device.index() != former.index()) set_current_device(device.index());
    return former;
  }
  c10::Device getDevice() const override { return c10::Device(c10::kCUDA, current_device()); }
  void setDevice(c10::Device device) const override { set_current_device(device.index()); }
  void uncheckedSetDevice(c10::Device device) const noexcept override {
    if (device.has_index()) device_of_thread = device.index();
  }
  c10::Stream getStream(c10::Device device) const override {
    c10::DeviceIndex index = resolved(device);
    return c10::Stream(c10::Stream::UNSAFE, c10::Device(c10::kCUDA, index), current_stream(index));
  }
  c10::Stream getDefaultStream(c10::Device device) const override {
    return c10::Stream(c10::Stream::UNSAFE, c10::Device(c10::kCUDA, resolved(device)), 0);
  }
  c10::Stream getNewStream(c10::Device device, int) const override {
    return c10::Stream(c10::Stream::UNSAFE, c10::Device(c10::kCUDA, resolved(device)), new_stream());
  }
  c10::Stream getStreamFromGlobalPool(c10::Device device, bool) const override { return getNewStream(device, 0); }
  c10::Stream exchangeStream(c10::Stream stream) const override {
    c10::Stream former = getStream(stream.device());
    set_current_stream(stream.device_index(), stream.id());
    return former;
  }
  void destroyEvent(void*, c10::DeviceIndex) const noexcept override {}
  void record(void** event, const c10::Stream& stream, c10::DeviceIndex, c10::EventFlag) const override {
    if (*event == nullptr) *event = reinterpret_cast<void*>(static_cast<intptr_t>(new_event()));
    if (auto listener = stream_listener().record) listener(event_id(*event), stream.device_index(), stream.id());
  }
  void block(void* event, const c10::Stream& stream) const override {
    auto listener = stream_listener().block;
    if (event != nullptr && listener != nullptr) listener(event_id(event), stream.device_index(), stream.id());
  }
  bool queryEvent(void* event) const override {
    auto listener = stream_listener().query;
    return event == nullptr || listener == nullptr || listener(event_id(event), 0, 0) != 0;
  }
  void synchronizeEvent(void* event) const override {
    auto listener = stream_listener().synchronize_event;
    if (event != nullptr && listener != nullptr) listener(event_id(event));
  }
  double elapsedTime(void* first, void* second, c10::DeviceIndex) const override {
    auto listener = stream_listener().elapsed;
    return listener == nullptr ? 0 : listener(event_id(first), event_id(second));
  }
  bool queryStream(const c10::Stream& stream) const override {
    auto listener = stream_listener().query;
    return listener == nullptr || listener(0, stream.device_index(), stream.id()) != 0;
  }
  void synchronizeStream(const c10::Stream& stream) const override {
    if (auto listener = stream_listener().synchronize) listener(stream.device_index(), stream.id());
  }
  void synchronizeDevice(c10::DeviceIndex index) const override {
    if (auto listener = stream_listener().synchronize) listener(index, -1);
  }
  c10::DeviceIndex deviceCount() const noexcept override { return DeviceMemory::shared().device_count(); }
  c10::DeviceCapability getDeviceCapability(c10::Device) const override { return {}; }
};

C10_REGISTER_GUARD_IMPL(CUDA, Guard);

}  // namespace

void check_device_index(c10::DeviceIndex index) {
  int count = DeviceMemory::shared().device_count();
  TORCH_CHECK(
      index >= 0 && index < count, "CUDA error: invalid device ordinal\nthe described machine has ", count,
      count == 1 ? " GPU" : " GPUs", ", and the script asks for cuda:", int(index));
}

c10::DeviceIndex current_device() { return DeviceMemory::shared().device_count() == 0 ? c10::DeviceIndex(-1) : device_of_thread; }

void set_current_device(c10::DeviceIndex index) {
  check_device_index(index);
  device_of_thread = index;
}

c10::StreamId current_stream(c10::DeviceIndex index) { return streams_of_thread.at(size_t(std::max<int>(0, index))); }

void set_current_stream(c10::DeviceIndex index, c10::StreamId stream) {
  streams_of_thread.at(size_t(std::max<int>(0, index))) = stream;
}

c10::StreamId new_stream() { return ++last_stream; }
int64_t new_event() { return ++last_event; }

StreamListener& stream_listener() {
  static StreamListener listener;
  return listener;
}

// Generators. Their state is a GPU's, a seed and an offset, which programs read, move and set; from both follows the seed
// of the CPU's generator that draws an operation's numbers.

namespace {

constexpr uint64_t numbers_of_operation = 4;
constexpr int64_t state_bytes = 2 * sizeof(uint64_t);

/// Mixes seed and offset, so that neighbours give unrelated numbers (splitmix64).
uint64_t mixed_seed(uint64_t seed, uint64_t offset) {
  uint64_t mixed = seed + 0x9E3779B97F4A7C15 * (offset + 1);
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
  return mixed ^ (mixed >> 31);
}

struct GPUGenerator final : c10::GeneratorImpl {
  explicit GPUGenerator(c10::DeviceIndex index)
      : GeneratorImpl(c10::Device(c10::kCUDA, index), c10::DispatchKeySet(c10::DispatchKey::CUDA)),
        host(at::detail::createCPUGenerator()) {}

  void set_current_seed(uint64_t value) override {
    seed_ = value;
    offset = 0;
  }
  void set_offset(uint64_t value) override { offset = value; }
  uint64_t get_offset() const override { return offset; }
  uint64_t current_seed() const override { return seed_; }
  uint64_t seed() override {
    set_current_seed(c10::detail::getNonDeterministicRandom(true));
    return seed_;
  }
  void set_state(const c10::TensorImpl& state) override {
    TORCH_CHECK(
        state.numel() == state_bytes && state.dtype() == at::kByte, "RNG state must be a torch.ByteTensor of ",
        state_bytes, " bytes, a seed and an offset");
    auto words = static_cast<const uint64_t*>(state.data());
    seed_ = words[0];
    offset = words[1];
  }
  c10::intrusive_ptr<c10::TensorImpl> get_state() const override {
    at::Tensor state = at::detail::empty_cpu({state_bytes}, at::kByte, false, std::nullopt);
    auto words = static_cast<uint64_t*>(state.mutable_data_ptr());
    words[0] = seed_;
    words[1] = offset;
    return state.getIntrusivePtr();
  }
  void graphsafe_set_state(const c10::intrusive_ptr<c10::GeneratorImpl>& state) override {
    auto other = static_cast<GPUGenerator*>(state.get());
    seed_ = other->seed_;
    offset = other->offset;
  }
  c10::intrusive_ptr<c10::GeneratorImpl> graphsafe_get_state() const override { return clone(); }
  GPUGenerator* clone_impl() const override {
    auto copy = new GPUGenerator(device_.index());
    copy->seed_ = seed_;
    copy->offset = offset;
    return copy;
  }

  /// The generator for the numbers of one operation.
  const at::Generator& next_operation() {
    host.set_current_seed(mixed_seed(seed_, offset));
    offset += numbers_of_operation;
    return host;
  }

  at::Generator host;
  uint64_t seed_ = c10::default_rng_seed_val;
  uint64_t offset = 0;
};

at::Generator& default_generator_of(c10::DeviceIndex index) {
  static auto generators = new std::array<at::Generator, most_devices>();
  at::Generator& generator = generators->at(size_t(index < 0 ? current_device() : index));
  if (!generator.defined()) generator = new_generator(index);
  return generator;
}

}  // namespace

const at::Generator& default_generator(c10::DeviceIndex index) { return default_generator_of(index); }

void set_default_generator(c10::DeviceIndex index, at::Generator generator) {
  default_generator_of(index) = std::move(generator);
}

at::Generator new_generator(c10::DeviceIndex index) {
  return at::make_generator<GPUGenerator>(index < 0 ? current_device() : index);
}

at::Generator host_generator(const at::Generator& generator) {
  if (!generator.defined() || generator.device().type() != c10::kCUDA) return generator;
  return static_cast<GPUGenerator*>(generator.unsafeGetGeneratorImpl())->next_operation();
}

}  // namespace uniference

namespace at {

/// What C++ code of torch asks of CUDA. Torch looks for a class of this name.
struct CUDAHooks final : CUDAHooksInterface {
  explicit CUDAHooks(CUDAHooksArgs) {}
  void init() const override {}
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return deviceCount() > 0; }
  bool hasPrimaryContext(DeviceIndex) const override { return true; }
  DeviceIndex deviceCount() const override { return uniference::DeviceMemory::shared().device_count(); }
  int getNumGPUs() const override { return deviceCount(); }
  void setCurrentDevice(DeviceIndex device) const override { uniference::set_current_device(device); }
  DeviceIndex getCurrentDevice() const override { return uniference::current_device(); }
  DeviceIndex current_device() const override { return uniference::current_device(); }
  DeviceIndex exchangeDevice(DeviceIndex device) const override {
    DeviceIndex former = uniference::current_device();
    if (device >= 0) uniference::set_current_device(device);
    return former;
  }
  DeviceIndex maybeExchangeDevice(DeviceIndex device) const override { return exchangeDevice(device); }
  bool hasCUDA() const override { return true; }
  bool hasCUDART() const override { return true; }
  bool hasCuBLASLt() const override { return true; }
  bool hasCuSOLVER() const override { return true; }
  const Generator& getDefaultGenerator(DeviceIndex index) const override { return uniference::default_generator(index); }
  Generator getNewGenerator(DeviceIndex index) const override { return uniference::new_generator(index); }
  Device getDeviceFromPtr(void*) const override { return Device(kCUDA, uniference::current_device()); }
  Allocator* getPinnedMemoryAllocator() const override { return c10::GetCPUAllocator(); }
  Allocator* getCUDADeviceAllocator() const override { return &uniference::DeviceMemory::shared(); }
  void deviceSynchronize(DeviceIndex index) const override {
    if (auto listener = uniference::stream_listener().synchronize) listener(index, -1);
  }
  std::string showConfig() const override { return "a described GPU"; }
};

REGISTER_CUDA_HOOKS(CUDAHooks);

namespace accelerator {

// Torch decides when it is compiled which accelerator there is, and a build for the CPU has none. This library is
// loaded before torch, and the dynamic linker takes the first definition.
__attribute__((visibility("default"))) std::optional<c10::DeviceType> getAccelerator(bool checked) {
  if (uniference::DeviceMemory::shared().device_count() > 0) return c10::kCUDA;
  TORCH_CHECK(!checked, "Cannot access accelerator device when none is available.");
  return std::nullopt;
}

}  // namespace accelerator

}  // namespace at
