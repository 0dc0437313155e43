"""What the network looks like inside: its first filters, and what its layers make of a few images."""

from __future__ import annotations

import numpy as np
from PIL import Image

from cnncli.report.page.markup import Markup, cut, joined, tag
from cnncli.report.pictures import Array, data_uri, grid, thumbnail
from cnncli.report.words import shape_text
from cnncli.training.inside import Filters, Maps
from cnncli.training.preview import stretched

_LARGEST_IMAGE, _LARGEST_MAP, _LARGEST_FILTER = 96, 48, 32
"""Pixels of a longer side, as it is kept."""
_COLUMNS, _MAP_COLUMNS = 16, (4, 3, 2)


def filters(found: Filters) -> Markup:
    """The weights as pictures: gray is 0."""
    in_colour = found.weights.shape[1] == 3
    weights = found.weights if in_colour else found.weights.mean(axis=1, keepdims=True)
    largest = float(np.abs(weights).max())
    columns = min(_COLUMNS if weights.shape[-1] <= 16 else _COLUMNS // 2, len(weights))
    picture = grid(stretched(weights, -largest, largest), columns, _LARGEST_FILTER)
    shown = f"{found.count:,}" if len(weights) == found.count else f"{len(weights)} of {found.count:,}"
    height, width = weights.shape[2:]
    each = f"{height}x{width} each" + (", red, green and blue as the image's" if in_colour else "")
    note = f"The {shown} filters of {cut(found.node.name, 60)}, {each}. Gray is 0; white and black are ±{largest:.3g}."
    image = tag("img", src=data_uri(picture), alt="the filters as pictures", style=f"--columns:{columns}")
    return joined([tag("p", note, class_="note"), tag("div", image, class_="filters")])


def maps(pictures: Array, names: list[str], layers: list[Maps], left_out: int) -> Markup:
    """A row for each layer, a grid of its channels for each image. pictures: the images, uint8 [N, C, H, W]."""
    first = [
        tag("figure", _image(thumbnail(picture, _LARGEST_IMAGE), name), tag("figcaption", cut(name, 40)))
        for picture, name in zip(pictures, names, strict=True)
    ]
    rows = [tag("div", tag("h3", "input"), tag("div", *first, class_="images"), class_="layer")]
    for layer in layers:
        node, (_, channels, *_) = layer.node, layer.planes.shape
        shown = f"{channels} of {node.output_shape[0]:,} channels" if channels < node.output_shape[0] else None
        about = (node.layer.kind, node.settings, shape_text(node.output_shape), shown)
        head = tag("h3", cut(node.name, 60), tag("small", cut(", ".join(filter(None, about)), 120)))
        grids = [
            tag("figure", _grid(planes, f"{name} in {cut(node.name, 60)}"))
            for planes, name in zip(layer.planes, names, strict=True)
        ]
        rows.append(tag("div", head, tag("div", *grids, class_="images"), class_="layer"))
    note = "Each channel from its smallest output (black) to its largest (white); where those are the same it is black."
    if left_out:
        note += f" {left_out} more layers are left out."
    return joined([tag("p", note, class_="note"), tag("div", *rows, class_="layers")])


def _grid(planes: Array, alt: str) -> Markup:
    known = np.where(np.isfinite(planes), planes, np.nan)
    low, high = (
        np.nan_to_num(reduce(known, axis=(1, 2), keepdims=True)) for reduce in (np.fmin.reduce, np.fmax.reduce)
    )
    columns = next((count for count in _MAP_COLUMNS if len(planes) % count == 0), _MAP_COLUMNS[0])
    return _image(grid(stretched(planes, low, high)[:, np.newaxis], columns, _LARGEST_MAP), alt)


def _image(picture: Image.Image, alt: str) -> Markup:
    return tag("img", src=data_uri(picture), alt=cut(alt, 100))
