"""`check_invariants`: whether all that must be true of the stored data is true."""

from collections.abc import Sequence

from django.core.management.base import CommandError
from rich.console import Console
from rich.progress import track

from library_project.invariants import all_invariants
from shared_kernel.management.base_command import LibraryCommand
from shared_kernel.services.invariants import InvariantResult, check_invariant, save_results


class Command(LibraryCommand):
    """Checks everything."""

    help = "Check all that must be true of the stored data, and tell what isn't, with its ids."
    scheduled = True

    def run(self) -> None:
        """Check one invariant after the other; exit status 1 if any does not hold."""
        terminal = Console(stderr=True)
        steps = track(all_invariants(), "Checking", console=terminal, disable=not terminal.is_terminal)
        results = [check_invariant(invariant) for invariant in steps]
        save_results(results)
        broken = [each for each in results if not each.holds]
        if self.as_json:
            self.answer({"checked": len(results), "holding": len(results) - len(broken), "broken": broken})
        else:
            self._tell(broken, of=len(results))
        if broken:
            names = ", ".join(each.invariant for each in broken)
            raise CommandError(f"invariants_broken: {names}", returncode=1)

    def _tell(self, broken: Sequence[InvariantResult], *, of: int) -> None:
        for each in broken:
            self.stdout.write(f"{each.invariant}: not true: {each.sentence}")
            if each.failure:
                self.stdout.write(f"  could not be checked: {each.failure}")
            for row in each.violations:
                self.stdout.write("  " + " ".join(f"{name}={value}" for name, value in row.items()))
            if each.more:
                self.stdout.write("  and more")
        self.stdout.write(f"{of - len(broken)} of {of} invariants hold")
