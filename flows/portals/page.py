"""One page of a portal, fetched as the spiders fetch: robots.txt, walls, redirects, TLS, limits. A process of its own.

python -m flows.portals.page URL DIR          writes DIR/list.html (the bytes) and DIR/list.json (where they came from)
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from archive.store import Archive
from archive.whole_files import write_whole
from spiders.portals import Column, Portal, http_url

SECONDS = 300
SOURCE, NOTE = "list.html", "list.json"


class PageError(RuntimeError):
    """A page that could not be had; the message says why."""


class FetchedPage(BaseModel):
    """Where a page came from. `trouble`: why it is none (robots, a wall, a status, no answer)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    asked: str
    url: str
    status: int | None = None
    content_type: str = ""
    size: int = 0
    trouble: str | None = None


def fetch_page(url: str, folder: Path) -> FetchedPage:
    """Fetch `url` into `folder`. Raises PageError when it cannot be had, ValueError for no http(s) address."""
    http_url(url)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / NOTE).unlink(missing_ok=True)
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-m", "flows.portals.page", url, str(folder.resolve())]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise PageError(f"{url}: no whole answer in {SECONDS} s") from None
    if not (folder / NOTE).is_file():
        raise PageError(f"{url}: the fetching process ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    page = FetchedPage.model_validate_json((folder / NOTE).read_bytes())
    if page.trouble:
        raise PageError(f"{url}: {page.trouble}")
    return page


def _fetch(url: str, folder: Path) -> None:
    import scrapy
    from scrapy.crawler import CrawlerProcess
    from scrapy.http import Request, Response

    from spiders.reading.platforms import platform_of
    from spiders.requests.middlewares import RobotsForbids
    from spiders.requests.settings import settings_for

    portal = Portal(id="page", name="one page", region="中国", family="query_list", columns=(Column(list_url=url),))

    class PageSpider(scrapy.Spider):
        name = "page"

        async def start(self) -> Any:
            self.portal, self.archive = portal, archive
            self.robots: dict[str, str] = {}
            self.legacy_tls: dict[str, str] = {}
            yield Request(url, callback=self.got, errback=self.lost, meta={"kind": "list", "home": url})

        def got(self, response: Response) -> None:
            wall, trouble = response.meta.get("wall"), None
            # the shell of a platform that has an adapter: its interface is asked, not its page
            if wall and wall.kind == "app_shell" and platform_of(url) is not None:
                wall = None
            if wall:
                trouble = f"a wall ({wall.kind}, {wall.evidence}); it is not climbed"
            elif target := response.meta.get("refused_redirect"):
                trouble = f"redirects to another site: {target}; add that address if it is the portal's"
            elif response.status != 200:
                trouble = f"HTTP {response.status}"
            keep(FetchedPage(
                asked=url, url=response.url, status=response.status, size=len(response.body), trouble=trouble,
                content_type=(response.headers.get("Content-Type") or b"").decode("latin-1"),
            ), response.body)  # fmt: skip

        def lost(self, failure: Any) -> None:
            cause = failure.value
            said = " ".join(str(cause).split())[:300]
            # what the robots layer says of itself is whole: a refusal, or that there is no connection at all
            trouble = said if isinstance(cause, RobotsForbids) else f"{type(cause).__name__}: {said}"
            keep(FetchedPage(asked=url, url=url, trouble=trouble), b"")

    def keep(page: FetchedPage, body: bytes) -> None:
        (folder / SOURCE).write_bytes(body)
        write_whole(folder / NOTE, page.model_dump_json(indent=1) + "\n")

    with tempfile.TemporaryDirectory(prefix="page-") as scratch, Archive(Path(scratch)) as archive:
        process = CrawlerProcess(settings_for(portal))
        process.crawl(PageSpider)
        process.start()


if __name__ == "__main__":
    _fetch(sys.argv[1], Path(sys.argv[2]))
