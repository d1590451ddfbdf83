from setuptools import setup, find_packages

version = '@VERSION@'

long_description = '\n\n'.join([
    open('README.txt').read(),
    open('CHANGES.txt').read(),
    ])

setup(name='acme-ledger',
      version=version,
      description='Sums per account from plain text files',
      long_description=long_description,
      author='Acme',
      author_email='software@example.com',
      packages=find_packages(),
      include_package_data=True,
      zip_safe=False,
      entry_points={'console_scripts': ['acme-ledger = acme_ledger.script:main']},
      )
