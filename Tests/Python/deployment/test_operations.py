"""Every operation of a Communicator gives the same values in simulation and over gloo."""

import random

import pytest


@pytest.mark.parametrize("ranks", [2, 3])
def test_operations_give_the_same_values_simulated_and_deployed(programs, tmp_path, ranks):
    # All operations, in the world and in a group of another order, with random sizes, types, roots and reductions.
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    library = programs.library("TestPrograms")
    seen = {}
    for world in ("simulated", "deployed"):
        folder = tmp_path / world
        folder.mkdir()
        arguments = ("operations", "--seed", seed, "--count", 60, "--output", folder)
        ends = (
            [programs.simulate(library, ranks, *arguments)]
            if world == "simulated"
            else programs.deploy(library, ranks, *arguments)
        )
        assert [end.code for end in ends] == [0] * len(ends), [end.errors for end in ends]
        seen[world] = [(folder / f"rank-{rank}.txt").read_text().splitlines() for rank in range(ranks)]
    for rank in range(ranks):
        assert len(seen["simulated"][rank]) == 60
        assert seen["deployed"][rank] == seen["simulated"][rank]


def test_tasks_of_a_rank_do_not_keep_each_other_waiting(programs):
    library = programs.library("TestPrograms")
    assert "exchanged 40 times" in programs.deploy(library, 2, "both-ways")[0].output
    assert "answered 3, slept true" in programs.deploy(library, 2, "sleeping")[0].output
    assert "the other thread says 42" in programs.deploy(library, 2, "foreign")[0].output
