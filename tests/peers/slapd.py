"""A real OpenLDAP server of its own: an invented hospital, loopback ports, a temporary folder."""

from __future__ import annotations

import socket
import subprocess
import time
from pathlib import Path

from benchmarks.ports import free_port
from tests.peers.authority import Authority

PROGRAM = Path("/usr/sbin/slapd")
SCHEMAS = Path("/etc/ldap/schema")
BASE = "dc=hospital,dc=test"
READER = f"cn=reader,{BASE}"
READER_PASSWORD = "throw-away-reader"
PASSWORD = "throw-away-Passw0rd"

CONFIG = """
include {schemas}/core.schema
include {schemas}/cosine.schema
include {schemas}/inetorgperson.schema
pidfile {folder}/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
TLSCACertificateFile {ca}
TLSCertificateFile {certificate}
TLSCertificateKeyFile {key}
allow bind_anon_cred bind_anon_dn
referral ldap://127.0.0.1:1/
database mdb
suffix "{base}"
rootdn "cn=admin,{base}"
rootpw throw-away-admin
directory {folder}/db
overlay memberof
access to attrs=userPassword by anonymous auth by * none
access to dn.base="" by * read
access to * by users read by * none
"""

# memberOf is kept by the overlay for writes only; slapadd loads it as it stands here.
DATA = f"""
dn: {BASE}
objectClass: dcObject
objectClass: organization
o: Invented hospital
dc: hospital

dn: ou=people,{BASE}
objectClass: organizationalUnit
ou: people

dn: ou=groups,{BASE}
objectClass: organizationalUnit
ou: groups

dn: {READER}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: {READER_PASSWORD}

dn: uid=lin,ou=people,{BASE}
objectClass: inetOrgPerson
uid: lin
cn: 林 一
sn: 林
displayName: 林医生
mail: lin@hospital.test
userPassword: {PASSWORD}
memberOf: cn=laboratory,ou=groups,{BASE}

dn: uid=wei,ou=people,{BASE}
objectClass: inetOrgPerson
uid: wei
cn: Wei
sn: Wei
userPassword: {PASSWORD}-wei

dn: uid=odd\\2c \\28x\\29 \\2a\\5cy,ou=people,{BASE}
objectClass: inetOrgPerson
uid:: b2RkLCAoeCkgKlx5
cn: Odd
sn: Odd
userPassword: {PASSWORD}-odd

dn: uid=twin,ou=people,{BASE}
objectClass: inetOrgPerson
uid: twin
cn: Twin
sn: Twin
userPassword: {PASSWORD}

dn: uid=twin,ou=groups,{BASE}
objectClass: inetOrgPerson
uid: twin
cn: Twin
sn: Twin
userPassword: {PASSWORD}

dn: cn=laboratory,ou=groups,{BASE}
objectClass: groupOfNames
cn: laboratory
member: uid=lin,ou=people,{BASE}

dn: cn=odd,ou=groups,{BASE}
objectClass: groupOfNames
cn: odd
member: uid=odd\\2c \\28x\\29 \\2a\\5cy,ou=people,{BASE}

dn: ou=elsewhere,ou=people,{BASE}
objectClass: referral
objectClass: extensibleObject
ou: elsewhere
ref: ldap://127.0.0.1:1/ou=elsewhere,{BASE}
"""


class Slapd:
    """A server that answers plain with StartTLS on one port and TLS on another."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.authority = Authority(folder)
        self.port, self.tls_port = free_port(), free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def plain(self) -> str:
        return f"ldap://localhost:{self.port}"

    @property
    def tls(self) -> str:
        return f"ldaps://localhost:{self.tls_port}"

    def start(self) -> None:
        certificate, key = self.authority.issue()
        (self._folder / "db").mkdir()
        config = self._folder / "slapd.conf"
        config.write_text(
            CONFIG.format(
                schemas=SCHEMAS,
                folder=self._folder,
                ca=self.authority.ca_file,
                certificate=certificate,
                key=key,
                base=BASE,
            )
        )
        data = self._folder / "data.ldif"
        data.write_text(DATA, encoding="utf-8")
        subprocess.run(
            [PROGRAM.with_name("slapadd"), "-f", config, "-l", data],
            check=True,
            capture_output=True,
            timeout=60,
        )
        addresses = (
            f"ldap://127.0.0.1:{self.port}/ ldaps://127.0.0.1:{self.tls_port}/"
            f" ldaps://127.0.0.2:{self.tls_port}/"
        )
        self._process = subprocess.Popen(
            [PROGRAM, "-d", "0", "-h", addresses, "-f", config],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for_port(self.tls_port)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=20)


def wait_for_port(port: int, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return
