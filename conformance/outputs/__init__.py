"""What a CI reads, made from results and the gate's verdicts: Markdown, SARIF, badges, GitHub's commands."""

from conformance.outputs.account import Account, Finding, account
from conformance.outputs.badge import badge_endpoint, badge_svg
from conformance.outputs.github import (
    append_step_summary,
    commands_stopped,
    on_github,
    step_summary,
    workflow_commands,
)
from conformance.outputs.markdown import markdown
from conformance.outputs.sarif import sarif

__all__ = [
    "Account",
    "Finding",
    "account",
    "append_step_summary",
    "badge_endpoint",
    "badge_svg",
    "commands_stopped",
    "markdown",
    "on_github",
    "sarif",
    "step_summary",
    "workflow_commands",
]
