"""A bound on the header of an answer: a server that sends header lines for ever must not fill our memory.

Neither Twisted nor Scrapy has one. The parser of Scrapy 2.19's HTTP/1.1 client is subclassed as Scrapy itself subclasses Twisted's.
"""

from __future__ import annotations

from typing import Any

from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientProtocol,
    _LenientHTTPClientParser,
)
from twisted.web._newclient import ParseError
from twisted.web.client import _HTTP11ClientFactory

HEADER_BYTES = 256 * 1024


class _BoundedParser(_LenientHTTPClientParser):
    header_bytes = 0

    def lineReceived(self, line: bytes) -> None:  # noqa: N802
        self.header_bytes += len(line) + 2
        if self.header_bytes > HEADER_BYTES:
            raise ParseError(f"a header of more than {HEADER_BYTES} bytes", line[:80])
        super().lineReceived(line)


class _BoundedProtocol(_LenientHTTP11ClientProtocol):
    def request(self, request: Any) -> Any:
        answer = super().request(request)
        parser: Any = self._parser
        parser.__class__ = _BoundedParser
        return answer


class _BoundedFactory(_HTTP11ClientFactory):
    def buildProtocol(self, addr: Any) -> _BoundedProtocol:  # noqa: N802
        return _BoundedProtocol(self._quiescentCallback)


def bounded(handler: HTTP11DownloadHandler) -> HTTP11DownloadHandler:
    """The handler with the bound on every connection that it opens."""
    handler._pool._factory = _BoundedFactory
    return handler
