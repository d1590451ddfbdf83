from setuptools import setup

version = '@VERSION@'

print "Preparing acme-punchcard %s" % version

setup(
    name='acme-punchcard',
    version=version,
    description='Count the hours on punched cards',
    author='Acme',
    author_email='software@example.com',
    packages=['acme_punchcard'],
    )
