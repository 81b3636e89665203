#include "loan.hpp"

#include <c10/core/CPUAllocator.h>

#include "device_memory.hpp"

namespace uniference {

namespace {

/// A tensor of the shape of another one in a storage.
at::Tensor make_tensor(c10::Storage storage, c10::DispatchKeySet keys, const at::Tensor& like) {
  auto result = at::detail::make_tensor<c10::TensorImpl>(std::move(storage), keys, like.dtype());
  result.unsafeGetTensorImpl()->set_sizes_and_strides(like.sizes(), like.strides(), like.storage_offset());
  return result;
}

/// A view of a tensor, of the shape of another one. It is one of inference mode if and only if the tensor is.
at::Tensor make_view(const at::Tensor& base, const at::Tensor& like) {
  auto result = at::detail::make_tensor<c10::TensorImpl>(
      c10::TensorImpl::VIEW, c10::Storage(base.storage()), base.key_set(), like.dtype());
  result.unsafeGetTensorImpl()->set_sizes_and_strides(like.sizes(), like.strides(), like.storage_offset());
  return result;
}

c10::DispatchKeySet keys_of(c10::DeviceType type) {
  switch (type) {
    case c10::kCUDA:
      return c10::DispatchKeySet(c10::DispatchKey::CUDA);
    case c10::kMeta:
      return c10::DispatchKeySet(c10::DispatchKey::Meta);
    default:
      return c10::DispatchKeySet(c10::DispatchKey::CPU);
  }
}

}  // namespace

at::Tensor Loan::lend(const at::Tensor& tensor) {
  if (!tensor.defined() || !tensor.has_storage()) return tensor;
  if (tensor.device().type() == borrower_) return tensor;
  // Numbers stay numbers: torch's kernels for `meta` in Python are given them as such.
  bool is_number = tensor.unsafeGetTensorImpl()->is_wrapped_number();
  if (is_number && borrower_ == c10::kMeta) return tensor;
  at::Tensor lent = make_tensor(lend(tensor.storage()), keys_of(borrower_), tensor);
  if (is_number) lent.unsafeGetTensorImpl()->set_wrapped_number(true);
  tensors_.emplace_back(tensor, lent);
  return lent;
}

const c10::Storage& Loan::lend(const c10::Storage& storage) {
  for (const Pair& pair : storages_) {
    if (pair.own.unsafeGetStorageImpl() == storage.unsafeGetStorageImpl()) return pair.lent;
  }
  c10::Device place(borrower_);
  void* data = borrower_ == c10::kMeta ? nullptr : storage.unsafeGetStorageImpl()->_mutable_data_ptr_no_checks().get();
  storages_.push_back(
      {storage, c10::Storage(
                    c10::make_intrusive<c10::StorageImpl>(
                        c10::StorageImpl::use_byte_size_t(), storage.nbytes(), c10::DataPtr(data, place),
                        borrower_ == c10::kMeta ? c10::GetAllocator(c10::kMeta) : c10::GetCPUAllocator(), true))});
  return storages_.back().lent;
}

at::Tensor Loan::take_back(const at::Tensor& result) {
  if (!result.defined() || !result.has_storage() || result.device().type() != borrower_) return result;
  for (const auto& [own, lent] : tensors_) {
    if (lent.is_same(result)) return own;
  }
  c10::StorageImpl* storage = result.storage().unsafeGetStorageImpl();
  for (const auto& [own, lent] : tensors_) {
    if (lent.storage().unsafeGetStorageImpl() == storage) return make_view(own, result);
  }
  for (const Pair& pair : storages_) {
    if (pair.lent.unsafeGetStorageImpl() == storage) return make_tensor(pair.own, keys_of(owner_.type()), result);
  }
  c10::Storage own;
  if (borrower_ == c10::kMeta) {
    own = make_valueless(int64_t(storage->nbytes()), owner_);
  } else if (owner_.is_cuda()) {
    own = adopt(std::move(storage->_mutable_data_ptr_no_checks()), int64_t(storage->nbytes()), owner_.index());
  } else {
    return result;
  }
  at::Tensor taken = make_tensor(own, keys_of(owner_.type()), result);
  // Others of the results can be in the same memory.
  storages_.push_back({std::move(own), result.storage()});
  return taken;
}

void Loan::settle() {
  for (Pair& pair : storages_) {
    c10::StorageImpl& own = *pair.own.unsafeGetStorageImpl();
    c10::StorageImpl& lent = *pair.lent.unsafeGetStorageImpl();
    if (lent.nbytes() == own.nbytes()) continue;
    if (borrower_ == c10::kMeta || lent.nbytes() == 0) {
      resize(own, int64_t(lent.nbytes()));
    } else {
      int64_t size = int64_t(lent.nbytes());
      c10::Storage made = adopt(std::move(lent._mutable_data_ptr_no_checks()), size, own.device().index());
      own.set_data_ptr_noswap(std::move(made.unsafeGetStorageImpl()->_mutable_data_ptr_no_checks()));
      own.set_nbytes(size_t(size));
    }
  }
  for (const auto& [own, lent] : tensors_) {
    if (own.sizes() != lent.sizes() || own.strides() != lent.strides() || own.storage_offset() != lent.storage_offset()) {
      own.unsafeGetTensorImpl()->set_sizes_and_strides(lent.sizes(), lent.strides(), lent.storage_offset());
    }
  }
}

}  // namespace uniference
