"""One verb each; stages exchange model values and never import one another."""
