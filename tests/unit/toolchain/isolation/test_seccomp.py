"""The filter of system calls, run as the kernel runs it."""

from __future__ import annotations

import errno
import struct

import pytest

from sdistmaker_recipe.toolchain.isolation.seccomp import seccomp_filter

ALLOWED, REFUSED = 0x7FFF0000, 0x00050000 | errno.ENOSYS
X86_64, I386, AARCH64, RISCV64, ARM = 0xC000003E, 0x40000003, 0xC00000B7, 0xC00000F3, 0x40000028
LOAD, EQUAL, GREATER, RETURN = 0x20, 0x15, 0x25, 0x06


def decision(machine: str, architecture: int, number: int) -> int:
    """What the program for a machine returns; see classic BPF in Documentation/networking/filter.rst."""
    program = list(struct.iter_unpack("=HBBI", seccomp_filter(machine)))
    data = struct.pack("=II", number, architecture)
    place = loaded = 0
    while True:
        code, if_true, if_false, operand = program[place]
        place += 1
        if code == RETURN:
            return operand
        if code == LOAD:
            (loaded,) = struct.unpack_from("=I", data, operand)
        else:
            holds = {EQUAL: loaded == operand, GREATER: loaded > operand}[code]
            place += if_true if holds else if_false


@pytest.mark.parametrize(
    ("machine", "architecture", "refused"),
    [
        # As the tables of the kernel have them: keyrings first, then what is shared between processes.
        ("x86_64", X86_64, {248, 249, 250, 29, 64, 68, 240}),
        ("x86_64", I386, {286, 287, 288, 117, 393, 395, 399, 277}),
        ("aarch64", AARCH64, {217, 218, 219, 180, 186, 190, 194}),
        ("riscv64", RISCV64, {217, 218, 219, 180, 186, 190, 194}),
    ],
)
def test_these_calls_are_refused_and_no_others(machine, architecture, refused):
    found = {number for number in range(600) if decision(machine, architecture, number) != ALLOWED}
    assert found == refused
    assert {decision(machine, architecture, number) for number in refused} == {REFUSED}


def test_a_call_by_its_number_for_small_pointers_is_refused():
    assert decision("x86_64", X86_64, 0x40000000 | 250) == REFUSED
    assert decision("x86_64", X86_64, 0xFFFFFFFF) == REFUSED


@pytest.mark.parametrize("machine", ["aarch64", "riscv64"])
def test_programs_of_an_architecture_that_is_not_known_have_no_calls(machine):
    assert decision(machine, ARM, 4) == REFUSED


def test_there_is_none_for_a_machine_that_is_not_known():
    assert seccomp_filter("s390x") == b""
