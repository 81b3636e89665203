#include "groups.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <torch/csrc/distributed/c10d/GroupRegistry.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include <atomic>
#include <functional>
#include <vector>

#include "failures.hpp"
#include "reductions.hpp"
#include "tensors.hpp"
#include "waiting.hpp"

using c10d::ProcessGroup;
using c10d::Work;

/// What the opaque types of the C header are.
struct UniferenceGroup {
  c10::intrusive_ptr<ProcessGroup> value;
  bool hasMuteMessages;
};

struct UniferenceWork {
  UniferenceWork(c10::intrusive_ptr<Work> value, std::function<void()> finish, bool isOnHost)
      : value(std::move(value)), finish(std::move(finish)), isOnHost(isOnHost) {}

  c10::intrusive_ptr<Work> value;
  /// What remains to be done once the work has ended; also keeps tensors alive.
  std::function<void()> finish;
  /// Whether the tensors are in the processor's memory.
  bool isOnHost;
  /// Whether the work does not say that it has ended before somebody has waited for it.
  bool isMute = false;
  /// How it ended, where another thread waits for it.
  std::shared_ptr<Outcome> outcome;
  bool isFinished = false;
};

namespace {

std::atomic<UniferenceGroupMaker> groupMaker{nullptr};

/// Whether the group's messages between processors are gloo's, whose works never say that they have ended.
bool messagesAreMute(ProcessGroup &group) {
  try {
    return group.getBackend(c10::DeviceType::CPU)->getBackendName().find("gloo") != std::string::npos;
  } catch (...) {
    // A group without backends, written in Python.
    return false;
  }
}

UniferenceGroup *handle(c10::intrusive_ptr<ProcessGroup> group) {
  const bool isMute = messagesAreMute(*group);
  return new UniferenceGroup{std::move(group), isMute};
}

/// A communication that has been started, and what remains to be done once it has ended.
using Begun = std::pair<c10::intrusive_ptr<Work>, std::function<void()>>;

/// Gives the work that `start` begins on a tensor.
template <typename Start>
UniferenceFailure started(UniferenceWork **work, const UniferenceTensor *tensor, Start start) noexcept {
  return guarded([&] {
    at::NoGradGuard guard;
    Begun begun = start();
    const bool isOnHost = tensor == nullptr || tensor->value.is_cpu();
    *work = new UniferenceWork(std::move(begun.first), std::move(begun.second), isOnHost);
  });
}

/// `started`, of a message.
template <typename Start>
UniferenceFailure messageStarted(
    UniferenceGroup *group, UniferenceWork **work, const UniferenceTensor *tensor, Start start) noexcept {
  const UniferenceFailure failure = started(work, tensor, start);
  if (failure == nullptr) (*work)->isMute = group->hasMuteMessages && (*work)->isOnHost;
  return failure;
}


/// The work, and tensors to keep alive until it has been released.
Begun keeping(c10::intrusive_ptr<Work> work, std::vector<at::Tensor> tensors) {
  return {std::move(work), [tensors = std::move(tensors)] {}};
}

/// The bytes of a flat tensor, so that backends need not know its type.
at::Tensor bytes(const UniferenceTensor *tensor) { return tensor->value.contiguous().view(at::kByte); }

std::vector<at::Tensor> blocks(const at::Tensor &tensor, int64_t count) {
  return tensor.view({count, -1}).unbind(0);
}

UniferenceFailure resolve(const char *name, UniferenceGroup **result) {
  return guarded([&] { *result = handle(c10d::resolve_process_group(name)); });
}

UniferenceFailure make(const int64_t *worldRanks, int64_t count, UniferenceGroup **result) {
  return guarded([&] {
    const UniferenceGroupMaker maker = groupMaker.load();
    TORCH_CHECK(maker != nullptr, "the program's host cannot make groups; start it by python -m uniference.host");
    char text[1024] = {};
    const int32_t status = maker(worldRanks, count, text, sizeof(text));
    TORCH_CHECK(status == 0, text);
    *result = handle(c10d::resolve_process_group(text));
  });
}

void release(UniferenceGroup *group) { delete group; }

int32_t rank(const UniferenceGroup *group) { return group->value->getRank(); }

int32_t size(const UniferenceGroup *group) { return group->value->getSize(); }

UniferenceFailure send(
    UniferenceGroup *group, const UniferenceTensor *tensor, int32_t destination, int32_t tag, UniferenceWork **work) {
  return messageStarted(group, work, tensor, [&] {
    std::vector<at::Tensor> sent = {bytes(tensor)};
    return keeping(group->value->send(sent, destination, tag), sent);
  });
}

UniferenceFailure receive(
    UniferenceGroup *group, UniferenceTensor *tensor, int32_t source, int32_t tag, UniferenceWork **work) {
  return messageStarted(group, work, tensor, [&] {
    std::vector<at::Tensor> received = {tensor->value.view(at::kByte)};
    return keeping(group->value->recv(received, source, tag), received);
  });
}

UniferenceFailure allReduce(
    UniferenceGroup *group, UniferenceTensor *tensor, UniferenceReduction reduction, UniferenceWork **work) {
  return started(work, tensor, [&] {
    const Combination combination(reduction, tensor->value.scalar_type());
    const at::Tensor target = tensor->value;
    std::vector<at::Tensor> combined = {combination.outgoing(target)};
    c10d::AllreduceOptions options;
    options.reduceOp = combination.operation();
    auto running = group->value->allreduce(combined, options);
    const int64_t members = group->value->getSize();
    return Begun{running, [=] { combination.finish(target, combined[0], members); }};
  });
}

UniferenceFailure reduce(
    UniferenceGroup *group, UniferenceTensor *tensor, UniferenceReduction reduction, int32_t root,
    UniferenceWork **work) {
  return started(work, tensor, [&] {
    const Combination combination(reduction, tensor->value.scalar_type());
    const at::Tensor target = tensor->value;
    std::vector<at::Tensor> combined = {combination.outgoing(target)};
    c10d::ReduceOptions options;
    options.reduceOp = combination.operation();
    options.rootRank = root;
    auto running = group->value->reduce(combined, options);
    const int64_t members = group->value->getSize();
    return Begun{running, [=] { combination.finish(target, combined[0], members); }};
  });
}

UniferenceFailure reduceScatter(
    UniferenceGroup *group, const UniferenceTensor *input, UniferenceTensor *output, UniferenceReduction reduction,
    UniferenceWork **work) {
  return started(work, output, [&] {
    const Combination combination(reduction, output->value.scalar_type());
    const at::Tensor target = output->value;
    at::Tensor outgoing = combination.outgoing(input->value);
    at::Tensor combined = combination.outgoing(target);
    c10d::ReduceScatterOptions options;
    options.reduceOp = combination.operation();
    auto running = group->value->reduce_scatter_single(combined, outgoing, options);
    const int64_t members = group->value->getSize();
    return Begun{running, [=] {
      (void)outgoing;
      combination.finish(target, combined, members);
    }};
  });
}

UniferenceFailure broadcast(UniferenceGroup *group, UniferenceTensor *tensor, int32_t root, UniferenceWork **work) {
  return started(work, tensor, [&] {
    std::vector<at::Tensor> shared = {tensor->value.view(at::kByte)};
    c10d::BroadcastOptions options;
    options.rootRank = root;
    return keeping(group->value->broadcast(shared, options), shared);
  });
}

UniferenceFailure allGather(
    UniferenceGroup *group, const UniferenceTensor *input, UniferenceTensor *output, UniferenceWork **work) {
  return started(work, output, [&] {
    at::Tensor own = bytes(input);
    at::Tensor all = output->value.view(at::kByte);
    return keeping(group->value->all_gather_single(all, own), {own, all});
  });
}

UniferenceFailure gather(
    UniferenceGroup *group, const UniferenceTensor *input, UniferenceTensor *output, int32_t root,
    UniferenceWork **work) {
  return started(work, input, [&] {
    std::vector<at::Tensor> own = {bytes(input)};
    std::vector<std::vector<at::Tensor>> all;
    if (group->value->getRank() == root) all.push_back(blocks(output->value.view(at::kByte), group->value->getSize()));
    c10d::GatherOptions options;
    options.rootRank = root;
    auto running = group->value->gather(all, own, options);
    return Begun{running, [own, all] {}};
  });
}

UniferenceFailure scatter(
    UniferenceGroup *group, const UniferenceTensor *input, UniferenceTensor *output, int32_t root,
    UniferenceWork **work) {
  return started(work, output, [&] {
    std::vector<at::Tensor> own = {output->value.view(at::kByte)};
    std::vector<std::vector<at::Tensor>> all;
    if (group->value->getRank() == root) all.push_back(blocks(bytes(input), group->value->getSize()));
    c10d::ScatterOptions options;
    options.rootRank = root;
    auto running = group->value->scatter(own, all, options);
    return Begun{running, [own, all] {}};
  });
}

UniferenceFailure allToAll(
    UniferenceGroup *group, const UniferenceTensor *input, const int64_t *inputCounts, UniferenceTensor *output,
    const int64_t *outputCounts, UniferenceWork **work) {
  return started(work, output, [&] {
    const int64_t members = group->value->getSize();
    const auto itemSize = static_cast<int64_t>(input->value.element_size());
    std::vector<int64_t> sent(inputCounts, inputCounts + members);
    std::vector<int64_t> received(outputCounts, outputCounts + members);
    for (int64_t &count : sent) count *= itemSize;
    for (int64_t &count : received) count *= itemSize;
    at::Tensor outgoing = bytes(input);
    at::Tensor incoming = output->value.view(at::kByte);
    return keeping(
        group->value->all_to_all_single(incoming, outgoing, received, sent), {incoming, outgoing});
  });
}

UniferenceFailure barrier(UniferenceGroup *group, UniferenceWork **work) {
  return started(work, nullptr, [&] { return keeping(group->value->barrier(), {}); });
}

UniferenceFailure isCompleted(UniferenceWork *work, bool *result) {
  return guarded([&] {
    if (work->isMute && !work->isFinished && !work->outcome) work->outcome = waitElsewhere(work->value);
    *result = work->isFinished || (work->outcome ? hasEnded(*work->outcome) : work->value->isCompleted());
  });
}

UniferenceFailure wait(UniferenceWork *work) {
  return guarded([&] {
    if (work->isFinished) return;
    at::NoGradGuard guard;
    if (work->outcome) {
      await(*work->outcome);
    } else {
      TORCH_CHECK(work->value->wait(), "the communication was aborted");
    }
    work->finish();
    work->isFinished = true;
  });
}

UniferenceFailure waitBriefly(UniferenceWork *work, int64_t milliseconds, bool *hasEnded) {
  return guarded([&] {
    *hasEnded = true;
    if (work->isFinished) return;
    at::NoGradGuard guard;
    try {
      // On accelerators waiting is for the stream, and a time limit would abort the communication.
      const auto limit = work->isOnHost ? std::chrono::milliseconds(milliseconds) : kNoTimeout;
      TORCH_CHECK(work->value->wait(limit), "the communication was aborted");
    } catch (...) {
      if (!work->isOnHost) throw;
      if (!work->value->isCompleted()) {
        *hasEnded = false;
        return;
      }
      // It has ended, by an error or just after the time was over.
      TORCH_CHECK(work->value->wait(), "the communication was aborted");
    }
    work->finish();
    work->isFinished = true;
  });
}

void releaseWork(UniferenceWork *work) { delete work; }

bool hasStore(const UniferenceGroup *group) { return group->value->getStore().defined(); }

UniferenceFailure publish(UniferenceGroup *group, const char *key, const char *text) {
  return guarded([&] { group->value->getStore()->set(key, std::string(text)); });
}

UniferenceFailure lookUp(UniferenceGroup *group, const char *const *keys, int64_t count, char **texts) {
  return guarded([&] {
    const auto store = group->value->getStore();
    const std::vector<std::string> names(keys, keys + count);
    const bool isThere = store->check(names);
    for (int64_t index = 0; index < count; ++index)
      texts[index] = isThere ? strdup(store->get_to_str(names[index]).c_str()) : nullptr;
  });
}

}  // namespace

extern "C" __attribute__((visibility("default"))) void uniference_set_group_maker(UniferenceGroupMaker maker) {
  groupMaker.store(maker);
}

const struct UniferenceGroupFunctions &groupFunctions() {
  static const UniferenceGroupFunctions functions = {
      resolve, make, release, rank, size, send, receive, allReduce, reduce, reduceScatter, broadcast, allGather,
      gather, scatter, allToAll, barrier, isCompleted, wait, waitBriefly, releaseWork, hasStore, publish, lookUp,
  };
  return functions;
}
