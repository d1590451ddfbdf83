import os

version = open(os.path.join(os.path.dirname(__file__), "version.txt")).read().strip()
