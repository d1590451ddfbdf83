"""What turns the files of a tag into a source distribution: environments, hooks, repacking."""
