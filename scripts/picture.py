"""Make a terminal picture (SVG) of a command's real output.

python scripts/picture.py --out docs/images/demo.svg --title "make demo" -- .venv/bin/reelhouse demo

The command's stdout becomes the picture; its stderr passes through. Of lines that are drawn again
and again, such as progress bars, the picture shows the last state.
"""

import argparse
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

# Rich's own template loads its font from the web. This one takes what the reader's machine has;
# Rich gives each text its length, so that columns line up in any font.
SVG_TEMPLATE = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" \
width="{width}" height="{height}">
  <style>
    .{unique_id}-matrix {{
      font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono",
        "Liberation Mono", monospace;
      font-size: {char_height}px;
      line-height: {line_height}px;
    }}
    .{unique_id}-title {{ font: bold 18px system-ui, "Helvetica Neue", Arial, sans-serif; }}
    {styles}
  </style>
  <defs>
    <clipPath id="{unique_id}-clip-terminal">
      <rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
    </clipPath>
    {lines}
  </defs>
  {chrome}
  <g transform="translate({terminal_x}, {terminal_y})" \
clip-path="url(#{unique_id}-clip-terminal)">
    {backgrounds}
    <g class="{unique_id}-matrix">
    {matrix}
    </g>
  </g>
</svg>
"""

# What a program sends to a terminal: colours and cursor movements (ECMA-48 control sequences),
# window titles and links (operating system commands), and characters.
TERMINAL_TOKEN = re.compile(
    r"\x1b\[(?P<arguments>[0-9;?]*)[ -/]*(?P<control>[@-~])"
    r"|\x1b\].*?(?:\x07|\x1b\\)"
    r"|\x1b[ -/]*[0-~]"
    r"|(?P<character>.)",
    re.DOTALL,
)

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def run(command: list[str], width: int) -> str:
    """Run the command as in a colour terminal of `width` columns, and return its stdout.

    Raises `SystemExit` when the command can't be started or fails.
    """
    terminal = {
        "COLUMNS": str(width),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "FORCE_COLOR": "1",
        "CLICOLOR_FORCE": "1",
        "TTY_INTERACTIVE": "0",  # Rich then draws a progress bar once, at its end
    }
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    try:
        done = subprocess.run(
            command, env=environment | terminal, stdout=subprocess.PIPE, check=False
        )
    except OSError as error:
        raise SystemExit(f"{command[0]}: {error.strerror}") from error
    if done.returncode != 0:
        sys.stderr.write(done.stdout.decode(errors="replace"))
        raise SystemExit(f"{' '.join(command)} failed with exit status {done.returncode}")
    return done.stdout.decode(errors="replace")


def final_lines(output: str) -> list[str]:
    """Return the lines that a terminal shows after `output`, with their colours as ANSI codes."""
    screen: list[list[tuple[str, str]]] = [[]]  # rows of (character, its style's ANSI codes)
    row = column = 0
    style = ""
    for token in TERMINAL_TOKEN.finditer(output):
        character, control, arguments = token.group("character", "control", "arguments")
        if character == "\n":
            row, column = row + 1, 0
            if row == len(screen):
                screen.append([])
        elif character == "\r":
            column = 0
        elif character == "\t":
            column += 8 - column % 8
        elif character is not None and character >= " ":
            line = screen[row]
            line.extend([(" ", "")] * (column - len(line)))
            line[column : column + 1] = [(character, style)]
            column += 1
        elif control == "m":
            style = "" if arguments in {"", "0"} else style + token.group()
        elif control == "A":
            row = max(0, row - int(arguments or 1))
        elif control == "K":
            del screen[row][0 if arguments == "2" else column :]
    return [styled(line) for line in screen]


def styled(line: list[tuple[str, str]]) -> str:
    """Return one row of a screen as text with ANSI codes."""
    text, current = "", ""
    for character, style in line:
        if style != current:
            text += "\x1b[0m" + style
            current = style
        text += character
    return text + "\x1b[0m" if current else text


def draw(lines: list[str], title: str, width: int) -> str:
    """Return the SVG of a terminal window of `width` columns that shows `lines`."""
    text = Text.from_ansi("\n".join(lines))
    text.rstrip()
    console = Console(record=True, width=width, file=io.StringIO())
    console.print(text, no_wrap=True, overflow="crop", crop=True)
    svg = console.export_svg(title=title, code_format=SVG_TEMPLATE, unique_id="terminal")
    return "\n".join(line.rstrip() for line in svg.splitlines() if line.strip()) + "\n"


def render_png(svg: Path, png: Path) -> None:
    """Render the SVG at twice its size, with the Chromium or Chrome that is installed.

    Raises `SystemExit` when there is none, or when it makes no picture.
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise SystemExit(f"no PNG: none of {', '.join(BROWSERS)} is installed")
    size = re.search(r'width="([0-9.]+)" height="([0-9.]+)"', svg.read_text(encoding="utf-8"))
    assert size is not None, "the template gives both"
    width, height = (round(float(side) + 0.5) for side in size.groups())
    png.parent.mkdir(parents=True, exist_ok=True)
    png.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as profile:
        flags = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--force-device-scale-factor=2",
            f"--user-data-dir={profile}",
            f"--window-size={width},{height}",
            f"--screenshot={png.resolve()}",
        ]
        done = subprocess.run(
            [browser, *flags, svg.resolve().as_uri()],
            capture_output=True,
            text=True,
            check=False,
        )
    if not png.exists():
        raise SystemExit(f"no PNG: {browser} failed\n{done.stderr}")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Make a picture of a command's output.")
    parser.add_argument("--out", type=Path, required=True, help="the SVG to write")
    parser.add_argument("--png", type=Path, help="a PNG to write too, with Chromium")
    parser.add_argument("--title", default="", help="the window's title")
    parser.add_argument("--width", type=int, default=96, help="columns (default: 96)")
    parser.add_argument("command", nargs="+", help="after --: the command and its arguments")
    arguments = parser.parse_args()

    output = run(arguments.command, arguments.width)
    for folder in {str(Path.cwd()), str(Path.home()), tempfile.gettempdir()}:
        if folder != "/" and folder in output:
            raise SystemExit(f"no picture: it would show a folder of this machine, {folder}")
    svg = draw(final_lines(output), arguments.title, arguments.width)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(svg, encoding="utf-8")
    print(arguments.out)
    if arguments.png:
        render_png(arguments.out, arguments.png)
        print(arguments.png)


if __name__ == "__main__":
    main()
