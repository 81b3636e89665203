#include "factories.hpp"

#include <ATen/EmptyTensor.h>
#include <c10/util/accumulate.h>

#include "device_memory.hpp"
#include "device_state.hpp"
#include "kernels.hpp"

namespace uniference {

namespace {

using at::Tensor;

c10::Device resolved(std::optional<c10::Device> device) {
  c10::DeviceIndex index = device && device->has_index() ? device->index() : current_device();
  check_device_index(index);
  return c10::Device(c10::kCUDA, index);
}

Tensor make(int64_t size_bytes, int64_t elements, c10::ScalarType type, c10::Device device) {
  c10::Storage storage = value_policy().holds(elements, type) ? make_with_values(size_bytes, device)
                                                                : make_valueless(size_bytes, device);
  return at::detail::make_tensor<c10::TensorImpl>(
      std::move(storage), c10::DispatchKeySet(c10::DispatchKey::CUDA), c10::scalarTypeToTypeMeta(type));
}

Tensor empty(
    c10::SymIntArrayRef sizes, std::optional<c10::ScalarType> type, std::optional<c10::Layout>,
    std::optional<c10::Device> device, std::optional<bool> pin_memory, std::optional<c10::MemoryFormat> format) {
  TORCH_CHECK(!pin_memory.value_or(false), "Only dense CPU tensors can be pinned");
  auto lengths = C10_AS_INTARRAYREF_SLOW(sizes);
  at::detail::check_size_nonnegative(lengths);
  c10::ScalarType element = c10::dtype_or_default(type);
  size_t bytes = at::detail::computeStorageNbytesContiguous(lengths, c10::elementSize(element));
  Tensor result = make(int64_t(bytes), c10::multiply_integers(lengths), element, resolved(device));
  c10::TensorImpl& impl = *result.unsafeGetTensorImpl();
  impl.set_sizes_contiguous(lengths);
  if (format && *format != c10::MemoryFormat::Contiguous) impl.empty_tensor_restride(*format);
  return result;
}

Tensor empty_strided(
    c10::SymIntArrayRef sizes, c10::SymIntArrayRef strides, std::optional<c10::ScalarType> type,
    std::optional<c10::Layout>, std::optional<c10::Device> device, std::optional<bool> pin_memory) {
  TORCH_CHECK(!pin_memory.value_or(false), "Only dense CPU tensors can be pinned");
  auto lengths = C10_AS_INTARRAYREF_SLOW(sizes);
  at::detail::check_size_nonnegative(lengths);
  c10::ScalarType element = c10::dtype_or_default(type);
  auto steps = C10_AS_INTARRAYREF_SLOW(strides);
  size_t bytes = at::detail::computeStorageNbytes(lengths, steps, c10::elementSize(element));
  Tensor result = make(int64_t(bytes), c10::multiply_integers(lengths), element, resolved(device));
  result.unsafeGetTensorImpl()->set_sizes_and_strides(lengths, steps);
  return result;
}

}  // namespace

void register_factories(torch::Library& library) {
  library.impl("empty.memory_format", &empty);
  library.impl("empty_strided", &empty_strided);
}

}  // namespace uniference
