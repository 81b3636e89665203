#include "signature.hpp"

#include <ATen/core/Tensor.h>

#include <mutex>
#include <unordered_map>
#include <vector>

namespace uniference {

namespace {

using c10::IValue;

/// Puts values one after another, each behind a letter for its type.
class Writer {
 public:
  template <typename Value>
  void add(char type, const Value& value) {
    text_.push_back(type);
    text_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }

  void add(const at::Tensor& tensor) {
    if (!tensor.defined()) return add('u', uint8_t(0));
    if (!tensor.has_storage()) return fail();
    const c10::TensorImpl& impl = *tensor.unsafeGetTensorImpl();
    add('t', tensor.scalar_type());
    add('d', tensor.device().type());
    add('w', impl.is_wrapped_number());
    add('n', tensor.dim());
    for (int64_t axis = 0; axis < tensor.dim(); ++axis) {
      add('s', tensor.size(axis));
      add('r', tensor.stride(axis));
    }
    // Which memory it is does not matter, unless several tensors are in the same.
    const c10::StorageImpl* storage = tensor.storage().unsafeGetStorageImpl();
    for (size_t each = 0; each < storages_.size(); ++each) {
      if (storages_[each].first != storage) continue;
      add('a', each);
      add('o', tensor.storage_offset() - storages_[each].second);
      return;
    }
    storages_.emplace_back(storage, tensor.storage_offset());
    add('b', std::min(tensor.storage().nbytes(), tensor.nbytes()));
  }

  void add(const IValue& value) {
    if (value.isNone()) return add('0', uint8_t(0));
    if (value.isTensor()) return add(value.toTensor());
    if (value.isBool()) return add('B', value.toBool());
    if (value.isInt()) return add('I', value.toInt());
    if (value.isDouble()) return add('F', value.toDouble());
    if (value.isString()) return add(value.toStringRef());
    if (value.isDevice()) return add('D', value.toDevice().type());
    if (value.isGenerator()) return add('G', uint8_t(0));
    if (value.isList()) {
      auto list = value.toList();
      add('L', list.size());
      for (const IValue& each : list) add(each);
      return;
    }
    fail();
  }

  void add(const std::string& text) {
    add('S', text.size());
    text_ += text;
  }

  void fail() { is_comparable_ = false; }
  std::optional<std::string> finished() { return is_comparable_ ? std::optional(std::move(text_)) : std::nullopt; }

 private:
  std::string text_;
  std::vector<std::pair<const c10::StorageImpl*, int64_t>> storages_;
  bool is_comparable_ = true;
};

}  // namespace

std::optional<std::string> signature_of(
    const OperatorPlan& plan, c10::ArrayRef<IValue> arguments, c10::Device device) {
  Writer writer;
  // Plans live as long as the process, one for each operation.
  writer.add('p', &plan);
  writer.add('d', device.type());
  for (const IValue& argument : arguments) writer.add(argument);
  return writer.finished();
}

int64_t number_of(const std::string& signature) {
  static std::mutex mutex;
  static auto numbers = new std::unordered_map<std::string, int64_t>();
  std::lock_guard lock(mutex);
  return numbers->emplace(signature, int64_t(numbers->size()) + 1).first->second;
}

CallCount& calls_of_thread() {
  static thread_local CallCount count;
  return count;
}

}  // namespace uniference
