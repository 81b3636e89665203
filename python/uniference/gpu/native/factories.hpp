// New tensors on described GPUs.
#pragma once

#include <torch/library.h>

namespace uniference {

/// Adds `empty` and `empty_strided`, on which most of torch's other ways to make tensors stand.
void register_factories(torch::Library& library);

}  // namespace uniference
