"""The published index: a folder of archives, and pages for installers and for people.

Names and texts, all of it pure:

* ``layout``: the names of folders and files.
* ``core_metadata``: what PKG-INFO says, for pages and for the metadata file beside an archive.
* ``decoding``: text of unknown encoding.
* ``safe_text``: text and links of unknown origin, made safe for a page.
* ``yanking``: which releases are yanked, and why.
* ``file_conflicts``: what happens if a tag builds a file that is published already.
* ``name_rules``: which folder may publish under a name.

Pages:

* ``simple_api``: the HTML and JSON that installers read (PEP 503 and 691).
* ``web_pages``, ``release_page``, ``feed``: the pages and the Atom feed for people.
* ``html_parts``: what the pages of projects and releases have in common.
* ``site_logo``: reads the picture that all pages show.
* ``templates/*.html``: the text of these pages. ``page_templates`` loads it, ``template_cache`` keeps it
  compiled.
* ``description``, ``description_renderer``: descriptions as HTML, and the process that renders them.

The folder:

* ``store``: adds, replaces and removes archives and pages. ``folders``: the folders that they are in.
* ``atomic_files``: writes a file completely or not at all. ``file_status``: never follows links.
* ``quarantine``: moves files that are in the way, or damaged, out of the index.
* ``existing_files``: what is in an index that another tool filled.

The public index:

* ``public_names``: asks it whether it has projects of our names.
"""
