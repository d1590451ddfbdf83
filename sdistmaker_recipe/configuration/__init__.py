"""Options: how they are declared, their types, and how the values of all doors become one Configuration.

* ``declaration``: what an option is; its name at each door, its group, its parser.
* ``options``: every option, declared once as a field of ``Configuration``.
* ``option_types``: the parsers, one for each kind of value.
* ``urls``: URLs as users write them, and the one that was probably meant.
* ``local_repository``: which system keeps the repository at a path of this machine.
* ``layout_patterns``: the patterns of the option layout.
* ``parsing``: layers of values in, a ``Configuration`` or every problem out.
"""
