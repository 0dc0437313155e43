"""A spec as nodes and edges, with every shape known."""

from cnncli.graph.build import Architecture, read_architecture
from cnncli.graph.graph import Graph, Node

__all__ = ["Architecture", "Graph", "Node", "read_architecture"]
