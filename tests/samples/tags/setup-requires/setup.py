from setuptools import setup

setup(
    name="setup-requires",
    setup_requires=["incremental"],
    use_incremental=True,
    packages=["planned"],
)
