"""What attackers write into every field, shown on every screen of a real Chromium: nothing runs.

Messages come in over a real socket, names and reasons through the API; then every route of the
console is opened, with every tab and every fold of it. Found is: a script that ran, an element that
data made, a broken content security policy, a request to somewhere else.
"""

from __future__ import annotations

import contextlib
import re
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests.journeys.clinic import END, START
from tests.journeys.conftest import browser, complaints, context, open_house
from tests.journeys.test_masterdata import Office

from lianyi.projections.identity.ids import record_id, shown

from .corpora import ALARM, HTML, LOG, UNICODE, sayable
from .messages import attack, attacks, escaped, every_text, master_file

__all__ = ["browser", "complaints", "context"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROUTES = Path(__file__).parents[2] / "web" / "src" / "app" / "routes.tsx"
PERSONS = [shown(record_id("ATT", str(n))) for n in range(4)]
"""Those whom attackers register at the desk; what they write into messages is too long for it."""
WATCH = f"""
window.{ALARM} = () => {{ window.attackFound('a script ran') }}
window.alert = window.confirm = window.prompt = () => {{ window.attackFound('a dialog') }}
document.addEventListener('securitypolicyviolation', (event) =>
  window.attackFound(`policy: ${{event.violatedDirective}} ${{event.blockedURI}}`))
"""
LOOK = r"""() => {
  const bad = []
  const report = (element) => bad.push(element.outerHTML.slice(0, 100))
  const foreign = 'iframe, frame, object, embed, base, meta[http-equiv], #attack-element, math'
  document.querySelectorAll(foreign).forEach(report)
  for (const script of document.scripts)
    if (!script.src.startsWith(location.origin + '/assets/')) report(script)
  for (const element of document.querySelectorAll('*'))
    for (const { name, value } of element.attributes) {
      const leads = ['href', 'src', 'action', 'formaction', 'xlink:href'].includes(name)
      if (/^on/i.test(name)) report(element)
      if (leads && /^\s*(javascript|vbscript|data:text)/i.test(value)) report(element)
    }
  return bad
}"""
"""Whatever stands in the page that only data can have made."""


class Ward(Office):
    """An office whose receivers answer with attacks, and whose accounts are called by them."""

    def fill(self) -> None:
        """Let attackers write into everything that can be written into."""
        self.record.answer = self._answer  # type: ignore[method-assign]
        for body in attacks():
            self.throw(body)
        self.throw(attack("ADT^A01", "held-1", "", [escaped(t) for t in HTML]).encode())
        words = [escaped(t) for t in every_text()]
        assert self.send_bytes(self.hr_port, master_file("MF1", words))
        self._write_accounts()
        self._write_figures()

    def throw(self, body: bytes) -> None:
        assert self.send_bytes(self._source_port, body), body[:100]

    @staticmethod
    def send_bytes(port: int, body: bytes) -> bytes:
        """Send one message over MLLP; return the answer."""
        with socket.create_connection(("127.0.0.1", port), timeout=30) as wire:
            wire.sendall(START + body + END)
            answer = b""
            while END not in answer:
                chunk = wire.recv(65536)
                if not chunk:
                    return answer
                answer += chunk
        return answer

    def _answer(self, message: str) -> str:
        """Answer one message in two with an attack."""
        control_id = message.split("|")[9]
        code = "AE" if "-1|" in message[:2000] or control_id.endswith(("2", "4")) else "AA"
        text = escaped(HTML[len(control_id) % len(HTML)])
        return (
            f"MSH|^~\\&|{text}|{text}|||20260301081503||ACK|A{control_id}|P|2.4\r"
            f"MSA|{code}|{control_id}|{text}\rERR|{text}|{text}||E|{text}|{text}|{text}|{text}\r"
        )

    def _write_accounts(self) -> None:
        for n, text in enumerate([*HTML, *LOG, *UNICODE]):
            told = sayable(text)
            made = self.try_post(
                "/accounts",
                {"name": f"person{n}", "display_name": told, "organisation": f"ATT{n}"},
            )
            if made and n < 4:
                self.try_post(
                    f"/accounts/person{n}/assignments",
                    {"role": "manager", "organisation": f"ATT{n}", "reason": told},
                )
            if n < 3:  # more would lock the door of this address
                self.try_post("/session", {"name": told, "password": told})
            self.try_post(
                "/masterdata/organisation",
                {"code": f"API{n}", "name_zh": told, "name_en": told, "valid_from": "2026-01-01"},
            )
        self.try_post("/accounts", {"name": "robot", "display_name": HTML[0], "kind": "service"})
        self.try_post("/accounts/robot/keys", {"title": HTML[1]})

    def _write_figures(self) -> None:
        """Decide about hospitals that are called by attacks, and say so in their words."""
        path = "/indicators/EX-13"
        for text in HTML:
            told = sayable(text)[:100]
            of = {"period": "2025", "hospital": told}
            said = [
                self.try_post(
                    f"{path}/entries",
                    of | {"numerator": "1", "evidence": told, "file": told},
                ),
                self.try_post(f"{path}/targets", of | {"department": told, "value": 1}),
                self.try_post(f"{path}/alert-rules", {"kind": "missing", "hospital": told}),
            ]
            assert all(said), f"a hospital may be called {told!r}"
        question = {"codes": "EX-04", "by": "department"}
        for n, text in enumerate(HTML):
            told = sayable(text)[:100]
            ask = {"words": told, "purpose": told, "period": "2026-03", "question": question}
            assert self.try_post("/indicators/requests", ask), f"one may ask for {told!r}"
            service = {
                "name": f"attacked-{n}", "title": told, "purpose": told, "question": question,
                "columns": ["value"], "roles": ["data-service-client"],
                "first_on": "2026-01-01", "last_on": "2036-01-01",
            }  # fmt: skip
            assert self.try_post("/indicators/services", service), f"one may offer {told!r}"
        history = self.get(f"{path}/calibers/national-exam/history")
        for one in history["standings"]:
            note = {"hash": one["hash"], "note": sayable(HTML[0])[:100]}
            self.post(f"{path}/calibers/national-exam/propose", note)
        assert self.post("/indicators/alerts/evaluate", {"period": "2025"})["raised"] == len(HTML)
        for n, one in enumerate(self.get("/indicators/alerts")["items"]):
            if n % 2:
                note = {"note": sayable(HTML[n % len(HTML)])[:100]}
                self.post(f"/indicators/alerts/{one['number']}/acknowledge", note)

    def try_post(self, path: str, body: Any) -> Any:
        """Post what may be refused."""
        with contextlib.suppress(urllib.error.HTTPError):
            return self.post(path, body)
        return None

    def registers(self) -> bool:
        """Register patients who are called by attacks; tell whether the index was ready."""
        for n, text in enumerate(HTML[: len(PERSONS)]):
            told = sayable(text)[:100]
            person = {
                "name": told,
                "other_names": [told],
                "born": told[:40],
                "identifiers": [{"kind": "passport", "value": told, "issuer": told}],
                "phones": [told],
                "addresses": [told],
                "mother_name": told,
            }
            wanted = {"source": "ATT", "mrn": str(n), "channel": "admissions", "person": person}
            if not self.try_post("/identity/registrations", wanted):
                return False
        return True

    def parked(self) -> list[dict[str, Any]]:
        return list(self.get("/deliveries?state=parked&limit=50")["items"])


@pytest.fixture(scope="module")
def ward() -> Iterator[Ward]:
    with open_house(Ward) as ward:
        ward.fill()
        ward.until(lambda: bool(ward.parked()), "nothing is parked")
        ward.until(ward.registers, "the index registers nobody")
        yield ward


@pytest.fixture
def found(context: BrowserContext) -> list[str]:
    """What attacks have reached in this browser."""
    told: list[str] = []
    context.expose_function("attackFound", lambda what: told.append(what))
    context.add_init_script(WATCH)
    context.on("dialog", lambda dialog: (told.append(f"dialog {dialog.message}"), dialog.dismiss()))
    context.on(
        "request",
        lambda asked: (
            told.append(f"asked {asked.url}")
            if not re.match(r"(http://127\.0\.0\.1:\d{4,5}/|data:image/|blob:)", asked.url)
            or ":9/" in asked.url
            else None
        ),
    )
    return told


def settle(page: Page) -> None:
    """Wait until the page shows something and loads nothing."""
    page.wait_for_load_state("load")
    expect(page.locator("main, h1").first).to_be_visible()
    expect(page.locator(".ant-spin-spinning, [aria-busy=true]")).to_have_count(0, timeout=60_000)


def unfold(page: Page, found: list[str]) -> None:
    """Look at the page, at each of its tabs and into each of its folds."""
    settle(page)
    found += page.evaluate(LOOK)
    for n in range(min(page.get_by_role("tab").count(), 10)):
        page.get_by_role("tab").nth(n).click()
        settle(page)
        found += page.evaluate(LOOK)
    page.evaluate("() => document.querySelectorAll('details').forEach((x) => { x.open = true })")
    for button in page.locator("main button[aria-expanded=false]:not([aria-haspopup])").all()[:12]:
        with contextlib.suppress(Exception):
            button.click(timeout=1000)
    page.evaluate("() => window.scrollTo(0, document.body.scrollHeight)")
    settle(page)
    found += page.evaluate(LOOK)


def addresses(ward: Ward) -> dict[str, list[str]]:
    """Return the addresses to open for each route of the console."""
    told = [quote(sayable(text), safe="") for text in HTML[:4]]
    positions = [row["position"] for row in ward.get("/messages?limit=50")["items"]]
    units = [row["code"] for row in ward.get("/masterdata/organisation?limit=50")["items"]]
    return {
        "/": ["/"],
        "/messages": ["/messages", *(f"/messages?q={text}" for text in told),
                      f"/messages?channel={told[0]}&kind={told[1]}&state={told[2]}&cursor={told[3]}"],
        "/messages/$position": [*(f"/messages/{at}" for at in positions), f"/messages/{told[0]}"],
        "/queues": ["/queues", "/queues?tab=parked", "/queues?tab=held", "/queues?tab=replays",
                    f"/queues?tab={told[0]}&channel={told[1]}"],
        "/channels": ["/channels"],
        "/channels/$name": ["/channels/admissions", "/channels/personnel", f"/channels/{told[0]}"],
        "/accounts": ["/accounts", f"/accounts?q={told[0]}"],
        "/accounts/$name": ["/accounts/person0", "/accounts/person3", "/accounts/robot",
                            f"/accounts/{told[0]}"],
        "/me": ["/me"],
        "/first-administrator": ["/first-administrator"],
        "/masterdata": ["/masterdata", f"/masterdata?q={told[0]}&kind={told[1]}"],
        "/masterdata/$kind/$code": [*(f"/masterdata/organisation/{code}" for code in units[:12]),
                                    f"/masterdata/{told[0]}/{told[1]}"],
        "/identity": ["/identity"],
        "/identity/search": ["/identity/search", f"/identity/search?q={told[0]}&born={told[1]}"],
        "/identity/persons/$person": [*(f"/identity/persons/{number}" for number in PERSONS),
                                      f"/identity/persons/{told[0]}"],
        "/identity/compare/$person/$other": [f"/identity/compare/{PERSONS[0]}/{PERSONS[1]}",
                                             f"/identity/compare/{told[0]}/{told[1]}"],
        "/identity/waiting": ["/identity/waiting"],
        "/identity/quality": ["/identity/quality", f"/identity/quality?source={told[0]}"],
        "/identity/models": ["/identity/models"],
        "/uncoded": ["/uncoded", f"/uncoded?q={told[0]}&channel={told[1]}"],
        "/record": ["/record", f"/record?q={told[0]}"],
        "/record/$person": [*(f"/record/{number}" for number in PERSONS),
                            f"/record/{PERSONS[0]}?q={told[0]}&section=document",
                            f"/record/{PERSONS[0]}?section=vital-sign&stay={told[0]}",
                            f"/record/{told[0]}?item={told[1]}"],
        "/privacy": ["/privacy", f"/privacy?tab=consents&patient={told[0]}",
                     "/privacy?tab=classification"],
        "/audit": ["/audit", f"/audit?actor={told[0]}&q={told[1]}"],
        "/indicators": ["/indicators", f"/indicators?hospital={told[0]}&department={told[1]}",
                        f"/indicators?board={told[0]}&group={told[1]}&period={told[2]}"],
        "/indicators/$code": ["/indicators/EX-04",
                              f"/indicators/EX-04?department={told[0]}&doctor={told[1]}",
                              f"/indicators/{told[0]}?caliber={told[1]}"],
        "/indicators/desk": ["/indicators/desk", f"/indicators/desk?q={told[0]}"],
        "/indicators/desk/$code": ["/indicators/desk/EX-04", "/indicators/desk/EX-13",
                                   f"/indicators/desk/{told[0]}",
                                   f"/indicators/desk/EX-04?hospital={told[0]}&before={told[1]}"],
        "/indicators/explore": ["/indicators/explore",
                                f"/indicators/explore?codes=EX-04&by={told[0]}&where={told[1]}",
                                f"/indicators/explore?codes=EX-04&department={told[0]}"],
        "/indicators/publish": ["/indicators/publish", f"/indicators/publish?code={told[0]}"],
        "/indicators/topics": ["/indicators/topics", f"/indicators/topics?topic={told[0]}"],
        "/indicators/workload": ["/indicators/workload",
                                 f"/indicators/workload?doctor={told[0]}"],
        "/indicators/scores": ["/indicators/scores",
                               f"/indicators/scores?card={told[0]}&hospital={told[1]}",
                               f"/indicators/scores?month=2026-03&department={told[0]}"],
        "/indicators/exam": ["/indicators/exam",
                             *(f"/indicators/exam?hospital={text}" for text in told)],
        "/indicators/forms": ["/indicators/forms",
                              f"/indicators/forms?form={told[0]}&hospital={told[1]}",
                              *(f"/indicators/forms?form=national-exam&period=2025&hospital={text}"
                                for text in told),
                              "/indicators/forms?form=monthly-service&period=2026-01"
                              f"&hospital={told[0]}&view=difference"],
        "/quality": ["/quality", "/quality?list=rules&over=yes",
                     f"/quality?finding={told[0]}"],
        "/quality/$rule": ["/quality/ENC-014",
                           f"/quality/ENC-014?hospital={told[0]}&department={told[1]}",
                           f"/quality/{told[0]}"],
        "/quality/lineage/$code": ["/quality/lineage/EX-04", f"/quality/lineage/{told[0]}"],
        "/indicators/alerts": ["/indicators/alerts", f"/indicators/alerts?code={told[0]}"],
        "/indicators/requests": ["/indicators/requests", "/indicators/requests?over=yes",
                                 f"/indicators/requests?request={told[0]}"],
        "/indicators/services": ["/indicators/services",
                                 "/indicators/services?service=attacked-0",
                                 f"/indicators/services?service={told[0]}"],
        "/indicators/reports": ["/indicators/reports", f"/indicators/reports?report={told[0]}"],
    }  # fmt: skip


def test_every_route_of_the_console_is_opened(ward: Ward) -> None:
    routes = re.findall(r"^\s+path: '([^']+)'", ROUTES.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(addresses(ward)) == set(routes)


def test_an_alarm_is_heard(ward: Ward, context: BrowserContext, found: list[str]) -> None:
    """The watch itself: what it looks for is found when it is there."""
    page = context.new_page()
    page.goto(f"{ward.address}/")
    page.evaluate(f"() => {{ window.{ALARM}(1) }}")
    page.evaluate("() => { document.body.append(document.createElement('iframe')) }")
    page.evaluate("() => { const s = document.createElement('script'); s.text = '1';"
                  " document.head.append(s) }")  # fmt: skip
    page.evaluate("() => fetch('http://127.0.0.1:9/').catch(() => 0)")
    found += page.evaluate(LOOK)
    told = " ".join(found)
    assert "a script ran" in told
    assert "<iframe>" in told
    assert "policy: script-src" in told
    assert "policy: connect-src" in told


def test_no_field_of_any_message_runs_on_any_screen(
    ward: Ward, context: BrowserContext, found: list[str], complaints: list[str]
) -> None:
    page = context.new_page()
    page.goto(f"{ward.address}/#token={ward.token}")
    settle(page)
    assert page.url == f"{ward.address}/"
    opened = 0
    for listed in addresses(ward).values():
        for address in listed:
            page.goto(f"{ward.address}{address}")
            unfold(page, found)
            assert found == [], address
            opened += 1
    assert opened > 50
    assert [line for line in complaints if "404" not in line] == []
    shown = page.evaluate("() => JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert ALARM not in shown


@pytest.mark.parametrize("path", ["/ops", "/api/v1/session/x/back?state=%3Cscript%3E", "/nothing"])
def test_pages_beside_the_console_show_data_as_text(
    ward: Ward, context: BrowserContext, found: list[str], path: str
) -> None:
    page = context.new_page()
    page.goto(f"{ward.address}/#token={ward.token}")
    settle(page)
    page.goto(f"{ward.address}{path}")
    found += [bad for bad in page.evaluate(LOOK) if 'http-equiv="refresh" content="10"' not in bad]
    assert found == []


def test_what_was_written_is_shown_and_not_cleaned_away(
    ward: Ward, context: BrowserContext
) -> None:
    """The attack stands on the screen as text: nothing is lost of what a sender said."""
    (row,) = ward.get("/messages?q=escaped0")["items"]
    page = context.new_page()
    page.goto(f"{ward.address}/#token={ward.token}")
    settle(page)
    page.goto(f"{ward.address}/messages/{row['position']}")
    settle(page)
    expect(page.get_by_text("<img src=x onerror=", exact=False).first).to_be_visible()
