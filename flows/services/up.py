"""`yusuan up`: Prefect server, work pool, deployments and worker on this machine, bound to loopback.

Each service is a child process; when one dies or on ctrl-C all are stopped, and none outlives a `yusuan` that was killed. The
addresses to open are printed. A command that finds no server (`PREFECT_API_URL`) starts a temporary one for itself.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from archive.processes import start_bound
from flows.home import House

LOOPBACK = "127.0.0.1"
POOL = "yusuan"


class ServiceError(RuntimeError):
    """A service that did not start; the message names it, its log and what to do."""


def prefect_file() -> Path:
    """The deployments shipped with the package."""
    return Path(str(resources.files("deployments") / "prefect.yaml"))


def _prefect(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "prefect", *arguments]


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _wait_until(url: str, service: subprocess.Popen[bytes], name: str, log: Path, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if service.poll() is not None:
            raise ServiceError(f"{name} ended with exit code {service.returncode}; its log: {log}")
        if _answers(url):
            return
        time.sleep(0.3)
    raise ServiceError(f"{name} does not answer at {url} after {seconds:g} s; its log: {log}")


@contextlib.contextmanager
def prefect_house(house: House, *, port: int = 4200, worker: bool = True) -> Iterator[str]:
    """Run server, pool, deployments and (unless `worker` is false) one process worker; yields the API's address.

    Port 0 takes a free one. Raises ServiceError when the port is taken or a service does not come up.
    """
    port = port or _free_port()
    api = f"http://{LOOPBACK}:{port}/api"
    if _answers(f"{api}/health"):
        raise ServiceError(f"a Prefect server already answers at {api}; stop it or choose another --port")
    logs = house.home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ, **house.prefect_environment(), "PREFECT_API_URL": api, "PREFECT_SERVER_API_HOST": LOOPBACK,
        "PREFECT_UI_API_URL": api,
    }  # fmt: skip
    children: list[subprocess.Popen[bytes]] = []

    def start(name: str, *arguments: str) -> tuple[subprocess.Popen[bytes], Path]:
        log = logs / f"{name}.log"
        with log.open("ab") as sink:
            child = start_bound(_prefect(*arguments), sink, environment)
        children.append(child)
        return child, log

    try:
        server, log = start("prefect-server", "server", "start", "--host", LOOPBACK, "--port", str(port))
        _wait_until(f"{api}/health", server, "the Prefect server", log)
        for arguments in (
            ("work-pool", "create", POOL, "--type", "process", "--overwrite"),
            ("--no-prompt", "deploy", "--all", "--prefect-file", str(prefect_file())),
        ):
            done = subprocess.run(
                _prefect(*arguments), env=environment, cwd=house.home, capture_output=True, text=True, check=False
            )
            if done.returncode:
                raise ServiceError(f"prefect {' '.join(arguments)} failed:\n{done.stdout}\n{done.stderr}")
        if worker:
            start("prefect-worker", "worker", "start", "--pool", POOL, "--type", "process", "--name", "yusuan-worker")
        yield api
    finally:
        for child in reversed(children):
            _stop(child)


def temporary_server(house: House) -> None:
    """Unless a server is named: run one for this process, until its end; Prefect must not have been imported yet.

    Prefect would start one by itself, but in our process group: ctrl-C would end it together with us, and a run that is told to
    stop could not say so to anybody. Raises ServiceError when it does not come up.
    """
    if os.environ.get("PREFECT_API_URL"):
        return
    port = _free_port()
    api = f"http://{LOOPBACK}:{port}/api"
    logs = house.home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / "prefect-temporary-server.log"
    command = [
        sys.executable, "-m", "uvicorn", "--factory", "prefect.server.api.server:create_app", "--host", LOOPBACK,
        "--port", str(port), "--log-level", "error", "--lifespan", "on",
    ]  # fmt: skip
    # as Prefect starts its own: no page, no services of a server that lives for days
    environment = {
        **os.environ, **house.prefect_environment(), "PREFECT_UI_ENABLED": "0", "PREFECT__SERVER_EPHEMERAL": "1",
        "PREFECT__SERVER_FINAL": "1",
    }  # fmt: skip
    with log.open("ab") as sink:
        server = start_bound(command, sink, environment, signal.SIGKILL)
    # last of all: what Prefect registers when it is imported below still sends logs and events when this process ends
    atexit.register(_stop, server, 1)
    os.environ["PREFECT_API_URL"] = api
    importlib.import_module("flows.nightly")
    _wait_until(f"{api}/health", server, "the temporary Prefect server", log, seconds=90)


def _stop(child: subprocess.Popen[bytes], patience_seconds: float = 10) -> None:
    """Ask the service and what it started to end; after that many seconds make it."""
    for sign, patience in ((signal.SIGTERM, patience_seconds), (signal.SIGKILL, 5)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(patience)
            return


@contextlib.contextmanager
def review_page_process(house: House, port: int) -> Iterator[str]:
    """Run the review page of a house in a child process; yields its address. Raises ServiceError when it does not come up."""
    logs = house.home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / "review-page.log"
    port = port or _free_port()
    command = [
        sys.executable, "-m", "flows.command_line", "review", "serve", "--home", str(house.home), "--port", str(port),
    ]  # fmt: skip
    with log.open("ab") as sink:
        child = start_bound(command, sink)
    url = f"http://{LOOPBACK}:{port}/"
    try:
        _wait_until(url, child, "the review page", log, seconds=60)
        yield url
    finally:
        _stop(child)


@contextlib.contextmanager
def sample_portal_process(house: House, port: int) -> Iterator[str]:
    """Run the sample portal in a child process; yields its address. One that answers there already is used as it is."""
    url = f"http://{LOOPBACK}:{port}/zwgk/czyjs/"
    if _answers(url):
        yield url
        return
    logs = house.home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / "sample-portal.log"
    command = [sys.executable, "-m", "spiders.sample_portal", "--host", LOOPBACK, "--port", str(port)]
    with log.open("ab") as sink:
        child = start_bound(command, sink)
    try:
        _wait_until(url, child, "the sample portal", log, seconds=30)
        yield url
    finally:
        _stop(child)
