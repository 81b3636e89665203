#pragma once

#include <vector>

#include "tensors.hpp"

/// The result of an operation of the C header, contiguous.
at::Tensor computed(
    UniferenceOperation operation, const std::vector<at::Tensor> &operands, const int64_t *integers,
    const double *numbers);

/// The element-wise combination of tensors of equal size, in the order given.
at::Tensor reduced(const std::vector<at::Tensor> &tensors, UniferenceReduction reduction);
