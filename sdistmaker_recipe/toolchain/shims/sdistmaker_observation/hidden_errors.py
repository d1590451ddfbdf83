"""Errors that the code of a tag handles.

If it hides one, the answers of a pretended Python may have caused it. If it uses the text of one, this
text is another one in other versions of Python.
"""

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


MARK = " (in other words)"
KEPT_BY = frozenset(("exc_info", "format_exc", "exception"))
"""Functions that give the error that is handled."""
OF_THE_TAG = (KeyError, StopIteration, SystemExit, UnicodeError)
"""Errors of which the values come from whoever caused them."""


def may_use_errors(code):
    """Whether a code object keeps an error that it handles, as by ``except ... as error``."""
    return any(map(keeps_errors, all_codes(code)))


def keeps_errors(code):
    """The same, but for the code inside of it. Python deletes the name at the end of the handler."""
    if not KEPT_BY.isdisjoint(code.co_names):
        return True
    last = None
    for instruction in dis.get_instructions(code):
        operation, name = instruction.opname, instruction.argval
        if operation.startswith("DELETE_") and last == (operation.replace("DELETE", "STORE"), name):
            return True
        last = (operation, name)
    return False


def say_otherwise(error):
    """Change the text of an error of Python, as another version or platform may have it."""
    if type(error).__module__ != "builtins" or isinstance(error, OF_THE_TAG):
        return
    if isinstance(error, OSError):
        if error.strerror and MARK not in error.strerror:
            error.strerror += MARK
    elif isinstance(getattr(error, "msg", None), str):
        error.msg = error.msg.replace(MARK, "") + MARK
    elif error.args and isinstance(error.args[0], str):
        values = list(error.args)
        values[0] = values[0].replace(MARK, "") + MARK
        error.args = tuple(values)


def is_raised_by(frame, traceback):
    """Whether the code of this frame itself raises the error, by a ``raise``."""
    if traceback is None or traceback.tb_next is not None:
        return False
    return any(
        instruction.offset == frame.f_lasti and instruction.opname == "RAISE_VARARGS"
        for instruction in dis.get_instructions(frame.f_code)
    )
