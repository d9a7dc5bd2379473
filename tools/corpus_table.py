"""Send every real message found under a folder through the platform and write what became of each.

    .venv/bin/python tools/corpus_table.py FOLDER [docs/reference/corpus.md]

A platform of its own is started on a temporary folder with one channel that takes everything, and a
receiver that acknowledges everything. The table is the answer to one question: is each file either
delivered or held with a reason that a person understands?
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from lianyi.simulate.corpus import Replayed, find_messages, replay_corpus

ROOT = Path(__file__).parents[1]
PORTS = {"source": 27669, "receiver": 27706, "http": 27080}
CHANNEL = f"""
channel: corpus
description: 真实消息
source: {{ connector: mllp, port: {PORTS["source"]}, default_codec: utf-8 }}
gate: {{ structure: warn }}
destinations:
  - {{ name: archive, connector: mllp, address: "127.0.0.1:{PORTS["receiver"]}" }}
"""
HEAD = """# What became of real messages / 真实消息的去向

Every file found below a folder of public HL7 v2 samples was sent over MLLP to one channel that
takes everything and delivers it unchanged. `{command}` writes this page.

公开 HL7 v2 样例文件夹中的每个文件都经 MLLP 发送到一个来者不拒、原样投递的通道。本页由上述命令生成。

| | |
| --- | --- |
| files / 文件 | {files} |
| messages stored / 入库消息 | {received} |
| delivered / 已送达 | {delivered} |
| held with a reason / 暂挂并说明原因 | {held} |
| parked at the destination / 目的端待处理 | {parked} |

| file / 文件 | messages / 消息 | answers / 应答 | what became of it / 去向 |
| --- | --- | --- | --- |
"""


@contextmanager
def running(*command: str, log: Path) -> Iterator[None]:
    """Run a command of the product for as long as the block lasts."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=ROOT, stdout=output, stderr=output
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


async def replay(folder: Path, data: Path) -> tuple[list[Replayed], dict[str, int]]:
    """Send the corpus and wait until nothing moves any more."""
    url = f"http://127.0.0.1:{PORTS['http']}"
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=10) as client:
        for _ in range(300):
            with_token = data / "console-token"
            if with_token.exists() and await _listens(client, with_token.read_text().strip()):
                break
            await asyncio.sleep(0.2)
        source = f"mllp://127.0.0.1:{PORTS['source']}"
        rows = [row async for row in replay_corpus(folder, source)]
        card: dict[str, int] = {}
        for _ in range(100):
            await asyncio.sleep(0.5)
            [channel] = (await client.get("/api/v1/channels")).json()
            [archive] = channel["destinations"]
            now = {
                "received": channel["received"],
                "held": channel["held"],
                "delivered": archive["delivered"],
                "parked": archive["parked"],
            }
            if now == card and not archive["queue_depth"]:
                break
            card = now
    return rows, card


async def _listens(client: httpx.AsyncClient, token: str) -> bool:
    client.headers["Authorization"] = f"Bearer {token}"
    try:
        channels = (await client.get("/api/v1/channels")).json()
    except (httpx.HTTPError, json.JSONDecodeError):
        return False
    return bool(channels) and bool(channels[0]["source"]["address"])


def page(folder: Path, rows: list[Replayed], card: dict[str, int]) -> str:
    """Return the page."""
    files = len(list(find_messages(folder)))
    command = "python tools/corpus_table.py FOLDER"
    lines = [HEAD.format(command=command, files=files, **card)]
    for row in rows:
        answers = ", ".join(f"{code or '–'}×{count}" for code, count in sorted(row.codes.items()))
        taken = set(row.codes) <= {"AA", "CA"}
        became = "delivered / 已送达" if taken and row.messages else "; ".join(row.reasons)
        became = became.replace("|", "\\|").replace("\n", " ")
        lines.append(f"| `{row.file}` | {row.messages} | {answers} | {became} |\n")
    return "".join(lines)


def main() -> None:
    """Write the page."""
    folder = Path(sys.argv[1])
    out = Path(sys.argv[2]) if len(sys.argv) > 2 else ROOT / "docs/reference/corpus.md"
    with tempfile.TemporaryDirectory() as made:
        base = Path(made)
        base.chmod(0o755)
        channels = base / "content" / "channels"
        channels.mkdir(parents=True)
        (channels / "corpus.yaml").write_text(CHANNEL, encoding="utf-8")
        serve = ("lianyi.cli", "serve", "--data", str(base / "data"))
        serve += ("--content", str(base / "content"), "--http-port", str(PORTS["http"]))
        receiver = ("lianyi.simulate", "system", "archive")
        receiver += ("--listen", f"mllp://127.0.0.1:{PORTS['receiver']}")
        log = base / "log"
        with running(*receiver, log=log), running(*serve, log=log):
            rows, card = asyncio.run(replay(folder, base / "data"))
    out.write_text(page(folder, rows, card), encoding="utf-8")
    print(card)


if __name__ == "__main__":
    main()
