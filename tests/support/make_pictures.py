"""Write the pictures of the README, in docs/pictures: of a run, and of the pages for people.

Run ``python -m tests.support.make_pictures`` after a change of what they show. It runs ``python3
bootstrap.py`` in a copy of the project, which takes a minute, and needs chromium.
"""

from __future__ import annotations

import io
import subprocess
import tempfile
import threading
from pathlib import Path
from xml.etree import ElementTree

from rich.console import Console
from rich.text import Text

from bootstrap_server import make_server
from tests.support.first_run import ROOT, copy_project
from tests.support.requirements import find

PICTURES = ROOT / "docs" / "pictures"
COMMAND = "python3 bootstrap.py"
COLUMNS = 100

# rich's own form loads a font from another host, which a picture in a page may not.
SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">
<title>A run of python3 bootstrap.py</title>
<style>
.{unique_id}-matrix {{ font-family: monospace; font-size: {char_height}px; white-space: pre }}
.{unique_id}-title {{ font-family: sans-serif; font-size: 18px; font-weight: bold }}
{styles}
</style>
<defs>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def main() -> None:
    """Write both pictures."""
    with tempfile.TemporaryDirectory() as folder:
        copy = copy_project(Path(folder, "sdistmaker_recipe"), Path(folder, "home"))
        shown = copy.show(*COMMAND.split()).text.replace(str(copy.folder), "~/sdistmaker_recipe")
        PICTURES.mkdir(exist_ok=True)
        (PICTURES / "run.svg").write_text(terminal_picture(shown), "utf-8")
        take_picture(copy.folder / "var" / "private", PICTURES / "pages.png")
    for picture in sorted(PICTURES.iterdir()):
        print(f"{picture}: {picture.stat().st_size} bytes")


def terminal_picture(shown: str) -> str:
    """The command and what it showed, as a terminal window in SVG."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    console.print(Text(f"$ {COMMAND}", style="bold"))
    console.print(Text(shown.strip()))
    return console.export_svg(title="", code_format=SVG, unique_id="run")


def text_of(picture: str) -> str:
    """What a picture of a terminal shows, each line at its place."""
    rows: dict[float, dict[float, str]] = {}
    for element in ElementTree.fromstring(picture).iter("{http://www.w3.org/2000/svg}text"):
        if "y" in element.attrib:
            rows.setdefault(float(element.attrib["y"]), {})[float(element.attrib["x"])] = element.text or ""
    lines = ("".join(text for _, text in sorted(row.items())) for _, row in sorted(rows.items()))
    # rich writes spaces as those that do not break.
    return "\n".join(line.replace("\N{NO-BREAK SPACE}", " ").rstrip() for line in lines)


def take_picture(index: Path, picture: Path) -> None:
    """The root page of an index as a browser shows it."""
    with make_server(index) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        options = (
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--window-size=1100,820",
        )
        url = f"http://127.0.0.1:{server.server_port}/"
        chromium = find("chromium") or "chromium"
        subprocess.run([chromium, *options, f"--screenshot={picture}", url], check=True, capture_output=True)
        server.shutdown()


if __name__ == "__main__":
    main()
