/// Process groups of PyTorch Distributed behind plain C.
#ifndef UNIFERENCE_TORCH_GROUPS_H
#define UNIFERENCE_TORCH_GROUPS_H

#include "TorchTensors.h"

#ifdef __cplusplus
extern "C" {
#endif

/// A reference to one process group. Whoever receives one through an out parameter releases it.
typedef struct UniferenceGroup UniferenceGroup;

/// A communication under way, to be released by whoever started it. It keeps its tensors alive.
typedef struct UniferenceWork UniferenceWork;

/// Makes a group of these ranks of the world, in ascending order, and writes its name, or else a message of one line, into
/// `text`. Every member calls it at the same time. Zero means success.
typedef int32_t (*UniferenceGroupMaker)(const int64_t *worldRanks, int64_t count, char *text, int64_t capacity);

/// Functions on process groups. Ranks are positions in the group. Tensors are flat and contiguous; elements of all types
/// travel, and are combined as `reduce` of the tensor functions combines them, but in the backend's own order. All
/// members start the same collectives in the same order.
struct UniferenceGroupFunctions {
  /// The group that this process knows under a name.
  UniferenceFailure (*resolve)(const char *name, UniferenceGroup **result);
  /// A new group, by the maker that the host has set.
  UniferenceFailure (*make)(const int64_t *worldRanks, int64_t count, UniferenceGroup **result);
  void (*release)(UniferenceGroup *group);
  int32_t (*rank)(const UniferenceGroup *group);
  int32_t (*size)(const UniferenceGroup *group);

  UniferenceFailure (*send)(
      UniferenceGroup *group, const UniferenceTensor *tensor, int32_t destination, int32_t tag, UniferenceWork **work);
  /// Overwrites `tensor`, which is as large as what is sent.
  UniferenceFailure (*receive)(
      UniferenceGroup *group, UniferenceTensor *tensor, int32_t source, int32_t tag, UniferenceWork **work);
  /// Overwrites `tensor` with the combination.
  UniferenceFailure (*allReduce)(
      UniferenceGroup *group, UniferenceTensor *tensor, UniferenceReduction reduction, UniferenceWork **work);
  /// Overwrites `tensor` with the combination on the root, and with anything on the others.
  UniferenceFailure (*reduce)(
      UniferenceGroup *group, UniferenceTensor *tensor, UniferenceReduction reduction, int32_t root,
      UniferenceWork **work);
  /// `output` is one block; `input` has a block for each member.
  UniferenceFailure (*reduceScatter)(
      UniferenceGroup *group, const UniferenceTensor *input, UniferenceTensor *output, UniferenceReduction reduction,
      UniferenceWork **work);
  UniferenceFailure (*broadcast)(UniferenceGroup *group, UniferenceTensor *tensor, int32_t root, UniferenceWork **work);
  /// `output` has room for as many elements as `input` has, times the group's size.
  UniferenceFailure (*allGather)(
      UniferenceGroup *group, const UniferenceTensor *input, UniferenceTensor *output, UniferenceWork **work);
  /// `output`, of the group's size blocks, is used on the root only.
  UniferenceFailure (*gather)(
      UniferenceGroup *group, const UniferenceTensor *input, UniferenceTensor *output, int32_t root,
      UniferenceWork **work);
  /// `input`, of the group's size blocks, is used on the root only.
  UniferenceFailure (*scatter)(
      UniferenceGroup *group, const UniferenceTensor *input, UniferenceTensor *output, int32_t root,
      UniferenceWork **work);
  /// Counts are of elements, one for each member.
  UniferenceFailure (*allToAll)(
      UniferenceGroup *group, const UniferenceTensor *input, const int64_t *inputCounts, UniferenceTensor *output,
      const int64_t *outputCounts, UniferenceWork **work);
  UniferenceFailure (*barrier)(UniferenceGroup *group, UniferenceWork **work);

  /// Whether `wait` would return at once.
  UniferenceFailure (*isCompleted)(UniferenceWork *work, bool *result);
  /// Returns when the work has ended, and fails where the work did.
  UniferenceFailure (*wait)(UniferenceWork *work);
  /// As `wait`, but returns after some time even where the work has not ended.
  UniferenceFailure (*waitBriefly)(UniferenceWork *work, int64_t milliseconds, bool *hasEnded);
  void (*releaseWork)(UniferenceWork *work);

  /// Whether the group has a store, where members leave texts for each other.
  bool (*hasStore)(const UniferenceGroup *group);
  /// Puts a text under a key of the group's store, where all members see it.
  UniferenceFailure (*publish)(UniferenceGroup *group, const char *key, const char *text);
  /// The texts under some keys, each to be freed by `freeMessage`; all NULL unless all are there.
  UniferenceFailure (*lookUp)(UniferenceGroup *group, const char *const *keys, int64_t count, char **texts);
};

/// Sets who makes groups. Exported by the library under this name, for hosts that are not Swift.
#define UNIFERENCE_SET_GROUP_MAKER "uniference_set_group_maker"

#ifdef __cplusplus
}
#endif

#endif
