"""Counts checks and prints them as `N passed, N failed`."""
import sys


class Report:
    def __init__(self, title):
        self.title = title
        self.passed = 0
        self.failed = 0

    def check(self, name, faults):
        """Passes when there are no faults; prints the first ones otherwise."""
        if not faults:
            self.passed += 1
            return
        self.failed += 1
        print(f"FAIL {self.title} {name}")
        for fault in faults[:10]:
            print(f"     {fault}")

    def finish(self):
        print(f"{self.title}: {self.passed} passed, {self.failed} failed")
        sys.exit(1 if self.failed or not self.passed else 0)
