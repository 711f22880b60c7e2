"""Bar plots and line plots as SVG, with a logarithmic axis; nothing but text."""

import html
import math

FONT = 'font-family="sans-serif" font-size="12"'


def text(x, y, words, anchor="start", extra=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {FONT} fill="#222" {extra}>{html.escape(str(words))}</text>'


def document(width, height, parts):
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
                      f'height="{height:.0f}">', f'<rect width="{width:.0f}" height="{height:.0f}" fill="white"/>',
                      *parts, "</svg>", ""])


class LogScale:
    """Values to places between `begin` and `end`, over whole decades around all values (which are above 0)."""

    def __init__(self, values, begin, end):
        self.low = math.floor(math.log10(min(values)))
        self.high = max(math.ceil(math.log10(max(values))), self.low + 1)
        self.begin, self.end = begin, end

    def __call__(self, value):
        return self.begin + (math.log10(value) - self.low) / (self.high - self.low) * (self.end - self.begin)

    def decades(self):
        return [10.0 ** exponent for exponent in range(self.low, self.high + 1)]


def number(value):
    return f"{value:g}" if 1e-3 <= value < 1e5 else f"1e{round(math.log10(value))}"


def bars(title, groups, unit):
    """`groups`: [(heading, [(label, value, low, high, colour), ...]), ...], drawn as horizontal bars; whiskers low to high."""
    row, left, width = 17, 300, 900
    scale = LogScale([low for _, items in groups for _, _, low, _, _ in items] +
                     [high for _, items in groups for _, _, _, high, _ in items], left, width - 80)
    parts, y = [text(10, 22, title, extra='font-weight="bold"')], 40
    body = []
    for heading, items in groups:
        y += 20
        body.append(text(10, y, heading, extra='font-weight="bold"'))
        y += 6
        for label, value, low, high, colour in items:
            middle = y + row / 2
            length = max(scale(value) - left, 1)
            body.append(f'<rect x="{left}" y="{y + 2}" width="{length:.1f}" height="{row - 4}" fill="{colour}"/>')
            body.append(f'<line x1="{scale(low):.1f}" x2="{scale(high):.1f}" y1="{middle}" y2="{middle}" stroke="#222"/>')
            body.append(text(left - 6, middle + 4, label, "end"))
            body.append(text(scale(high) + 6, middle + 4, f"{value:.3g}"))
            y += row
    for decade in scale.decades():
        x = scale(decade)
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="40" y2="{y + 6}" stroke="#ddd"/>')
        parts.append(text(x, y + 20, f"{number(decade)} {unit}", "middle"))
    return document(width, y + 34, parts + body)


def lines(title, series, x_label, y_label):
    """`series`: [(label, [(x, y), ...], colour), ...]; both axes logarithmic."""
    width, height, left, bottom = 760, 440, 80, 390
    points = [point for _, items, _ in series for point in items]
    across, up = LogScale([x for x, _ in points], left, 560), LogScale([y for _, y in points], bottom, 50)
    parts = [text(10, 22, title, extra='font-weight="bold"'), text(320, height - 8, x_label, "middle"), text(10, 42, y_label)]
    for decade in across.decades():
        parts.append(f'<line x1="{across(decade):.1f}" x2="{across(decade):.1f}" y1="50" y2="{bottom}" stroke="#ddd"/>')
        parts.append(text(across(decade), bottom + 16, number(decade), "middle"))
    for decade in up.decades():
        parts.append(f'<line x1="{left}" x2="560" y1="{up(decade):.1f}" y2="{up(decade):.1f}" stroke="#ddd"/>')
        parts.append(text(left - 6, up(decade) + 4, number(decade), "end"))
    for i, (label, items, colour) in enumerate(series):
        path = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in sorted(items))
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{across(x):.1f}" cy="{up(y):.1f}" r="3" fill="{colour}"/>' for x, y in items]
        parts += [f'<rect x="580" y="{52 + 18 * i}" width="12" height="12" fill="{colour}"/>', text(598, 62 + 18 * i, label)]
    return document(width, height, parts)
