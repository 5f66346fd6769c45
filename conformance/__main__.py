"""`python -m conformance`, and the console script `conformance`."""

from conformance.cli import main

if __name__ == "__main__":
    main()
