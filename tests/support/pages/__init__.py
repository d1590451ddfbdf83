"""Follow the pages of docs as their readers do: write the files, run the commands, compare the output.

A page is in ``table`` with what its reader finds at the beginning. In the page:

* ``.. code-block:: shell`` has commands. ``.. code-block:: console`` has ``$`` before each command, and its
  output; ``...`` stands for any output.
* A block with ``:caption:`` is a file of that name.
* A comment before a block says what does not show: ``.. not run: REASON``, with one of the reasons in
  tests/unit/test_page_blocks.py; ``.. exit status: 1``; ``.. before: COMMAND``.

Modules: ``blocks`` reads pages, ``runs`` follows them. ``place`` is where; ``repositories``,
``installations`` and ``servers`` are what is there.
"""
