/// libtorch behind plain C: a table of functions in a library that is built against one version of PyTorch
/// (Scripts/build-torch.sh) and opened at run time, so that a build without libtorch is complete.
#ifndef UNIFERENCE_CLIBTORCH_H
#define UNIFERENCE_CLIBTORCH_H

#include "TorchGroups.h"
#include "TorchTensors.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Raised whenever a table below changes; a library of another number is refused.
#define UNIFERENCE_TORCH_INTERFACE 2

/// What the library exports, by the one function below.
struct UniferenceTorch {
  /// UNIFERENCE_TORCH_INTERFACE of the build.
  int32_t interface;
  /// The version of PyTorch that it was built against, such as "2.13.0".
  const char *builtAgainst;
  /// The version of PyTorch that it runs with. Lives as long as the process.
  const char *(*runtimeVersion)(void);
  struct UniferenceTensorFunctions tensors;
  struct UniferenceGroupFunctions groups;
};

/// The library's one symbol.
typedef const struct UniferenceTorch *(*UniferenceTorchEntry)(void);
#define UNIFERENCE_TORCH_ENTRY "uniference_torch"

/// Opens the library at `path` and gives its table, or NULL and a message in `message`, which is cut at `capacity`.
const struct UniferenceTorch *uniference_torch_open(const char *path, char *message, size_t capacity);

#ifdef __cplusplus
}
#endif

#endif
