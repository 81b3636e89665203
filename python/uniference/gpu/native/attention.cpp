#include "attention.hpp"

#include <ATen/Context.h>
#include <ATen/SDPBackend.h>
#include <ATen/native/transformers/attention.h>
#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu.h>
#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu_backward.h>
#include <ATen/ops/empty.h>

#include "kernels.hpp"

namespace uniference {

namespace {

using at::Tensor;
using OptionalTensor = std::optional<Tensor>;

/// Flash attention's largest head on Ampere and later.
constexpr int64_t largest_head = 256;

int64_t choose(
    const Tensor& query, const Tensor& key, const Tensor& value, const OptionalTensor& mask, double dropout,
    bool is_causal, std::optional<double>, bool) {
  const auto& context = at::globalContext();
  bool is_shaped = query.dim() == 4 && key.dim() == 4 && value.dim() == 4 && query.numel() > 0 && key.numel() > 0 &&
      query.size(-1) == key.size(-1) && query.size(-1) == value.size(-1);
  // The CPU's kernels have no dropout; without values there is nothing to drop.
  bool is_fused = is_shaped && (dropout == 0 || value_policy().is_fake) && !(mask && mask->requires_grad());
  bool is_half = query.scalar_type() == at::kHalf || query.scalar_type() == at::kBFloat16;
  if (is_fused && is_half && !mask && query.size(-1) <= largest_head && context.userEnabledFlashSDP()) {
    return static_cast<int64_t>(at::SDPBackend::flash_attention);
  }
  if (is_fused && context.userEnabledMemEfficientSDP() && !(mask && is_causal)) {
    return static_cast<int64_t>(at::SDPBackend::efficient_attention);
  }
  if (context.userEnabledMathSDP()) return static_cast<int64_t>(at::SDPBackend::math);
  return static_cast<int64_t>(at::SDPBackend::error);
}

/// Keys or values with a head for each of the query's: groups of query heads share one.
Tensor repeated(const Tensor& tensor, int64_t heads) {
  int64_t own = tensor.size(1);
  if (own == heads) return tensor;
  return tensor.unsqueeze(2).expand({-1, -1, heads / own, -1, -1}).reshape({tensor.size(0), heads, tensor.size(2), tensor.size(3)});
}

/// The gradient of keys or values of which each was repeated for several heads.
Tensor gathered(const Tensor& gradient, int64_t heads) {
  if (gradient.size(1) == heads) return gradient;
  return gradient.reshape({gradient.size(0), heads, -1, gradient.size(2), gradient.size(3)}).sum(2);
}

/// Torch gives the state of the generator from which dropout was drawn. There is none.
Tensor no_state(const Tensor& like) { return at::empty({2}, like.options().dtype(at::kLong)); }

std::tuple<Tensor, Tensor> forward(
    const Tensor& query, const Tensor& key, const Tensor& value, const OptionalTensor& mask, bool is_causal,
    std::optional<double> scale) {
  int64_t heads = query.size(1);
  return at::_scaled_dot_product_flash_attention_for_cpu(
      query, repeated(key, heads), repeated(value, heads), 0.0, is_causal, mask, scale);
}

std::tuple<Tensor, Tensor, Tensor> backward(
    const Tensor& gradient, const Tensor& query, const Tensor& key, const Tensor& value, const Tensor& output,
    const Tensor& normalizer, const OptionalTensor& mask, bool is_causal, std::optional<double> scale) {
  int64_t heads = query.size(1);
  auto [query_gradient, key_gradient, value_gradient] = at::_scaled_dot_product_flash_attention_for_cpu_backward(
      gradient, query, repeated(key, heads), repeated(value, heads), output, normalizer, 0.0, is_causal, mask, scale);
  return {query_gradient, gathered(key_gradient, key.size(1)), gathered(value_gradient, value.size(1))};
}

std::tuple<Tensor, Tensor, Tensor, Tensor, c10::SymInt, c10::SymInt, Tensor, Tensor, Tensor> flash(
    const Tensor& query, const Tensor& key, const Tensor& value, double, bool is_causal, bool,
    std::optional<double> scale) {
  auto [output, normalizer] = forward(query, key, value, std::nullopt, is_causal, scale);
  Tensor state = no_state(query);
  return {output, normalizer, Tensor(), Tensor(), query.size(2), key.size(2), state, at::empty({0}, state.options()),
          at::empty({0}, query.options())};
}

std::tuple<Tensor, Tensor, Tensor> flash_backward(
    const Tensor& gradient, const Tensor& query, const Tensor& key, const Tensor& value, const Tensor& output,
    const Tensor& normalizer, const Tensor&, const Tensor&, c10::SymInt, c10::SymInt, double, bool is_causal,
    const Tensor&, const Tensor&, std::optional<double> scale) {
  return backward(gradient, query, key, value, output, normalizer, std::nullopt, is_causal, scale);
}

std::tuple<Tensor, Tensor, Tensor, Tensor> efficient(
    const Tensor& query, const Tensor& key, const Tensor& value, const OptionalTensor& bias, bool, double,
    bool is_causal, std::optional<double> scale) {
  auto [output, normalizer] = forward(query, key, value, bias, is_causal, scale);
  Tensor state = no_state(query);
  return {output, normalizer, state, state.clone()};
}

std::tuple<Tensor, Tensor, Tensor, Tensor> efficient_backward(
    const Tensor& gradient, const Tensor& query, const Tensor& key, const Tensor& value, const Tensor& bias,
    const Tensor& output, const Tensor& normalizer, const Tensor&, const Tensor&, double, std::array<bool, 4>,
    bool is_causal, std::optional<double> scale) {
  OptionalTensor mask = bias.defined() ? OptionalTensor(bias) : std::nullopt;
  auto [query_gradient, key_gradient, value_gradient] =
      backward(gradient, query, key, value, output, normalizer, mask, is_causal, scale);
  return {query_gradient, key_gradient, value_gradient, Tensor()};
}

}  // namespace

void register_attention(torch::Library& library) {
  library.impl("_fused_sdp_choice", &choose);
  // Torch's own attention asks for the choice by this table, and takes the slow way where a device is not in it.
  at::native::_fused_sdp_choice_stub.set_cuda_dispatch_ptr(&choose);
  library.impl("_scaled_dot_product_flash_attention", &flash);
  library.impl("_scaled_dot_product_flash_attention_backward", &flash_backward);
  library.impl("_scaled_dot_product_efficient_attention", &efficient);
  library.impl("_scaled_dot_product_efficient_attention_backward", &efficient_backward);
}

}  // namespace uniference
