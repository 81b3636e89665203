#include "recurrent.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/zeros_like.h>

namespace uniference {

namespace {

using at::Tensor;
using OptionalTensor = std::optional<Tensor>;

Tensor with_bias(const Tensor& gates, const OptionalTensor& bias) {
  return bias && bias->defined() ? gates + *bias : gates;
}

Tensor bias_gradient(const Tensor& gradient, bool has_bias) { return has_bias ? gradient.sum(0) : Tensor(); }

/// Of the derivative of a sigmoid by its result.
Tensor through_sigmoid(const Tensor& gradient, const Tensor& result) { return gradient * result * (1 - result); }
Tensor through_tanh(const Tensor& gradient, const Tensor& result) { return gradient * (1 - result * result); }

std::tuple<Tensor, Tensor, Tensor> lstm_cell(
    const Tensor& input_gates, const Tensor& hidden_gates, const Tensor& cell, const OptionalTensor& input_bias,
    const OptionalTensor& hidden_bias) {
  auto gates = (with_bias(input_gates, input_bias) + with_bias(hidden_gates, hidden_bias)).chunk(4, 1);
  Tensor in = at::sigmoid(gates[0]), forget = at::sigmoid(gates[1]), candidate = at::tanh(gates[2]),
         out = at::sigmoid(gates[3]);
  Tensor next = forget * cell + in * candidate;
  return {out * at::tanh(next), next, at::cat({in, forget, candidate, out}, 1)};
}

std::tuple<Tensor, Tensor, Tensor> lstm_cell_backward(
    const OptionalTensor& hidden_gradient, const OptionalTensor& cell_gradient, const Tensor& cell, const Tensor& next,
    const Tensor& workspace, bool has_bias) {
  auto gates = workspace.chunk(4, 1);
  const Tensor &in = gates[0], &forget = gates[1], &candidate = gates[2], &out = gates[3];
  Tensor squashed = at::tanh(next);
  Tensor of_hidden =
      hidden_gradient && hidden_gradient->defined() ? *hidden_gradient : at::zeros_like(cell);
  Tensor of_next = through_tanh(of_hidden * out, squashed);
  if (cell_gradient && cell_gradient->defined()) of_next = of_next + *cell_gradient;
  Tensor of_gates = at::cat(
      {through_sigmoid(of_next * candidate, in), through_sigmoid(of_next * cell, forget),
       through_tanh(of_next * in, candidate), through_sigmoid(of_hidden * squashed, out)},
      1);
  return {of_gates, of_next * forget, bias_gradient(of_gates, has_bias)};
}

std::tuple<Tensor, Tensor> gru_cell(
    const Tensor& input_gates, const Tensor& hidden_gates, const Tensor& hidden, const OptionalTensor& input_bias,
    const OptionalTensor& hidden_bias) {
  auto of_input = with_bias(input_gates, input_bias).chunk(3, 1);
  auto of_hidden = with_bias(hidden_gates, hidden_bias).chunk(3, 1);
  Tensor reset = at::sigmoid(of_input[0] + of_hidden[0]), update = at::sigmoid(of_input[1] + of_hidden[1]);
  Tensor candidate = at::tanh(of_input[2] + reset * of_hidden[2]);
  Tensor next = candidate + update * (hidden - candidate);
  return {next, at::cat({reset, update, candidate, hidden, of_hidden[2]}, 1)};
}

std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor> gru_cell_backward(
    const Tensor& gradient, const Tensor& workspace, bool has_bias) {
  auto parts = workspace.chunk(5, 1);
  const Tensor &reset = parts[0], &update = parts[1], &candidate = parts[2], &hidden = parts[3], &of_hidden = parts[4];
  Tensor of_update = through_sigmoid(gradient * (hidden - candidate), update);
  Tensor of_candidate = through_tanh(gradient * (1 - update), candidate);
  Tensor of_reset = through_sigmoid(of_candidate * of_hidden, reset);
  Tensor of_input_gates = at::cat({of_reset, of_update, of_candidate}, 1);
  Tensor of_hidden_gates = at::cat({of_reset, of_update, of_candidate * reset}, 1);
  return {of_input_gates, of_hidden_gates, gradient * update, bias_gradient(of_input_gates, has_bias),
          bias_gradient(of_hidden_gates, has_bias)};
}

}  // namespace

void register_recurrent(torch::Library& library) {
  library.impl("_thnn_fused_lstm_cell", &lstm_cell);
  library.impl("_thnn_fused_lstm_cell_backward_impl", &lstm_cell_backward);
  library.impl("_thnn_fused_gru_cell", &gru_cell);
  library.impl("_thnn_fused_gru_cell_backward", &gru_cell_backward);
}

}  // namespace uniference
