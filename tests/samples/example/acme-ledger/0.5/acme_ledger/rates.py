import os

HERE = os.path.dirname(__file__)


def rates():
    """A dictionary of what a unit of each currency is worth."""
    with open(os.path.join(HERE, 'rates.txt')) as lines:
        return dict((name, float(rate)) for name, rate in (line.split() for line in lines))
