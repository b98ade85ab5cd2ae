"""MkDocs hooks: the pages read well on GitHub as they are; this fits them to the site.

The home page is README.md. Pictures of recipes are copied into the site. Links to other files
outside docs/ become their paths, since the site does not have these files.
"""

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)#\s]+)(#[^)\s]*)?\)")


def on_files(files: Files, config: Any) -> Files:
    """Add the home page and the pictures of recipes."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    files.append(File.generated(config, "index.md", content=_with_site_links(readme, "")))
    for picture in sorted(ROOT.glob("egs/*/**/*.png")):
        path = str(picture.relative_to(ROOT))
        files.append(File.generated(config, path, abs_src_path=str(picture)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Rewrite the links of a page that lead out of docs/."""
    if page.file.src_uri == "index.md":
        return markdown
    folder = posixpath.join("docs", posixpath.dirname(page.file.src_uri))
    return _with_site_links(markdown, folder)


def _with_site_links(markdown: str, folder: str) -> str:
    """Links relative to ``folder`` of the repository, rewritten for the site's top level."""

    def rewritten(match: re.Match[str]) -> str:
        picture, text, target, anchor = match.groups()
        path = posixpath.normpath(posixpath.join(folder, target))
        if path == "README.md":
            return f"[{text}](index.md{anchor or ''})"
        if "://" in target or (folder and path.startswith("docs/")):
            return match[0]
        if path.startswith("docs/"):
            return f"{picture}[{text}]({path.removeprefix('docs/')}{anchor or ''})"
        if picture:
            return f"![{text}]({path})"
        return f"{text}" if path in text or target in text else f"{text} (`{path}`)"

    return _LINK.sub(rewritten, markdown)
