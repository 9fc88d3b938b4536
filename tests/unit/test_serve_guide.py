"""A guide's text on the page: laid out, and never trusted."""

import re
from pathlib import Path

from starlette.testclient import TestClient

from labctl.catalog import Catalog
from labctl.serve.gate import Keys
from labctl.serve.hub import Hub
from labctl.serve.site import Site
from tests.lab_factory import GUIDE, labs

PORT = 4321
BASE = f"http://127.0.0.1:{PORT}"


def page_with(tmp_path: Path, guide: str) -> str:
    folder = labs(tmp_path, **{"010-tiny/README.md": GUIDE + guide})
    site, keys = Site(Catalog(folder).get("tiny"), "tiny", "en", Hub()), Keys()
    client = TestClient(site.app(keys, PORT), base_url=BASE)
    client.get("/", params={"token": keys.token})
    return client.get("/").text


HOSTILE = """
<script>alert(1)</script>

<img src=x onerror=alert(1)> [a](javascript:alert(1)) [b](data:text/html,x) ![c](http://evil/c.png)

[d](https://example.org/?a=1&b="x") [e](#first) [f](app/server.py) [g](//evil/x) <b>bold</b>

```sh run
echo "<script>" && true
```

```text
plain </code></pre><script>alert(1)</script>
```

# A second title

| a | b |
| - | - |
| 1 | 2 |
"""


def test_a_guide_s_own_html_and_scripts_are_text(tmp_path: Path) -> None:
    page = page_with(tmp_path, HOSTILE)
    assert re.findall(r"<script[^>]*>", page) == ['<script src="/static/live.js" defer>']
    assert "<img" not in page
    assert "<b>" not in page
    assert not re.findall(r"<[^>]*\son\w+=", page)
    assert not re.findall(r'(?:href|src)="(?!/|#|https://example)', page)
    assert "evil" not in "".join(re.findall(r'(?:href|src)="[^"]*"', page))
    assert page.count("<h1") == 1


def test_links_lead_out_safely_and_files_of_the_lab_are_no_links(tmp_path: Path) -> None:
    page = page_with(tmp_path, HOSTILE)
    assert 'target="_blank" rel="noopener noreferrer">d<span' in page
    assert '<a href="#first">e</a>' in page
    assert '<span class="file">f</span>' in page
    assert '<span class="file">g</span>' in page


def test_commands_have_a_button_and_other_blocks_do_not(tmp_path: Path) -> None:
    page = page_with(tmp_path, HOSTILE)
    command = (
        '<div class="command"><pre tabindex="0"><code>echo &quot;&lt;script&gt;&quot; &amp;&amp; '
        "true\n</code></pre><button"
    )
    assert command in page
    assert "<code>plain &lt;/code&gt;" in page
    assert page.count('class="copy"') == 3  # the hint's, and one for each block of commands


def test_a_wide_table_scrolls_by_itself(tmp_path: Path) -> None:
    page = page_with(tmp_path, HOSTILE)
    assert '<div class="wide" tabindex="0"><table>' in page


def test_a_title_with_html_in_it_is_text(tmp_path: Path) -> None:
    folder = labs(tmp_path, **{"010-tiny/README.md": GUIDE.replace("A tiny lab", "A <b> & `x`")})
    site, keys = Site(Catalog(folder).get("tiny"), 'ti"ny<', "en", Hub()), Keys()
    client = TestClient(site.app(keys, PORT), base_url=BASE)
    client.get("/", params={"token": keys.token})
    page = client.get("/").text
    assert "<h1>A &lt;b&gt; &amp; x</h1>" in page
    assert "ti&quot;ny&lt;" in page
