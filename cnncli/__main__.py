"""`python -m cnncli`."""

from cnncli.cli.main import main

main()
