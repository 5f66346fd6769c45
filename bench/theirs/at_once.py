"""Runs commands at the same time, and ends when the last one has ended.

    python at_once.py JSON

JSON is a list of commands, each a list of words. Exits with 1 where one of them failed.
"""

import json
import subprocess
import sys

if __name__ == "__main__":
    running = [subprocess.Popen(command) for command in json.loads(sys.argv[1])]
    codes = [process.wait() for process in running]
    sys.exit(any(codes))
