"""`python -m measure.digit_changes`, under the name it had before."""

from measure.digit_changes import main

if __name__ == "__main__":
    raise SystemExit(main())
