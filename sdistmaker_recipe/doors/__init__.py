"""Where a run begins: the recipe and the commands turn options into a run, and errors into a status."""
