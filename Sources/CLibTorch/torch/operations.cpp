#include "operations.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/rms_norm.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tanh.h>

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

/// Which of an entry's first positions count: truth values [batch, positions].
at::Tensor withinCounts(const at::Tensor &counts, int64_t positions) {
  return at::arange(positions, counts.options()).unsqueeze(0).lt(counts.unsqueeze(1));
}

/// Attention to the first keys of each entry.
at::Tensor attentionWithin(
    const at::Tensor &queries, const at::Tensor &keys, const at::Tensor &values, const at::Tensor &counts) {
  const at::Tensor mask = withinCounts(counts, keys.size(1)).unsqueeze(1).unsqueeze(1);
  const bool isGrouped = queries.size(2) != keys.size(2);
  return at::scaled_dot_product_attention(
             queries.transpose(1, 2), keys.transpose(1, 2), values.transpose(1, 2), mask, 0.0, false, std::nullopt,
             isGrouped)
      .transpose(1, 2);
}

/// The mean of each entry's first positions.
at::Tensor meanWithin(const at::Tensor &input, const at::Tensor &counts) {
  const at::Tensor kept = input.masked_fill(withinCounts(counts, input.size(1)).logical_not().unsqueeze(-1), 0);
  return kept.sum(1) / counts.unsqueeze(1).to(input.scalar_type());
}

/// The squares of images, each flattened in the order channel, row, column.
at::Tensor patches(const at::Tensor &images, int64_t size) {
  const int64_t rows = images.size(2) / size;
  const int64_t columns = images.size(3) / size;
  return images.reshape({images.size(0), images.size(1), rows, size, columns, size})
      .permute({0, 2, 4, 1, 3, 5})
      .reshape({images.size(0), rows * columns, images.size(1) * size * size});
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

/// Combines `next` into `result`. All of these keep the element type, as in c10d: sums of truth values are truth values.
void combine(at::Tensor &result, const at::Tensor &next, UniferenceReduction reduction) {
  switch (reduction) {
    case UNIFERENCE_SUM:
    case UNIFERENCE_AVERAGE:
      result.add_(next);
      return;
    case UNIFERENCE_PRODUCT:
      result.mul_(next);
      return;
    case UNIFERENCE_MINIMUM:
      at::minimum_out(result, result, next);
      return;
    case UNIFERENCE_MAXIMUM:
      at::maximum_out(result, result, next);
      return;
    case UNIFERENCE_BITWISE_AND:
      result.bitwise_and_(next);
      return;
    case UNIFERENCE_BITWISE_OR:
      result.bitwise_or_(next);
      return;
    case UNIFERENCE_BITWISE_XOR:
      result.bitwise_xor_(next);
      return;
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
      return (x.size() > 3 ? attentionWithin(x[0], x[1], x[2], x[3]) : attention(x[0], x[1], x[2], integers[0]))
          .contiguous();
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
    case UNIFERENCE_GELU_EXACT:
      return at::gelu(x[0]);
    case UNIFERENCE_GELU_QUICK:
      return x[0] * at::sigmoid(x[0] * 1.702);
    case UNIFERENCE_TANH:
      return at::tanh(x[0]);
    case UNIFERENCE_EXPONENTIAL:
      return at::exp(x[0]);
    case UNIFERENCE_NORMALIZE:
      return x[0] / at::linalg_vector_norm(x[0], 2, at::IntArrayRef{-1}, true).clamp_min(numbers[0]);
    case UNIFERENCE_MEAN:
      return x.size() > 1 ? meanWithin(x[0], x[1]) : at::mean(x[0], 1);
    case UNIFERENCE_PATCHES:
      return patches(x[0], integers[0]).contiguous();
  }
  TORCH_CHECK(false, "there is no operation ", static_cast<int>(operation));
}

at::Tensor reduced(const std::vector<at::Tensor> &tensors, UniferenceReduction reduction) {
  at::Tensor result = tensors[0].clone();
  TORCH_CHECK(
      reduction != UNIFERENCE_AVERAGE || at::isFloatingType(result.scalar_type()), "there is no average of ",
      result.scalar_type(), "; cast it to a floating-point type first");
  for (size_t index = 1; index < tensors.size(); ++index) {
    at::Tensor next = tensors[index];
    TORCH_CHECK(
        next.scalar_type() == result.scalar_type(), "contribution ", index, " is ", next.scalar_type(), ", the first is ",
        result.scalar_type());
    if (next.device() != result.device()) next = next.to(result.device());
    if (next.sizes() != result.sizes()) next = next.view_as(result);
    combine(result, next, reduction);
  }
  if (reduction == UNIFERENCE_AVERAGE) result = result.div(static_cast<int64_t>(tensors.size()));
  return result;
}
