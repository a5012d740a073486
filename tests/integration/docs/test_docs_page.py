"""The page at the gateway's root."""

import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from services.docs import ASSETS, CONTRACTS, create_docs_app
from services.guides import FOLDER, OF_THE_HOUSE, Guide

DOCUMENTS = sorted(file.stem for file in (CONTRACTS / "asyncapi").glob("*.yaml"))
OWN = [file for file in ASSETS.rglob("*") if file.suffix in {".html", ".css", ".js"} and "swagger-ui" not in file.parts]


class References(HTMLParser):
    """Every address that a page loads or links to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.linked: list[str] = []
        self.ids: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        address = found.get("src") or found.get("href")
        if address:
            (self.linked if tag == "a" else self.loaded).append(address)
        if found.get("id"):
            self.ids.append(str(found["id"]))


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_docs_app(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://docs") as client:
        yield client


async def test_everything_the_page_loads_is_there_and_our_own(http: httpx.AsyncClient) -> None:
    page = References((await http.get("/")).text)
    assert len(page.loaded) >= 6
    for address in page.loaded:
        assert address.startswith("/docs/assets/")
        assert (await http.get(address)).status_code == 200, address


async def test_the_browser_is_told_to_load_nothing_from_elsewhere(http: httpx.AsyncClient) -> None:
    for path in ("/", "/docs/assets/page.js", "/docs/events/credit.json", "/nothing"):
        policy = (await http.get(path)).headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "http" not in policy
        assert "unsafe" not in policy


@pytest.mark.parametrize("file", OWN, ids=lambda file: file.name)
def test_no_file_of_ours_names_another_host(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert not re.findall(r"(?:https?:)?//[a-z0-9-]+\.[a-z]{2,}", text)


def test_the_vendored_style_sheet_loads_nothing_and_licences_are_beside_it() -> None:
    folder = ASSETS / "swagger-ui"
    style = (folder / "swagger-ui.css").read_text(encoding="utf-8")
    assert "@import" not in style
    assert set(re.findall(r"url\([\"']?([a-z]+:)?", style)) == {"data:"}
    assert {"LICENSE", "NOTICE", "README.md", "swagger-ui-bundle.js.LICENSE.txt"} <= {
        file.name for file in folder.iterdir()
    }


async def test_the_four_openapi_documents_are_linked(http: httpx.AsyncClient) -> None:
    linked = References((await http.get("/")).text).linked
    for service in ("registry", "visits", "subsidy", "credit"):
        assert f"/{service}/openapi.json" in linked
        assert f"/?api={service}" in linked


async def test_every_asyncapi_document_and_its_schemas_can_be_read(http: httpx.AsyncClient) -> None:
    assert {"registry", "visits", "subsidy", "credit"} <= set(DOCUMENTS)
    linked = References((await http.get("/")).text).linked
    for name in DOCUMENTS:
        assert {f"/?events={name}", f"/docs/contracts/asyncapi/{name}.yaml"} <= set(linked)
        assert (await http.get(f"/docs/contracts/asyncapi/{name}.yaml")).status_code == 200
        document = (await http.get(f"/docs/events/{name}.json")).json()
        assert document["asyncapi"].startswith("3.")
        for schema in document["components"]["schemas"].values():
            assert schema["schema"]["properties"]  # a downloaded document is valid alone


async def test_every_id_the_scripts_ask_for_is_on_the_page(http: httpx.AsyncClient) -> None:
    ids = References((await http.get("/")).text).ids
    assert len(ids) == len(set(ids))
    script = (ASSETS / "page.js").read_text(encoding="utf-8")
    assert set(re.findall(r'(?<!\.)\bget\("([a-z-]+)"\)', script)) <= set(ids)


async def test_everything_is_said_in_both_languages(http: httpx.AsyncClient) -> None:
    page = (await http.get("/")).text
    assert page.count('<span lang="zh-CN">') == page.count('<span lang="en">') > 20


@pytest.mark.parametrize(
    "path", ["/docs/contracts/asyncapi/../credit.py", "/docs/contracts/credit.py", "/docs/events/x.json"]
)
async def test_nothing_else_of_the_project_can_be_read(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(httpx.URL(f"http://docs{path}"))
    assert answer.status_code == 404
    raw = await http.get(f"http://docs{path.replace('..', '%2e%2e')}")
    assert raw.status_code == 404


async def test_a_head_request_is_answered(http: httpx.AsyncClient) -> None:
    assert (await http.head("/")).status_code == 200


async def test_every_guide_is_linked_in_both_languages_and_its_links_lead_somewhere(http: httpx.AsyncClient) -> None:
    page = (await http.get("/")).text
    names = {file.stem for file in FOLDER.glob("*.md")} - OF_THE_HOUSE
    assert {address.rpartition("/")[2] for address in References(page).linked if "/guides/" in address} == names
    items = re.findall(r'<li><a lang="zh-CN" href="(.*?)">(.*?)</a><a lang="en" href="(.*?)">(.*?)</a></li>', page)
    assert len(items) == len([name for name in names if not name.endswith(".zh-CN")])
    for chinese_at, chinese, english_at, english in items:
        assert chinese_at in {english_at, f"{english_at}.zh-CN"}
        assert re.search("[\u4e00-\u9fff]", chinese)
        assert not re.search("[\u4e00-\u9fff]", english), english
    for name in names:
        guide = await http.get(f"/docs/guides/{name}")
        assert guide.status_code == 200
        assert f'<html lang="{"zh-CN" if name.endswith(".zh-CN") else "en"}">' in guide.text
        found = References(guide.text)
        for address in {*found.loaded, *found.linked}:
            assert "://" in address or (await http.get(address)).status_code == 200, (name, address)
    assert (await http.get("/docs/guides/mended")).status_code == 404


async def test_a_guide_s_text_is_no_markup(http: httpx.AsyncClient) -> None:
    name = "x"
    page = Guide(name, "# A title 标题\n\n<script>alert(1)</script> {body} [a](../secret.py) [b](y.md)", frozenset("y"))
    assert "<script>" not in page.html
    assert "secret" not in page.html
    assert '{body} a <a href="/docs/guides/y">b</a>' in page.html
    assert (page.called("en"), page.called("zh")) == ("A title", "标题")


def test_the_page_has_one_control_for_the_token() -> None:
    script = (ASSETS / "page.js").read_text(encoding="utf-8")
    bundle = (ASSETS / "swagger-ui" / "swagger-ui-bundle.js").read_text(encoding="utf-8")
    for control in ("authorizeBtn", "authorizeOperationBtn"):
        assert f"{control}: hidden" in script
        assert control in bundle, "Swagger UI calls it otherwise now"


def test_every_word_that_is_said_in_chinese_is_one_that_swagger_says() -> None:
    script = (ASSETS / "words.js").read_text(encoding="utf-8")
    bundle = (ASSETS / "swagger-ui" / "swagger-ui-bundle.js").read_text(encoding="utf-8")
    words = dict(re.findall(r'"([^"]+)": "([^"]+)"', script))
    assert len(words) > 35
    assert [word for word in words if word.strip() not in bundle] == []
    assert [said for said in words.values() if not re.search("[\u4e00-\u9fff]", said) and said != "Accept"] == []
