"""A batch norm outside training is an affine map of each channel, which the layer before it can take into its own.

    w' = w g / sqrt(variance + epsilon)
    b' = (b - mean) g / sqrt(variance + epsilon) + beta

(Jacob et al., "Quantization and training of neural networks for efficient integer-arithmetic-only inference", 2018.)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from cnncli.graph import Node
from cnncli.layers._weights import WeightedLayer
from cnncli.layers.batchnorm import BatchNorm
from cnncli.network.parameters import Parameters

Array = np.ndarray[Any, np.dtype[Any]]


def folded_weights(node: Node, norm: Node, parameters: Parameters) -> dict[str, Array]:
    """`weight` and `bias` with which `node` gives what `norm` makes of its output. Computed in float64, anew."""
    assert isinstance(node.layer, WeightedLayer) and isinstance(norm.layer, BatchNorm)
    own, affine, kept = (
        {name: value.astype(np.float64) for name, value in views.items()}
        for views in (parameters.views[node.name], parameters.views[norm.name], parameters.buffer_views[norm.name])
    )
    factors = affine.get("weight", 1.0) / np.sqrt(kept["running_var"] + norm.layer.epsilon)
    bias = (own.get("bias", 0.0) - kept["running_mean"]) * factors + affine.get("bias", 0.0)
    weight = node.layer.outputs_scaled(own["weight"], factors)
    return {"weight": weight.astype(np.float32), "bias": bias.astype(np.float32)}
