#include "operations.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/bitwise_and.h>
#include <ATen/ops/bitwise_or.h>
#include <ATen/ops/bitwise_xor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/rms_norm.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/softmax.h>

namespace {

/// Rows `first`... of a table; other indices give zeros.
at::Tensor rowsOf(const at::Tensor &table, const at::Tensor &indices, int64_t first) {
  const at::Tensor rows = first == 0 ? indices : indices - first;
  const at::Tensor outside = rows.lt(0).logical_or(rows.ge(table.size(0)));
  if (!outside.any().item<bool>()) return at::embedding(table, rows);
  return at::embedding(table, rows.masked_fill(outside, 0)).masked_fill(outside.unsqueeze(-1), 0);
}

/// Attention in which query i sees keys 0...(offset + i), or all keys where the offset is negative.
at::Tensor attention(const at::Tensor &queries, const at::Tensor &keys, const at::Tensor &values, int64_t offset) {
  const int64_t queryCount = queries.size(1);
  const int64_t seen = offset < 0 ? keys.size(1) : std::min(keys.size(1), offset + queryCount);
  const at::Tensor q = queries.transpose(1, 2);
  const at::Tensor k = keys.narrow(1, 0, seen).transpose(1, 2);
  const at::Tensor v = values.narrow(1, 0, seen).transpose(1, 2);
  const bool isGrouped = q.size(1) != k.size(1);
  const bool seesAll = offset < 0 || offset + 1 >= seen;
  const bool isSquare = offset == 0 && seen == queryCount;
  std::optional<at::Tensor> mask;
  if (!seesAll && !isSquare) {
    const auto options = at::TensorOptions().dtype(at::kLong).device(queries.device());
    mask = at::arange(seen, options).unsqueeze(0).le(at::arange(offset, offset + queryCount, options).unsqueeze(1));
  }
  return at::scaled_dot_product_attention(q, k, v, mask, 0.0, !seesAll && isSquare, std::nullopt, isGrouped)
      .transpose(1, 2);
}

/// Heads turned by the angles of their positions: element i of a head's first half pairs with element i of the second.
at::Tensor rotated(const at::Tensor &heads, const at::Tensor &cosines, const at::Tensor &sines, int64_t position) {
  const int64_t half = heads.size(3) / 2;
  const at::Tensor cosine = cosines.narrow(0, position, heads.size(1)).unsqueeze(1);
  const at::Tensor sine = sines.narrow(0, position, heads.size(1)).unsqueeze(1);
  const at::Tensor first = heads.narrow(3, 0, half);
  const at::Tensor second = heads.narrow(3, half, half);
  return at::cat({first * cosine - second * sine, second * cosine + first * sine}, 3);
}

at::Tensor combined(const at::Tensor &left, const at::Tensor &right, UniferenceReduction reduction) {
  switch (reduction) {
    case UNIFERENCE_SUM:
    case UNIFERENCE_AVERAGE:
      return left + right;
    case UNIFERENCE_PRODUCT:
      return left * right;
    case UNIFERENCE_MINIMUM:
      return at::minimum(left, right);
    case UNIFERENCE_MAXIMUM:
      return at::maximum(left, right);
    case UNIFERENCE_BITWISE_AND:
      return at::bitwise_and(left, right);
    case UNIFERENCE_BITWISE_OR:
      return at::bitwise_or(left, right);
    case UNIFERENCE_BITWISE_XOR:
      return at::bitwise_xor(left, right);
  }
  TORCH_CHECK(false, "there is no reduction ", static_cast<int>(reduction));
}

}  // namespace

at::Tensor computed(
    UniferenceOperation operation, const std::vector<at::Tensor> &x, const int64_t *integers, const double *numbers) {
  switch (operation) {
    case UNIFERENCE_LINEAR:
      return x.size() > 2 ? at::linear(x[0], x[1], x[2]) : at::linear(x[0], x[1]);
    case UNIFERENCE_MATMUL:
      return at::matmul(x[0], x[1]);
    case UNIFERENCE_ATTENTION:
      return attention(x[0], x[1], x[2], integers[0]).contiguous();
    case UNIFERENCE_EMBEDDING:
      return rowsOf(x[1], x[0], integers[0]);
    case UNIFERENCE_ARGMAX:
      return at::argmax(x[0], -1);
    case UNIFERENCE_RMS_NORM:
      return at::rms_norm(x[0], x[1].sizes(), x[1], numbers[0]);
    case UNIFERENCE_LAYER_NORM:
      return at::layer_norm(x[0], x[1].sizes(), x[1], x[2], numbers[0]);
    case UNIFERENCE_SOFTMAX:
      return at::softmax(x[0], -1);
    case UNIFERENCE_SILU:
      return at::silu(x[0]);
    case UNIFERENCE_GELU_TANH:
      return at::gelu(x[0], "tanh");
    case UNIFERENCE_ADD:
      return x[0] + x[1];
    case UNIFERENCE_MULTIPLY:
      return x[0] * x[1];
    case UNIFERENCE_ROTARY:
      return rotated(x[0], x[1], x[2], integers[0]);
    case UNIFERENCE_CONCATENATE:
      return at::cat(x, integers[0]);
    case UNIFERENCE_CAST:
      return x[0].to(scalarType(static_cast<UniferenceElementType>(integers[0])), false, true);
  }
  TORCH_CHECK(false, "there is no operation ", static_cast<int>(operation));
}

at::Tensor reduced(const std::vector<at::Tensor> &tensors, UniferenceReduction reduction) {
  at::Tensor result = tensors[0].clone();
  TORCH_CHECK(
      reduction != UNIFERENCE_AVERAGE || at::isFloatingType(result.scalar_type()), "there is no average of ",
      result.scalar_type(), "; cast it to a floating-point type first");
  for (size_t index = 1; index < tensors.size(); ++index) {
    const at::Tensor next = tensors[index].to(result.device()).view_as(result);
    TORCH_CHECK(
        next.scalar_type() == result.scalar_type(), "contribution ", index, " is ", next.scalar_type(), ", the first is ",
        result.scalar_type());
    // Sums of truth values and of small integers stay what they are, as in c10d.
    result = combined(result, next, reduction).to(result.scalar_type());
  }
  if (reduction == UNIFERENCE_AVERAGE) result = result.div(static_cast<int64_t>(tensors.size()));
  return result;
}
