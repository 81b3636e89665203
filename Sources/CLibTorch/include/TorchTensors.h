/// Tensors of libtorch behind plain C.
#ifndef UNIFERENCE_TORCH_TENSORS_H
#define UNIFERENCE_TORCH_TENSORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A reference to one tensor of libtorch. Whoever receives one through an out parameter releases it.
typedef struct UniferenceTensor UniferenceTensor;

/// What every call that may fail returns: NULL, or a message of one line, to be freed by `freeMessage`. Out parameters
/// are set only on success.
typedef char *UniferenceFailure;

typedef enum {
  UNIFERENCE_FLOAT64 = 0,
  UNIFERENCE_FLOAT32 = 1,
  UNIFERENCE_FLOAT16 = 2,
  UNIFERENCE_BFLOAT16 = 3,
  UNIFERENCE_INT64 = 4,
  UNIFERENCE_INT32 = 5,
  UNIFERENCE_INT16 = 6,
  UNIFERENCE_INT8 = 7,
  UNIFERENCE_UINT8 = 8,
  UNIFERENCE_BOOL = 9,
} UniferenceElementType;

/// Operations with their operands and attributes. Shapes are checked by the caller.
typedef enum {
  /// Input, weight [outputs, inputs], optionally bias.
  UNIFERENCE_LINEAR = 0,
  /// Left, right.
  UNIFERENCE_MATMUL = 1,
  /// Queries [batch, queries, heads, size], keys and values [batch, keys, key-value heads, size]. Integers: position of
  /// the first query among the keys, or -1 for attention to all keys. Optionally key counts [batch]: queries of an entry
  /// see its first so many keys.
  UNIFERENCE_ATTENTION = 2,
  /// Indices, table. Integers: the index of the table's first row.
  UNIFERENCE_EMBEDDING = 3,
  /// Along the last axis.
  UNIFERENCE_ARGMAX = 4,
  /// Input, weight. Numbers: epsilon.
  UNIFERENCE_RMS_NORM = 5,
  /// Input, weight, bias. Numbers: epsilon.
  UNIFERENCE_LAYER_NORM = 6,
  /// Along the last axis.
  UNIFERENCE_SOFTMAX = 7,
  UNIFERENCE_SILU = 8,
  /// The tanh form.
  UNIFERENCE_GELU_TANH = 9,
  UNIFERENCE_ADD = 10,
  UNIFERENCE_MULTIPLY = 11,
  /// Input [batch, positions, heads, size], cosines and sines [any, size / 2]. Integers: position of the first row.
  UNIFERENCE_ROTARY = 12,
  /// Integers: axis.
  UNIFERENCE_CONCATENATE = 13,
  /// Integers: a UniferenceElementType.
  UNIFERENCE_CAST = 14,
  /// x times the normal distribution's share below x.
  UNIFERENCE_GELU_EXACT = 15,
  /// x times the sigmoid of 1.702 x.
  UNIFERENCE_GELU_QUICK = 16,
  UNIFERENCE_TANH = 17,
  UNIFERENCE_EXPONENTIAL = 18,
  /// Rows along the last axis divided by their Euclidean lengths. Numbers: the least divisor.
  UNIFERENCE_NORMALIZE = 19,
  /// Input [batch, positions, columns], optionally counts [batch] of first positions.
  UNIFERENCE_MEAN = 20,
  /// Input [batch, channels, height, width]. Integers: size of a square.
  UNIFERENCE_PATCHES = 21,
} UniferenceOperation;

typedef enum {
  UNIFERENCE_SUM = 0,
  UNIFERENCE_PRODUCT = 1,
  UNIFERENCE_MINIMUM = 2,
  UNIFERENCE_MAXIMUM = 3,
  UNIFERENCE_AVERAGE = 4,
  UNIFERENCE_BITWISE_AND = 5,
  UNIFERENCE_BITWISE_OR = 6,
  UNIFERENCE_BITWISE_XOR = 7,
} UniferenceReduction;

/// Functions on tensors. All may be called from any thread, one at a time for each tensor.
struct UniferenceTensorFunctions {
  void (*freeMessage)(char *message);

  /// Fails unless libtorch can compute on the device: "cpu", "cuda", "cuda:1", "mps".
  UniferenceFailure (*checkDevice)(const char *device);
  /// How many threads one operation on the CPU may use.
  UniferenceFailure (*setThreadCount)(int32_t count);
  /// Waits until the device has finished what it was given; returns at once on the CPU.
  UniferenceFailure (*synchronize)(const char *device);
  /// Tensors that have been given out and not released.
  int64_t (*liveTensorCount)(void);

  /// A tensor of undefined elements.
  UniferenceFailure (*empty)(
      const int64_t *shape, int64_t rank, UniferenceElementType type, const char *device,
      UniferenceTensor **result);
  void (*release)(UniferenceTensor *tensor);
  /// Overwrites all elements with `byteCount` bytes, in the order of the shape.
  UniferenceFailure (*write)(UniferenceTensor *tensor, const void *bytes, int64_t byteCount);
  /// Copies all elements, converted to a type, in the order of the shape.
  UniferenceFailure (*read)(
      const UniferenceTensor *tensor, UniferenceElementType type, void *bytes, int64_t byteCount);

  /// The same elements under another shape; fails where they are not adjacent.
  UniferenceFailure (*reshape)(
      const UniferenceTensor *tensor, const int64_t *shape, int64_t rank,
      UniferenceTensor **result);
  /// The entries start..<start + count along an axis, which share their elements with the tensor.
  UniferenceFailure (*narrow)(
      const UniferenceTensor *tensor, int64_t axis, int64_t start, int64_t count,
      UniferenceTensor **result);
  /// A contiguous new tensor with the result of an operation.
  UniferenceFailure (*apply)(
      UniferenceOperation operation, const UniferenceTensor *const *operands, int64_t operandCount,
      const int64_t *integers, const double *numbers,
      UniferenceTensor **result);
  /// Overwrites entries of `destination` along an axis, from `start` on.
  UniferenceFailure (*copyInto)(
      const UniferenceTensor *source, UniferenceTensor *destination, int64_t axis, int64_t start);

  /// A flat copy of the elements start..<start + count in the order of the shape.
  UniferenceFailure (*copyRange)(
      const UniferenceTensor *tensor, int64_t start, int64_t count, UniferenceTensor **result);
  /// A flat copy of the elements of all tensors.
  UniferenceFailure (*joinFlat)(
      const UniferenceTensor *const *tensors, int64_t count,
      UniferenceTensor **result);
  /// The element-wise combination, in the order given, on the first one's device.
  UniferenceFailure (*reduce)(
      const UniferenceTensor *const *tensors, int64_t count, UniferenceReduction reduction,
      UniferenceTensor **result);
  /// Overwrites all elements with those of a message of as many elements.
  UniferenceFailure (*fill)(UniferenceTensor *tensor, const UniferenceTensor *message);
};

#ifdef __cplusplus
}
#endif

#endif
