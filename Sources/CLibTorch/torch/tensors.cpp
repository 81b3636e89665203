#include "tensors.hpp"

#include <ATen/Context.h>
#include <ATen/EmptyTensor.h>
#include <ATen/Parallel.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <atomic>
#include <cstring>
#include <vector>

#include "failures.hpp"
#include "operations.hpp"

namespace {

std::atomic<int64_t> liveTensors{0};

/// `guarded`, without bookkeeping for gradients: no tensor here has any, so that dispatch may begin below it.
template <typename Body>
UniferenceFailure withoutGradients(Body body) noexcept {
  return guarded([&] {
    at::AutoDispatchBelowADInplaceOrView guard;
    body();
  });
}

std::vector<at::Tensor> values(const UniferenceTensor *const *tensors, int64_t count) {
  std::vector<at::Tensor> values;
  values.reserve(count);
  for (int64_t index = 0; index < count; ++index) values.push_back(tensors[index]->value);
  return values;
}

at::Tensor flat(const at::Tensor &tensor) { return tensor.reshape({-1}); }

/// Whether the elements lie one after another in memory that this thread can reach, so that copying needs no dispatch.
bool isPlain(const at::Tensor &tensor) { return tensor.is_cpu() && tensor.is_contiguous(); }

/// Memory of undefined elements. On the CPU without the dispatcher, which would take longer than all the rest.
at::Tensor uninitialized(at::IntArrayRef shape, at::ScalarType type, c10::Device device) {
  if (device.is_cpu()) return at::detail::empty_cpu(shape, type);
  return at::empty(shape, at::TensorOptions().dtype(type).device(device));
}

/// The device of a name; that of the CPU is not worth parsing.
c10::Device device(const char *name) {
  return std::strcmp(name, "cpu") == 0 ? c10::Device(c10::kCPU) : c10::Device(name);
}

void freeMessage(char *message) { std::free(message); }

UniferenceFailure checkDevice(const char *name) {
  return withoutGradients([&] { at::empty({1}, at::TensorOptions().device(device(name))).fill_(1); });
}

UniferenceFailure setThreadCount(int32_t count) {
  return guarded([&] { at::set_num_threads(count); });
}

UniferenceFailure synchronize(const char *name) {
  return guarded([&] {
    const c10::Device waited = device(name);
    if (!waited.is_cpu()) c10::impl::VirtualGuardImpl(waited.type()).synchronizeDevice(waited.index());
  });
}

int64_t liveTensorCount() { return liveTensors.load(); }

UniferenceFailure empty(
    const int64_t *shape, int64_t rank, UniferenceElementType type, const char *name, UniferenceTensor **result) {
  return withoutGradients([&] {
    *result = give(uninitialized(at::IntArrayRef(shape, rank), scalarType(type), device(name)));
  });
}

void release(UniferenceTensor *tensor) {
  liveTensors.fetch_sub(1);
  delete tensor;
}

UniferenceFailure write(UniferenceTensor *tensor, const void *bytes, int64_t byteCount) {
  return withoutGradients([&] {
    at::Tensor &target = tensor->value;
    TORCH_CHECK(
        byteCount == static_cast<int64_t>(target.nbytes()), byteCount, " bytes do not fill a tensor of ",
        target.nbytes());
    if (byteCount > 0) target.copy_(at::from_blob(const_cast<void *>(bytes), target.sizes(), target.scalar_type()));
  });
}

UniferenceFailure read(const UniferenceTensor *tensor, UniferenceElementType type, void *bytes, int64_t byteCount) {
  return withoutGradients([&] {
    const at::Tensor &source = tensor->value;
    const at::ScalarType scalar = scalarType(type);
    const int64_t needed = source.numel() * static_cast<int64_t>(c10::elementSize(scalar));
    TORCH_CHECK(byteCount == needed, "a tensor of ", needed, " bytes does not fit ", byteCount);
    if (byteCount > 0) at::from_blob(bytes, source.sizes(), scalar).copy_(source);
  });
}

UniferenceFailure reshape(
    const UniferenceTensor *tensor, const int64_t *shape, int64_t rank, UniferenceTensor **result) {
  return withoutGradients([&] { *result = give(tensor->value.view(at::IntArrayRef(shape, rank))); });
}

UniferenceFailure narrow(
    const UniferenceTensor *tensor, int64_t axis, int64_t start, int64_t count, UniferenceTensor **result) {
  return withoutGradients([&] { *result = give(tensor->value.narrow(axis, start, count)); });
}

UniferenceFailure apply(
    UniferenceOperation operation, const UniferenceTensor *const *operands, int64_t operandCount,
    const int64_t *integers, const double *numbers, UniferenceTensor **result) {
  return withoutGradients(
      [&] { *result = give(computed(operation, values(operands, operandCount), integers, numbers)); });
}

UniferenceFailure copyInto(
    const UniferenceTensor *source, UniferenceTensor *destination, int64_t axis, int64_t start) {
  return withoutGradients(
      [&] { destination->value.narrow(axis, start, source->value.size(axis)).copy_(source->value); });
}

UniferenceFailure copyRange(
    const UniferenceTensor *tensor, int64_t start, int64_t count, UniferenceTensor **result) {
  return withoutGradients([&] {
    const at::Tensor &source = tensor->value;
    if (!isPlain(source) || start < 0 || count <= 0 || count > source.numel() - start) {
      *result = give(flat(source).narrow(0, start, count).clone());
      return;
    }
    const size_t size = source.element_size();
    at::Tensor copy = uninitialized({count}, source.scalar_type(), source.device());
    std::memcpy(
        copy.mutable_data_ptr(), static_cast<const char *>(source.const_data_ptr()) + start * size, count * size);
    *result = give(std::move(copy));
  });
}

UniferenceFailure joinFlat(const UniferenceTensor *const *tensors, int64_t count, UniferenceTensor **result) {
  return withoutGradients([&] {
    std::vector<at::Tensor> parts = values(tensors, count);
    for (at::Tensor &part : parts) part = flat(part).to(parts[0].device());
    *result = give(at::cat(parts));
  });
}

UniferenceFailure reduce(
    const UniferenceTensor *const *tensors, int64_t count, UniferenceReduction reduction, UniferenceTensor **result) {
  return withoutGradients([&] { *result = give(reduced(values(tensors, count), reduction)); });
}

UniferenceFailure fill(UniferenceTensor *tensor, const UniferenceTensor *message) {
  return withoutGradients([&] {
    TORCH_CHECK(
        tensor->value.scalar_type() == message->value.scalar_type(), "a message of ", message->value.scalar_type(),
        " cannot fill a tensor of ", tensor->value.scalar_type());
    if (isPlain(tensor->value) && isPlain(message->value) && tensor->value.numel() == message->value.numel()) {
      if (tensor->value.numel() > 0) {
        std::memcpy(tensor->value.mutable_data_ptr(), message->value.const_data_ptr(), tensor->value.nbytes());
      }
      return;
    }
    tensor->value.copy_(message->value.view(tensor->value.sizes()));
  });
}

}  // namespace

UniferenceTensor *give(at::Tensor tensor) {
  auto *given = new UniferenceTensor{std::move(tensor)};
  liveTensors.fetch_add(1);
  return given;
}

at::ScalarType scalarType(UniferenceElementType type) {
  switch (type) {
    case UNIFERENCE_FLOAT64:
      return at::kDouble;
    case UNIFERENCE_FLOAT32:
      return at::kFloat;
    case UNIFERENCE_FLOAT16:
      return at::kHalf;
    case UNIFERENCE_BFLOAT16:
      return at::kBFloat16;
    case UNIFERENCE_INT64:
      return at::kLong;
    case UNIFERENCE_INT32:
      return at::kInt;
    case UNIFERENCE_INT16:
      return at::kShort;
    case UNIFERENCE_INT8:
      return at::kChar;
    case UNIFERENCE_UINT8:
      return at::kByte;
    case UNIFERENCE_BOOL:
      return at::kBool;
  }
  TORCH_CHECK(false, "there is no element type ", static_cast<int>(type));
}

const struct UniferenceTensorFunctions &tensorFunctions() {
  static const UniferenceTensorFunctions functions = {
      freeMessage, checkDevice, setThreadCount, synchronize, liveTensorCount, empty, release, write, read,
      reshape, narrow, apply, copyInto, copyRange, joinFlat, reduce, fill,
  };
  return functions;
}
