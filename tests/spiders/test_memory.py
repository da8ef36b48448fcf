"""What is not asked for again within `recheck_days`, and what always is."""

from __future__ import annotations

from typing import Any

from archive.store import Archive


def remembering(lab: Any) -> tuple[Any, Any]:
    site = lab.site()
    rows = []
    for n in range(6):
        site.article(f"/ysjs/202402/t20240206_{n}.html", f"{n}局2024年部门预算", f"./P0{n}.pdf|{n}局2024年部门预算.pdf")
        site.file(f"/ysjs/202402/P0{n}.pdf", b"%PDF-1.4 " + f"{site.url()} {n}".encode())
        rows.append(f"./202402/t20240206_{n}.html|{n}局2024年部门预算|2024-02-06")
    site.lists(*rows)
    return site, lab.portal(site, "remembers", recheck_days=7)


def asked_again(lab: Any, site: Any, portal: Any, **more: Any) -> tuple[list[str], Any]:
    site.asked.clear()
    night = lab.crawl(portal, **more)
    return [path.rsplit("/", 1)[-1] for path in site.paths()], night


def test_what_failed_was_missing_or_stood_elsewhere_is_asked_for_again_and_nothing_else(lab: Any) -> None:
    site, portal = remembering(lab)
    good = dict(site.routes)
    site.routes["/ysjs/202402/P01.pdf"] = lab.Answer("<html><title>系统提示</title></html>")
    site.article("/ysjs/202402/t20240206_2.html", "2局2024年部门预算", body="<p>详见附件</p>")
    site.article("/ysjs/202402/t20240206_3.html", "3局2024年部门预算", body="<p>无</p>")
    first = lab.crawl(portal)
    assert (first.sum("remembers").new, first.sum("remembers").failed) == (
        3,
        {"html_instead_of_file": 1, "missing_attachment": 1},
    )
    site.routes.update(good)
    paths, night = asked_again(lab, site, portal)
    assert sorted(name for name in paths if name.endswith(".pdf")) == ["P01.pdf", "P02.pdf", "P03.pdf"]
    told = night.sum("remembers")
    assert (told.new, told.unchanged, told.failed, told.articles_remembered) == (3, 3, {}, 3)
    assert asked_again(lab, site, portal)[0] == ["robots.txt", ""]


def test_an_entry_with_another_title_or_date_is_asked_for_again(lab: Any) -> None:
    site, portal = remembering(lab)
    lab.crawl(portal)
    page = site.routes["/ysjs/"]
    page.body = page.body.replace("3局2024年部门预算", "3局2024年部门预算（更正）", 2)
    assert asked_again(lab, site, portal)[0] == ["robots.txt", "", "t20240206_3.html", "P03.pdf"]
    page.body = page.body.replace("2024-02-06", "2024-03-01", 1)
    assert asked_again(lab, site, portal)[0] == ["robots.txt", "", "t20240206_0.html", "P00.pdf"]


def test_a_full_recheck_notices_changed_bytes_and_a_quiet_night_does_not_ask(lab: Any) -> None:
    site, portal = remembering(lab)
    lab.crawl(portal)
    site.file("/ysjs/202402/P04.pdf", b"%PDF-1.4 corrected")
    assert asked_again(lab, site, portal)[1].sum("remembers").changed == 0
    night = asked_again(lab, site, portal, recheck=True)[1]
    (new,) = [one for one in night.sightings if one.outcome == "archived"]
    assert new.url is not None and new.url.endswith("P04.pdf") and new.replaces_sha256
    # the night after repeats what was found, not what was remembered before
    again = asked_again(lab, site, portal)[1]
    assert {one.sha256 for one in again.sightings} == {one.sha256 for one in night.sightings}


def test_bytes_that_left_the_archive_are_asked_for_again(lab: Any) -> None:
    site, portal = remembering(lab)
    night = lab.crawl(portal)
    lost = next(one for one in night.sightings if one.url and one.url.endswith("P02.pdf"))
    (night.archive / str(lost.sha256)).unlink()
    assert asked_again(lab, site, portal)[0] == ["robots.txt", "", "t20240206_2.html", "P02.pdf"]
    with Archive(night.archive) as archive:
        assert archive.holds(str(lost.sha256)) and archive.damaged() == []


def test_an_article_that_left_the_list_is_forgotten(lab: Any) -> None:
    site, portal = remembering(lab)
    lab.crawl(portal)
    site.lists(*[f"./202402/t20240206_{n}.html|{n}局2024年部门预算|2024-02-06" for n in range(5)])
    told = asked_again(lab, site, portal)[1].sum("remembers")
    assert (told.rows_fetched, told.unchanged, told.incomplete) == (5, 5, False)
