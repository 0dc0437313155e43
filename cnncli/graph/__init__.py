"""A spec as nodes and edges, with every shape known."""

from cnncli.graph.architecture import Architecture
from cnncli.graph.build import read_architecture
from cnncli.graph.graph import Graph, Node

__all__ = ["Architecture", "Graph", "Node", "read_architecture"]
