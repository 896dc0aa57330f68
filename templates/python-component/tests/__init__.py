"""Native tests: `cargo airssys test`, or `python3 -m unittest discover -s tests -t .`."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "src"))
