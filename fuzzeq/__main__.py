"""`python -m fuzzeq`."""

from fuzzeq.cli import main

if __name__ == "__main__":
    main()
