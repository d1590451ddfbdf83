"""What builds in the sandbox may not ask the kernel for, as a filter of seccomp(2). Pure.

No namespace keeps the keyrings of the account away, where Kerberos has its tickets, and what is shared by
System V and by message queues stays for the next tag. The kernel answers such calls as one that has neither.
"""

from __future__ import annotations

import errno
import struct
from typing import NamedTuple


class _Calls(NamedTuple):
    """The number of an architecture in linux/audit.h, those of its calls, and the highest it has."""

    architecture: int
    refused: tuple[int, ...]
    highest: int


# add_key, request_key, keyctl, msgget, semget, shmget, mq_open; for 32 bits ipc, too.
_GENERIC = (217, 218, 219, 186, 190, 194, 180)
_I386 = _Calls(0x40000003, (286, 287, 288, 399, 393, 395, 277, 117), 0xFFFF)
_MACHINES = {
    # What has a higher number is the same call for another size of pointers.
    "x86_64": (_Calls(0xC000003E, (248, 249, 250, 68, 64, 29, 240), 0xFFFF), _I386),
    "aarch64": (_Calls(0xC00000B7, _GENERIC, 0xFFFF),),
    "riscv64": (_Calls(0xC00000F3, _GENERIC, 0xFFFF),),
}
_LOAD, _EQUAL, _GREATER, _RETURN = 0x20, 0x15, 0x25, 0x06
_NUMBER, _ARCHITECTURE = 0, 4
_ALLOW = 0x7FFF0000
_REFUSE = 0x00050000 | errno.ENOSYS


def seccomp_filter(machine: str) -> bytes:
    """The program for a machine as ``os.uname`` names it, of struct sock_filter; b"" for one we do not know.

    Calls of an architecture that the machine can run but that is not known here are all refused.
    """
    calls = _MACHINES.get(machine, ())
    program = [_instruction(_LOAD, _ARCHITECTURE), *(each for one in calls for each in _block(one))]
    return b"".join([*program, _instruction(_RETURN, _REFUSE)]) if calls else b""


def _block(calls: _Calls) -> list[bytes]:
    """Decide where it is this architecture; go on behind it where it is another."""
    left = len(calls.refused)
    inside = [_instruction(_LOAD, _NUMBER), _instruction(_GREATER, calls.highest, left + 1)]
    for number in calls.refused:
        inside.append(_instruction(_EQUAL, number, left))
        left -= 1
    inside += [_instruction(_RETURN, _ALLOW), _instruction(_RETURN, _REFUSE)]
    return [_instruction(_EQUAL, calls.architecture, 0, len(inside)), *inside]


def _instruction(code: int, operand: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """One instruction; a test says how many to leap over."""
    return struct.pack("=HBBI", code, if_true, if_false, operand)
