"""`python -m hisops` and the `hisops` script."""


def main() -> None:
    """Run the command line."""
    from hisops.cli.app import main as run

    run()


if __name__ == "__main__":
    main()
