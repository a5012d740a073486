"""The port of the gateway, as every command of this folder takes it."""

import argparse

PORT = "ANXIANG_PORT"


def port(text: str) -> int:
    """A TCP port as it is typed. argparse.ArgumentTypeError for what is none."""
    if text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) < 65_536:
        return int(text)
    raise argparse.ArgumentTypeError(f"a port is a number from 1 to 65535, here and in {PORT} 端口应为1至65535的整数")
