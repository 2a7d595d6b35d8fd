"""Small pictures of the Recommend page, as SVG because a list has many of them."""

from collections.abc import Mapping, Sequence

from backend.figures import theme, wording

_WIDTH, _HEIGHT = 240, 14


def attribution_strip(attributions: Mapping[str, float]) -> str:
    """One item's contributions as an SVG bar in modality colours.

    Lengths are shares of the sum of absolute contributions; a contribution that speaks against the
    item is drawn hollow. Without any contribution the bar is an empty track.
    """
    total = sum(abs(value) for value in attributions.values())
    parts = [
        f'<rect x="0" y="0" width="{_WIDTH}" height="{_HEIGHT}" rx="4" '
        f'fill="{theme.BASELINE}" fill-opacity="0.18"/>'
    ]
    left = 0.0
    for player, value in _ordered(attributions):
        width = _WIDTH * abs(value) / total if total > 0 else 0.0
        colour = theme.player_colour(player)
        inner = max(0.0, width - 2)
        if inner > 0:
            hollow = f'fill="none" stroke="{colour}" stroke-width="2"'
            parts.append(
                f'<rect x="{left + 1:.1f}" y="1" width="{inner:.1f}" height="{_HEIGHT - 2}" '
                f'rx="3" {f"""fill="{colour}" """ if value >= 0 else hollow}/>'
            )
        left += width
    return _svg(_WIDTH, _HEIGHT, parts)


def describe(attributions: Mapping[str, float]) -> str:
    """The same in words, for screen readers: "Image +0.21, Text −0.03"."""
    if not attributions:
        return "No contributions were computed."
    return ", ".join(
        f"{theme.player_title(player)} {wording.signed(value)}"
        for player, value in _ordered(attributions)
    )


def legend(players: Sequence[str], dark: bool) -> str:
    """Which colour stands for which player, as one SVG line."""
    ink = theme.ink(dark)
    parts, left = [], 0
    for player in [name for name in theme.MODALITY_COLOURS if name in players]:
        title = theme.player_title(player)
        parts.append(
            f'<rect x="{left}" y="3" width="12" height="12" rx="3" '
            f'fill="{theme.player_colour(player)}"/>'
            f'<text x="{left + 17}" y="14" font-family="sans-serif" font-size="13" '
            f'fill="{ink}">{title}</text>'
        )
        left += 34 + 8 * len(title)
    return _svg(max(left, 1), 18, parts)


def _ordered(attributions: Mapping[str, float]) -> list[tuple[str, float]]:
    order = list(theme.MODALITY_COLOURS)
    return sorted(
        attributions.items(), key=lambda pair: order.index(pair[0]) if pair[0] in order else 99
    )


def _svg(width: int, height: int, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}">{"".join(parts)}</svg>'
    )
