"""Where a yusuan installation keeps its things, and how Prefect is pointed at them.

Layout of a home folder (`--home`, else `YUSUAN_HOME`, else `./yusuan-data`):

    archive/            every original by sha256, immutable, and the sightings
    warehouse.sqlite    the figures (or PostgreSQL, by YUSUAN_DATABASE_URL)
    runs/<run id>/      what one run did: crawl summary, sightings, summary.json
    evidence/           pages that stood where a file should have been, by sha256
    portals/            the portals of this installation, one YAML each (beside those shipped with the package), and their bounds
    logs/               of the services that a command starts for itself
    prefect/            Prefect's own database and logs
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

DEPLOYED_HOME = "YUSUAN_DEPLOYED_HOME"
"""Environment variable of a run of a deployment: the home that the deployment was made for."""
OWNERS_ALONE = 0o700
"""Permissions of a home that is made: decisions and notes of reviewers are nobody else's."""


class NoHouseError(FileNotFoundError):
    """A folder that is no installation and cannot be made one; the message names it and says what to do."""


class WrongHouseError(RuntimeError):
    """A run of one home that a worker of another home was given; the message names both."""


def _place(home: str | Path | None) -> Path:
    return Path(home or os.environ.get("YUSUAN_HOME") or "yusuan-data").expanduser().resolve()


@dataclass(frozen=True)
class House:
    """One installation's places."""

    home: Path

    @classmethod
    def at(cls, home: str | Path | None = None) -> House:
        """The house at `home`, made if missing. Raises NoHouseError where no folder is and none can be made."""
        house = cls(_place(home))
        try:
            house.home.parent.mkdir(parents=True, exist_ok=True)
            house.home.mkdir(mode=OWNERS_ALONE, exist_ok=True)
        except OSError as error:
            raise NoHouseError(
                f"{house.home}: no yusuan home can be made there 无法在此建立: {error.strerror}; name a folder with --home or "
                "YUSUAN_HOME"
            ) from error
        return house

    @classmethod
    def of_run(cls, home: str | Path | None = None) -> House:
        """The house of a flow: `home`, else that of its deployment, else as `at`.

        Raises WrongHouseError where the worker that was given the run belongs to another home than its deployment (a worker that
        outlived its server, two installations on one port): nothing is read or written there.
        """
        deployed, worker = os.environ.get(DEPLOYED_HOME), os.environ.get("YUSUAN_HOME")
        if deployed and worker and _place(deployed) != _place(worker):
            raise WrongHouseError(
                f"this worker belongs to the home {_place(worker)}, and this run to {_place(deployed)}: nothing was done. End that "
                "worker and start one of the right home 此工作进程属于另一数据目录"
            )
        return cls.at(home or deployed)

    @classmethod
    def seen(cls, home: str | Path | None = None) -> House:
        """The house at `home`, for who looks at what ships with the package as well: it need not be there, and is not made."""
        return cls(_place(home))

    @classmethod
    def existing(cls, home: str | Path | None = None) -> House:
        """The house at `home`, for who only looks: nothing is made. Raises NoHouseError where none is."""
        house = cls(_place(home))
        kept = ("warehouse.sqlite", "archive", "runs", "portals")
        elsewhere = house.home.is_dir() and bool(os.environ.get("YUSUAN_DATABASE_URL"))
        if not elsewhere and not any((house.home / name).exists() for name in kept):
            raise NoHouseError(
                f"no yusuan home at {house.home} 此处没有 yusuan 数据: name it with --home or YUSUAN_HOME, or make one with "
                "`yusuan nightly`, `yusuan portals add` or `yusuan demo`"
            )
        return house

    @property
    def archive(self) -> Path:
        return self.home / "archive"

    @property
    def runs(self) -> Path:
        return self.home / "runs"

    @property
    def portals(self) -> Path:
        return self.home / "portals"

    @property
    def evidence(self) -> Path:
        return self.home / "evidence"

    @property
    def database_url(self) -> str:
        return os.environ.get("YUSUAN_DATABASE_URL") or f"sqlite:///{self.home / 'warehouse.sqlite'}"

    def prefect_environment(self) -> dict[str, str]:
        """What Prefect needs to keep its records inside this home. An address of a server set by the user wins."""
        environment = {
            "YUSUAN_HOME": str(self.home),
            "PREFECT_HOME": str(self.home / "prefect"),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
            "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
            "DO_NOT_TRACK": "1",
            "GX_ANALYTICS_ENABLED": "false",
        }
        if not os.environ.get("PREFECT_API_URL"):
            environment["PREFECT_SERVER_ALLOW_EPHEMERAL_MODE"] = "true"
            # two cores and a cold disk: Prefect's own 20 s are not always enough
            environment["PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS"] = "90"
        return environment

    def enter(self) -> House:
        """Point this process at the house; must happen before Prefect is imported."""
        os.environ.update(self.prefect_environment())
        return self
