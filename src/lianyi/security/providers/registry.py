"""From the file of a provider to the provider."""

from __future__ import annotations

from lianyi.base.clock import Clock, IdSource
from lianyi.security.providers.cas import CasProvider
from lianyi.security.providers.files import (
    CasFile,
    LdapFile,
    OidcFile,
    ProviderFile,
    SamlFile,
    SmartFile,
)
from lianyi.security.providers.ldap import LdapProvider
from lianyi.security.providers.oidc import OidcProvider
from lianyi.security.providers.saml import SamlProvider
from lianyi.security.providers.smart import SmartProvider

Provider = OidcProvider | LdapProvider | CasProvider | SamlProvider


def make_provider(file: ProviderFile, clock: Clock, ids: IdSource) -> Provider:
    """Return what a file describes. Nobody is asked anything yet.

    Raises:
        SecretUnreadable: the file of an authority cannot be used.
        TypeError: a kind of file that nobody knows; the files themselves are checked before.
    """
    match file:
        case SmartFile():
            return SmartProvider(file, clock, ids)
        case OidcFile():
            return OidcProvider(file, clock, ids)
        case LdapFile():
            return LdapProvider(file, clock)
        case CasFile():
            return CasProvider(file, clock, ids)
        case SamlFile():
            return SamlProvider(file, clock, ids)
        case _:
            raise TypeError(f"no provider of {type(file).__name__}")
