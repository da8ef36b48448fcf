"""Who may look and who may decide: a users file, a reverse proxy's header, or the person at this machine.

The users file is TOML, one table a person:

    [wang]
    role = "decide"            # read, decide, or rules
    password = "scrypt$…"      # `yusuan review password` makes it; left out where a proxy tells who it is

Sessions are signed with a secret of this process: a restart ends them. Nothing here is ever logged or shown.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
import tomllib
from collections import defaultdict, deque
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

Role = Literal["read", "decide", "rules"]
ROLES: tuple[Role, ...] = get_args(Role)
SESSION_SECONDS = 12 * 3600
LOGIN_TRIES, LOGIN_SECONDS = 5, 300
"""Failed logins of one address or for one name within so many seconds, before the next is refused unheard."""
_SCRYPT = {"n": 2**14, "r": 8, "p": 1}


class UsersFileError(ValueError):
    """A users file that cannot be used; the message says what is wrong, never a password."""


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    role: Role

    def may(self, wanted: Role) -> bool:
        """A role includes those before it."""
        return ROLES.index(self.role) >= ROLES.index(wanted)


def password_line(password: str) -> str:
    """What the users file keeps of a password."""
    salt = secrets.token_bytes(16)
    digest = hashlib.scrypt(password.encode(), salt=salt, **_SCRYPT)
    return "$".join(("scrypt", base64.b64encode(salt).decode(), base64.b64encode(digest).decode()))


def fits(password: str, line: str) -> bool:
    """Whether `line` was made of this password."""
    name, salt, digest = line.split("$")
    made = hashlib.scrypt(password.encode(), salt=base64.b64decode(salt), **_SCRYPT)
    return name == "scrypt" and hmac.compare_digest(made, base64.b64decode(digest))


_NOBODY = password_line(secrets.token_hex(16))
"""Compared with where there is no such person, so that a wrong name takes as long as a wrong password."""


class People:
    """The people of a users file. Raises UsersFileError for a file that is none."""

    def __init__(self, users: Path) -> None:
        try:
            told = tomllib.loads(users.read_text("utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as trouble:
            raise UsersFileError(f"{users}: cannot be read as a users file: {type(trouble).__name__}") from None
        self._people: dict[str, tuple[Person, str | None]] = {}
        for name, fields in told.items():
            if not isinstance(fields, dict) or fields.get("role") not in ROLES or set(fields) - {"role", "password"}:
                raise UsersFileError(
                    f"{users}: [{name}] needs role = one of {', '.join(ROLES)}, and password or nothing else"
                )
            line = fields.get("password")
            if line is not None and (
                not isinstance(line, str) or line.count("$") != 2 or not line.startswith("scrypt$")
            ):
                raise UsersFileError(f"{users}: [{name}] password is no line of `yusuan review password`")
            self._people[name] = (Person(name, fields["role"]), line)
        if not self._people:
            raise UsersFileError(f"{users}: names nobody")

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._people))

    @property
    def passwords(self) -> bool:
        """Whether somebody can log in here."""
        return any(line is not None for _, line in self._people.values())

    def named(self, name: str) -> Person | None:
        found = self._people.get(name)
        return found[0] if found else None

    def login(self, name: str, password: str) -> Person | None:
        person, line = self._people.get(name, (None, None))
        right = fits(password, line or _NOBODY)
        return person if right and line is not None else None


class TooOften:
    """Counts failures by key; `blocked` once there were LOGIN_TRIES within LOGIN_SECONDS."""

    def __init__(self, tries: int = LOGIN_TRIES, seconds: float = LOGIN_SECONDS) -> None:
        self._tries, self._seconds = tries, seconds
        self._failed: dict[str, deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()

    def blocked(self, *keys: str) -> bool:
        now = time.monotonic()
        with self._lock:
            for key in list(self._failed):
                while self._failed[key] and now - self._failed[key][0] > self._seconds:
                    self._failed[key].popleft()
                if not self._failed[key]:
                    del self._failed[key]
            return any(len(self._failed.get(key, ())) >= self._tries for key in keys)

    def failed(self, *keys: str) -> None:
        with self._lock:
            for key in keys:
                self._failed[key].append(time.monotonic())


class Sessions:
    """Signed cookies: who, until when. The token against forged forms is made of the cookie."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)

    def issue(self, name: str) -> str:
        told = json.dumps([name, int(time.time()) + SESSION_SECONDS, secrets.token_hex(8)])
        body = base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")
        return f"{body}.{self._sign('session', body)}"

    def name_of(self, cookie: str) -> str | None:
        """Who holds this cookie; None for one that is forged or over."""
        body, _, signature = cookie.partition(".")
        if not hmac.compare_digest(signature.encode(), self._sign("session", body).encode()):
            return None
        name, until, _ = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return str(name) if time.time() < until else None

    def form_token(self, cookie: str) -> str:
        return self._sign("form", cookie)

    def form_token_fits(self, cookie: str, token: str) -> bool:
        return hmac.compare_digest(token.encode(), self.form_token(cookie).encode())

    def _sign(self, purpose: str, what: str) -> str:
        return hmac.new(self._secret, f"{purpose}:{what}".encode(), hashlib.sha256).hexdigest()
