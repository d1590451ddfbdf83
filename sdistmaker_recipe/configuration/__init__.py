"""Options: their declaration, their types, and how the values of all sources become one Configuration."""
