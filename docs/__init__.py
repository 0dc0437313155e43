"""What is read beside the README. The pages in `layers/` are generated: `make docs` writes them."""
