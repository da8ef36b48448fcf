"""`Sighting`: one attachment seen on one article of one portal in one night. What spiders hand to the flows."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from budget.states import Reason


class SaidByPages(BaseModel):
    """What the pages where a document was seen say of it, for what its content leaves out.

    Several years or agencies contradict each other: then none is taken. `year_words` and `agency_words` quote the pages.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    fiscal_years: tuple[int, ...] = ()
    agencies: tuple[str, ...] = ()
    year_words: str = ""
    agency_words: str = ""

    @property
    def fiscal_year(self) -> int | None:
        return self.fiscal_years[0] if len(self.fiscal_years) == 1 else None

    @property
    def agency(self) -> str | None:
        return self.agencies[0] if len(self.agencies) == 1 else None


class Sighting(BaseModel):
    """Where a file was seen. Two addresses with the same bytes are two sightings of one document.

    outcome `archived`: bytes are in the archive under `sha256` for the first time; `unchanged`: the portal answered 304 or
    sent known bytes; `ignored`: seen but not taken (reason says why); `blocked` / `failed`: could not be had tonight; `gone`: was
    had or listed once, and its list no longer names it or its address answers 404.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    portal: str
    family: str
    list_url: str
    article_url: str
    article_title: str
    url: str | None
    """Address of the file; None where an article was seen and not taken."""
    link_text: str | None = None
    column_name: str | None = None
    published_at: date | None = None
    date_source: Literal["meta", "label", "list", "url"] | None = None
    source_org: str | None = None
    region: str | None = None
    fiscal_year: int | None = None
    document_kind: str | None = None
    seen_at: datetime
    outcome: Literal["archived", "unchanged", "ignored", "blocked", "failed", "gone"]
    reason: Reason | None = None
    detail: str | None = None
    sha256: str | None = None
    size: int | None = None
    content_type: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    replaces_sha256: str | None = None
    """The bytes that stood under this address before, when they changed."""
