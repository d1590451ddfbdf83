"""What the Apache snippet says: templates, in which ``apache`` fills in each ``@name@``."""

HEAD = """\
# The package index in "@path@", shown at @url_path@
#
# Written by sdists_from_tags, which writes it anew when its options change: make no changes here.
#
# Needs Apache 2.4.34 or newer. On Debian and Ubuntu:
#
#     a2enmod @modules@
#
# Include this file inside a virtual host, then run "apachectl configtest" and "apachectl graceful":
#
#     <VirtualHost *:80>
#         ServerName packages.example.com
#         Include /path/of/this/file.conf
#     </VirtualHost>
#
# Several indexes can share a virtual host; include the one with the longest URL path first.
# New projects and releases need no restart. Who may ask is said by the options auth-file and require; a
# <Location "@url_path@"> with AuthType and Require lines after the Include takes their place. Either asks
# before anything is answered or redirected.
"""

REWRITING = """
# 1. What was asked for?

RewriteEngine On
RewriteMap sdists_lower int:tolower

# What is too long for a name of a file is nothing: 404 further down, once it is settled who may ask.
RewriteRule "^@pattern@/(?:.*/)?[^/]{256,}" "@prefix@/.sdists-none" [NS,PT]

# The project's name in the spelling of PEP 503: lower case, and one "-" for each run of "-", "_" and ".".
RewriteCond "%{ENV:@variable@_name}" "^$"
RewriteRule "^@pattern@/([A-Za-z0-9](?:[A-Za-z0-9._-]{0,253}[A-Za-z0-9])?)/?$" "-" \\
    [NS,E=@variable@_name:${sdists_lower:$1}]
RewriteCond "%{ENV:@variable@_name}" "^(.*?)(?:[_.][-_.]*|-[-_.]+)(.*)$"
RewriteRule "^@pattern@/[^/]+/?$" "-" [NS,N,E=@variable@_name:%1-%2]

# The page of a folder that is there. A person's browser gets about.html, if there is one. Clients get JSON
# where they prefer it, otherwise HTML, which is also for those that say nothing (zc.buildout, easy_install).
# A folder without index.html is a name that was private once: 404. Digits after the header let quality
# values be compared, to one decimal place.
RewriteCond "@rewrite_path@/$1about.html" -f
RewriteCond "%{HTTP_ACCEPT}@suffix@" "@accepts_xhtml@" [NC]
RewriteRule "^@pattern@/((?:[A-Za-z0-9][A-Za-z0-9._-]*/)?)$" "@prefix@/$1about.html" [NS,PT]
RewriteCond "@rewrite_path@/$1index.html" -f
RewriteCond "@rewrite_path@/$1index.json" -f
RewriteCond "%{HTTP_ACCEPT}@suffix@" "@accepts_json@" [NC]
RewriteCond "%{HTTP_ACCEPT}@suffix@" "!@html_is_better@" [NC]
RewriteRule "^@pattern@/((?:[A-Za-z0-9][A-Za-z0-9._-]*/)?)$" "@prefix@/$1index.json" [NS,PT]
RewriteCond "@rewrite_path@/$1" -d
RewriteCond "%{HTTP_ACCEPT}@suffix@" "@names_html@" [NC]
RewriteCond "%{HTTP_ACCEPT}@suffix@" "!@text_is_full@" [NC]
RewriteCond "%{HTTP_ACCEPT}@suffix@" "!@text_is_better@" [NC]
RewriteRule "^@pattern@/((?:[A-Za-z0-9][A-Za-z0-9._-]*/)?)$" "@prefix@/$1index.html" \\
    [NS,PT,T=@html@]
RewriteCond "@rewrite_path@/$1" -d
RewriteRule "^@pattern@/((?:[A-Za-z0-9][A-Za-z0-9._-]*/)?)$" "@prefix@/$1index.html" [NS,PT]

# One of our names without the final slash, or spelled otherwise.
RewriteCond "@rewrite_path@/$1/index.html" -f
RewriteRule "^@pattern@/([A-Za-z0-9][A-Za-z0-9._-]*)$" "-" [NS,E=@variable@_ours:/$1/]
RewriteCond "%{ENV:@variable@_ours}" "^$"
RewriteCond "@rewrite_path@/$1" !-f
RewriteCond "%{ENV:@variable@_name}" "^(.+)$"
RewriteCond "@rewrite_path@/%1" -d
RewriteRule "^@pattern@/([^/]+)/?$" "-" [NS,E=@variable@_ours:/%1/]
"""

WITHOUT_SLASH = """\
RewriteRule "^@pattern@$" "-" [NS,E=@variable@_ours:/]
"""

PUBLIC = """
# A name that is not ours: for the public index. Not while our own index is missing, for then nobody knows
# which names are ours.
RewriteCond "@rewrite_path@/index.html" -f
RewriteCond "@rewrite_path@/$1" !-f
RewriteCond "@rewrite_path@/$1" !-d
RewriteCond "$1" "!^(?:@root_files@)$"
RewriteCond "%{ENV:@variable@_name}" "^(.+)$"
RewriteCond "@rewrite_path@/%1" !-d
@reserved@RewriteRule "^@pattern@/([^/]+)/?$" "-" [NS,E=@variable@_public:%1]
"""

RESERVED = """\
# Reserved: @globs@
RewriteCond "$1" "!^(?:@written@)$" [NC]
RewriteCond "%{ENV:@variable@_name}" "!^(?:@normalised@)$"
"""

NO_PUBLIC = """
# A name that is not ours is 404: no public index stands behind this one.
"""

WITHOUT_QUERY = """
# A redirect hands on no query: nobody needs one here, and the public index is told names and nothing else.
RewriteCond "@redirected@" "."
RewriteRule "^(@pattern@(?:/[^/]*/?)?)$" "$1" [NS,PT,QSD]
"""

ARCHIVES = """
# Archives are compressed already, and clients check them against a hash: send them as they are.
RewriteRule "^@pattern@/[^/]+/[^/]+\\.(?:tar\\.gz|zip)$" "-" [NS,E=no-gzip:1,E=no-brotli:1]
"""

SERVING = """
# 2. Answer it.

TraceEnable Off
Alias "@url_or_prefix@" "@path_or_root@"

<Directory "@directory@">
@access@    # Files as they are: no listings, no links to elsewhere, no .htaccess, no programs.
    Options None
    AllowOverride None
    AcceptPathInfo Off
    SetHandler default-handler
    AddDefaultCharset utf-8
    FileETag MTime Size

    # Names of projects and archives hold dots: no part of them says a language or an encoding.
    # These sections only take back what a module would do; without the module there is nothing to do.
    <IfModule mod_mime.c>
        RemoveEncoding .gz .tgz .bz2 .xz .Z .br .zst
        RemoveLanguage .am .amh .ar .ara .be .bg .bn .br .bs .ca .cs .cy .cz .da .de .dk .dz .el .en
        RemoveLanguage .eo .es .et .eu .fa .fi .fr .ga .glg .gu .he .hi .hr .hu .hy .id .is .it .iw
        RemoveLanguage .ja .ka .kk .km .kn .ko .ku .lo .lt .ltz .lv .mg .mk .ml .mr .msa .nb .ne .nl
        RemoveLanguage .nn .no .nob .pa .pl .po .pt .pt-br .ro .ru .sa .se .si .sk .sl .sq .sr .sv
        RemoveLanguage .ta .te .th .tl .tr .tw .uk .ur .vi .wo .xh .zh-cn .zh-tw
    </IfModule>
    <IfModule mod_dir.c>
        DirectoryIndex disabled
        DirectorySlash Off
    </IfModule>
    <IfModule mod_speling.c>
        CheckSpelling Off
    </IfModule>
    <IfModule mod_expires.c>
        ExpiresActive Off
    </IfModule>

    # Pages change: clients ask each time, and get 304 when theirs is still good (also when it was
    # compressed on its way, which adds -gzip to its ETag).
    Header set Cache-Control "no-cache"
    Header always set Cache-Control "no-cache" "expr=%{REQUEST_STATUS} -ge 302 && %{REQUEST_STATUS} -ne 304"
    RequestHeader edit* If-None-Match '-(?:gzip|br)"' '"'
    Header set X-Content-Type-Options nosniff
    # A date alone is no proof: it may be that of the public page of this name, which can be younger.
    <FilesMatch "^(?:index|about)\\.(?:html|json)$">
        Header merge Vary Accept
        RequestHeader unset If-Modified-Since
    </FilesMatch>
    <FilesMatch "\\.html$">
        ForceType text/html
        Header set Content-Security-Policy "@policy@"
    </FilesMatch>
    <FilesMatch "^index\\.json$">
        ForceType @json@
    </FilesMatch>
    <FilesMatch "\\.atom$">
        ForceType "application/atom+xml; charset=utf-8"
    </FilesMatch>
    <FilesMatch "\\.css$">
        ForceType "text/css; charset=utf-8"
    </FilesMatch>
    <FilesMatch "\\.js$">
        ForceType "text/javascript; charset=utf-8"
    </FilesMatch>
    <IfModule mod_deflate.c>
        <FilesMatch "\\.(?:html|json|atom|css|js)$">
            SetOutputFilter DEFLATE
            Header merge Vary Accept-Encoding
        </FilesMatch>
    </IfModule>

    # Archives never change, nor does the metadata of one; it can come later, and is a 404 until then.
    <FilesMatch "\\.(?:tar\\.gz|zip)(?:\\.metadata)?$">
        Header set Cache-Control "@forever@"
    </FilesMatch>
    <FilesMatch "\\.tar\\.gz$">
        ForceType application/gzip
    </FilesMatch>
    <FilesMatch "\\.zip$">
        ForceType application/zip
    </FilesMatch>
    <FilesMatch "\\.metadata$">
        ForceType text/plain
    </FilesMatch>

    # Redirects are 302: a client that kept a 301 would miss a private project of that name later on.
    # Those to this server name no host, so that they are right behind a proxy, too (Apache 2.4.58).
    <IfDirective RedirectRelative>
        RedirectRelative On
    </IfDirective>
    <If "-n reqenv('@variable@_ours')">
        Redirect 302 "@prefix@%{reqenv:@variable@_ours}"
    </If>
"""

REDIRECT_PUBLIC = """\
    <If "-n reqenv('@variable@_public')">
        Redirect 302 "@public_index@%{reqenv:@variable@_public}/"
    </If>
"""

PROXY_PUBLIC = """\
    # To the rule at the end, now that access control is done. Rules of a folder ask for this option.
    <If "-n reqenv('@variable@_public')">
        Options SymLinksIfOwnerMatch
        RewriteEngine On
        RewriteRule "^" "@prefix@/.sdists-public/" [PT]
    </If>
"""

END = """
    # Nothing that begins with a dot: such files are being written just now. Nothing but reading.
    <If "%{REQUEST_URI} =~ m#^@pattern@/(?:.*/)?[.]#">
        Redirect 404
    </If>
    <If "%{REQUEST_METHOD} !~ m#^(?:GET|HEAD)$#">
        Redirect 405
    </If>
</Directory>
"""

PROXY = """
# 3. Fetch the page of a name that is not ours, and hand it on. Nobody gets here but from within.

RewriteCond "%{ENV:REDIRECT_@variable@_public}" "^(.+)$"
RewriteRule "^@pattern@/[.]sdists-public/$" "@public_rewrite@%1/" [NS,P,NE,QSD]

<Proxy "@public_proxy@*">
    Require all granted
    # The public index is told the name, what the client is and accepts; not who asks, nor passwords or
    # cookies. Clients must not keep what it answers: a private project of that name may appear.
    # Links in its pages that are relative to another folder lead nowhere.
    ProxyAddHeaders Off
    ProxyPreserveHost Off
@unset@    RequestHeader edit* If-None-Match '-(?:gzip|br)"' '"'
    Header unset Set-Cookie
    Header unset Last-Modified
    Header unset Expires
    Header unset Age
    Header set Cache-Control "no-cache"
    # A redirect for good would be followed without asking again, whatever is said of keeping it.
    Header set Cache-Control "no-store" "expr=%{REQUEST_STATUS} -in {'301', '308'}"
    Header merge Vary Accept
    Header set Content-Security-Policy "@policy@"
    Header set X-Content-Type-Options nosniff
    Header edit Location "^/(?!/)" "@public_host@/"
    AddDefaultCharset Off
    <IfModule mod_expires.c>
        ExpiresActive Off
    </IfModule>
@tls@</Proxy>
"""

PROXY_TLS = """\
    SSLProxyEngine On
    SSLProxyVerify require
    SSLProxyVerifyDepth 10
    SSLProxyCACertificateFile "@certificates@"
    SSLProxyCheckPeerName On
    SSLProxyCheckPeerExpire On
"""

ANYBODY = """\
    Require all granted
"""

PASSWORDS = """\
    AuthType Basic
    AuthName "Packages"
    AuthBasicProvider file
    AuthUserFile "@auth_file@"
"""
