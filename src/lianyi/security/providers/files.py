"""The files under ``content/sign-in``: one for each way to sign in.

A misspelt key is told with the nearest known one; secrets are files, never values.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from lianyi.base.errors import LianyiError
from lianyi.base.plain_yaml import plain_yaml
from lianyi.base.settings import nearest
from lianyi.security.providers.problems import BadProvider, SecretUnreadable, UnknownProviderKey

FOLDER = "sign-in"
FILE_CHARACTERS_MAX = 100_000
SECRET_BYTES_MAX = 10_000
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

Algorithm = Literal[
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
]
Seconds = Annotated[float, Field(gt=0, le=60)]


class Part(BaseModel):
    """Base of everything in such a file: frozen, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Title(Part):
    """What the button on the sign-in page says.

    Attributes:
        zh: in Chinese.
        en: in English.
    """

    zh: str = Field(min_length=1, max_length=40)
    en: str = Field(min_length=1, max_length=60)


class GrantRule(Part):
    """Members of a group have a role, for as long as they are in the group at each sign-in.

    Attributes:
        group: as the directory names it; a DN is compared without regard to case and spaces.
        role: the role that they have.
        organisation: the organisation code below which it counts; ``*`` for all.
    """

    group: str = Field(min_length=1)
    role: str = Field(min_length=1)
    organisation: str = Field(min_length=1)


class ProviderFile(Part):
    """What every file says, whatever the kind.

    Attributes:
        provider: its name, the same as the file's; never change it, accounts are linked by it.
        title: what the button says.
        enabled: whether it is offered.
        subject: which claim or attribute names the person for ever; empty means the usual one:
            ``sub``, ``entryUUID`` or ``objectGUID``, in CAS the user name, in SAML the NameID.
        account_name: which claim or attribute is the account name; empty means the usual one.
        display_name: which one is the name for people; empty means the usual one.
        email: which one is the address; empty means the usual one.
        groups: which one lists the groups; empty means the usual one.
        create_accounts: whether somebody without an account gets one when he signs in first.
        grants: which groups have which roles; looked at anew at each sign-in.
        second_factors: which ways of proof (RFC 8176 ``amr``: ``otp``, ``hwk``, ``mfa``) count as
            a second factor here; none: the directory's word is not taken for one.
    """

    provider: str = Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")
    title: Title
    enabled: bool = True
    subject: str = ""
    account_name: str = ""
    display_name: str = ""
    email: str = ""
    groups: str = ""
    create_accounts: bool = False
    grants: tuple[GrantRule, ...] = ()
    second_factors: tuple[str, ...] = ()


def _https(url: str) -> str:
    """Return an address if it is https, or http to this machine.

    Raises:
        ValueError: it is neither.
    """
    parts = urlsplit(url)
    here = parts.scheme == "http" and parts.hostname in LOOPBACK
    if not parts.hostname or (parts.scheme != "https" and not here):
        raise ValueError("write an https:// address")
    return url


class OidcFile(ProviderFile):
    """OpenID Connect: authorization code with PKCE.

    Attributes:
        kind: ``oidc``.
        issuer: the address of the service, exactly as it names itself.
        client_id: under which name the service knows the platform.
        client_secret_file: the secret; none for a public client.
        client_authentication: how the secret is sent.
        redirect_uri: where the service sends the browser back to; register it there.
        scopes: what is asked for; must hold ``openid``.
        algorithms: which signatures count. Shared secrets and ``none`` are never among them.
        acr_values: which level of assurance is asked for and then demanded.
        max_age_seconds: how old the sign-in at the service may be; none: as old as it likes.
        userinfo: whether the userinfo endpoint is asked for more claims.
        skew_seconds: how much the clocks may differ.
        timeout_seconds: how long an answer may take.
        ca_file: PEM, the authority of the hospital; none means the machine's own.
    """

    kind: Literal["oidc"]
    issuer: Annotated[str, Field(min_length=1)]
    client_id: str = Field(min_length=1)
    client_secret_file: Path | None = None
    client_authentication: Literal["basic", "post"] = "basic"
    redirect_uri: str
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    algorithms: tuple[Algorithm, ...] = ("RS256", "PS256", "ES256", "Ed25519")
    acr_values: tuple[str, ...] = ()
    max_age_seconds: int | None = Field(default=None, ge=0)
    userinfo: bool = False
    skew_seconds: int = Field(default=60, ge=0, le=300)
    timeout_seconds: Seconds = 10
    ca_file: Path | None = None

    _addresses = field_validator("issuer", "redirect_uri")(_https)

    @field_validator("scopes")
    @classmethod
    def _asks_for_an_identity(cls, scopes: tuple[str, ...]) -> tuple[str, ...]:
        if "openid" not in scopes:
            raise ValueError("it must hold openid")
        return scopes

    @field_validator("algorithms")
    @classmethod
    def _at_least_one(cls, algorithms: tuple[str, ...]) -> tuple[str, ...]:
        if not algorithms:
            raise ValueError("name at least one")
        return algorithms


class SmartFile(OidcFile):
    """SMART App Launch: the system of a ward opens a patient's record here for its user.

    Attributes:
        kind: ``smart``. It is no button on the sign-in page.
        fhir: address of the FHIR server of the system, as its launches say it (``iss``).
        system: name of the account that the system has here; it needs ``record.link``.
        authorities: how the numbers of its patients are called in messages: the ``system`` of an
            identifier, and the assigning authority.
        scopes: what is asked for; reading the patient it was launched about is needed.
    """

    kind: Literal["smart"]  # type: ignore[assignment]  # a file is of one kind
    fhir: str
    system: str = Field(min_length=1, max_length=64)
    authorities: dict[str, Annotated[str, Field(pattern=r"^[^\^\x00]{1,100}$")]] = Field(
        min_length=1
    )
    scopes: tuple[str, ...] = ("openid", "fhirUser", "launch", "patient/Patient.r")

    _fhir_address = field_validator("fhir")(_https)


class LdapFile(ProviderFile):
    """LDAP and Active Directory.

    Attributes:
        kind: ``ldap``.
        servers: ``ldaps://host:636`` or ``ldap://host:389``, asked in this order.
        start_tls: whether an ``ldap://`` connection is encrypted before anything is said.
        allow_plain_text: lets passwords travel unencrypted; only for a test.
        ca_file: PEM, the authority of the hospital; none means the machine's own.
        mode: ``search`` finds the entry with an account of its own and then binds as the entry;
            ``direct`` binds at once with a name made of ``bind_name``.
        bind_as: in mode ``search``, the DN that searches; empty searches anonymously.
        bind_password_file: its password.
        bind_name: in mode ``direct``, e.g. ``uid={name},ou=people,dc=h`` or ``{name}@h.local``.
        base: where people are searched.
        user_filter: which entry belongs to a name; ``{name}`` stands for what was typed.
        group_base: where groups are searched; empty takes the attribute ``groups`` of the entry.
        group_filter: which groups a person is in; ``{dn}`` and ``{name}`` stand for him.
        group_name: which attribute of a group is its name; empty means its DN.
        factors: how a person proves himself here, in the words of RFC 8176.
        timeout_seconds: how long one server may take altogether.
    """

    kind: Literal["ldap"]
    servers: tuple[str, ...] = Field(min_length=1, max_length=10)
    start_tls: bool = True
    allow_plain_text: bool = False
    ca_file: Path | None = None
    mode: Literal["search", "direct"] = "search"
    bind_as: str = ""
    bind_password_file: Path | None = None
    bind_name: str = ""
    base: str = Field(min_length=1)
    user_filter: str = "(uid={name})"
    group_base: str = ""
    group_filter: str = "(member={dn})"
    group_name: str = ""
    factors: tuple[str, ...] = ("pwd",)
    timeout_seconds: Seconds = 5

    @field_validator("servers")
    @classmethod
    def _are_addresses(cls, servers: tuple[str, ...]) -> tuple[str, ...]:
        for server in servers:
            parts = urlsplit(server)
            plain = parts.path in ("", "/") and not parts.query and not parts.username
            if parts.scheme not in ("ldap", "ldaps") or not parts.hostname or not plain:
                raise ValueError("write ldaps://host:636 or ldap://host:389")
            _ = parts.port  # raises ValueError itself
        return servers

    @field_validator("user_filter", "group_filter")
    @classmethod
    def _is_a_filter(cls, text: str) -> str:
        from lianyi.security.providers.ldap_filter import check_template

        check_template(text)
        return text

    @model_validator(mode="after")
    def _fits_together(self) -> LdapFile:
        plain = [server for server in self.servers if server.startswith("ldap://")]
        if plain and not self.start_tls and not self.allow_plain_text:
            raise ValueError("passwords would travel unencrypted: use ldaps:// or start_tls")
        if self.mode == "direct" and self.bind_name.count("{name}") != 1:
            raise ValueError("mode direct needs bind_name with one {name}")
        if self.bind_as and self.bind_password_file is None:
            raise ValueError("bind_as needs bind_password_file")
        return self


class CasFile(ProviderFile):
    """CAS 3.0: a service ticket is validated with the CAS server.

    Attributes:
        kind: ``cas``.
        server: the address of the CAS server, e.g. ``https://cas.hospital.internal/cas``.
        service: where it sends the browser back to; the same for asking and validating.
        renew: whether the person must prove it anew although a CAS session stands.
        timeout_seconds: how long an answer may take.
        ca_file: PEM, the authority of the hospital; none means the machine's own.
    """

    kind: Literal["cas"]
    server: str
    service: str
    renew: bool = False
    timeout_seconds: Seconds = 10
    ca_file: Path | None = None

    _addresses = field_validator("server", "service")(_https)


class SamlFile(ProviderFile):
    """SAML 2.0: Web Browser SSO that begins here.

    Attributes:
        kind: ``saml``.
        idp_entity_id: how the identity provider calls itself, exactly.
        sso_url: where it takes requests (HTTP-Redirect).
        idp_certificate_file: PEM, its signing certificate; two while it changes from one to the
            next. A file that is replaced counts when this file changes or after a restart.
        entity_id: how the platform calls itself; register it there.
        acs_url: where the browser brings the response (HTTP-POST); register it there.
        sp_certificate_file: PEM, shown in our metadata.
        sp_key_file: PEM, its private key; with it requests are signed.
        name_id_format: which kind of name is asked for; empty: whichever it likes.
        authn_contexts: ways of proof that are asked for and then demanded.
        force_authn: whether the person must prove it anew although a session stands there.
        allow_sha1: lets signatures with SHA-1 count; only for a service that cannot do better.
        skew_seconds: how much the clocks may differ.
    """

    kind: Literal["saml"]
    idp_entity_id: str = Field(min_length=1, max_length=1024)
    sso_url: str
    idp_certificate_file: Path
    entity_id: str = Field(min_length=1, max_length=1024)
    acs_url: str
    sp_certificate_file: Path | None = None
    sp_key_file: Path | None = None
    name_id_format: str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
    authn_contexts: tuple[str, ...] = ()
    force_authn: bool = False
    allow_sha1: bool = False
    skew_seconds: int = Field(default=60, ge=0, le=300)

    _addresses = field_validator("sso_url", "acs_url")(_https)

    @model_validator(mode="after")
    def _fits_together(self) -> SamlFile:
        if (self.sp_certificate_file is None) is not (self.sp_key_file is None):
            raise ValueError("sp_certificate_file and sp_key_file belong together")
        return self


KINDS: dict[str, type[OidcFile | LdapFile | CasFile | SamlFile]] = {
    "oidc": OidcFile,
    "smart": SmartFile,
    "ldap": LdapFile,
    "cas": CasFile,
    "saml": SamlFile,
}

_CHINESE = {
    "missing": "缺少必填的键",
    "string_type": "应为文本",
    "string_pattern_mismatch": "应匹配 {pattern}",
    "string_too_short": "不能为空",
    "string_too_long": "至多 {max_length} 个字符",
    "literal_error": "应为 {expected} 之一",
    "int_parsing": "应为整数",
    "float_parsing": "应为数字",
    "bool_parsing": "应为 true 或 false",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "应不小于 {ge}",
    "less_than_equal": "应不大于 {le}",
    "too_short": "至少需要 {min_length} 项",
    "too_long": "至多 {max_length} 项",
    "tuple_type": "应为列表",
    "model_type": "应为键值对",
}


def read_provider(text: str, name: str) -> ProviderFile:
    """Read the file of one provider.

    Args:
        text: the YAML.
        name: of the file; its stem must be the provider's name.

    Returns:
        An :class:`OidcFile`, :class:`LdapFile`, or whatever its kind is.

    Raises:
        BadProvider: ``problems`` holds all that is wrong; misspelt keys first.
    """
    data = _plain(text, name)
    kind = KINDS.get(str(data.get("kind")))
    if kind is None:
        known = nearest(str(data.get("kind")), KINDS)
        raise BadProvider(
            where=f"{name}: kind",
            why=f"it must be one of {', '.join(KINDS)}" + (f"; do you mean {known}?" * bool(known)),
            why_zh=f"应为 {'、'.join(KINDS)} 之一" + (f"；是否指 {known}？" * bool(known)),
        )
    try:
        found = kind.model_validate(data)
    except ValidationError as error:
        problems = _problems(error, kind, name)
        problems[0].problems = tuple(problems)
        raise problems[0] from error
    if Path(name).stem != found.provider:
        raise BadProvider(
            where=f"{name}: provider",
            why=f"the file is called '{Path(name).stem}', the provider '{found.provider}'",
            why_zh=f"文件名为“{Path(name).stem}”，provider 为“{found.provider}”",
        )
    return found


def load_providers(content_dir: Path) -> tuple[list[ProviderFile], list[LianyiError]]:
    """Read every file under ``sign-in``; one that cannot be used does not stop the others.

    Returns:
        The providers by name, and everything that is wrong with the other files.
    """
    found: list[ProviderFile] = []
    problems: list[LianyiError] = []
    for path in sorted((content_dir / FOLDER).glob("*.y*ml")):
        try:
            found.append(read_provider(path.read_text(encoding="utf-8"), path.name))
        except BadProvider as error:
            problems += error.problems
        except (OSError, UnicodeDecodeError) as error:
            problems.append(
                BadProvider(where=path.name, why=str(error), why_zh=f"无法读取：{error}")
            )
    return found, problems


def read_secret(path: Path) -> str:
    """Return what a secret's file holds, without the line end.

    Raises:
        SecretUnreadable: there is no such file, or nothing in it.
    """
    try:
        with path.open("rb") as file:
            secret = file.read(SECRET_BYTES_MAX).decode("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise SecretUnreadable(where=str(path), why=f"{why}", why_zh=f"{why}") from error
    if not secret:
        raise SecretUnreadable(where=str(path), why="it is empty", why_zh="文件为空")
    return secret


def _plain(text: str, name: str) -> dict[str, Any]:
    """Return the YAML as plain data, without anchors, aliases and tags."""
    why = ""
    try:
        if len(text) > FILE_CHARACTERS_MAX:
            why = f"it has more than {FILE_CHARACTERS_MAX} characters"
        data = None if why else plain_yaml(text)
    except yaml.YAMLError as error:
        why = " ".join(str(error).split())
    if why:
        raise BadProvider(where=name, why=why, why_zh=f"YAML：{why}")
    if not isinstance(data, dict):
        raise BadProvider(
            where=name,
            why="it must hold keys such as provider, kind, title",
            why_zh="应包含 provider、kind、title 等键",
        )
    return {str(key): value for key, value in data.items() if value is not None}


def _problems(error: ValidationError, kind: type[ProviderFile], name: str) -> list[BadProvider]:
    """Return what pydantic found in our words; misspelt keys first, and not as missing."""
    misspelt: list[BadProvider] = []
    others: list[BadProvider] = []
    suggested: set[str] = set()
    models: dict[str, type[Part]] = {"title": Title, "grants": GrantRule}
    found = error.errors(include_url=False, include_input=False)
    for problem in found:
        if problem["type"] == "extra_forbidden":
            *above, key = map(str, problem["loc"])
            model = models.get(above[0], kind) if above else kind
            close = nearest(key, model.model_fields)
            suggested.add(".".join([*above, close]))
            where = f"{name}: {'.'.join([*above, key])}"
            misspelt.append(UnknownProviderKey(where=where, key=key, nearest=close))
    for problem in found:
        place = ".".join(map(str, problem["loc"]))
        if problem["type"] == "extra_forbidden":
            continue
        if problem["type"] == "missing" and place in suggested:
            continue
        english = problem["msg"].removeprefix("Value error, ")
        chinese = _CHINESE.get(problem["type"], english)
        facts = {key: str(value) for key, value in problem.get("ctx", {}).items()}
        where = f"{name}: {place}" if place else name
        others.append(
            BadProvider(
                where=where,
                why=english[:1].lower() + english[1:],
                why_zh=chinese.format_map(facts) if chinese != english else chinese,
            )
        )
    return misspelt + others
