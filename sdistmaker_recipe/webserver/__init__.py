"""Configuration of web servers that serve the index, as text. Pure, except for ``public_index``.

* ``settings``: ``ServerSettings``, the values that every configuration is made from, and checks of them.
* ``apache``, ``nginx``: make the text from these values; ``apache_templates``, ``nginx_templates``: its
  parts.
* ``template_values``: fill in templates, and the values that both servers have in common.
* ``content_negotiation``: which page a client gets, by its Accept header.
* ``access_control``: the lines of the option ``require``.
* ``globs``: the patterns of the option ``reserved``.
* ``public_index``: the default of the option ``public-index``.

Both servers serve this layout::

    INDEX/index.html, INDEX/index.json                      the root page
    INDEX/PROJECT/index.html, INDEX/PROJECT/index.json      a project's page; PROJECT is normalised (PEP 503)
    INDEX/PROJECT/ARCHIVE, INDEX/PROJECT/ARCHIVE.metadata   its files
    INDEX/PROJECT/ without index.html                       a marker: this name is private, the answer is 404
    INDEX/My.Project/index.html, INDEX/My.Project/ARCHIVE   the same for clients that never normalise names
    INDEX/about.html, INDEX/PROJECT/about.html              the pages for people
    INDEX/FILE                                              what these pages need: ROOT_NAMES
"""
