// What Python calls, by ctypes, and the registration of all kernels with torch.
#include <ATen/core/LegacyTypeDispatch.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/library.h>

#include <map>
#include <set>

#include "attention.hpp"
#include "device_memory.hpp"
#include "device_state.hpp"
#include "factories.hpp"
#include "generators.hpp"
#include "kernels.hpp"
#include "operator_plan.hpp"
#include "recurrent.hpp"
#include "signature.hpp"

#define EXPORTED extern "C" __attribute__((visibility("default")))

namespace uniference {

namespace {

using at::Tensor;

Tensor& set_storage_with_shape(
    Tensor& self, c10::Storage source, c10::SymInt offset, c10::SymIntArrayRef sizes, c10::SymIntArrayRef strides) {
  c10::TensorImpl& impl = *self.unsafeGetTensorImpl();
  impl.set_storage_keep_dtype(std::move(source));
  auto lengths = C10_AS_INTARRAYREF_SLOW(sizes);
  if (strides.empty() && !sizes.empty()) {
    impl.set_sizes_contiguous(lengths);
    impl.set_storage_offset(offset.expect_int());
  } else {
    impl.set_sizes_and_strides(lengths, C10_AS_INTARRAYREF_SLOW(strides), offset.expect_int());
  }
  return self;
}

Tensor& set_storage(Tensor& self, c10::Storage source) {
  int64_t elements = int64_t(source.nbytes() / self.dtype().itemsize());
  c10::TensorImpl& impl = *self.unsafeGetTensorImpl();
  impl.set_storage_keep_dtype(std::move(source));
  impl.set_sizes_contiguous({elements});
  impl.set_storage_offset(0);
  return self;
}

Tensor& set_tensor(Tensor& self, const Tensor& source) {
  c10::TensorImpl& impl = *self.unsafeGetTensorImpl();
  impl.set_storage_keep_dtype(source.storage());
  impl.set_sizes_and_strides(source.sizes(), source.strides(), source.storage_offset());
  return self;
}

Tensor& set_empty(Tensor& self) { return set_storage(self, make_with_values(0, self.device())); }

void record_stream(Tensor&, c10::Stream) {}

/// Operations that have kernels of their own here.
const std::set<std::string> written_here{
    "aten::set_.source_Storage", "aten::set_.source_Storage_storage_offset", "aten::set_.source_Tensor", "aten::set_",
    "aten::record_stream", "aten::_fused_sdp_choice", "aten::empty.memory_format", "aten::empty_strided",
};

/// Gives every operation that the CPU has to described GPUs.
void register_kernels() {
  c10::Dispatcher& dispatcher = c10::Dispatcher::singleton();
  // Never destroyed: that would take the kernels back.
  auto libraries = new std::map<std::string, std::unique_ptr<torch::Library>>();
  auto library_of = [&](const std::string& space) -> torch::Library& {
    auto& library = (*libraries)[space];
    if (!library) {
      library = std::make_unique<torch::Library>(torch::Library::IMPL, space, c10::DispatchKey::CUDA, __FILE__, __LINE__);
    }
    return *library;
  };
  for (const c10::OperatorName& name : dispatcher.getAllOpNames()) {
    auto operation = dispatcher.findSchema(name);
    if (!operation) continue;
    std::string full = name.overload_name.empty() ? name.name : name.name + "." + name.overload_name;
    if (written_here.count(full) > 0 || OperatorPlan::of(*operation).is_composite) continue;
    if (operation->hasKernelForDispatchKey(c10::DispatchKey::CUDA)) continue;
    size_t end = name.name.find("::");
    std::string local = full.substr(end + 2);
    library_of(name.name.substr(0, end)).impl(local.c_str(), torch::CppFunction::makeFromBoxedFunction<&run_on_device>());
  }
  torch::Library& aten = library_of("aten");
  aten.impl("set_.source_Storage", &set_storage);
  aten.impl("set_.source_Storage_storage_offset", &set_storage_with_shape);
  aten.impl("set_.source_Tensor", &set_tensor);
  aten.impl("set_", &set_empty);
  aten.impl("record_stream", &record_stream);
  register_factories(aten);
  register_attention(aten);
  register_recurrent(aten);
  auto rest = new torch::Library(torch::Library::IMPL, "_", c10::DispatchKey::CUDA, __FILE__, __LINE__);
  rest->fallback(torch::CppFunction::makeFromBoxedFunction<&run_on_device>());
}

void register_interception() {
  auto host = new torch::Library(torch::Library::IMPL, "_", c10::DispatchKey::Fake, __FILE__, __LINE__);
  host->fallback(torch::CppFunction::makeFromBoxedFunction<&run_on_host>());
}

c10::StorageImpl* storage_at(void* pointer) { return static_cast<c10::StorageImpl*>(pointer); }

}  // namespace

}  // namespace uniference

using namespace uniference;

/// Describes the GPUs that each process has. Before this there are none, and torch is as it was.
EXPORTED void uniference_gpu_describe(int devices, int64_t capacity_bytes, int64_t context_bytes) {
  DeviceMemory::shared().configure(c10::DeviceIndex(devices), capacity_bytes, context_bytes);
  c10::SetAllocator(c10::kCUDA, &DeviceMemory::shared());
}

EXPORTED void uniference_gpu_register() { register_kernels(); }

EXPORTED void uniference_gpu_listen(const StreamListener* listener) { stream_listener() = *listener; }

EXPORTED int uniference_gpu_current() { return current_device(); }

/// Gives 0 where there is no device of that index.
EXPORTED int64_t uniference_gpu_current_stream(int index) { return current_stream(c10::DeviceIndex(index)); }

EXPORTED void uniference_gpu_set_stream(int index, int64_t stream) { set_current_stream(c10::DeviceIndex(index), stream); }

/// Milliseconds between two events.
EXPORTED double uniference_gpu_elapsed(int64_t first, int64_t second) {
  auto listener = stream_listener().elapsed;
  return listener == nullptr ? 0 : listener(first, second);
}

/// Makes a generator that Python has made a device's default one.
EXPORTED void uniference_gpu_set_generator(int index, void* generator) {
  set_default_generator(
      c10::DeviceIndex(index),
      at::Generator(c10::intrusive_ptr<c10::GeneratorImpl>::unsafe_reclaim_from_nonowning(
          static_cast<c10::GeneratorImpl*>(generator))));
}

EXPORTED void uniference_gpu_set_memory_limit(int index, int64_t bytes) {
  DeviceMemory::shared().device(c10::DeviceIndex(index)).set_limit(bytes);
}

/// Whether the calling thread's allocations are the described device's. Those of a graph that is replayed are not: its
/// capture has accounted for them.
EXPORTED void uniference_gpu_account(int is_on) { DeviceMemory::set_accounting(is_on != 0); }

/// Resizes a storage of a described GPU. Gives 0 where the device has no room for it.
EXPORTED int uniference_gpu_resize_storage(void* storage, int64_t size_bytes) {
  try {
    resize(*storage_at(storage), size_bytes);
    return 1;
  } catch (const c10::Error&) {
    return 0;
  }
}

/// From now on, in this process, large tensors have no values.
EXPORTED void uniference_values_forget(int (*on_stand_in)(const char*)) {
  static bool is_registered = (register_interception(), true);
  (void)is_registered;
  value_policy().is_fake = true;
  value_policy().on_stand_in = on_stand_in;
}

/// The number of the signature of the one call that the thread has made since it last asked; 0 for none or several.
EXPORTED int64_t uniference_take_signature() {
  CallCount& calls = calls_of_thread();
  int64_t result = calls.calls == 1 ? calls.latest : 0;
  calls = {};
  return result;
}

/// From now on all tensors have values again.
EXPORTED void uniference_values_keep() {
  value_policy().is_fake = false;
  value_policy().on_stand_in = nullptr;
}

/// Has the calling thread's operations on tensors of the host looked at, or not.
EXPORTED void uniference_values_intercept(int is_on) {
  c10::impl::tls_set_dispatch_key_included(c10::DispatchKey::Fake, is_on != 0);
}

/// Whether the elements of a storage are what the program has computed.
EXPORTED int uniference_values_has(void* storage) {
  Holding* holding = holding_of(*storage_at(storage));
  return holding == nullptr || holding->has_values;
}

/// Makes a storage one without values: what arrived there from another rank had none.
EXPORTED void uniference_values_drop(void* storage) { drop_values(*storage_at(storage)); }
