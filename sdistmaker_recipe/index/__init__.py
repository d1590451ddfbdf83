"""The published index: where things are (layout), what pages say (pages), the folder itself (store)."""
