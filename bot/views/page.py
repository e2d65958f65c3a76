"""Pages that are one file: they open from a disk, without a network, and fetch nothing from anywhere."""

from __future__ import annotations

import base64
import hashlib

from markupsafe import Markup

from bot.views.html import asset, stylesheet, template


def one_file(name: str, *, styles: tuple[str, ...] = (), scripts: tuple[str, ...] = (), **values: object) -> str:
    """The page that the template `name` draws, with the styles of blocks and pages and the given assets in it.

    Its policy lets the browser run and apply what stands in the page and nothing else: no other file, no address.
    """
    style = "\n".join([stylesheet(), asset("page.css"), *map(asset, styles)])
    script = "\n".join(map(asset, ("page.js", *scripts)))
    policy = (
        f"default-src 'none'; style-src {_fingerprint(style)}; script-src {_fingerprint(script)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    own = {"style": Markup(style), "script": Markup(script)}  # noqa: S704 — files of ours, never what a curator wrote
    return template(name).render(policy=policy, **own, **values)


def _fingerprint(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
