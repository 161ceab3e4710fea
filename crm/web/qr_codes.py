"""An address as a square that a phone's camera reads."""

import io

from markupsafe import Markup


def drawn(address: str) -> Markup:
    """The square as SVG that takes its size and colour from its surroundings."""
    import segno  # loaded for the first square alone

    out = io.BytesIO()
    code = segno.make_qr(address, error="m")
    code.save(
        out, kind="svg", xmldecl=False, svgns=True, nl=False, omitsize=True, border=4, svgclass=None, lineclass=None
    )
    return Markup(out.getvalue().decode())  # noqa: S704 - drawn by the library from modules alone, no text is in it
