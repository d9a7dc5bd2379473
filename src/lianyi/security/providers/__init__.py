"""Signing in through the hospital's own directories: OpenID Connect, LDAP and AD, CAS, SAML.

Two shapes are enough. A redirect provider sends the browser away and reads what it brings back; a
password provider is given a name and a password. Both end with an :class:`ExternalIdentity`, which
says who somebody is; what he may do is decided elsewhere.
"""

from lianyi.security.providers.files import ProviderFile, load_providers, read_provider
from lianyi.security.providers.mapping import Suggestion, suggest
from lianyi.security.providers.provider import (
    ExternalIdentity,
    KeptState,
    PasswordProvider,
    Redirect,
    RedirectProvider,
    SeenOnce,
)
from lianyi.security.providers.registry import Provider, make_provider

__all__ = [
    "ExternalIdentity",
    "KeptState",
    "PasswordProvider",
    "Provider",
    "ProviderFile",
    "Redirect",
    "RedirectProvider",
    "SeenOnce",
    "Suggestion",
    "load_providers",
    "make_provider",
    "read_provider",
    "suggest",
]
