"""The folder of a web config file, and what one may contain."""

from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import bcrypt
import trustme

from betatel_exporter.webconfig import WebConfig

TLS = "tls_server_config: {cert_file: server.crt, key_file: server.key}\n"


@dataclass(frozen=True)
class Folder:
    """A folder with a certificate and its key, and web.yml where it is written."""

    path: Path
    ca: trustme.CA

    @classmethod
    def certified(cls, path: Path) -> Self:
        folder = cls(path, trustme.CA())
        folder.certify()
        return folder

    @property
    def file(self) -> Path:
        return self.path / "web.yml"

    def write(self, text: str) -> None:
        self.file.write_text(text)

    def certify(self, ca: trustme.CA | None = None, name: str = "server") -> None:
        issued = (ca or self.ca).issue_cert("127.0.0.1")
        issued.cert_chain_pems[0].write_to_path(self.path / f"{name}.crt")
        issued.private_key_pem.write_to_path(self.path / f"{name}.key")

    def trust(self, ca: trustme.CA, name: str = "clients.crt") -> None:
        ca.cert_pem.write_to_path(self.path / name)

    def config(self) -> WebConfig:
        return WebConfig(self.file)


def tls(settings: str) -> str:
    """TLS with further settings."""
    return TLS.replace("}", f", {settings}}}")


def basic(login: str) -> str:
    """The Authorization header of a user:password."""
    return f"Basic {b64encode(login.encode()).decode()}"


def hashed(password: str, cost: int = 4) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(cost)).decode()
