"""`yusuan up`: Prefect server, deployments, worker and the sample portal on this machine, bound to loopback and watched.

Each service is a child process. One that dies is started again after a pause that grows, and a line says so; runs whose process is
gone are crashed; on ctrl-C or SIGTERM runs, services and whatever they started are ended within ten seconds. The next `up` of a
home ends what an `up` that was killed left behind.

A command that finds no server (`PREFECT_API_URL`) starts a temporary one for itself.
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
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType
from zoneinfo import ZoneInfo

from archive.processes import start_bound
from flows.home import House
from flows.services import under_way
from flows.services.marked import MARK, Marked, flow_processes, mark_of, marked, tell
from flows.services.prefect_api import ServerAwayError, next_night

LOOPBACK = "127.0.0.1"
POOL = "yusuan"
LONGEST_PAUSE_SECONDS = 60.0
HEALTHY_AFTER_SECONDS = 300.0
"""A service that lived so long begins with the shortest pause again."""
SECONDS_BETWEEN_LOOKS = 15.0
"""How often runs are held against the processes that live."""
SILENT_SECONDS = 120.0
"""A server that lives and does not answer for so long is ended and started again."""
SCHEDULED_WITHIN_SECONDS = 90.0
"""Prefect's scheduler looks at new deployments every five seconds; a loaded machine needs more."""

Say = Callable[[str], object]


class ServiceError(RuntimeError):
    """A service that did not start; the message names it, its log and what to do."""


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


@dataclass
class Service:
    """A child process that is to live."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    deaths: int = 0
    again_at: float | None = None
    """When it is to be started again (monotonic seconds), None while it lives."""

    def start(self) -> subprocess.Popen[bytes]:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as sink:
            # SIGKILL: a worker survives the SIGTERM that the death of its parent sends, and takes runs for ever
            self.process = start_bound(self.command, sink, self.environment, signal.SIGKILL)
        self.started_at, self.again_at = time.monotonic(), None
        return self.process

    def look(self, say: Say) -> None:
        """Start it again when it is dead, after a pause of 1, 2, 4 … seconds."""
        now = time.monotonic()
        if self.again_at is not None:
            if now >= self.again_at:
                self.start()
            return
        assert self.process is not None
        code = self.process.poll()
        if code is None:
            return
        self.deaths = 1 if now - self.started_at > HEALTHY_AFTER_SECONDS else self.deaths + 1
        pause = min(LONGEST_PAUSE_SECONDS, 2.0 ** (self.deaths - 1))
        self.again_at = now + pause
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        say(f"{self.name} {how}; started again in {pause:g} s (its log: {self.log}) 已重启")


@dataclass
class Standing:
    """Everything that `up` started, and what watches it."""

    house: House
    api: str
    say: Say
    services: list[Service] = field(default_factory=list)
    silent_since: float | None = None
    looked_at: float = 0.0

    @property
    def mark(self) -> str:
        return mark_of(self.house.home)

    def add(self, name: str, log: str, command: list[str], environment: dict[str, str]) -> Service:
        service = Service(name, command, {**environment, MARK: self.mark}, self.house.home / "logs" / log)
        self.services.append(service)
        return service

    def own(self) -> list[Marked]:
        """The living processes of this `up`, its own one left out."""
        mine = self.mark
        return [one for one in marked() if one.mark == mine and one.pid != os.getpid()]

    def watch(self, seconds: float | None = None) -> None:
        """Look after services and runs, for ever or for so long."""
        until = None if seconds is None else time.monotonic() + seconds
        while until is None or time.monotonic() < until:
            self.look()
            time.sleep(0.5)

    def look(self) -> None:
        """One look at everything."""
        for service in self.services:
            service.look(self.say)
        if time.monotonic() - self.looked_at < SECONDS_BETWEEN_LOOKS:
            return
        self.looked_at = time.monotonic()
        try:
            self.look_at_runs()
            self.silent_since = None
        except ServerAwayError:
            self._server_is_silent()

    def look_at_runs(self) -> None:
        """Crash the runs whose process is gone, and end those that were cancelled while nobody listened."""
        processes = flow_processes(marked())
        alive = {one.flow_run for one in processes if one.flow_run}
        for run in under_way.crash_dead(self.api, alive):
            self.say(f"run {run['name']} is crashed: its process is gone 运行已中断")
            if run["auto_scheduled"] and under_way.is_night(run, self.api):
                self.say(f"run {under_way.catch_up(self.api)} takes what it would have taken 补运行")
        cancelling = {
            run["id"] for run in under_way.runs_under_way(self.api)
            if run["state_type"] == "CANCELLING"
            and time.time() - datetime.fromisoformat(run["state"]["timestamp"]).timestamp() > 60
        }  # fmt: skip
        tell((one for one in processes if one.flow_run in cancelling), signal.SIGTERM)

    def _server_is_silent(self) -> None:
        self.silent_since = self.silent_since or time.monotonic()
        server = self.services[0].process
        if time.monotonic() - self.silent_since > SILENT_SECONDS and server is not None and server.poll() is None:
            self.say(
                f"{self.services[0].name} does not answer; it is ended and started again (its log: {self.services[0].log})"
            )
            server.kill()
            self.silent_since = None

    def stop(self) -> None:
        """End the runs under way, then the services, then whatever is left; ten seconds are enough."""
        flows = flow_processes(self.own())
        tell(flows, signal.SIGTERM)
        _gone(lambda: bool({one.pid for one in flows} & {one.pid for one in self.own()}), 4.0 if flows else 0.0)
        for service in reversed(self.services):
            if service.process is not None and service.process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(service.process.pid, signal.SIGTERM)
        _gone(lambda: any(one.process is not None and one.process.poll() is None for one in self.services), 3.0)
        for service in self.services:
            if service.process is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(service.process.pid, signal.SIGKILL)
                service.process.wait()
        tell(self.own(), signal.SIGKILL)


def _gone(still: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and still():
        time.sleep(0.1)


@contextlib.contextmanager
def told_to_stop() -> Iterator[None]:
    """SIGTERM and SIGHUP (systemd, docker, a closed terminal) end the program as ctrl-C does, once: what follows is not cut."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        for sign in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(sign, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {sign: signal.signal(sign, stop) for sign in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)


def end_leftovers(house: House, say: Say) -> None:
    """End what an `up` of this home that was killed left alive: its runs would go on beside the new ones."""
    left = [one for one in marked() if one.home == str(house.home) and not one.owner_lives]
    if not left:
        return
    tell(flow_processes(left), signal.SIGTERM)
    pids = {one.pid for one in left}
    _gone(lambda: bool(pids & {one.pid for one in marked()}), 4.0)
    tell((one for one in marked() if one.pid in pids), signal.SIGKILL)
    say(f"{len(left)} processes were left by an `up` of this home that was killed; they were ended 已结束遗留进程")


@contextlib.contextmanager
def standing(
    house: House,
    *,
    port: int = 4200,
    worker: bool = True,
    base_urls: dict[str, str] | None = None,
    schedule: str | None = None,
    database: str | None = None,
    review_port: int = 0,
    say: Say = lambda line: None,
) -> Iterator[Standing]:
    """Run server, deployments and (unless `worker` is false) one process worker until the end of the block.

    port: of the server; 0 takes a free one. schedule: cron of the night, the deployed one when not given. database: URL of the
    PostgreSQL that Prefect's server keeps its records in, `prefect/prefect.db` of the home when not given. review_port: where the
    review page will be served, which the run pages link to; 0 for none. Ready means that the
    server answers, the deployments stand and a run of nightly is scheduled. Raises ServiceError when it does not come so far.
    """
    port = port or _free_port()
    api = f"http://{LOOPBACK}:{port}/api"
    end_leftovers(house, say)
    if _answers(f"{api}/health"):
        raise ServiceError(f"a Prefect server already answers at {api}; stop it or choose another --port")
    environment = {
        **os.environ, **house.prefect_environment(), "PREFECT_API_URL": api, "PREFECT_SERVER_API_HOST": LOOPBACK,
        "PREFECT_UI_API_URL": api,
    }  # fmt: skip
    if review_port:
        environment.setdefault("YUSUAN_REVIEW_URL", review_address(review_port))
    if database:
        environment["PREFECT_SERVER_DATABASE_CONNECTION_URL"] = database
    all_of_it = Standing(house, api, say)
    try:
        server = all_of_it.add(
            "the Prefect server", "prefect-server.log",
            _prefect("server", "start", "--host", LOOPBACK, "--port", str(port)), environment,
        )  # fmt: skip
        _wait_until(f"{api}/health", server.start(), server.name, server.log)
        cut = _settle(api, say)
        _deploy(house, environment, base_urls or {}, schedule)
        _wait_for_a_night(api, server.log)
        if cut:
            say(f"run {under_way.catch_up(api)} takes what the night that was cut or missed would have taken 补运行")
        if worker:
            all_of_it.add(
                "the worker", "prefect-worker.log",
                _prefect("worker", "start", "--pool", POOL, "--type", "process", "--name", "yusuan-worker"), environment,
            ).start()  # fmt: skip
        yield all_of_it
    except ServerAwayError as away:
        raise ServiceError(f"{away}; its log: {all_of_it.services[0].log}") from None
    finally:
        all_of_it.stop()


def _settle(api: str, say: Say) -> bool:
    """Before any worker: crash the runs that no process does any more; whether a night of the last day was cut or missed."""
    alive = {one.flow_run for one in marked() if one.flow_run}
    crashed = under_way.crash_dead(api, alive, starting=timedelta(0))
    for run in crashed:
        say(f"run {run['name']} is crashed: its process is gone 运行已中断")
    missed = under_way.missed_nights(api)
    for run in missed:
        under_way.give_up(api, run)
    if missed:
        say(f"{len(missed)} nights were missed while nothing ran; they are not run one after another 已错过")
    cut = [run for run in crashed if run["auto_scheduled"] and under_way.is_night(run, api)]
    return any(under_way.recent(run) for run in (*missed, *cut))


def _deploy(house: House, environment: dict[str, str], base_urls: dict[str, str], schedule: str | None) -> None:
    """In a process of its own: Prefect reads its settings when it is imported."""
    command = [sys.executable, "-m", "flows.deploying"]
    for portal, url in base_urls.items():
        command += ["--base-url", f"{portal}={url}"]
    command += ["--schedule", schedule] if schedule else []
    done = subprocess.run(command, env=environment, cwd=house.home, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ServiceError(f"the deployments could not be registered 无法登记部署:\n{done.stdout}\n{done.stderr}")


def _wait_for_a_night(api: str, log: Path) -> None:
    deadline = time.monotonic() + SCHEDULED_WITHIN_SECONDS
    while time.monotonic() < deadline:
        if next_night(api) is not None:
            return
        time.sleep(0.5)
    raise ServiceError(
        f"Prefect has scheduled no run of nightly within {SCHEDULED_WITHIN_SECONDS:g} s: no night would ever run. Is its schedule "
        f"switched off in the page, or does its scheduler fail? Its log: {log}"
    )


def when(moment: datetime | None) -> str:
    """A moment as people of the portals' country read it."""
    return "none" if moment is None else f"{moment.astimezone(ZoneInfo('Asia/Shanghai')):%Y-%m-%d %H:%M} Asia/Shanghai"


@contextlib.contextmanager
def prefect_house(house: House, *, port: int = 4200, worker: bool = True) -> Iterator[str]:
    """Server, deployments and worker for who needs no more than the API's address."""
    with standing(house, port=port, worker=worker) as all_of_it:
        yield all_of_it.api


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


def sample_portal_address(port: int) -> str:
    """Scheme, host and port of the sample portal."""
    return f"http://{LOOPBACK}:{port}"


def sample_portal_command(port: int) -> list[str]:
    """What serves the sample portal on loopback."""
    return [sys.executable, "-m", "spiders.sample_portal", "--host", LOOPBACK, "--port", str(port)]


def add_sample_portal(all_of_it: Standing, port: int) -> str:
    """Serve the sample portal beside the other services, watched like them; gives its address. One that answers is used as it is."""
    url = f"{sample_portal_address(port)}/zwgk/czyjs/"
    if not _answers(url):
        service = all_of_it.add("the sample portal", "sample-portal.log", sample_portal_command(port), dict(os.environ))
        _wait_until(url, service.start(), service.name, service.log, seconds=30)
    return url


def review_address(port: int) -> str:
    """Where the review page of `up` is served."""
    return f"http://{LOOPBACK}:{port}/"


def add_review_page(all_of_it: Standing, port: int) -> str:
    """Serve the review page beside the other services, watched like them; gives its address."""
    url = review_address(port)
    if _answers(url):
        raise ServiceError(
            f"something already answers at {url}; stop it or choose another --review-port (0: no review page)"
        )
    command = [
        sys.executable, "-m", "flows.command_line", "review", "serve", "--home", str(all_of_it.house.home), "--port", str(port),
    ]  # fmt: skip
    environment = {**os.environ, "PREFECT_API_URL": all_of_it.api}
    service = all_of_it.add("the review page", "review-page.log", command, environment)
    _wait_until(url, service.start(), service.name, service.log, seconds=90)
    return url


@contextlib.contextmanager
def sample_portal_process(house: House, port: int) -> Iterator[str]:
    """Run the sample portal in a child process; yields its address. One that answers there already is used as it is."""
    url = f"{sample_portal_address(port)}/zwgk/czyjs/"
    if _answers(url):
        yield url
        return
    logs = house.home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / "sample-portal.log"
    with log.open("ab") as sink:
        # SIGKILL: on SIGTERM the portal first ends the answers that it is giving
        child = start_bound(sample_portal_command(port), sink, sign=signal.SIGKILL)
    try:
        _wait_until(url, child, "the sample portal", log, seconds=30)
        yield url
    finally:
        _stop(child)
