"""How a portal is asked: addresses, politeness, block pages, Scrapy settings and middlewares."""
