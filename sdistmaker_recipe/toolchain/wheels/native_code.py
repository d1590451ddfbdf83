"""Recognise machine code, by the name of a file and its first bytes. Pure."""

from __future__ import annotations

from pathlib import PurePosixPath

BYTES_NEEDED = 4096
"""How many bytes from the beginning of a file are enough to recognise it."""

_SUFFIXES = frozenset({".so", ".pyd", ".dylib", ".dll", ".o", ".a", ".lib", ".obj"})
# ELF, static libraries, WebAssembly, and Mach-O in both byte orders.
_SIGNATURES = (
    b"\x7fELF",
    b"!<arch>\n",
    b"\0asm",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
)
_PLACE_OF_PE_OFFSET = 0x3C


def is_native_code(path: str, beginning: bytes) -> bool:
    """Whether a file is a library, an object file or a program for one kind of machine."""
    if PurePosixPath(path).suffix.lower() in _SUFFIXES or beginning.startswith(_SIGNATURES):
        return True
    return beginning.startswith(b"MZ") and _is_portable_executable(beginning)


def _is_portable_executable(beginning: bytes) -> bool:
    """Whether this is a program or library of Windows: a text can begin with the same two letters."""
    place = int.from_bytes(beginning[_PLACE_OF_PE_OFFSET : _PLACE_OF_PE_OFFSET + 4], "little")
    return beginning[place : place + 4] == b"PE\0\0"
