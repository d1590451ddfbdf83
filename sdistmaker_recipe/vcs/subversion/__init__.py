"""Subversion: libsvn or the svn program reads it; folders with trunk and tags are its projects."""
