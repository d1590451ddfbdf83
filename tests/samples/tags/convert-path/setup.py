from setuptools import convert_path, setup

setup(
    name="convert-path",
    version="1.0",
    packages=["converted"],
    package_dir={"converted": convert_path("source/converted")},
)
