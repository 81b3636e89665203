#include "reductions.hpp"

#include <c10/core/ScalarType.h>

Combination::Combination(UniferenceReduction reduction, at::ScalarType type) : reduction(reduction), type(type) {
  TORCH_CHECK(
      reduction != UNIFERENCE_AVERAGE || at::isFloatingType(type), "there is no average of ", type,
      "; cast it to a floating-point type first");
  const bool isBitwise = reduction >= UNIFERENCE_BITWISE_AND;
  TORCH_CHECK(!isBitwise || !at::isFloatingType(type), "there is no bitwise combination of ", type);
}

c10d::ReduceOp Combination::operation() const {
  // Truth values travel as bytes of 0 and 1, of which sums are disjunctions and products are conjunctions.
  const bool isTruth = type == at::kBool;
  switch (reduction) {
    case UNIFERENCE_SUM:
      return isTruth ? c10d::ReduceOp::MAX : c10d::ReduceOp::SUM;
    case UNIFERENCE_AVERAGE:
      return c10d::ReduceOp::SUM;
    case UNIFERENCE_PRODUCT:
      return isTruth ? c10d::ReduceOp::MIN : c10d::ReduceOp::PRODUCT;
    case UNIFERENCE_MINIMUM:
      return c10d::ReduceOp::MIN;
    case UNIFERENCE_MAXIMUM:
      return c10d::ReduceOp::MAX;
    case UNIFERENCE_BITWISE_AND:
      return c10d::ReduceOp::BAND;
    case UNIFERENCE_BITWISE_OR:
      return c10d::ReduceOp::BOR;
    case UNIFERENCE_BITWISE_XOR:
      return c10d::ReduceOp::BXOR;
  }
  TORCH_CHECK(false, "there is no reduction ", static_cast<int>(reduction));
}

at::Tensor Combination::outgoing(const at::Tensor &tensor) const {
  if (type == at::kBool) return tensor.view(at::kByte);
  // No backend combines integers of 16 bits; the low half of 32 bits is the same.
  if (type == at::kShort) return tensor.to(at::kInt);
  return tensor;
}

void Combination::finish(at::Tensor target, const at::Tensor &combined, int64_t members) const {
  if (type == at::kShort) target.copy_(combined);
  if (reduction == UNIFERENCE_AVERAGE) target.div_(members);
}
