"""Scrapy settings of every crawl. Each that differs from Scrapy's default says why; a portal changes only its delay."""

from __future__ import annotations

from typing import Any

from spiders.portals import Portal

LIST_BYTES = 16 * 1024 * 1024
FILE_BYTES = 200 * 1024 * 1024
FILE_SECONDS = 600

SETTINGS: dict[str, Any] = {
    "USER_AGENT": "Mozilla/5.0 (compatible; yusuan/0.1; archive of public budget disclosures)",
    "DEFAULT_REQUEST_HEADERS": {
        "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5",
    },
    # decided in middlewares.RobotsPolicy
    "ROBOTSTXT_OBEY": True,
    "ROBOTSTXT_USER_AGENT": "yusuan",
    # one request at a time and a pause: a county portal is one small machine
    "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
    "CONCURRENT_REQUESTS": 2,
    # spiders yield requests only: Scrapy starts so many tasks an answer, whether there are items or not
    "CONCURRENT_ITEMS": 1,
    # reads the source of every callback of every spider again; no callback here returns anything (mypy: Iterator[Request])
    "WARN_ON_GENERATOR_RETURN_VALUE": False,
    # hundreds of portals are read in one process: nothing that writes or looks once a minute for each
    "EXTENSIONS": {
        "scrapy.extensions.logstats.LogStats": None, "scrapy.extensions.memusage.MemoryUsage": None,
        "scrapy.extensions.memdebug.MemoryDebugger": None, "scrapy.extensions.feedexport.FeedExporter": None,
        "scrapy.extensions.spiderstate.SpiderState": None, "scrapy.extensions.closespider.CloseSpider": None,
    },
    # certificates are verified first; TolerantTls asks a second time without where a portal allows it
    "DOWNLOAD_VERIFY_CERTIFICATES": True,
    "DOWNLOAD_DELAY": 1.0,
    "AUTOTHROTTLE_ENABLED": True,
    "AUTOTHROTTLE_START_DELAY": 1.0,
    "AUTOTHROTTLE_MAX_DELAY": 30.0,
    # 3–15 s latency is normal (PORTALS §6); the limit covers the whole body, files get FILE_SECONDS
    "DOWNLOAD_TIMEOUT": 90,
    "DOWNLOAD_MAXSIZE": LIST_BYTES,
    "DOWNLOAD_WARNSIZE": 0,
    # a body cut off is asked for again and never kept (middlewares.PatientRetry)
    "DOWNLOAD_FAIL_ON_DATALOSS": False,
    "RETRY_TIMES": 3,
    "RETRY_HTTP_CODES": [408, 429, 500, 502, 503, 504, 522, 524],
    "RETRY_FIRST_PAUSE": 2.0,
    "RETRY_AFTER_MAX": 120.0,
    "REDIRECT_MAX_TIMES": 5,
    # stubs are followed by the spider, which keeps the entry's title
    "METAREFRESH_ENABLED": False,
    # the spider decides when a Referer is sent (needs_referer)
    "REFERER_ENABLED": False,
    # every status is an answer to record
    "HTTPERROR_ALLOW_ALL": True,
    # only http and https: no file, ftp, s3 or data address is ever opened
    "DOWNLOAD_HANDLERS": {
        "file": None, "ftp": None, "s3": None, "data": None,
        "http": "spiders.requests.middlewares.PlainHttp", "https": "spiders.requests.middlewares.TolerantTls",
    },
    "DOWNLOADER_MIDDLEWARES": {
        "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
        "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
        "spiders.requests.gate.Guard": 50,
        "spiders.requests.middlewares.RobotsPolicy": 100,
        "spiders.requests.middlewares.Validators": 540,
        "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
        "spiders.requests.middlewares.PatientRetry": 550,
        "spiders.requests.middlewares.WallWatch": 560,
        "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
        # below decompression, as the original
        "spiders.requests.middlewares.GuardedRedirect": 600,
        # a proxy of the environment would see everything we archive
        "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": None,
    },
    "TELNETCONSOLE_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
    "LOG_LEVEL": "WARNING",
    "STATS_DUMP": False,
    "TWISTED_REACTOR": "twisted.internet.asyncioreactor.AsyncioSelectorReactor",
}  # fmt: skip


def settings_for(portal: Portal) -> dict[str, Any]:
    """The settings of one portal's crawl. `delay: 0` (a loopback portal) also switches off throttling and long pauses."""
    if portal.delay is None:
        return dict(SETTINGS)
    if portal.delay == 0:
        # not 0: without any delay Scrapy 2.19 starts a host's whole queue at once, whatever the limit per host
        own: dict[str, Any] = {"DOWNLOAD_DELAY": 0.001, "AUTOTHROTTLE_ENABLED": False, "RETRY_FIRST_PAUSE": 0.05}
    else:
        # the delay that somebody gave with a reason is kept as given: neither throttled nor rolled with dice
        own = {"DOWNLOAD_DELAY": portal.delay, "AUTOTHROTTLE_ENABLED": False, "DOWNLOAD_DELAY_JITTER": 0}
    return SETTINGS | own
