"""The pages of the sample portal, built like those of a static TRS portal (政府门户): list, article, notices, furniture.

Pure text in, HTML out. The oddities are deliberate and are what real portals show: titles cut in the list and full in the
attribute, meta names with blanks inside the quotes, single quotes, unpadded dates, a form template on every page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

SITE = "云岚市人民政府"
SITE_CODE = "3799000001"
DOMAIN = "www.yunlan.example"
COLUMN = "财政预决算"
SHOWN = 26
"""Characters of a title that fit into a list row."""

STYLE = """*{box-sizing:border-box}body{margin:0;font:15px/1.8 "Microsoft YaHei","Noto Sans CJK SC","WenQuanYi Micro Hei",
sans-serif;color:#333;background:#f3f5f8}a{color:#1f4e8c;text-decoration:none}a:hover{color:#c7161d;text-decoration:underline}
.w{width:1100px;max-width:94%;margin:0 auto}.top{background:#eef2f7;font-size:13px;color:#667;border-bottom:1px solid #dde4ec}
.top .w{display:flex;justify-content:space-between;padding:4px 0}header{background:linear-gradient(100deg,#0f4c97,#1c6fc4 60%,#3b8fdc);
color:#fff;padding:30px 0 26px}header h1{margin:0;font-size:34px;letter-spacing:6px;font-weight:600}header p{margin:2px 0 0;
font-size:13px;letter-spacing:2px;opacity:.85}nav{background:#0b3d7a}nav .w{display:flex}nav a{color:#fff;padding:9px 30px;
font-size:16px}nav a.on,nav a:hover{background:#c7161d;color:#fff;text-decoration:none}.path{padding:14px 0;font-size:14px;
color:#778}.cols{display:flex;gap:22px;align-items:flex-start;padding-bottom:40px}aside{width:230px;background:#fff;
border-top:3px solid #0f4c97;box-shadow:0 1px 3px rgba(20,40,80,.1)}aside h2{margin:0;padding:14px 20px;font-size:18px;
color:#0f4c97;border-bottom:1px solid #e5eaf0}aside ul{list-style:none;margin:0;padding:8px 0}aside li a{display:block;
padding:7px 20px;color:#444}aside li a.on{background:#eaf2fb;color:#0f4c97;border-left:3px solid #c7161d;padding-left:17px}
main{flex:1;background:#fff;padding:22px 32px 34px;box-shadow:0 1px 3px rgba(20,40,80,.1);min-height:460px}
main>h2{margin:0 0 8px;font-size:20px;border-bottom:2px solid #0f4c97;padding-bottom:8px;color:#0f4c97}
.list{list-style:none;margin:0;padding:0}.list li{display:flex;justify-content:space-between;border-bottom:1px dashed #dfe5ec;
padding:9px 4px 9px 16px;position:relative}.list li:before{content:"";position:absolute;left:2px;top:22px;width:5px;height:5px;
background:#c7161d}.list li span{color:#8a94a0;font-size:14px;white-space:nowrap;padding-left:20px}.pages{margin-top:26px;
text-align:center;font-size:14px}.pages a,.pages b{display:inline-block;border:1px solid #cfd8e3;padding:2px 12px;margin:0 4px;
border-radius:2px}.pages b{background:#0f4c97;color:#fff;border-color:#0f4c97}.article h1{font-size:25px;text-align:center;
line-height:1.5;margin:14px 30px}.about{width:100%;border-collapse:collapse;font-size:14px;margin:6px 0 18px}.about th,
.about td{border:1px solid #d7e0ea;padding:6px 12px;text-align:left;font-weight:400}.about th{background:#f2f6fb;width:13%;
color:#567}.from{text-align:center;color:#8a94a0;font-size:14px;border-bottom:1px solid #e5eaf0;padding-bottom:12px}
.from span{margin:0 14px}.text{padding:18px 12px;font-size:17px;line-height:2}.text p{margin:0;text-indent:2em}.attach{
background:#f6f9fc;border:1px solid #dce6f0;padding:12px 20px;margin-top:10px}.attach ul{margin:4px 0;padding-left:22px}
.tools{font-size:13px;color:#8a94a0;text-align:right;margin-top:24px}footer{background:#22364f;color:#c6d0dc;font-size:13px;
padding:24px 0 30px;text-align:center}footer a{color:#c6d0dc}.friends{background:#e6ecf3;font-size:13px;padding:12px 0}
.friends a{margin-right:22px;color:#556}"""

PAGER = """function createPageHTML(_nPageCount, _nCurrIndex, _sPageName, _sPageExt){
 if(_nPageCount == null || _nPageCount <= 1){ return; }
 function address(i){ return i == 0 ? _sPageName + "." + _sPageExt : _sPageName + "_" + i + "." + _sPageExt; }
 var html = "";
 if(_nCurrIndex > 0){ html += '<a href="' + address(0) + '">首页</a><a href="' + address(_nCurrIndex - 1) + '">上一页</a>'; }
 for(var i = 0; i < _nPageCount; i++){
  html += i == _nCurrIndex ? "<b>" + (i + 1) + "</b>" : '<a href="' + address(i) + '">' + (i + 1) + "</a>";
 }
 if(_nCurrIndex < _nPageCount - 1){ html += '<a href="' + address(_nCurrIndex + 1) + '">下一页</a>'; }
 document.write(html);
}
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the list: the link as written in it, the full title and the date shown."""

    href: str
    title: str
    day: date


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file beside its article: its address there and the name that people see."""

    href: str
    name: str


@dataclass(frozen=True, slots=True)
class Article:
    """What an article page says."""

    title: str
    day: date
    source: str
    column: str
    path: str
    index: str
    paragraphs: tuple[str, ...]
    attachments: tuple[Attachment, ...]


def _frame(title: str, meta: str, body: str, up: str) -> str:
    return f"""<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<title>{escape(title)}-{SITE}</title>
<meta name="SiteName" content="{SITE}">
<meta name='SiteDomain' content='{DOMAIN}'>
<meta name="SiteIDCode" content="{SITE_CODE}">
{meta}
<link rel="stylesheet" href="/images/style.css">
<script src="/images/page.js"></script>
</head>
<body>
<div class="top"><div class="w"><span>欢迎访问{SITE}门户网站</span><span><a href="/">无障碍浏览</a> | <a href="/">繁體</a></span></div></div>
<header><div class="w"><h1>{SITE}</h1><p>THE PEOPLE'S GOVERNMENT OF YUNLAN MUNICIPALITY · 示例门户</p></div></header>
<nav><div class="w"><a href="/">首页</a><a href="/zwgk/" class="on">政务公开</a><a href="/">政务服务</a><a href="/">互动交流</a><a href="/">走进云岚</a></div></nav>
<div class="w">
{body}
</div>
<div class="friends"><div class="w">友情链接：<a href="http://czt.example/" target="_blank">省财政厅</a><a href="http://tjj.example/" target="_blank">市统计局</a><a href="http://ysgk.example/2024bmys/" target="_blank">中央部门预算公开平台</a></div></div>
<footer>主办：{SITE}办公室　承办：云岚市大数据中心　网站标识码：{SITE_CODE}<br>
<a href="{up}zn/ysqgkb.doc">依申请公开表.doc</a>　|　<a href="/zwgk/">政府信息公开指南</a>　|　联系我们</footer>
</body>
</html>
"""


def _side(up: str) -> str:
    names = (
        ("机构概况", ""),
        ("政府文件", ""),
        ("规划计划", ""),
        (COLUMN, f"{up}czyjs/"),
        ("政府采购", ""),
        ("建议提案", ""),
    )
    rows = "".join(
        f'<li><a href="{href or "/zwgk/"}"{" class=on" if href else ""}>{name}</a></li>' for name, href in names
    )
    return f"<aside><h2>政务公开</h2><ul>{rows}</ul></aside>"


def cut(title: str) -> str:
    """The title as the list shows it."""
    return title if len(title) <= SHOWN else title[:SHOWN] + "..."


def list_page(rows: Sequence[Row], number: int, count: int) -> str:
    """Page `number` of the column, from 0, of `count`."""
    items = []
    for n, row in enumerate(rows):
        # every third row is glued the way some templates print it
        gap, quote = ("", "'") if n % 3 == 2 else (" ", '"')
        items.append(
            f'<li><a href="{escape(row.href)}"{gap}title={quote}{escape(row.title)}{quote}>{escape(cut(row.title))}</a>'
            f"<span>{row.day.isoformat()}</span></li>"
        )
    meta = (
        f'<meta name="ColumnName" content="{COLUMN}">\n<meta name="ColumnType" content="政务公开">\n'
        f'<meta name="ColumnDescription" content="{SITE}{COLUMN}公开栏目">\n<meta name=" ColumnKeywords " content="预算,决算,部门预算">'
    )
    listed = "\n".join(items)
    body = f"""<div class="path">当前位置：<a href="/">首页</a> &gt; <a href="/zwgk/">政务公开</a> &gt; {COLUMN}</div>
<div class="cols">
{_side("../")}
<main><h2>{COLUMN}</h2>
<ul class="list">
{listed}
</ul>
<div class="pages"><script type="text/javascript">createPageHTML({count}, {number}, "index", "html");</script></div>
</main>
</div>"""
    return _frame(COLUMN, meta, body, "../")


def article_page(article: Article, *, padded: bool, up: str = "../../") -> str:
    """An article. `padded` decides whether PubDate reads 2024-02-08 or 2024-2-8; `up` leads to /zwgk/."""
    day = article.day
    moment = f"{day.isoformat()} 09:30" if padded else f"{day.year}-{day.month}-{day.day} 9:30:00"
    meta = f"""<meta name="ColumnName" content="{article.column}">
<meta name='ColumnType' content='政务公开'>
<meta name=" ColumnKeywords " content="预算,决算">
<meta name="ArticleTitle" content="{escape(article.title)}">
<meta content="{moment}" name="PubDate">
<meta name='ContentSource' content='{escape(article.source)}'>
<meta name="Keywords" content="预算公开,{escape(article.source)}">
<meta name="Author" content="">
<meta name="Description" content="{escape(article.title)}">
<meta name="Url" content="{escape(article.path)}">"""
    text = "\n".join(f"<p>{escape(p)}</p>" for p in article.paragraphs)
    links = "".join(
        f'<li><a href="{escape(a.href)}" target="_blank">{escape(a.name)}</a></li>' for a in article.attachments
    )
    attach = f'<div class="attach"><span>附件：</span><ul>{links}</ul></div>' if links else ""
    body = f"""<div class="path">当前位置：<a href="/">首页</a> &gt; <a href="{up}">政务公开</a> &gt; <a href="{up}czyjs/">{COLUMN}</a> &gt; 正文</div>
<main class="article">
<table class="about"><tr><th>索引号</th><td>{article.index}</td><th>组配分类</th><td>{article.column}</td></tr>
<tr><th>发布机构</th><td>{escape(article.source)}</td><th>生成日期</th><td>{day.isoformat()}</td></tr></table>
<h1>{escape(article.title)}</h1>
<div class="from"><span>来源：{escape(article.source)}</span><span>发布时间：{day.isoformat()}</span><span>浏览次数：<i id="hits">--</i></span></div>
<div class="text">
{text}
</div>
{attach}
<div class="tools">【字体：大 中 小】　【打印】　【关闭】</div>
</main>
<div style="height:36px"></div>"""
    return _frame(article.title, meta, body, up)


def home_page() -> str:
    """The front page: leads to the column and to nothing else of interest."""
    body = f"""<div class="path">政务公开 · 政务服务 · 互动交流</div>
<div class="cols"><main><h2>政务公开</h2><ul class="list">
<li><a href="/zwgk/czyjs/">{COLUMN}</a><span>部门预算、单位预算、部门决算</span></li></ul>
<p>这是随软件提供的示例门户。云岚市及其部门均为虚构，所载数据仅用于演示。</p></main></div>"""
    return _frame("首页", '<meta name="ColumnName" content="首页">', body, "/zwgk/")


def refresh_stub(target: str) -> str:
    """What a list link sometimes leads to: nothing but the order to go elsewhere."""
    return f"""<meta http-equiv="Refresh" content='0; url={target}'>"""


def error_page() -> str:
    """What some servers send with status 200 where a file should be."""
    return """<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>系统提示</title></head>
<body style="font-family:sans-serif;text-align:center;padding-top:120px;color:#555">
<h2>抱歉，您访问的文件不存在或者已经被移走</h2><p>系统将在 5 秒后返回首页</p><p><a href="/">返回首页</a></p></body></html>
"""


def not_found() -> str:
    """The page of a correct 404."""
    return _frame(
        "页面不存在",
        '<meta name="ColumnName" content="">',
        '<main style="margin:40px 0"><h2>页面不存在</h2><p>您访问的地址没有内容（404）。</p></main>',
        "/zwgk/",
    )
