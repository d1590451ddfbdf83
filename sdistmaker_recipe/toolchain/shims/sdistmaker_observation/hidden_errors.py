"""Find code of a tag that may hide an error: then the answers of a pretended Python may have caused it."""

import dis

from sdistmaker_observation.owners import all_codes

WIDE_ERRORS = frozenset(("BaseException", "Exception", "StandardError", "TypeError", "ValueError"))
"""The errors that functions of Python raise for an answer in place of a text, and wider ones."""


def may_hide_errors(code):
    """Whether a code object may handle an error that an answer caused, as by ``except:``."""
    if any(not WIDE_ERRORS.isdisjoint(inner.co_names) for inner in all_codes(code)):
        return True
    return any(map(handles_all_errors, all_codes(code)))


def handles_all_errors(code):
    """Whether a code object has an ``except`` without the name of an error."""
    instructions = list(dis.get_instructions(code))
    targets = {item.argval for item in instructions if item.opname in ("SETUP_FINALLY", "SETUP_EXCEPT")}
    starts = [
        instructions[number]
        for number, item in enumerate(instructions[:-1], 1)
        if item.opname == "PUSH_EXC_INFO" or instructions[number].offset in targets
    ]
    return any(start.opname == "POP_TOP" for start in starts)
