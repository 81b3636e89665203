// Arguments of one call, lent to the kernel of another device.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Storage.h>

#include <utility>
#include <vector>

namespace uniference {

/// Tensors of a described GPU as tensors of the CPU in the same memory, or any as tensors of no memory (`meta`), and
/// the results back again. Tensors that share a storage share one when they are lent.
class Loan {
 public:
  /// `borrower`: where the kernel is, `c10::kCPU` or `c10::kMeta`. `owner`: where its new results belong.
  Loan(c10::DeviceType borrower, c10::Device owner) : borrower_(borrower), owner_(owner) {}

  at::Tensor lend(const at::Tensor& tensor);
  /// A result: a view of what was lent, or a new tensor.
  at::Tensor take_back(const at::Tensor& result);
  /// Makes sizes and storages of the tensors that were lent what the kernel has made of them.
  void settle();

 private:
  struct Pair {
    c10::Storage own, lent;
  };

  const c10::Storage& lend(const c10::Storage& storage);

  c10::DeviceType borrower_;
  c10::Device owner_;
  std::vector<Pair> storages_;
  std::vector<std::pair<at::Tensor, at::Tensor>> tensors_;
};

}  // namespace uniference
