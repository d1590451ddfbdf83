"""Of boxes, not of Python."""
