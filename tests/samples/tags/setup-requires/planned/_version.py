from incremental import Version

__version__ = Version("planned", 21, 7, 0)
