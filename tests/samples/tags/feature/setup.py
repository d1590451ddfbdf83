from setuptools import Feature, setup

setup(
    name="feature",
    version="1.0",
    py_modules=["featured"],
    features={"fast": Feature("a faster half", standard=False, py_modules=["fast"])},
)
