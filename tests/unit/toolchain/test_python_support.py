"""Whether a tag says that it is not for Python 2."""

from __future__ import annotations

import pytest

from sdistmaker_recipe.toolchain.python_support import excludes_python_2, supports_both

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
        f"'{CLASSIFIER} 3'",
        f"'Programming Language :: Python', '{CLASSIFIER} 3', '{CLASSIFIER} 3 :: Only'",
        f"'Programming Language :: Python', '{CLASSIFIER} 3', '{CLASSIFIER} 3.6'",
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
        f"'Programming Language :: Python', '{CLASSIFIER} 3'",
        f"Classifier: Programming Language :: Python\nClassifier: {CLASSIFIER} 3\n",
        "'Programming Language :: Python', 'Programming Language :: Python :: Implementation :: CPython'",
    ],
)
def test_it_does_not_where_it_says_nothing_or_names_both(text):
    assert not excludes_python_2(text)


@pytest.mark.parametrize(
    ("classifiers", "setup_cfg"),
    [
        (("2", "3"), ""),
        (("2.7", "3.4"), ""),
        ((), "[bdist_wheel]\nuniversal = 1\n"),
        ((), "[metadata]\nname = x\n[wheel]\npython-tag = py2\nuniversal=true\n[egg_info]\n"),
    ],
)
def test_it_supports_both_where_it_says_so(classifiers, setup_cfg):
    header = "".join(f"Classifier: {CLASSIFIER} {version}\n" for version in classifiers)
    assert supports_both(header, setup_cfg)
    assert not supports_both(f"{header}Requires-Python: >=3\n", setup_cfg)


@pytest.mark.parametrize(
    ("classifiers", "setup_cfg"),
    [
        ((), ""),
        (("2",), ""),
        (("3", "3.4"), ""),
        ((), "[bdist_wheel]\nuniversal = 0\n"),
        ((), "[bdist_wheel]\n[other]\nuniversal = 1\n"),
    ],
)
def test_it_supports_one_where_it_names_one_or_none(classifiers, setup_cfg):
    header = "".join(f"Classifier: {CLASSIFIER} {version}\n" for version in classifiers)
    assert not supports_both(header, setup_cfg)
