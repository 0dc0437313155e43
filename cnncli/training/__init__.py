"""Recipes, losses and the loop; runs on disk."""
