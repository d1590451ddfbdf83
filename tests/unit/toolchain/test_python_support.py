"""Whether a tag says that it is not for Python 2."""

from __future__ import annotations

import pytest

from sdistmaker_recipe.toolchain.python_support import excludes_python_2

CLASSIFIER = "Programming Language :: Python ::"


@pytest.mark.parametrize(
    "text",
    [
        "setup(python_requires='>=3.6', name='x')",
        'setup(python_requires=u">=3")',
        "[options]\npython_requires = >=3.6, <4\n",
        'requires-python = ">=3.8"',
        "Requires-Python: >=3.6\n",
        f"'{CLASSIFIER} 3', '{CLASSIFIER} 3.6', '{CLASSIFIER} 3 :: Only'",
    ],
)
def test_it_does_by_requires_python_or_its_classifiers(text):
    assert excludes_python_2(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "setup(python_requires='>=2.7, !=3.0.*')",
        "setup(python_requires=REQUIRED)",
        f"'{CLASSIFIER} 2', '{CLASSIFIER} 3'",
        f"'{CLASSIFIER} 3', '{CLASSIFIER} 2.7'",
        "'Programming Language :: Python', 'Programming Language :: Python :: Implementation :: CPython'",
    ],
)
def test_it_does_not_where_it_says_nothing_or_names_both(text):
    assert not excludes_python_2(text)
