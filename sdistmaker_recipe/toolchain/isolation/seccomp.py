"""The system calls that builds in the sandbox may not use, as a filter for seccomp(2). Pure.

Namespaces do not hide the keyrings of the account, which may hold Kerberos tickets. They also keep System V
shared memory and message queues from one tag to the next, within a worker. The kernel answers these calls
as if it did not have them (ENOSYS).
"""

from __future__ import annotations

import errno
import struct
from typing import NamedTuple


class _Calls(NamedTuple):
    """An architecture by its number in linux/audit.h, its refused calls, and the highest number it has."""

    architecture: int
    refused: tuple[int, ...]
    highest: int


# add_key, request_key, keyctl, msgget, semget, shmget, mq_open; 32-bit x86 also has ipc.
_GENERIC = (217, 218, 219, 186, 190, 194, 180)
_I386 = _Calls(0x40000003, (286, 287, 288, 399, 393, 395, 277, 117), 0xFFFF)
_MACHINES = {
    # Higher numbers are the same calls for another pointer size (x32).
    "x86_64": (_Calls(0xC000003E, (248, 249, 250, 68, 64, 29, 240), 0xFFFF), _I386),
    "aarch64": (_Calls(0xC00000B7, _GENERIC, 0xFFFF),),
    "riscv64": (_Calls(0xC00000F3, _GENERIC, 0xFFFF),),
}
_LOAD, _EQUAL, _GREATER, _RETURN = 0x20, 0x15, 0x25, 0x06
_NUMBER_OFFSET, _ARCHITECTURE_OFFSET = 0, 4
_ALLOW = 0x7FFF0000
_REFUSE = 0x00050000 | errno.ENOSYS


def seccomp_filter(machine: str) -> bytes:
    """The filter for a machine as ``os.uname`` names it, as structs sock_filter; b"" for an unknown machine.

    It refuses all calls of an architecture that the machine can run and that is not listed here.
    """
    architectures = _MACHINES.get(machine, ())
    if not architectures:
        return b""
    blocks = (instruction for calls in architectures for instruction in _block(calls))
    return b"".join([_instruction(_LOAD, _ARCHITECTURE_OFFSET), *blocks, _instruction(_RETURN, _REFUSE)])


def _block(calls: _Calls) -> list[bytes]:
    """Instructions that decide about calls of one architecture, and jump behind themselves for any other."""
    jump = len(calls.refused)
    instructions = [
        _instruction(_LOAD, _NUMBER_OFFSET),
        _instruction(_GREATER, calls.highest, jump + 1),
    ]
    for number in calls.refused:
        instructions.append(_instruction(_EQUAL, number, jump))
        jump -= 1
    instructions += [_instruction(_RETURN, _ALLOW), _instruction(_RETURN, _REFUSE)]
    return [_instruction(_EQUAL, calls.architecture, 0, len(instructions)), *instructions]


def _instruction(code: int, operand: int, jump_if_true: int = 0, jump_if_false: int = 0) -> bytes:
    """One struct sock_filter; a comparison has the number of instructions to skip."""
    return struct.pack("=HBBI", code, jump_if_true, jump_if_false, operand)
