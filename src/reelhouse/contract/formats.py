"""The formats of text that a contract can ask for, each defined by one regular expression.

All are ASCII and are matched against the whole text. They hold no character that JSON or CSV has
to escape, and nothing that regular expression engines disagree about.
"""

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_URI_CHARACTER = r"(?:[A-Za-z0-9._~:/?#@!$&'()*+,;=\[\]-]|%[0-9A-Fa-f][0-9A-Fa-f])"
_AFTER_HOST = r"(?:[A-Za-z0-9._~:/?#@!$&'()*+,;=\[\]-]|%[0-9A-Fa-f][0-9A-Fa-f])*"
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"

FORMATS: dict[str, str] = {
    # local@domain, the local part as an RFC 5322 dot-atom, the domain with at least one dot
    "email": rf"^{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+[A-Za-z][A-Za-z]+$",
    # RFC 3986: a scheme, a colon, and characters of a URI; others must be percent-encoded
    "uri": rf"^[A-Za-z][A-Za-z0-9+.-]*:{_URI_CHARACTER}+$",
    # http or https, a host name or an IPv4 address, perhaps a port and the rest; no user:password@
    "http-url": rf"^https?://{_LABEL}(?:\.{_LABEL})*(?::[0-9]+)?(?:[/?#]{_AFTER_HOST})?$",
    "hostname": rf"^{_LABEL}(?:\.{_LABEL})*$",
    "ipv4": rf"^{_OCTET}(?:\.{_OCTET}){{3}}$",
    "uuid": r"^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$",
}
"""Format name to pattern."""
