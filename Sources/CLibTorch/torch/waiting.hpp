#pragma once

#include <torch/csrc/distributed/c10d/Work.hpp>

#include <memory>

/// How a work ended that another thread waits for.
class Outcome;

/// Whether a work has ended, for works that tell so only to those who wait for them, as gloo's sends and receives do: a
/// thread is given the work to wait for. Threads are reused and never end.
std::shared_ptr<Outcome> waitElsewhere(c10::intrusive_ptr<c10d::Work> work);

bool hasEnded(Outcome &outcome);

/// Returns when the work has ended; throws what it ended with.
void await(Outcome &outcome);
