"""Answers to the questions of a tag, which record what the tag does with them.

An ``Answer`` holds the answer in each world. A ``Book`` records in which worlds the tag would go on in
another way. So one build shows the result for all worlds in which it would do the same.
"""

from sdistmaker_observation.worlds import FORMER_PLATFORMS

PLATFORM_LABELS = ("sys.platform", "platform.system")
"""Questions whose answer can be a name that is not among those that are known here."""


class Book:
    """Records which worlds differ from the ``current`` one (an index) in what the tag has learned.

    With ``is_lazy`` the tag gets an ``Answer``, which waits for what it does with it, otherwise the value.
    """

    def __init__(self, worlds, current, is_lazy):
        self.worlds = worlds
        self.current = current
        self.is_lazy = is_lazy
        self.differing = set()
        self.labels = set()
        self.unknown = set()
        self.gave_answer = False

    @property
    def world(self):
        """The world that is pretended."""
        return self.worlds[self.current]

    def answer(self, label, function):
        """What the tag gets for a question with this label; ``function`` gives the value in a world."""
        return self.wrap(label, [function(world) for world in self.worlds])

    def wrap(self, label, values):
        """The value if it is the same in all worlds, otherwise an answer."""
        value = values[self.current]
        if all(is_same(value, other) for other in values):
            return value
        is_plain = any(other is None or isinstance(other, bool) or callable(other) for other in values)
        if self.is_lazy and not is_plain:
            self.gave_answer = True
            return Answer(self, label, values)
        return self.decide(label, values)

    def decide(self, label, values):
        """The value in this world; the others that have another one are recorded."""
        value = values[self.current]
        different = {index for index, other in enumerate(values) if not is_same(value, other)}
        if different:
            self.differing |= different
            self.labels.add(label)
        if isinstance(value, Raised):
            raise value.error
        return value


def is_same(value, other):
    """Whether the tag cannot tell two values apart."""
    if value is other:
        return True
    if isinstance(value, Raised) or isinstance(other, Raised):
        return type(value) is type(other) and type(value.error) is type(other.error)
    return type(value) is type(other) and value == other


class Raised:
    """Stands for an exception in the place of a value."""

    def __init__(self, error):
        self.error = error


def result_of(function, arguments):
    """What the function returns, or the exception that it raises."""
    try:
        return function(*arguments)
    except Exception as error:  # whatever it is, the tag gets it
        return Raised(error)


class Answer:
    """A value that is another one in other worlds. What the tag does with it is recorded."""

    __slots__ = ("_book", "_label", "_values")

    def __init__(self, book, label, values):
        object.__setattr__(self, "_book", book)
        object.__setattr__(self, "_label", label)
        object.__setattr__(self, "_values", values)

    def _map(self, function, *operands):
        """The answer to a question about this value."""
        columns = [values_of(operand, len(self._values)) for operand in operands]
        values = [result_of(function, row) for row in zip(self._values, *columns)]
        if any(isinstance(value, Raised) for value in values):
            return self._book.decide(self._label, values)
        return self._book.wrap(self._label, values)

    def _decide(self, function):
        return self._book.decide(self._label, [result_of(function, (value,)) for value in self._values])

    def __getattr__(self, name):
        value = self._values[self._book.current]
        if not callable(getattr(value, name)):
            return self._map(lambda value: getattr(value, name))

        def method(*arguments):
            if name in ("startswith", "find", "index", "count"):
                self._check_platforms(arguments)
            return self._map(lambda value, *operands: getattr(value, name)(*operands), *arguments)

        return method

    def _check_platforms(self, texts):
        """Note texts that are no part of a known platform's name, if this comes from such a name."""
        if self._label in PLATFORM_LABELS:
            flat = [text for item in texts for text in (item if isinstance(item, tuple) else (item,))]
            known = {value for value in self._values if isinstance(value, str)} | FORMER_PLATFORMS
            for text in flat:
                if isinstance(text, str) and not any(text in name for name in known):
                    self._book.unknown.add(text)

    def _compare(self, other, function):
        self._check_platforms((other,))
        return self._map(function, other)

    def __eq__(self, other):
        return self._compare(other, lambda one, two: one == two)

    def __ne__(self, other):
        return self._compare(other, lambda one, two: one != two)

    def __lt__(self, other):
        return self._map(lambda one, two: one < two, other)

    def __le__(self, other):
        return self._map(lambda one, two: one <= two, other)

    def __gt__(self, other):
        return self._map(lambda one, two: one > two, other)

    def __ge__(self, other):
        return self._map(lambda one, two: one >= two, other)

    def __getitem__(self, key):
        return self._map(lambda value, key: value[key], key)

    def __contains__(self, item):
        return bool(self._compare(item, lambda value, item: item in value))

    def __add__(self, other):
        return self._map(lambda one, two: one + two, other)

    def __radd__(self, other):
        return self._map(lambda one, two: two + one, other)

    def __mod__(self, other):
        return self._map(lambda one, two: one % two, other)

    def __sub__(self, other):
        return self._map(lambda one, two: one - two, other)

    def __mul__(self, other):
        return self._map(lambda one, two: one * two, other)

    def __floordiv__(self, other):
        return self._map(lambda one, two: one // two, other)

    def __rshift__(self, other):
        return self._map(lambda one, two: one >> two, other)

    def __and__(self, other):
        return self._map(lambda one, two: one & two, other)

    def __iter__(self):
        length = len(self)
        return iter([self[index] for index in range(length)])

    def __len__(self):
        return self._decide(len)

    def __bool__(self):
        return self._decide(bool)

    def __int__(self):
        return self._decide(int)

    __index__ = __int__

    def __float__(self):
        return self._decide(float)

    def __str__(self):
        return self._decide(str)

    def __repr__(self):
        return self._decide(repr)

    def __hash__(self):
        return self._decide(hash)

    def __format__(self, specification):
        return self._decide(lambda value: format(value, specification))

    @property
    def __class__(self):
        """The class that ``isinstance`` takes it for."""
        return type(self._values[self._book.current])


def values_of(operand, number):
    """The values of an operand in as many worlds: its own if it is an answer."""
    return operand._values if type(operand) is Answer else [operand] * number


class Separator(str):
    """A separator of this platform. If it is compared, the answer is recorded for Windows, too."""

    def __new__(cls, text, book, label, on_windows):
        """A separator; ``on_windows`` is the one of Windows."""
        self = str.__new__(cls, text)
        self.book, self.label, self.on_windows = book, label, on_windows
        return self

    def __eq__(self, other):
        return self.decide(lambda separator: separator == other)

    def __ne__(self, other):
        return not self == other

    def __contains__(self, text):
        return self.decide(lambda separator: text in separator)

    def __bool__(self):
        return self != ""

    def __lt__(self, other):
        return self.decide(lambda text: text < other)

    def __gt__(self, other):
        return self.decide(lambda text: text > other)

    def __repr__(self):
        return self.decide(repr)

    def encode(self, *arguments):
        """Its bytes."""
        return self.decide(lambda text: text.encode(*arguments))

    def decide(self, function):
        """What a function gives for the separator; it is recorded for Windows, too."""
        return self.book.decide(
            self.label,
            [function(self.on_windows if world.is_windows else str(self)) for world in self.book.worlds],
        )

    __hash__ = str.__hash__
