# What our svn server has, written for sdistmaker 1.4 in 2010. Nobody touched it since.

# Where the projects are.
BASE = 'https://svn.example.com/svn/Products'

# The same on the svn server itself, which is a lot faster. BASE is used when this one is not there.
BASE_ON_SERVER = 'file:///srv/svn/Products'

# Directories that are never entered.
BLACKLIST = [
    '.svn',
    '.attic',
    'thirdparty',
    ]

# A directory that has one of these is a checkout root; no tags below it.
STOP_INDICATORS = [
    #'src',
    'setup.py',
    #'version.txt',
    'buildout.cfg',
    ]

# The directory that apache serves.
OUTDIR = 'var/private'
