"""The `triage` command. Sub-commands are loaded when they are used, so that `--help` answers at once."""

from __future__ import annotations

import gc
import importlib

import click

from triage import __version__

COMMANDS = {  # name: what it does; the module of the same name in triage.cli holds it as `command`
    "backtest": "Decide recorded mail again with edited rules: who moves where.",
    "check": "Check config, rules, templates: shape, tests, coverage.",
    "close": "Close tickets, or open them again.",
    "correct": "Say what a verdict should have been; answer anew when asked.",
    "demo": "Run the desk on sample mail in a local folder, no server needed.",
    "doctor": "Try the IMAP, SMTP and database connections and say what to fix.",
    "evaluate": "Measure the model and the field finders on labelled mail.",
    "examples": "Corrected mails as examples: review them.",
    "explain": "Show why the desk would do what it does with a mail.",
    "export": "Everything held about one address, as JSON.",
    "forget": "Erase one address and what it wrote; figures stay.",
    "history": "What changed when: rules, templates, model, and who did it.",
    "handover": "Pass a ticket on to a team or another helpdesk.",
    "merge": "Make one ticket part of another.",
    "model": "The trained models: list, rollback, use.",
    "preview": "Show a template as a reply to a made-up mail.",
    "report": "Figures: missing information, routing, replies, workload; as tables, files, charts, mail.",
    "rules": "What the rules cost and earn: fired, decided, overridden, dead, overlapping.",
    "run": "Read the mailboxes and answer: a daemon, or once with --once.",
    "ticket": "The life of a ticket: who wrote, what was decided and why.",
    "train": "Train a model from rules/examples; it takes over when it is no worse.",
    "trouble": "Mail that could not be handled: list, show, export, retry.",
}


_COLLECT = 20_000  # objects made between two looks for dead circles


class LazyGroup(click.Group):
    """A group that imports a command's module only when the command runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"triage.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else ""
            raise click.UsageError(f"There is no command '{args[0]}'.{hint} 'triage --help' lists them.")
        return super().resolve_command(ctx, args)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, message="triage %(version)s")
def main() -> None:
    """The support-mailbox desk: reads mail, routes it, asks for exactly what is missing, answers once.

    \b
    Exit codes: 0 done · 1 something was found (doctor, explain, trouble; train: not taken) · 2 wrong usage · 3 config, rules or
    templates are wrong · 4 a password, host or certificate is refused · 5 a server cannot be reached ·
    6 the database cannot be used · 7 another triage is at work with this SQLite database ·
    8 the machine itself fails.
    """
    gc.set_threshold(_COLLECT)  # files and mails become trees, not circles: Python's 700 doubles the time to read them
