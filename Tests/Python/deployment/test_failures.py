"""What is wrong ends every rank with a line that says what, and none is left waiting."""

import re
import sys

import pytest
from cases import slow

from deployment.conftest import error_lines


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        ("type-mismatch", r"collective \d of group world differs .*16 bytes of (int32|float32).* at TestPrograms/"),
        slow("size-mismatch", r"broadcast with root 0 of (16|24) bytes .* broadcast with root 0 of (16|24) bytes"),
        slow("extra-collective", r"called (allReduce\(sum\) of 16 bytes of float32|barrier) at"),
    ],
)
def test_calls_that_differ_are_told_on_every_rank(programs, mistake, said):
    for end in programs.deploy(programs.library("TestPrograms"), 3, mistake):
        assert end.code == 65
        (line,) = error_lines(end)
        assert re.search(said, line), line


@pytest.mark.parametrize(("mistake", "codes"), [("throwing", {65}), ("leaving", {3, 65})])
def test_a_rank_that_fails_ends_the_others(programs, mistake, codes):
    ends = programs.deploy(programs.library("TestPrograms"), 3, mistake)
    assert {end.code for end in ends} == codes, [end.errors for end in ends]
    assert len(error_lines(ends[0])) == len(error_lines(ends[2])) == 1
    if mistake == "throwing":
        assert error_lines(ends[1]) == ["uniference: error: rank 1: rank 1 has had enough"]


def test_truncated_weights(programs, tmp_path):
    weights = tmp_path / "cut.gguf"
    weights.write_bytes(b"GGUF\x03\x00\x00\x00" + b"\0" * 12)
    library = programs.library("LlamaProgram")
    for end in [
        *programs.deploy(library, 2, "--weights", weights),
        programs.simulate(library, 1, "--weights", weights),
    ]:
        assert end.code == 65
        (line,) = error_lines(end)
        assert "cut.gguf" in line


def test_an_argument_that_is_not_known(programs):
    (end,) = programs.deploy(programs.library("LlamaProgram"), 1, "--strategie", "single")
    assert end.code == 64
    assert error_lines(end) == ["uniference: error: rank 0: Unknown option '--strategie'. Did you mean '--strategy'?"]


def test_a_library_without_the_entry_point_and_a_file_that_is_none(programs, tmp_path):
    torch = f"{sys.prefix}/lib/uniference/libUniferenceTorch.so"
    text = tmp_path / "text.so"
    text.write_text("no library")
    for library, said in [
        (torch, "has no function uniference_program_main; a program's library exports it by ProgramLibrary.main"),
        (text, "no library that can be loaded"),
        (tmp_path / "none.so", "none.so"),
    ]:
        ends = [*programs.deploy(library, 2), programs.simulate(library, 2)]
        for end in ends:
            assert end.code == 65
            (line,) = error_lines(end)
            assert said in line


def test_a_torch_that_it_was_not_built_for(programs, tmp_path):
    other = tmp_path / "libUniferenceTorch.so"
    other.write_text("no library")
    for end in programs.deploy(programs.library("LlamaProgram"), 2, environment={"UNIFERENCE_TORCH": str(other)}):
        assert end.code == 65
        (line,) = error_lines(end)
        assert "does not go with PyTorch" in line and "build it again by" in line


def test_more_ranks_than_the_strategy_can_have(programs):
    for end in programs.deploy(programs.library("LlamaProgram"), 2, "--strategy", "tensor=3"):
        assert end.code == 64
        assert "the strategy tensor=3 needs 3 ranks; there are 2" in error_lines(end)[0]
