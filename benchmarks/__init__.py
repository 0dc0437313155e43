"""Speed against PyTorch and torchinfo, turn by turn. See README.md; `make bench` runs both."""
