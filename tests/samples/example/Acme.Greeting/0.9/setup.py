import os

from setuptools import setup

here = os.path.abspath(os.path.dirname(__file__))


def read(name):
    with open(os.path.join(here, name)) as text:
        return text.read()


setup(
    name='Acme.Greeting',
    version='@VERSION@',
    description='Says hello at the right time of day',
    long_description=read('README.rst') + '\n\n' + read('CHANGES.rst'),
    author='Acme',
    author_email='software@example.com',
    packages=['acme', 'acme.greeting'],
    zip_safe=False,
    entry_points={'console_scripts': ['acme-greeting = acme.greeting:main']},
)
