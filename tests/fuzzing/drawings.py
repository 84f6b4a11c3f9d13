"""Drawings: any SVG is refused with a reason, or shown and printed."""

from __future__ import annotations

from functools import cache

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from builder.print.engine.weasyprint import unavailable
from tests.fuzzing.attempts import PROJECT
from tests.fuzzing.images import try_input
from tests.fuzzing.mutations import mutated_texts
from tests.fuzzing.target import Target

_ROOT = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9"/></svg>',
    f'{_ROOT} width="90" height="90">\n'
    '<defs><g id="a"><circle r="3" cx="4" cy="4" fill="url(#b)"/></g>\n'
    '<linearGradient id="b"><stop offset="0" stop-color="red"/></linearGradient>\n'
    '<marker id="m"><path d="M0 0L9 9"/></marker><mask id="k"><rect width="9"/></mask>\n'
    '<pattern id="p" width="3" height="3"><use href="#a"/></pattern>\n'
    '<clipPath id="c"><rect/></clipPath></defs>\n'
    "<style>text { font-family: Inter } rect { fill: url(#p) }</style>\n"
    '<use xlink:href="#a" x="3"/><text x="1" y="9">a<tspan dx="2">b</tspan></text>\n'
    '<path d="M0 0C1 1 2 2 3 3Z" marker-end="url(#m)" stroke-dasharray="1 2" mask="url(#k)"/>\n'
    '<image href="data:image/png;base64,AAAA" width="9" height="9" clip-path="url(#c)"/>\n'
    '<g transform="rotate(9) scale(2)"><polygon points="0,0 1,1 2,0"/></g></svg>\n',
)
_DOUBLED = "".join(f'<g id="n{n}"><use href="#n{n - 1}"/><use href="#n{n - 1}"/></g>' for n in range(1, 25))
_NESTED = f"{_ROOT}>{_DOUBLED.replace('#n0', '#a')}<g id='a'/><use href='#n24'/></svg>"
_WORDS = (
    *("<g>", "</g>", "<svg>", "</svg>", "<use href='#a'/>", "<use href='#b' x='1'/>"),
    *("<a href='javascript:x'>", "</a>", "<script>x</script>", "<image href='/etc/passwd'/>"),
    *("<image href='http://x.org/a.png'/>", "<style>*{", "}</style>", "@import 'x.css';"),
    *("<!DOCTYPE svg [<!ENTITY a 'b'>]>", "<!ENTITY b '&a;&a;'>", "&a;", "&#0;", "<?xml version='1.0'?>"),
    *("<?xml-stylesheet href='x.css'?>", "<![CDATA[", "]]>", "<!--", "-->", "<", ">", "/>", '"', "'", "="),
    *("&", "\0", "\n", " width='0'", " width='-1'", " width='1e9'", " height='1e99'", " width='nan'"),
    *(" width='100%'", " viewBox='0 0 0 0'", " viewBox='0 0 1e99 1'", " viewBox='a'"),
    *(" transform='scale(1e99)'", " transform='rotate('", " d='M'", " d='M1e999 0z'", " d='A0 0 0 0 0 0 0'"),
    *(" r='1e20'", " fill='url(#a)'", " fill='url(x.svg#a)'", " filter='url(#f)'", " onload='x'"),
    *(" xlink:href='#a'", " id='a'", " id='b'", " href='#p'", " mask='url(#k)'", " stroke-width='1e9'"),
    *(" font-size='1e9'", " style='fill:url(//x)'", " points='1'", " offset='x'", " gradientTransform='x'"),
    *(" preserveAspectRatio='x'", "1e308", "<text font-size='9'>x</text>", "<tspan>"),
    *("<textPath href='#a'>x</textPath>", "<foreignObject><b>x</b></foreignObject>"),
    *("<animate attributeName='x' dur='1s'/>", "<symbol id='a'>", "</symbol>", "<marker id='m'>"),
    *("</marker>", _DOUBLED, "<pattern id='p' width='1e-9' height='1e-9'>", "</pattern>"),
    *("<linearGradient id='a' href='#a'/>", "<foosvg/>", "<mask id='k'>", "</mask>"),
    *("<clipPath id='c' clip-path='url(#c)'>", "</clipPath>", " stroke-dasharray='0'", "xmlns=''"),
)


_ELEMENTS = (
    *("g", "svg", "use", "a", "rect", "circle", "ellipse", "line", "polyline", "polygon", "path", "text"),
    *("tspan", "textPath", "image", "defs", "symbol", "marker", "mask", "clipPath", "pattern", "style"),
    *("linearGradient", "radialGradient", "stop", "filter", "feOffset", "feBlend", "feFlood"),
    *("foreignObject", "switch", "title", "script", "animate", "set", "view", "unknown"),
)
_ATTRIBUTES = (
    *("id", "href", "xlink:href", "x", "y", "x1", "y2", "dx", "cx", "cy", "r", "rx", "ry", "width"),
    *("height", "viewBox", "transform", "d", "points", "fill", "stroke", "stroke-width", "stroke-dasharray"),
    *("opacity", "clip-path", "mask", "filter", "marker-start", "marker-mid", "font-size", "font-family"),
    *("text-anchor", "offset", "stop-color", "gradientUnits", "gradientTransform", "spreadMethod"),
    *("patternUnits", "style", "patternTransform", "preserveAspectRatio", "orient", "refX", "markerWidth"),
    *("display", "visibility", "textLength", "lengthAdjust", "letter-spacing", "rotate", "class", "mode"),
    *("in", "overflow", "xml:space"),
)
_VALUES = (
    *("a", "b", "c", "#a", "#b", "#c", "#", "url(#a)", "url(#b)", "url(#c)", "url()", "none", "red"),
    *("inherit", "0", "1", "-1", "9", "1e9", "1e-9", "1e308", "1e999", "nan", "inf", "50%", "1em", "1ex"),
    *("", " ", "1 2", "0 0 9 9", "0 0 0 0", "M0 0L9 9", "M0 0h9v9z", "M1 1A2 3 0 1 0 5 5", "M", "m1"),
    *("0,0 1,1", "rotate(9)", "scale(0)", "matrix(1)", "translate(1e9)", "skewX(90)", "objectBoundingBox"),
    *("userSpaceOnUse", "auto", "reflect", "xMidYMid slice", "multiply", "fill: url(#a)"),
    *("data:image/png;base64,AAAA", "rgb(", "#12", "data:image/svg+xml;base64,PHN2Zy8+", "context-fill"),
    *("currentColor", "middle", "hidden", "preserve"),
)


def _element(name: str, attributes: dict[str, str], content: list[str]) -> str:
    written = "".join(f' {attribute}="{value}"' for attribute, value in attributes.items())
    return f"<{name}{written}>" + "".join(f"\n{part}" for part in content) + f"</{name}>"


@cache
def inputs() -> SearchStrategy[bytes]:
    """Build drawings of any elements; change those of the shipped corpus and of the tests."""
    unavailable()  # imports what prints
    attributes = st.dictionaries(st.sampled_from(_ATTRIBUTES), st.sampled_from(_VALUES), max_size=5)
    elements = st.recursive(
        st.text(alphabet="ab \n\u0301한", max_size=3),
        lambda parts: st.builds(
            _element, st.sampled_from(_ELEMENTS), attributes, st.lists(parts, max_size=4)
        ),
        max_leaves=20,
    )
    roots = st.sampled_from(("", ' width="9"', ' viewBox="0 0 9 9"', ' width="100%" height="1"'))
    built = st.builds(
        lambda root, parts: f"{_ROOT}{root}>" + "\n".join(parts) + "</svg>", roots, st.lists(elements)
    )
    folders = (PROJECT / "content", PROJECT / "tests" / "cases")
    texts = [path.read_text(encoding="utf-8") for folder in folders for path in sorted(folder.rglob("*.svg"))]
    return built.map(str.encode) | built.map(str.encode) | mutated_texts((*_SVG, _NESTED, *texts), _WORDS)


DRAWINGS = Target(name="drawings", suffix=".svg", inputs=inputs, try_input=try_input)
