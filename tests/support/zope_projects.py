"""Releases of Trac, Plone and Zope from 2008 to 2015, when they were kept in Subversion.

Each stands for a habit of its time: markers in setup.cfg that were overruled on the command line or published
(0.2.1dev-r4679), versions that PEP 440 does not know, long descriptions read from several files, no
MANIFEST.in, namespace packages, message catalogs, C extensions, and code for Python 2 only. Left out are
releases whose archive lacks a file that their own setup.py reads: nobody could install those.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.support.public_projects import Project

_BY_GIT = ("files", "a plugin for git added files that MANIFEST.in does not name")
_LEFT_BEHIND = ("files", "SOURCES.txt of an earlier build names a file that MANIFEST.in does not name")
_MADE_FOR_PYTHON = ("requires.txt", "its setup.py asks for other packages on other Pythons")
# The release tool compiled them, and no tag has them.
_COMPILED_CATALOGS = ("*/LC_MESSAGES/*.mo",)

PROJECTS: Mapping[str, Project] = {
    # Trac and its plug-ins
    "Trac": Project("0.11.1 0.12.1 0.12.5 1.0.1", short="0.11.1", python2="0.12.1 0.12.5", markers=True),
    "trac-github": Project("1.0 2.1.3"),
    "TracAccountManager": Project("0.2.1dev-r4679 0.3.2", short="0.2.1dev-r4679"),
    "TracCronPlugin": Project("0.1 0.3.1"),
    "TracMasterTickets": Project("2.1.2 3.0.1", markers=True),
    "TracTags": Project("0.7 0.8", markers=True),
    # Plone
    "archetypes.multilingual": Project("1.2", gone=_COMPILED_CATALOGS, markers=True),
    "archetypes.referencebrowserwidget": Project("0.11dev-r11167 2.4.13"),
    "archetypes.schemaextender": Project("1.0 2.1.4", markers=True),
    "collective.captcha": Project("1.4", markers=True),
    "collective.dist": Project("0.2.2"),
    "collective.eggproxy": Project("0.2.0 0.5.1", markers=True),
    "collective.geo.contentlocations": Project("0.2.3", markers=True),
    "collective.recipe.backup": Project("0.9 2.11", markers=True),
    "collective.recipe.omelette": Project("0.7 0.12", markers=True),
    "collective.singing": Project("0.1dev-r62028"),
    "collective.testcaselayer": Project("1.2.1 1.6", markers=True),
    "collective.transmogrifier": Project("1.0 1.4", markers=True),
    "collective.z3cform.datagridfield": Project("0.2a 0.13", markers=True),
    "Plone": Project("4.1.6"),
    "plone.app.discussion": Project("1.0RC1"),
    "plone.app.imaging": Project("1.0a1 1.0.8", markers=True),
    "plone.app.layout": Project("1.1.7", markers=True),
    "plone.browserlayer": Project("1.0.0 2.1.3", markers=True),
    "plone.intelligenttext": Project("1.0.2 2.0.2", markers=True),
    "plone.keyring": Project("1.0 3.0.0", markers=True),
    "plone.locking": Project("1.0.5 2.0.5", markers=True),
    "plone.openid": Project("1.1.1 2.0.3", markers=True),
    "plone.postpublicationhook": Project("1.0rc1 1.1", short="1.0rc1", markers=True),
    "plone.protect": Project("1.1 2.0.2 3.0.15", markers=True, differs={"3.0.15": _LEFT_BEHIND}),
    "plone.recipe.zope2instance": Project("2.5 3.6 4.1.4", markers=True),
    "plone.reload": Project("0.5 1.4 2.0"),
    "plone.session": Project("2.0 3.5.3", markers=True),
    "plone.supermodel": Project("1.0b5 1.2.5", markers=True),
    "plone.theme": Project("1.1 2.1.2", short="2.1.2", markers=True),
    # setup.py of Zope's products reads the version from a file version.txt.
    "Products.CMFCore": Project("2.1.2-beta 2.2.0-alpha"),
    "Products.CMFPlone": Project("4.1.6"),
    "Products.contentmigration": Project("1.0 2.1.8", markers=True),
    "Products.DocFinderTab": Project("1.0.4 1.0.5"),
    "Products.ExternalEditor": Project("1.0a1 1.1.0 2.0.0"),
    "Products.GenericSetup": Project("1.4.2.2 1.6.0 1.7.6", differs={"1.7.6": _BY_GIT}),
    "Products.LinguaPlone": Project("2.2 3.1a2 4.1.3", markers=True),
    "Products.MailHost": Project("2.13.0 2.13.2"),
    "Products.PlacelessTranslationService": Project(
        "1.4.13 2.0a1-1 2.0.4", short="2.0a1-1", gone=_COMPILED_CATALOGS, markers=True
    ),
    "Products.PloneHotfix20121106": Project("1.0 1.2", markers=True),
    "Products.PluginRegistry": Project("1.2 1.3b1 1.3"),
    # Zope
    "five.formlib": Project("1.0.4"),
    "five.localsitemanager": Project("0.4 2.0.5", markers=True),
    "grok": Project("0.9dev-r73168 0.13"),
    "grokcore.component": Project("1.0 2.5"),
    "martian": Project("0.9.6 0.14", short="0.9.6"),
    "z3c.autoinclude": Project("0.2 0.3.4"),
    "z3c.jbot": Project("0.2.4 0.7.2", markers=True),
    "z3c.pt": Project("0.3 1.0b10 2.0-rc3", differs={"1.0b10": _MADE_FOR_PYTHON}),
    "z3c.recipe.filetemplate": Project("1.0 2.2.0"),
    "zc.lockfile": Project("1.0.0 1.1.0"),
    "zc.queue": Project("1.2.1 2.0.0a1"),
    "zc.recipe.testrunner": Project("1.1.0 2.0.0"),
    "zc.sourcefactory": Project("0.1DEV-r73411 0.3.4 0.8.0"),
    "ZConfig": Project("2.6.1 3.0.4"),
    "zdaemon": Project("2.0.2 4.0.1"),
    "zope.component": Project("3.5.1 3.9.4 3.12.1"),
    "zope.deprecation": Project("3.4.1 4.1.2", differs={"4.1.2": _BY_GIT}),
    "zope.event": Project("3.5.0-1 3.5.2 4.0.2", short="3.5.0-1"),
    "zope.pagetemplate": Project("3.5.0 4.1.0", differs={"4.1.0": _MADE_FOR_PYTHON}),
    "zope.schema": Project("3.5.0a2 3.8.1 4.2.1"),
    "zope.sendmail": Project("3.5.1 3.7.5 4.0.1"),
    "zope.testing": Project("3.7.1 3.10.3 4.1.0dev-r124241 4.1.3", short="4.1.0dev-r124241", python2="3.7.1"),
    "zope.tal": Project("3.5.1 4.1.0"),
    "zLOG": Project("2.11.1 2.11.2"),
    # Zope, with a C extension
    "AccessControl": Project("2.13.0 3.0.8"),
    "Acquisition": Project("2.11.1 2.13.8 4.0.3"),
    "ExtensionClass": Project("2.11.1 2.13.2"),
    "tempstorage": Project("2.11.1 2.12.2", python2="2.12.2"),
    "ZODB3": Project("3.8.1 3.11.0", python2="3.8.1"),
    "Zope2": Project("2.12.0.a1 2.13.20", python2="2.12.0.a1 2.13.20"),
    "zope.hookable": Project("3.4.1 4.0.1 4.0.4"),
    "zope.i18nmessageid": Project("3.5.0 3.6.1 4.0.2", short="3.6.1", python2="3.5.0"),
    "zope.proxy": Project("3.4.2 3.6.1 4.1.4"),
    "zope.security": Project("3.4.1 3.8.3"),
}
