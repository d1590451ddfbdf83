from setuptools import setup

setup(
    name="use-2to3",
    version="1.0",
    packages=["use2to3"],
    use_2to3=True,
)
