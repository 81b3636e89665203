#include "waiting.hpp"

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>

class Outcome {
 public:
  void end(std::exception_ptr failure) {
    {
      std::lock_guard<std::mutex> lock(mutex);
      this->failure = std::move(failure);
      isOver = true;
    }
    changed.notify_all();
  }

  bool hasEnded() {
    std::lock_guard<std::mutex> lock(mutex);
    return isOver;
  }

  void await() {
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, [&] { return isOver; });
    if (failure) std::rethrow_exception(failure);
  }

 private:
  std::mutex mutex;
  std::condition_variable changed;
  bool isOver = false;
  std::exception_ptr failure;
};

namespace {

/// Threads that wait, as many as works are waited for at the same time.
class Waiters {
 public:
  std::shared_ptr<Outcome> add(c10::intrusive_ptr<c10d::Work> work) {
    auto outcome = std::make_shared<Outcome>();
    std::lock_guard<std::mutex> lock(mutex);
    tasks.push_back({std::move(work), outcome});
    if (idleCount < tasks.size()) {
      std::thread([this] { run(); }).detach();
    } else {
      added.notify_one();
    }
    return outcome;
  }

 private:
  struct Task {
    c10::intrusive_ptr<c10d::Work> work;
    std::shared_ptr<Outcome> outcome;
  };

  [[noreturn]] void run() {
    std::unique_lock<std::mutex> lock(mutex);
    while (true) {
      ++idleCount;
      added.wait(lock, [&] { return !tasks.empty(); });
      --idleCount;
      Task task = std::move(tasks.front());
      tasks.pop_front();
      lock.unlock();
      std::exception_ptr failure;
      try {
        TORCH_CHECK(task.work->wait(), "the communication was aborted");
      } catch (...) {
        failure = std::current_exception();
      }
      task.outcome->end(failure);
      task = {};
      lock.lock();
    }
  }

  std::mutex mutex;
  std::condition_variable added;
  std::deque<Task> tasks;
  size_t idleCount = 0;
};

}  // namespace

std::shared_ptr<Outcome> waitElsewhere(c10::intrusive_ptr<c10d::Work> work) {
  // Never destroyed, since its threads outlive main.
  static auto *waiters = new Waiters;
  return waiters->add(std::move(work));
}

bool hasEnded(Outcome &outcome) { return outcome.hasEnded(); }

void await(Outcome &outcome) { outcome.await(); }
