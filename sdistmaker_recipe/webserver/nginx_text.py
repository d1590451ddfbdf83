"""What the nginx configuration says: templates, in which ``nginx`` fills in each ``@name@``."""

HEAD = """\
# The package index in @path@, shown at @url_path@
#
# Written by sdists_from_tags, which writes it anew when its options change: make no changes here.
#
# Tested with nginx 1.22; the modules that every package of it has will do. Include this file in a server
# block, which must not have a location "@url_path@" of its own, then run "nginx -t" and "nginx -s reload":
#
#     server {
#         listen 80;
#         server_name packages.example.com;
#         include /path/of/this/file.conf;
#     }
#
# Several indexes can share a server block. New projects and releases need no reload.
"""

ENTRY = """
# 1. Who may ask? That is settled here, before anything is answered or redirected.

@entries@"""

LOCATION = """\
location @match@ {
@access@    # Errors are answered as they are: this takes the place of pages that the server has for them.
    error_page 599 /;
    # No such file: go on.
    root /dev/null;
    try_files /nothing @named@;
}
"""

DECIDING = """
# 2. What was asked for?

location @named@ {
    root @root@;
    absolute_redirect off;
    open_file_cache off;
    uninitialized_variable_warn off;
    expires off;
    error_page 599 /;
    add_header Cache-Control "no-cache" always;

    if ($request_method !~ "^(?:GET|HEAD)\\z") {
        return 405;
    }
    # A group with a name, unlike $1, gives the text as it is.
    if ($uri !~ "^@pattern@(?<sdists_path>(?s:/.*))\\z") {
        return 302 @url_path@;
    }
    # Nothing that begins with a dot: such files are being written just now.
    if ($sdists_path ~ "/[.]") {
        return 404;
    }

    # The page of a folder that is there. A person's browser gets about.html (P), if there is one (A).
    # Clients get JSON (J) where it is there (K), unless they prefer HTML (h); otherwise HTML (I), which may
    # call itself so (H) unless they prefer text/html (t). Digits after the header let quality values be
    # compared, to one decimal place.
    set $sdists_folder "/-/";
    if ($sdists_path ~ "^(?<sdists_found>(?:/[A-Za-z0-9][A-Za-z0-9._-]*)?/)\\z") {
        set $sdists_folder $sdists_found;
    }
    set $sdists_accept "$http_accept@suffix@";
    set $sdists_page "";
    if ($sdists_accept ~* "@accepts_xhtml@") {
        set $sdists_page "P";
    }
    if ($sdists_accept ~* "@accepts_json@") {
        set $sdists_page "${sdists_page}J";
    }
    if ($sdists_accept ~* "@html_is_better@") {
        set $sdists_page "${sdists_page}h";
    }
    if ($sdists_accept ~* "@names_html@") {
        set $sdists_page "${sdists_page}H";
    }
    if ($sdists_accept ~* "@text_is_full@") {
        set $sdists_page "${sdists_page}t";
    }
    if ($sdists_accept ~* "@text_is_better@") {
        set $sdists_page "${sdists_page}t";
    }
    if (-f "$document_root${sdists_folder}about.html") {
        set $sdists_page "${sdists_page}A";
    }
    if (-f "$document_root${sdists_folder}index.html") {
        set $sdists_page "${sdists_page}I";
    }
    if (-f "$document_root${sdists_folder}index.json") {
        set $sdists_page "${sdists_page}K";
    }
    set $sdists_cache "no-cache";
    set $sdists_vary "Accept, Accept-Encoding";
    set $sdists_policy "@policy@";
    if ($sdists_page ~ "P.*A") {
        rewrite ^ "@prefix@/.sdists${sdists_folder}about.html?" last;
    }
    if ($sdists_page ~ "J(?!h).*IK") {
        rewrite ^ "@prefix@/.sdists${sdists_folder}index.json?" last;
    }
    if ($sdists_page ~ "H(?!t).*I") {
        rewrite ^ "@prefix@/.sdists-html${sdists_folder}index.html?" last;
    }
    if ($sdists_page ~ "I") {
        rewrite ^ "@prefix@/.sdists${sdists_folder}index.html?" last;
    }
    # A folder without index.html: a name that was private once.
    if (-d "$document_root${sdists_folder}") {
        return 404;
    }

    # A file that is there.
    set $sdists_file "/-/";
    if ($sdists_path ~ "^(?<sdists_found>(?:/[^/]+)+)\\z") {
        set $sdists_file $sdists_found;
    }
    if ($sdists_file !~ "/(?:index|about)[.](?:html|json)\\z") {
        set $sdists_vary "Accept-Encoding";
    }
    if ($sdists_file !~ "[.]html\\z") {
        set $sdists_policy "";
    }
    # Archives never change, nor does the metadata of one; it can come later, and is a 404 until then.
    if ($sdists_file ~ "^/[^/]+/[^/]+[.](?:tar[.]gz|zip)(?:[.]metadata)?\\z") {
        set $sdists_cache "@forever@";
        set $sdists_vary "";
    }
    if (-f "$document_root$sdists_file") {
        rewrite ^ "@prefix@/.sdists$sdists_file?" last;
    }

    # Otherwise it is the name of a project, or nothing.
    if ($sdists_path ~ "^/(?:@root_files@)/?\\z") {
        return 404;
    }
    if ($sdists_path !~ "^/(?<sdists_written>[A-Za-z0-9](?:[A-Za-z0-9._-]{0,253}[A-Za-z0-9])?)/?\\z") {
        return 404;
    }
    set $sdists_name $sdists_written;
    if (-f "$document_root/$sdists_name/index.html") {
        return 302 "@prefix@/$sdists_name/";
    }

    # The name in the spelling of PEP 503: lower case, and one "-" for each run of "-", "_" and ".". nginx
    # has nothing that lowers case. So the alphabet is put behind the name, and what takes the place of each
    # letter or run is found there: up to @at_once@ at a time, @at_all@ in all.
@normalise@    if ($sdists_name !~ "^[a-z0-9]+(?:-[a-z0-9]+)*\\z") {
        return 404;
    }

    # One of our names, spelled otherwise or without the final slash.
    if (-d "$document_root/$sdists_name") {
        return 302 "@prefix@/$sdists_name/";
    }
"""

NORMALISE = """\
    set $sdists_from "$sdists_name @alphabet@";
    if ($sdists_from ~ "@pattern@") {
        set $sdists_name "@replacement@";
    }
"""

PUBLIC = """
    # A name that is not ours: for the public index. Not while our own index is missing, for then nobody
    # knows which names are ours.
    if (!-f "$document_root/index.html") {
        return 404;
    }
@reserved@    @answer@
}
"""

RESERVED = """\
    # Reserved: @globs@
    if ($sdists_written ~* "^(?:@written@)\\z") {
        return 404;
    }
    if ($sdists_name ~ "^(?:@normalised@)\\z") {
        return 404;
    }
"""

NO_PUBLIC = """
    # A name that is not ours: no public index stands behind this one.
    return 404;
}
"""

SERVING = """
# 3. Answer it. Only the part before gets here.

@files@"""

FILES = """\
location ^~ @internal@ {
    internal;
    alias @alias@;
    # No links to elsewhere.
    disable_symlinks on from=$document_root;
    open_file_cache off;
    error_page 599 /;
    autoindex off;
    @types@
    charset utf-8;
    charset_types text/plain text/css text/javascript application/atom+xml;
    etag on;
    if_modified_since exact;
    expires off;
    add_header Cache-Control $sdists_cache;
    add_header Vary $sdists_vary;
    add_header Content-Security-Policy $sdists_policy;
    add_header X-Content-Type-Options nosniff;
    gzip on;
    gzip_static off;
    gzip_proxied any;
    gzip_vary off;
    gzip_types @compressed@;
}
"""

PROXY = """\
location ^~ @internal@ {
    internal;
    # The public index is told the name, what the client is and accepts; not who asks, nor passwords or
    # cookies. Clients must not keep what it answers: a private project of that name may appear.
    # Links in its pages that are relative to another folder lead nowhere.
    proxy_pass @public_index@;
    proxy_pass_request_headers off;
    proxy_pass_request_body off;
    proxy_http_version 1.1;
    proxy_set_header Host $proxy_host;
    proxy_set_header Connection "";
    proxy_set_header Accept $http_accept;
    proxy_set_header Accept-Encoding $http_accept_encoding;
    proxy_set_header If-None-Match $http_if_none_match;
    proxy_set_header User-Agent $http_user_agent;
    proxy_redirect off;
    # A redirect for good would be followed without asking again, whatever is said of keeping it.
    proxy_intercept_errors on;
    error_page 301 302 303 307 308 = @moved@;
    proxy_cache off;
    proxy_store off;
    proxy_hide_header Set-Cookie;
    proxy_hide_header Last-Modified;
    proxy_hide_header Expires;
    proxy_hide_header Age;
    proxy_hide_header Cache-Control;
    proxy_hide_header Content-Security-Policy;
    proxy_hide_header X-Content-Type-Options;
    expires off;
    add_header Cache-Control "no-cache" always;
    add_header Vary Accept always;
    add_header Content-Security-Policy "@policy@" always;
    add_header X-Content-Type-Options nosniff always;
    charset off;
    gzip off;
@tls@}

location @moved@ {
    add_header Cache-Control "no-cache";
    add_header Vary Accept;
    expires off;
    error_page 599 /;
    if ($upstream_http_location ~ "^/(?!/)") {
        return 302 "@public_host@$upstream_http_location";
    }
    return 302 $upstream_http_location;
}
"""

PROXY_TLS = """\
    proxy_ssl_verify on;
    proxy_ssl_verify_depth 10;
    proxy_ssl_trusted_certificate @certificates@;
    proxy_ssl_server_name on;
    proxy_ssl_name @host@;
"""
