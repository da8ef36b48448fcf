"""`python -m flows.digit_changes`, under the name it had before."""

from flows.digit_changes import main

if __name__ == "__main__":
    raise SystemExit(main())
